"""An experiment file: its question, what it varies, how it samples, and what it keeps of every run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError, model_validator

from rectify.configuration.composing import options
from rectify.configuration.messages import lines_of
from rectify.core.errors import ConfigError, unknown

FOLDER = "experiment"
"""Folder of experiment files, below each folder of configuration files."""

GROUPS = ("audience", "behaviours", "campaign", "offices", "platforms", "population", "rulebook", "scenario")
"""Config groups of which one file is chosen: these may be factors."""

OWN_COLUMNS = ("cell", "identity", "seed", "status", "error", "run_seconds", "host")
"""Columns of a dataset that are neither factors nor outcomes."""

Level = bool | int | float | str
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


def _plain(value: Any) -> Any:
    """A value as JSON has it: YAML reads dates, which are text there."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


Changes = dict[str, Annotated[JsonValue, BeforeValidator(_plain)]]
"""Values by the full paths of their keys, each put in the place of all that is there."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Factor(_Part):
    """One thing that an experiment varies: a config *group*, one or more *keys* set to the same value, or named *arms*.

    ``*`` in a key stands for every entry (``platforms.*.review_capacity``). Values are *levels*, or a *range* of
    numbers that is sampled, and cut into *steps* levels by a full grid. With *days_after*, values are numbers of days
    and the keys are set to the date so many days after it. An arm gives keys their values, whole lists and mappings
    too; to the name of a config group it gives that of a file. Levels are the names of arms, all of them by default.
    """

    label: str = ""
    unit: str = ""
    group: str | None = None
    keys: list[str] = Field(default_factory=list)
    arms: dict[Name, Changes] = Field(default_factory=dict)
    levels: list[Level] | None = Field(default=None, min_length=1)
    range: tuple[float, float] | None = None
    scale: Literal["linear", "log"] = "linear"
    whole: bool = False
    steps: int = Field(default=5, ge=2, le=1000)
    days_after: date | None = None

    @model_validator(mode="before")
    @classmethod
    def _all_arms(cls, values: Any) -> Any:
        if isinstance(values, dict) and isinstance(values.get("arms"), dict) and values.get("levels") is None:
            return {**values, "levels": list(values["arms"]) or None}
        return values

    @model_validator(mode="after")
    def _is_one_thing(self) -> Factor:
        if sum(map(bool, (self.group is not None, self.keys, self.arms))) != 1:
            raise ValueError("give one of 'group', 'keys' and 'arms'")
        if self.arms:
            self._check_arms()
        if self.group is not None and self.group not in GROUPS:
            raise ValueError(unknown("group", self.group, GROUPS).removeprefix("group: "))
        if (self.levels is None) == (self.range is None):
            raise ValueError("give either 'levels' or 'range'")
        if self.levels is not None and len(set(map(repr, self.levels))) < len(self.levels):
            raise ValueError(f"a level is given twice: {self.levels}")
        if self.group is not None and not all(isinstance(level, str) for level in self.levels or [0]):
            raise ValueError("a group's levels are the names of its files")
        if self.range is not None and not self.range[0] < self.range[1]:
            raise ValueError(f"a range goes from a lower to a higher number, not {list(self.range)}")
        if self.range is not None and self.scale == "log" and self.range[0] <= 0:
            raise ValueError(f"a range on a log scale must be above 0, not {list(self.range)}")
        if self.days_after is not None and not all(
            isinstance(level, int) and not isinstance(level, bool) for level in self.levels or []
        ):
            raise ValueError("with 'days_after', levels are whole numbers of days")
        return self

    def _check_arms(self) -> None:
        if self.range is not None or self.days_after is not None:
            raise ValueError("arms have names: 'range' and 'days_after' are for 'keys'")
        for level in self.levels or []:
            if level not in self.arms:
                raise ValueError(unknown("levels", str(level), self.arms))
        for name, arm in self.arms.items():
            for group in GROUPS:
                if group in arm and not isinstance(arm[group], str):
                    raise ValueError(f"arms.{name}.{group}: name a file of the group, or give the full path of a key")

    def files(self, level: Level) -> dict[str, str]:
        """The file of each config group that a *level* chooses."""
        if self.group is not None:
            return {self.group: str(level)}
        return {key: str(value) for key, value in self.arms.get(str(level), {}).items() if key in GROUPS}

    def changes(self, level: Level) -> Changes:
        """The values that a *level* gives to keys."""
        if self.arms:
            return {key: value for key, value in self.arms[str(level)].items() if key not in GROUPS}
        if self.days_after is not None:
            assert isinstance(level, int)
            level = (self.days_after + timedelta(days=level)).isoformat()
        return dict.fromkeys(self.keys, level)


class Sampling(_Part):
    """How cells are chosen: all combinations of levels, or *samples* points (trajectories for Morris) by SALib."""

    method: Literal["grid", "latin", "sobol", "morris"] = "grid"
    samples: int = Field(default=16, ge=1, le=1_000_000)
    seed: int = Field(default=1, ge=0, lt=2**32)


class Fast(_Part):
    """How an experiment shrinks to seconds: further overrides, fewer replicates, levels and samples."""

    base: list[str] = Field(default_factory=list)
    replicates: int = Field(default=2, ge=1)
    levels: int = Field(default=2, ge=1)
    samples: int = Field(default=4, ge=1)


class FigureRequest(_Part):
    """One figure of the dataset. Which fields matter is up to its kind; see ``sim/rectify/report/datasets.py``."""

    kind: Literal["curves", "multiples", "response", "heat", "forest", "pareto", "sensitivity"]
    metric: str | None = None
    panels: Literal["platform", "kind"] | None = None
    outcome: str | None = None
    outcomes: list[str] = Field(default_factory=list)
    over: str | None = None
    by: str | None = None
    against: Level | None = None
    where: dict[str, Level] = Field(default_factory=dict)
    title: str = ""


class Experiment(_Part):
    """A whole design. Build one with :func:`load_experiment`.

    *settings*: keys that have one value in all cells, the reference too; ``*`` stands for every entry, as in factors.
    """

    name: Name
    question: str = Field(min_length=1)
    base: list[str] = Field(default_factory=list)
    plugins: list[str] = Field(default_factory=list, description="Plug-ins that it needs; the user must name them.")
    settings: Changes = Field(default_factory=dict)
    factors: dict[Name, Factor] = Field(default_factory=dict)
    reference: list[str] | None = None
    sampling: Sampling = Sampling()
    replicates: int = Field(default=4, ge=1, le=1_000_000)
    first_seed: int = Field(default=1, ge=0, lt=2**63)
    outcomes: list[str] = Field(min_length=1)
    curves: list[str] = Field(default_factory=list)
    figures: list[FigureRequest] = Field(default_factory=list)
    fast: Fast = Fast()

    @property
    def seeds(self) -> range:
        """Seeds of every cell: the same in all, so that cells are twins."""
        return range(self.first_seed, self.first_seed + self.replicates)

    @model_validator(mode="after")
    def _names_fit_together(self) -> Experiment:
        errors = []
        for name in self.factors:
            if name in OWN_COLUMNS or name in self.outcomes:
                errors.append(f"factors.{name}: the name is taken by another column of the dataset")
        for what, names in (("outcomes", self.outcomes), ("curves", self.curves)):
            errors += [f"{what}: {name!r} is given twice" for name in sorted({n for n in names if names.count(n) > 1})]
        errors += [f"outcomes: {name!r} is the name of a column" for name in self.outcomes if name in OWN_COLUMNS]
        if not self.factors and self.reference is None:
            errors.append("factors: at least one is needed")
        for place, figure in enumerate(self.figures):
            for field in ("over", "by", *figure.where):
                given = getattr(figure, field) if field in ("over", "by") else field
                if given is not None and given not in self.factors:
                    errors.append(unknown(f"figures[{place}].{field}", given, self.factors))
            metric = f"{figure.metric} by {figure.panels}" if figure.metric and figure.panels else figure.metric
            wanted = [(metric, self.curves, "metric")]
            wanted += [(outcome, self.outcomes, "outcome") for outcome in (figure.outcome, *figure.outcomes)]
            errors += [
                unknown(f"figures[{place}].{field}", given, known)
                for given, known, field in wanted
                if given is not None and given not in known
            ]
            if figure.kind == "sensitivity" and self.sampling.method not in ("sobol", "morris"):
                errors.append(f"figures[{place}]: sensitivity needs 'sampling.method' sobol or morris")
        overrides = [*self.base, *(self.reference or []), *(self.fast.base if self.fast else [])]
        if any(override.partition("=")[0] == "plugins" for override in overrides):
            errors.append("plugins: name them under 'plugins', not among overrides")
        if errors:
            raise ConfigError(errors)
        return self

    def _shown(self, factor: str) -> list[Level]:
        """Levels of *factor* that figures name."""
        named = [figure.where[factor] for figure in self.figures if factor in figure.where]
        return named + [f.against for f in self.figures if f.over == factor and f.against is not None]

    def shrunk(self) -> Experiment:
        """The same experiment in seconds, by its ``fast`` section; its dataset has a name of its own."""
        factors = {}
        for name, factor in self.factors.items():
            changes: dict[str, Any] = {"steps": max(2, min(factor.steps, self.fast.levels))}
            if factor.levels is not None:
                kept = _spread(factor.levels, self.fast.levels)
                changes["levels"] = [lv for lv in factor.levels if lv in kept or lv in self._shown(name)]
            factors[name] = factor.model_copy(update=changes)
        return self.model_copy(
            update={
                "name": f"{self.name}_fast",
                "base": [*self.base, *self.fast.base],
                "factors": factors,
                "replicates": min(self.replicates, self.fast.replicates),
                "sampling": self.sampling.model_copy(update={"samples": min(self.sampling.samples, self.fast.samples)}),
            }
        )


def _spread(levels: Sequence[Level], count: int) -> list[Level]:
    """*count* of the levels, spread from the first to the last."""
    if count >= len(levels):
        return list(levels)
    if count == 1:
        return [levels[0]]
    return [levels[round(place * (len(levels) - 1) / (count - 1))] for place in range(count)]


def load_experiment(name: str, folders: Sequence[Path]) -> Experiment:
    """Read ``experiment/<name>.yaml`` from the last of the *folders* that has it.

    Raises :class:`ConfigError` naming every error by its key path, or the experiments there are.
    """
    paths = [path for folder in folders if (path := folder / FOLDER / f"{name}.yaml").is_file()]
    if not paths:
        raise ConfigError([unknown("experiment", name, options(FOLDER, folders))])
    path = paths[-1]
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError([f"{path}: cannot be read: {' '.join(str(error).split())}"]) from None
    if not isinstance(values, dict):
        raise ConfigError([f"{path}: does not hold names and values"])
    return build_experiment({**values, "name": name}, str(path))


def build_experiment(values: dict[str, Any], where: str) -> Experiment:
    """Validate plain *values*. Raises :class:`ConfigError`; *where* begins every line."""
    try:
        return Experiment.model_validate(values)
    except ValidationError as error:
        raise ConfigError([f"{where}: {line}" for line in lines_of(Experiment, error)]) from None
