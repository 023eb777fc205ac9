"""Paired differences between twins: the same seeds under two policies, with bootstrap intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import bootstrap

Numbers = np.ndarray[Any, Any]

CONFIDENCE = 0.95
RESAMPLES = 9999
CURVE_RESAMPLES = 999
"""Resamples for bands around curves, of which there are many."""


@dataclass(frozen=True)
class Difference:
    """Cell b minus cell a in one outcome, over *pairs* shared seeds; ``low`` to ``high`` is the 95 % interval.

    ``variance_ratio``: variance of the difference between independent seeds over that between twins, which is how
    many times as many replicates independent seeds would need for the same precision.
    """

    outcome: str
    pairs: int
    mean_a: float
    mean_b: float
    difference: float
    low: float
    high: float
    variance_ratio: float


def mean_interval(values: Numbers) -> tuple[float, float]:
    """Bootstrap interval (BCa, 95 %) of the mean of *values* [n]; NaN for fewer than two."""
    if len(values) < 2:
        return math.nan, math.nan
    if np.ptp(values) == 0:
        return float(values[0]), float(values[0])
    found = bootstrap(
        (values,), np.mean, confidence_level=CONFIDENCE, n_resamples=RESAMPLES, method="BCa",
        rng=np.random.default_rng(1),
    ).confidence_interval  # fmt: skip
    return float(found.low), float(found.high)


def band(values: Numbers) -> tuple[Numbers, Numbers]:
    """Bootstrap interval (percentiles, 95 %) of the mean over the first axis of *values* [seeds, days]."""
    if len(values) < 2:
        return np.full(values.shape[1], np.nan), np.full(values.shape[1], np.nan)
    found = bootstrap(
        (values,), np.mean, axis=0, confidence_level=CONFIDENCE, n_resamples=CURVE_RESAMPLES, method="percentile",
        rng=np.random.default_rng(1), batch=100,
    ).confidence_interval  # fmt: skip
    return np.asarray(found.low), np.asarray(found.high)


def difference(outcome: str, a: Numbers, b: Numbers) -> Difference:
    """Paired difference b − a; *a* and *b* [pairs] follow the same seeds. Pairs with a NaN are left out."""
    there = np.isfinite(a) & np.isfinite(b)
    a, b = a[there], b[there]
    if not len(a):
        return Difference(outcome, 0, *[math.nan] * 6)
    apart = b - a
    low, high = mean_interval(apart)
    ratio = math.nan
    if len(a) > 1 and (spread := float(np.var(apart, ddof=1))) > 0:
        ratio = float(np.var(a, ddof=1) + np.var(b, ddof=1)) / spread
    return Difference(outcome, len(a), float(a.mean()), float(b.mean()), float(apart.mean()), low, high, ratio)


def differences(runs: pd.DataFrame, reference: int, cell: int, outcomes: Sequence[str]) -> list[Difference]:
    """Paired differences of *cell* from *reference* in every outcome, over the seeds that both have."""
    a, b = (runs[runs["cell"] == number].set_index("seed") for number in (reference, cell))
    seeds = a.index.intersection(b.index)
    return [difference(name, a.loc[seeds, name].to_numpy(), b.loc[seeds, name].to_numpy()) for name in outcomes]
