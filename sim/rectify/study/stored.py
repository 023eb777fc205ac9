"""Datasets as they lie on disk: reading them needs no model, so figures and notebooks can."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from rectify.core.errors import UserError
from rectify.store import MANIFEST

INDICES = "sensitivity.csv"
"""Sensitivity indices of a dataset, where its sample has any; see ``sim/rectify/study/sensitivity.py``."""

CURVES_SCHEMA = pa.schema(
    [
        ("identity", pa.string()),
        ("seed", pa.uint64()),
        ("date", pa.timestamp("ms")),
        ("metric", pa.string()),
        ("value", pa.float64()),
    ]
)


@dataclass(frozen=True)
class StoredSweep:
    """A dataset. ``runs``: those that succeeded, one row per cell and seed. ``reference``: number of that cell."""

    folder: Path
    manifest: dict[str, Any]
    runs: pd.DataFrame

    @property
    def experiment(self) -> dict[str, Any]:
        """The experiment file, as plain values."""
        return dict(self.manifest["experiment"])

    @property
    def reference(self) -> int | None:
        """Number of the reference cell, None when there is none."""
        number = self.manifest.get("reference")
        return None if number is None else int(number)

    @property
    def factors(self) -> dict[str, dict[str, Any]]:
        """The factors, by name."""
        return dict(self.experiment["factors"])

    def factor_label(self, name: str) -> str:
        """What to call a factor, with its unit."""
        factor = self.factors[name]
        label = str(factor.get("label") or name.replace("_", " ").capitalize())
        return f"{label} ({factor['unit']})" if factor.get("unit") else label

    def windows(self, cells: Iterable[int]) -> list[tuple[str, pd.Timestamp, pd.Timestamp]]:
        """Campaigns (label, first and last day) that any of *cells* has, each once."""
        wanted, found = set(cells), dict[tuple[str, str, str], None]()
        for entry in self.manifest["windows"]:
            if wanted & set(entry["cells"]):
                found.update(
                    {(str(label), str(opens), str(closes)): None for label, opens, closes in entry["campaigns"]}
                )
        return [(label, pd.Timestamp(opens), pd.Timestamp(closes)) for label, opens, closes in found]

    def metrics(self) -> list[str]:
        """Names of all metrics of which curves were kept, in alphabetical order."""
        names = set[str]()
        for part in self.manifest["parts"]:
            if part["curves"]:
                names |= set(_read(self.folder / part["curves"], columns=["metric"])["metric"].unique().to_pylist())
        return sorted(names)

    def curves(self, metric: str, cells: Iterable[int]) -> pd.DataFrame:
        """A metric's daily values in *cells*: columns cell, seed, date, value."""
        rows = self.runs.loc[self.runs["cell"].isin(list(cells)), ["cell", "identity", "seed"]]
        curves = read_curves(self.folder, self.manifest["parts"], sorted(set(rows["identity"])))
        return curves[curves["metric"] == metric].merge(rows, on=["identity", "seed"])[
            ["cell", "seed", "date", "value"]
        ]


def load_sweep(folder: Path) -> StoredSweep:
    """Read the dataset in *folder*. Raises ``UserError`` when it cannot be read or no run has succeeded."""
    manifest = read_manifest(folder)
    runs = read_runs(folder, manifest["parts"])
    if not len(runs) or not (runs["status"] == "ok").any():
        raise UserError(f"{folder}: no run of this dataset has succeeded so far")
    return StoredSweep(folder, manifest, runs[runs["status"] == "ok"].reset_index(drop=True))


def is_sweep(folder: Path) -> bool:
    """Whether *folder* holds a dataset rather than one run."""
    return not (folder / "config.yaml").exists() and bool(list(folder.glob("runs-*.parquet")))


def read_manifest(folder: Path) -> dict[str, Any]:
    """A dataset's manifest. Raises ``UserError`` when it cannot be read or is that of something else."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from None
    if not isinstance(manifest, dict) or not {"experiment", "parts", "next_part"} <= manifest.keys():
        raise UserError(f"{path}: is not the manifest of a sweep's dataset")
    return dict(manifest)


def read_runs(folder: Path, parts: Iterable[Mapping[str, Any]], schema: pa.Schema | None = None) -> pd.DataFrame:
    """The runs of *parts*, in the order of the parts."""
    tables = [_read(folder / part["runs"]) for part in parts]
    if tables:
        return pa.concat_tables(tables).to_pandas()
    return (schema or pa.schema([])).empty_table().to_pandas()


def read_curves(folder: Path, parts: Iterable[Mapping[str, Any]], identities: list[str] | None = None) -> pd.DataFrame:
    """The curves of *parts*, of the runs with these *identities* only when they are given."""
    filters = None if identities is None else [("identity", "in", identities)]
    tables = [_read(folder / part["curves"], filters) for part in parts if part["curves"]]
    return (pa.concat_tables(tables) if tables else CURVES_SCHEMA.empty_table()).to_pandas()


def _read(path: Path, filters: Any = None, columns: list[str] | None = None) -> pa.Table:
    try:
        return pq.read_table(path, filters=filters or None, columns=columns)
    except (OSError, pa.ArrowException) as error:
        raise UserError(f"{path}: cannot be read: {' '.join(str(error).split())[:200]}") from None
