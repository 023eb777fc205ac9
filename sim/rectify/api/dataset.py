"""Dataset: the runs of a sweep or a comparison, as an object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import pandas as pd

from rectify.core.errors import UserError, unknown
from rectify.core.showing import Figures, as_html
from rectify.study.paired import differences
from rectify.study.stored import StoredSweep, load_sweep, read_all_runs
from rectify.study.sweep import SweepResult

COLUMNS_SHOWN, ROWS_SHOWN = 6, 12
"""Outcomes and cells of which a notebook shows the means over seeds."""


@dataclass(frozen=True, repr=False, eq=False)
class Dataset(StoredSweep):
    """What :func:`rectify.sweep` and :func:`rectify.compare` give, and :func:`rectify.load` reads back.

    runs: a data frame with a row for each cell and seed that succeeded: cell, identity, seed, factors, outcomes.
    folder: where it lies. manifest: how it was made. session: how the runs went in the call that made it; None where
    it was loaded.

    >>> import rectify
    >>> base = "population.accounts=300 end=2023-01-07 burn_in_days=0"
    >>> found = rectify.compare("campaign=none", "seasons=none rulebook=warning_alone", base=base, seeds=2, workers=1)
    >>> found.runs.groupby("cell").size().tolist()
    [2, 2]
    >>> found.differences(["harm_total"])[["cell", "outcome", "pairs"]].to_dict("records")
    [{'cell': 1, 'outcome': 'harm_total', 'pairs': 2}]
    """

    session: SweepResult | None = None

    @classmethod
    def load(cls, folder: str | Path, session: SweepResult | None = None) -> Self:
        """Read the dataset in *folder*. Raises ``UserError`` when it cannot be read or no run has succeeded."""
        stored = load_sweep(Path(folder))
        return cls(stored.folder, stored.manifest, stored.runs, session)

    @property
    def failed(self) -> pd.DataFrame:
        """Runs that failed, with the reason in the column ``error``. Read from the folder when asked for."""
        runs = read_all_runs(self.folder, self.manifest)
        return runs[runs["status"] != "ok"].reset_index(drop=True)

    @property
    def outcomes(self) -> list[str]:
        """Names of the outcomes, which are columns of ``runs``; :meth:`outcome` says what each is."""
        return list(self.experiment["outcomes"])

    def curves(self, metric: str, cells: Iterable[int] | None = None) -> pd.DataFrame:
        """A metric's daily values: columns cell, the factors, seed, date and value, a row for each run and day.

        *cells*: by default all. ``attrs`` holds the metric's name, unit and meaning. Raises ``UserError`` for a metric
        of which no curves were kept, and for a cell that there is not.
        """
        if metric not in (kept := self.metrics()):
            raise UserError(unknown(f"{self.folder}: curves", metric, kept))
        wanted = self._cells(cells)
        factors = self.runs[["cell", *self.factors]].drop_duplicates("cell")
        found = super().curves(metric, wanted).merge(factors, on="cell")
        table = found[["cell", *self.factors, "seed", "date", "value"]]
        table = table.sort_values(["cell", "seed", "date"], ignore_index=True)
        about = self.metric(metric)
        table.attrs = {"metric": metric, **({"unit": about.unit, "meaning": about.meaning} if about else {})}
        return table

    def differences(self, outcomes: Sequence[str] | str | None = None, *, reference: int | None = None) -> pd.DataFrame:
        """Paired differences of every cell from the reference, over the seeds that both have; with bootstrap intervals.

        A row for each cell and outcome: cell, the factors, outcome, unit, pairs, mean_a (of the reference), mean_b,
        difference (b − a), low and high (its 95 % interval), variance_ratio (see
        :class:`rectify.study.paired.Difference`); NaN where no seed succeeded in both. *outcomes*: by default all.
        *reference*: number of the cell to compare with, by default the dataset's. Raises ``UserError`` for an unknown
        outcome or cell, and without a reference.
        """
        chosen = [outcomes] if isinstance(outcomes, str) else list(self.outcomes if outcomes is None else outcomes)
        for name in chosen:
            if name not in self.outcomes:
                raise UserError(unknown(f"{self.folder}: outcomes", name, self.outcomes))
        base = self.reference if reference is None else reference
        if base is None:
            raise UserError(f"{self.folder}: has no reference; name a cell to compare with, as reference=0")
        cells = range(int(self.manifest["cells"]))
        if base not in cells:
            raise UserError(f"{self.folder}: reference: there is no cell {base}; cells: 0 to {cells[-1]}")
        values = self.runs.drop_duplicates("cell").set_index("cell")[list(self.factors)].reindex(cells)
        rows = []
        for cell in cells:
            if cell == base:
                continue
            about = {"cell": cell, **values.loc[cell].to_dict()}
            for one in differences(self.runs, base, cell, chosen):
                numbers = asdict(one)
                rows.append({**about, "outcome": numbers.pop("outcome"), "unit": self.unit(one.outcome), **numbers})
        columns = ["cell", *self.factors, "outcome", "unit", "pairs", "mean_a", "mean_b", "difference", "low", "high",
                   "variance_ratio"]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    def draw(self) -> Figures:
        """Draw the figures that the experiment asks for into ``folder/figures``, as PNG and SVG; returns their paths.

        Raises ``UserError`` where the dataset lacks what a figure needs.
        """
        from rectify.report.datasets import draw_dataset  # matplotlib takes a while to load

        return Figures(draw_dataset(self.folder))

    def _cells(self, cells: Iterable[int] | None) -> list[int]:
        known = sorted(map(int, self.runs["cell"].unique()))
        if cells is None:
            return known
        wanted = [int(cell) for cell in cells]
        for cell in wanted:
            if cell not in known:
                raise UserError(f"{self.folder}: no run of a cell {cell} has succeeded; cells: {_shortly(known)}")
        return wanted

    def __repr__(self) -> str:
        return (
            f"<Dataset {self.experiment['name']}: {len(self.runs):,} runs of {self.manifest['cells']} cells"
            f"{f', {failed} failed' if (failed := self._failures()) else ''}; in {self.folder}>"
        )

    def _repr_html_(self) -> str:
        experiment = self.experiment
        first, last = experiment["first_seed"], experiment["first_seed"] + experiment["replicates"] - 1
        about = as_html(
            str(experiment["question"]),
            {
                "dataset": experiment["name"],
                "runs": f"{len(self.runs):,}",
                "failed": self._failures(),
                "cells": self.manifest["cells"],
                "seeds": f"{first} to {last}",
                "factors": ", ".join(self.factors) or "none",
                "folder": self.folder,
            },
        )
        means = self.runs.groupby("cell")[self.outcomes[:COLUMNS_SHOWN]].mean().head(ROWS_SHOWN)
        return about + str(means.to_html(float_format=lambda value: f"{value:.4g}"))

    def _failures(self) -> int:
        return sum(int(part["failed"]) for part in self.manifest["parts"])


def _shortly(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) if len(numbers) <= 8 else f"{numbers[0]} to {numbers[-1]}"
