"""What is kept of a part of the world: a metric on one platform, or of one kind, as a curve or as an outcome.

A curve is asked for as ``prevalence`` (all platforms and kinds), ``prevalence by platform`` or ``harm by kind``; the
last two are stored as one metric a part, ``prevalence.weibo``. An outcome of a part is asked for by its name and the
part's: ``harm_total.weibo``, ``prevalence_mean.weibo``, ``closed_total.rumours``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import pandas as pd

ALL = "all"
PARTS = ("platform", "kind")
"""What a metric may be split by."""
REDUCED = ("total", "mean", "first", "last")
"""Ends of outcomes' names: how a part's daily values become one number."""


def asked(name: str) -> tuple[str, str]:
    """The metric of a curve that is asked for, and what it is split by; empty when by nothing."""
    metric, _, part = name.partition(" by ")
    return metric, part


def metrics_of(outcomes: Iterable[str], curves: Iterable[str]) -> set[str]:
    """Metrics whose series the *curves*, and those *outcomes* that are of a part, are read off."""
    return {asked(curve)[0] for curve in curves} | {_reduced(outcome)[0] for outcome in outcomes}


def _reduced(outcome: str) -> tuple[str, str, str]:
    """Metric, how its daily values become one number, and part of an outcome such as ``harm_total.weibo``."""
    whole, _, part = outcome.rpartition(".")
    metric, _, how = whole.rpartition("_")
    return metric, how, part


def daily(series: pd.DataFrame, part: str) -> pd.DataFrame:
    """Rows of one metric added up by *part* and day: columns part, date, value. Totals and other levels left out."""
    rows = series[series[part] != ALL]
    keys = [rows[part].astype(str).rename("part"), rows["date"]]
    return rows["value"].groupby(keys).sum().reset_index()


def curves_of(series: pd.DataFrame, wanted: Sequence[str]) -> pd.DataFrame:
    """The curves *wanted* of a run's tidy series: columns date, metric, value.

    A part in which a count is zero on every day has no rows.
    """
    kept = [series.loc[:, ["date", "metric", "value"]].iloc[:0]]
    for name in wanted:
        metric, part = asked(name)
        rows = series[series["metric"] == metric]
        if part:
            found = daily(rows, part)
            kept.append(found.assign(metric=f"{metric}." + found["part"])[["date", "metric", "value"]])
        else:
            kept.append(rows.loc[(rows["platform"] == ALL) & (rows["kind"] == ALL), ["date", "metric", "value"]])
    table = pd.concat([frame.assign(metric=frame["metric"].astype(str)) for frame in kept], ignore_index=True)
    return table


def outcome_of(series: pd.DataFrame, name: str) -> float:
    """An outcome of one part, such as ``harm_total.weibo``; zero for counts that the part never had, else NaN."""
    metric, how, part = _reduced(name)
    rows = series[series["metric"] == metric]
    for by in PARTS:
        found = daily(rows[rows[by] == part], by)["value"]
        if len(found):
            return float({"total": found.sum, "mean": found.mean}[how]() if how in ("total", "mean") else
                         found.iloc[0 if how == "first" else -1])  # fmt: skip
    return 0.0 if len(rows) and not _is_level(rows) else math.nan


def names_of(series: pd.DataFrame, outcomes: Iterable[str], platforms: Iterable[str], kinds: Iterable[str],
             ) -> tuple[set[str], set[str]]:  # fmt: skip
    """Outcomes and curves of parts that runs have whose whole *outcomes* and tidy *series* are these."""
    known, parts_of = set(outcomes), {"platform": list(platforms), "kind": list(kinds)}
    found_outcomes, found_curves = set[str](), set[str]()
    for metric, rows in series.groupby(series["metric"].astype(str)):
        for by in PARTS[:1] if _is_level(rows) else PARTS:
            found_curves.add(f"{metric} by {by}")
            for whole in (f"{metric}_{how}" for how in REDUCED):
                if whole in known:
                    found_outcomes |= {f"{whole}.{part}" for part in parts_of[by]}
    return found_outcomes, found_curves


def _is_level(rows: pd.DataFrame) -> bool:
    """Whether a metric does not add up: its rows are of a platform, and of all kinds."""
    return bool(((rows["platform"] != ALL) & (rows["kind"] == ALL)).any())
