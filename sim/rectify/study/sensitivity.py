"""Which factors an outcome is sensitive to: the indices that go with a Sobol or a Morris sample, by SALib.

Sobol: S1 is the share of the outcome's variance that a factor explains on its own, ST the share in which it has a part
(Saltelli et al., 2010). Morris: mu_star is the mean size of the factor's elementary effects, mu their mean, sigma their
standard deviation (Campolongo et al., 2007), in the outcome's unit for a step across the whole range.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rectify.study.design import Experiment
from rectify.study.sampling import drawn, problem
from rectify.study.stored import INDICES

COLUMNS = ("outcome", "factor", "index", "value", "half_width")
METHODS = {"sobol": ("S1", "ST"), "morris": ("mu_star", "mu", "sigma")}
"""Sampling methods that have indices, and which these are."""
RESAMPLES = 1000


def has_indices(experiment: Experiment) -> bool:
    """Whether the experiment's sample is one that indices are worked out from."""
    return experiment.sampling.method in METHODS and bool(experiment.factors)


def indices(experiment: Experiment, runs: pd.DataFrame) -> pd.DataFrame:
    """The indices of every outcome, a row each: outcome, factor, index, value and half the width of its 95 % interval.

    *runs*: those that succeeded, of all cells but the reference. An outcome counts by its mean over a cell's
    replicates; one that some cell lacks, or that is the same in all, has NaN. ``half_width`` comes from SALib's
    bootstrap and is NaN for indices that it gives none for (mu, sigma).
    """
    sample, asked = drawn(experiment), problem(experiment)
    rows: list[tuple[str, str, str, float, float]] = []
    cells = sorted(runs["cell"].unique())
    means = runs.groupby("cell")[experiment.outcomes].mean().reindex(cells)
    lacking = runs.groupby("cell")[experiment.outcomes].count().reindex(cells) == 0
    for outcome in experiment.outcomes:
        values = means[outcome].to_numpy(np.float64)
        usable = len(values) == len(sample) and not lacking[outcome].any() and np.ptp(values) > 0
        found = _analysed(experiment, asked, sample, values) if usable else {}
        for place, factor in enumerate(experiment.factors):
            for index in METHODS[experiment.sampling.method]:
                value, half = found.get(index), found.get(f"{index}_conf")
                rows.append(
                    (outcome, factor, index, float("nan") if value is None else float(value[place]),
                     float("nan") if half is None else float(half[place]))
                )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _analysed(experiment: Experiment, asked: dict[str, Any], sample: Any, values: Any) -> dict[str, Any]:
    from SALib.analyze import morris, sobol

    seed = experiment.sampling.seed
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # few samples: a resample may be constant
        if experiment.sampling.method == "sobol":
            return dict(sobol.analyze(asked, values, calc_second_order=False, num_resamples=RESAMPLES, seed=seed))
        return dict(morris.analyze(asked, sample, values, num_resamples=RESAMPLES, seed=seed))


def write_indices(folder: Path, experiment: Experiment, runs: pd.DataFrame) -> Path:
    """Replace the table of indices in the dataset's *folder*; returns its path."""
    path = folder / INDICES
    temporary = path.with_name(f".{INDICES}.part")
    indices(experiment, runs).to_csv(temporary, index=False)
    os.replace(temporary, path)
    return path
