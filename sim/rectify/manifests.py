"""Manifests, and the other small files beside tables: what they must hold to be read, checked in one place."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
import yaml
from pandas.api.types import is_bool_dtype, is_numeric_dtype
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from rectify.core.errors import UserError, unknown
from rectify.core.formats import DATASET, KEY, RESULT_FOLDER, Format
from rectify.core.quantity import Quantity, Scalar

MANIFEST = "manifest.json"
"""Name of the file in which a result folder, and a dataset, say what they are."""

OF_RUNS, OF_DATASETS = "digests", "experiment"
"""Keys that only the manifest of a run, and only that of a dataset, has."""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Level = bool | int | float | str


class _Read(BaseModel):
    """What is read: kept whole, with a check of the parts that are used."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False, strict=True)


class Digests(_Read):
    """SHA-256 of the content of a run's tables."""

    series: Digest
    summary: Digest


class Host(_Read):
    """The machine that something ran on."""

    machine: str | None = None
    system: str | None = None
    cores: int | None = None


class InputFile(_Read):
    """A file that a run reads."""

    path: str
    sha256: str


class Manifest(_Read):
    """What a manifest says, whatever it is of. outcomes: what every number is that a run has, or may have."""

    format: int = 0
    versions: dict[str, str] = Field(default_factory=dict)
    commit: str | None = None
    host: Host = Host()
    written: datetime | None = None
    outcomes: dict[str, Scalar] = Field(default_factory=dict)


class RunManifest(Manifest):
    """The manifest of a result folder. absent: why a number is not in the summary that could be, by name."""

    name: str
    identity: str
    seed: int = Field(ge=0)
    accounts: int = Field(ge=0)
    threads: int = Field(ge=1)
    seconds: float = Field(ge=0)
    digests: Digests
    absent: dict[str, str] = Field(default_factory=dict)
    inputs: dict[str, InputFile] = Field(default_factory=dict)


class StoredFactor(_Read):
    """A factor of an experiment."""

    label: str = ""
    unit: str = ""
    levels: list[Level] | None = None
    range: tuple[float, float] | None = None
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _has_values(self) -> StoredFactor:
        if not self.levels and self.range is None:
            raise ValueError("has neither levels nor a range")
        return self


class StoredFigure(_Read):
    """A figure that an experiment asks for."""

    kind: str
    metric: str | None = None
    panels: str | None = None
    outcome: str | None = None
    outcomes: list[str] = Field(default_factory=list)
    over: str | None = None
    by: str | None = None
    against: Level | None = None
    where: dict[str, Level] = Field(default_factory=dict)
    title: str = ""


class StoredExperiment(_Read):
    """An experiment, as a dataset keeps it."""

    name: str
    question: str
    replicates: int = Field(ge=1)
    first_seed: int = Field(default=1, ge=0)
    factors: dict[str, StoredFactor] = Field(default_factory=dict)
    outcomes: list[str] = Field(min_length=1)
    figures: list[StoredFigure] = Field(default_factory=list)

    @model_validator(mode="after")
    def _figures_are_of_what_is_there(self) -> StoredExperiment:
        for place, figure in enumerate(self.figures):
            for factor in (figure.over, figure.by, *figure.where):
                if factor is not None and factor not in self.factors:
                    raise ValueError(unknown(f"figures.{place}", factor, self.factors))
            for outcome in (figure.outcome, *figure.outcomes):
                if outcome is not None and outcome not in self.outcomes:
                    raise ValueError(unknown(f"figures.{place}", outcome, self.outcomes))
        return self


class Part(_Read):
    """A part of a dataset: the names of its files, its rows, and how many of these are of failed runs."""

    runs: str = Field(pattern=r"^runs-\d+\.parquet$")
    curves: str | None = Field(default=None, pattern=r"^curves-\d+\.parquet$")
    rows: int = Field(ge=0)
    failed: int = Field(ge=0)


class Windows(_Read):
    """Campaigns (label, first and last day) that some cells have."""

    cells: list[int]
    campaigns: list[tuple[str, date, date]]


class Rows(_Read):
    """How many rows a complete dataset has."""

    all: int = Field(ge=0)
    failed: int = Field(ge=0)


class DatasetManifest(Manifest):
    """The manifest of a dataset. units: of outcomes, in datasets without a format's version."""

    status: Literal["running", "complete"]
    experiment: StoredExperiment
    reference: int | None = None
    cells: int = Field(ge=0)
    labels: dict[str, str] = Field(default_factory=dict)
    windows: list[Windows] = Field(default_factory=list)
    metrics: dict[str, Quantity] = Field(default_factory=dict)
    units: dict[str, str] = Field(default_factory=dict)
    inputs: list[tuple[str, str, str]] = Field(default_factory=list)
    design_digest: str = ""
    cells_digest: str | None = None
    sources: str = ""
    parts: list[Part]
    next_part: int = Field(ge=1)
    busy_seconds: float = 0.0
    spared_seconds: float = 0.0
    rows: Rows | None = None
    digest: str | None = None
    last_session_seconds: float | None = None

    @model_validator(mode="after")
    def _all_parts_are_named(self) -> DatasetManifest:
        found = sum(part.rows for part in self.parts)
        if self.status == "complete" and (self.rows is None or self.rows.all != found):
            raise ValueError(f"parts: have {found} rows, rows.all says {self.rows and self.rows.all}")
        return self


def first_error(error: ValidationError) -> str:
    """The first thing that is wrong, in one line: where, what, and what was found."""
    first, *rest = error.errors()
    where = ".".join(map(str, first["loc"]))
    message = "is missing" if first["type"] == "missing" else first["msg"].removeprefix("Value error, ")
    found = repr(first["input"])
    shown = "" if first["type"] == "missing" or isinstance(first["input"], BaseModel) else f", not {found[:60]}"
    more = f" (and {len(rest)} more errors)" if rest else ""
    return f"{where}: {message[:1].lower()}{message[1:]}{shown}{more}".removeprefix(": ")


def read_text(path: Path, parse: Callable[[str], Any]) -> Any:
    """What *parse* makes of a text file. Raises :class:`UserError` when there is no such file, or it is broken."""
    if not path.is_file():
        raise UserError(f"{path}: there is no such file; is {path.parent} the folder of finished runs?")
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise UserError(f"{path}: cannot be read: {' '.join(str(error).split())[:200]}") from None


def read_names(path: Path, parse: Callable[[str], Any] = json.loads) -> dict[str, Any]:
    """The same where the file must hold names and values."""
    content = read_text(path, parse)
    if not isinstance(content, dict):
        raise UserError(f"{path}: does not hold names and values")
    return content


def read_csv(path: Path, columns: Sequence[str], numbers: Sequence[str]) -> pd.DataFrame:
    """A CSV table that has *columns*, of which *numbers* hold numbers or nothing. Raises :class:`UserError`."""
    table: pd.DataFrame = read_text(path, lambda text: pd.read_csv(StringIO(text)))
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise UserError(f"{path}: lacks the column(s) {', '.join(missing)}; has {', '.join(map(str, table.columns))}")
    for name in numbers:
        if len(table) and (not is_numeric_dtype(table[name]) or is_bool_dtype(table[name])):
            raise UserError(f"{path}: column {name} holds something other than numbers")
    return table


def _read[Model: Manifest](folder: Path, model: type[Model], form: Format, other: Format, mark: str) -> Model:
    """The manifest in *folder*; *mark*: a key that only the manifest of the *other* format has."""
    path = folder / MANIFEST
    content = read_names(path)
    wrote = content.get("versions")
    form.check(content.get(KEY), path, str(wrote.get("rectify", "")) if isinstance(wrote, dict) else None)
    if mark in content:
        raise UserError(f"{path}: is the manifest of a {other.what}; a {form.what} is needed here")
    try:
        return model.model_validate_json(json.dumps(content))
    except ValidationError as error:
        raise UserError(f"{path}: is not the manifest of a {form.what}: {first_error(error)}") from None


def says_dataset(folder: Path) -> bool:
    """Whether the manifest in *folder* is that of a dataset; False for one that cannot be read."""
    try:
        return OF_DATASETS in read_names(folder / MANIFEST)
    except UserError:
        return False


def read_run_manifest(folder: Path) -> RunManifest:
    """The manifest of a result folder. Raises :class:`UserError` for one that cannot be read, or of something else."""
    return _read(folder, RunManifest, RESULT_FOLDER, DATASET, OF_DATASETS)


def read_dataset_manifest(folder: Path) -> DatasetManifest:
    """The manifest of a dataset. Raises :class:`UserError` for one that cannot be read, or of something else."""
    return _read(folder, DatasetManifest, DATASET, RESULT_FOLDER, OF_RUNS)


def read_summary(path: Path, form: int) -> dict[str, float]:
    """The numbers of a run in a folder of format *form*; before the first, NaN stands for what is not there.

    Raises :class:`UserError` for a file that cannot be read, or has anything but numbers in it.
    """
    content = read_names(path)
    for name, value in content.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UserError(f"{path}: {name}: expected a number, not {str(value)[:60]!r}")
        if not math.isfinite(value) and not (form == 0 and math.isnan(value)):
            raise UserError(f"{path}: {name}: {value} is not a number")
    return {name: float(value) for name, value in content.items()}


def _as_day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"{value!r} is not a date; give YYYY-MM-DD") from None


def _without_sources(value: object) -> object:
    return {k: v for k, v in value.items() if k != "sources"} if isinstance(value, dict) else value


Day = Annotated[date, BeforeValidator(_as_day)]
type Group[Entry] = Annotated[dict[str, Entry], BeforeValidator(_without_sources)]


class _Labelled(_Read):
    label: str | None = None


class StoredKind(_Labelled):
    """A kind of content."""

    harm: float = 0.0


class StoredSanction(_Labelled):
    """A sanction."""

    counted_as: str = "other"


class StoredOffice(_Labelled):
    """An office."""

    strategy: str | None = None


class StoredPublished(_Read):
    """A published figure."""

    value: float
    measure: str
    kinds: list[str] | None = None
    platforms: list[str] | None = None


class StoredTarget(_Labelled):
    """A target of a campaign."""

    metric: str
    kinds: list[str] | None = None


class StoredCampaign(_Labelled):
    """A campaign."""

    opens: Day
    closes: Day
    office: str | None = None
    published: Group[StoredPublished] = Field(default_factory=dict)
    targets: Group[StoredTarget] = Field(default_factory=dict)


class StoredConfig(_Read):
    """The parts of a run's configuration that reports look at; all of it is checked when it is run again."""

    title: str = ""
    start: Day
    end: Day | None = None
    steps: int | None = Field(default=None, ge=1)
    platforms: Group[_Labelled] = Field(default_factory=dict)
    kinds: Group[StoredKind] = Field(default_factory=dict)
    sanctions: Group[StoredSanction] = Field(default_factory=dict)
    offices: Group[StoredOffice] = Field(default_factory=dict)
    campaigns: Group[StoredCampaign] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ends(self) -> StoredConfig:
        if self.end is None and self.steps is None:
            raise ValueError("end: is missing")
        if self.end is not None and self.end < self.start:
            raise ValueError(f"end {self.end} is before start {self.start}")
        return self


def read_config(path: Path) -> tuple[dict[str, Any], StoredConfig]:
    """A run's configuration, as plain values and as reports look at it. Raises :class:`UserError`."""
    content = read_names(path, yaml.safe_load)
    try:
        return content, StoredConfig.model_validate(content)
    except ValidationError as error:
        raise UserError(f"{path}: {first_error(error)}") from None
