"""Datasets as they lie on disk: reading them needs no model, so figures and notebooks can."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from rectify.core.errors import UserError
from rectify.core.quantity import Quantity, Scalar
from rectify.manifests import MANIFEST, read_dataset_manifest, says_dataset
from rectify.parquet import CURVES, Column, outcome_columns, read_table, to_pandas
from rectify.store import CONFIG

INDICES = "sensitivity.csv"
"""Sensitivity indices of a dataset, where its sample has any; see ``sim/rectify/study/sensitivity.py``."""

BEFORE_FACTORS = {
    "cell": Column("whole number", "Number of the cell in its design's order."),
    "identity": Column("text", "Hash of all that decides the run's results but the seed."),
    "seed": Column("whole number", "The run's seed; equal seeds in different cells are twins."),
}
AFTER_FACTORS = {
    "status": Column("text", "'ok', or 'failed': a run without outcomes."),
    "error": Column("text", "Why the run failed."),
}
AFTER_OUTCOMES = {
    "run_seconds": Column("number", "Time that the run took.", lacks=True, unit="seconds"),
    "host": Column("text", "The machine that the run was made on."),
}


CURVES_SCHEMA = pa.schema(
    [
        ("identity", pa.string()),
        ("seed", pa.uint64()),
        ("date", pa.timestamp("ms")),
        ("metric", pa.string()),
        ("value", pa.float64()),
    ]
)


def run_columns(
    factors: Mapping[str, tuple[str, str]], outcomes: Sequence[str], known: Mapping[str, Scalar]
) -> dict[str, Column]:
    """Columns of the table of runs; *factors*: label and unit by name, *known*: what outcomes are."""
    varied = {
        name: Column("number or text", label or name, lacks=True, unit=unit) for name, (label, unit) in factors.items()
    }
    return BEFORE_FACTORS | varied | AFTER_FACTORS | outcome_columns(outcomes, known) | AFTER_OUTCOMES


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

    def outcome(self, name: str) -> Scalar | None:
        """What an outcome is; None where the dataset does not say."""
        about = self.manifest.get("outcomes", {}).get(name)
        return None if about is None else Scalar.model_validate(about)

    def unit(self, name: str) -> str:
        """Unit of an outcome; empty where the dataset does not say."""
        outcome = self.outcome(name)
        return str(self.manifest.get("units", {}).get(name, "")) if outcome is None else outcome.unit

    def metric(self, name: str) -> Quantity | None:
        """What a metric is of which curves were kept, or one of a part, ``harm.weibo``; None where nothing is said."""
        known = self.manifest.get("metrics", {})
        about = known.get(name) or known.get(name.rpartition(".")[0])
        return None if about is None else Quantity.model_validate(about)

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
        names, only = set[str](), {"metric": CURVES["metric"]}
        for part in self.manifest["parts"]:
            if part["curves"]:
                names |= set(read_table(self.folder / part["curves"], only)["metric"].unique().to_pylist())
        return sorted(names)

    def curves(self, metric: str, cells: Iterable[int]) -> pd.DataFrame:
        """A metric's daily values in *cells*: columns cell, seed, date, value."""
        rows = self.runs.loc[self.runs["cell"].isin(list(cells)), ["cell", "identity", "seed"]]
        curves = read_curves(self.folder, self.manifest["parts"], sorted(set(rows["identity"])))
        return curves[curves["metric"] == metric].merge(rows, on=["identity", "seed"])[
            ["cell", "seed", "date", "value"]
        ]


def read_all_runs(folder: Path, manifest: Mapping[str, Any]) -> pd.DataFrame:
    """All runs of the dataset in *folder*, failed ones too. Raises ``UserError`` when they cannot be read."""
    experiment = manifest["experiment"]
    columns = run_columns(dict.fromkeys(experiment["factors"], ("", "")), experiment["outcomes"], {})
    return read_runs(folder, manifest["parts"], columns)


def load_sweep(folder: Path) -> StoredSweep:
    """Read the dataset in *folder*. Raises ``UserError`` when it cannot be read or no run has succeeded."""
    manifest = read_manifest(folder)
    runs = read_all_runs(folder, manifest)
    if not len(runs) or not (runs["status"] == "ok").any():
        raise UserError(f"{folder}: no run of this dataset has succeeded so far")
    twice = runs.duplicated(["cell", "seed"])
    if twice.any():
        row = runs[twice].iloc[0]
        raise UserError(f"{folder}: two runs of cell {row['cell']} with seed {row['seed']}")
    return StoredSweep(folder, manifest, runs[runs["status"] == "ok"].reset_index(drop=True))


def is_sweep(folder: Path) -> bool:
    """Whether *folder* holds a dataset rather than one run."""
    if (folder / CONFIG).exists():
        return False
    return any(folder.glob("runs-*.parquet")) or says_dataset(folder)


def read_manifest(folder: Path) -> dict[str, Any]:
    """A dataset's manifest, in plain values. Raises ``UserError`` when it cannot be read or is of something else."""
    return read_dataset_manifest(folder).model_dump(mode="json")


def read_runs(folder: Path, parts: Iterable[Mapping[str, Any]], columns: Mapping[str, Column]) -> pd.DataFrame:
    """The runs of *parts*, in their order. Raises ``UserError`` for one that is not as *columns* and the part say."""
    tables = []
    for part in parts:
        path = folder / part["runs"]
        tables.append(read_table(path, columns))
        if len(tables[-1]) != part["rows"]:
            raise UserError(f"{path}: has {len(tables[-1])} rows; {MANIFEST} says {part['rows']}")
    return _together(folder, tables) if tables else pd.DataFrame(columns=list(columns))


def read_curves(folder: Path, parts: Iterable[Mapping[str, Any]], identities: list[str] | None = None) -> pd.DataFrame:
    """The curves of *parts*, of the runs with these *identities* only when they are given. Raises ``UserError``."""
    filters = None if identities is None else [("identity", "in", identities)]
    tables = [read_table(folder / part["curves"], CURVES, filters) for part in parts if part["curves"]]
    return _together(folder, tables) if tables else CURVES_SCHEMA.empty_table().to_pandas()


def _together(folder: Path, tables: list[pa.Table]) -> pd.DataFrame:
    try:
        return to_pandas(pa.concat_tables(tables), folder)
    except pa.ArrowException as error:
        raise UserError(f"{folder}: its parts do not fit together: {' '.join(str(error).split())[:200]}") from None
