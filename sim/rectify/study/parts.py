"""What is kept of a part of the world: a metric on one platform, or of one kind, as a curve or as an outcome.

A curve is asked for as ``prevalence`` (all platforms and kinds), ``prevalence by platform`` or ``harm by kind``; the
last two are stored as one metric a part, ``prevalence.weibo``. An outcome of a part is asked for by its name and the
part's: ``harm_total.weibo``, ``prevalence_mean.weibo``, ``closed_total.rumours``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from rectify.core.quantity import Quantity, Scalar, Statistic
from rectify.results import RunResult

ALL = "all"


def asked(name: str) -> tuple[str, str]:
    """The metric of a curve that is asked for, and what it is split by; empty when by nothing."""
    metric, _, part = name.partition(" by ")
    return metric, part


def resolve(outcomes: Mapping[str, Scalar], name: str) -> Scalar | None:
    """What an outcome is, also that of a part; None where it is none of *outcomes*, which are of the whole."""
    if name in outcomes:
        return outcomes[name]
    whole, _, part = name.rpartition(".")
    return outcomes[whole].of_part(part) if whole in outcomes and outcomes[whole].by else None


def metrics_of(outcomes: Mapping[str, Scalar], wanted: Iterable[str], curves: Iterable[str]) -> set[str]:
    """Metrics whose series the *curves*, and those outcomes *wanted* that are of a part, are read off."""
    found = (resolve(outcomes, name) for name in wanted)
    return {asked(curve)[0] for curve in curves} | {each.metric for each in found if each is not None and each.part}


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


def outcome_of(result: RunResult[Any], name: str) -> float:
    """An outcome of a run, also of one part, such as ``harm_total.weibo``; NaN for one that it does not have.

    Zero where a part never had what is counted by platform and kind.
    """
    if name in result.summary:
        return float(result.summary[name])
    outcome = resolve(result.outcomes, name)
    if outcome is None or not outcome.part:
        return math.nan
    rows = result.series[result.series["metric"] == outcome.metric]
    by = result.metrics[outcome.metric].by
    for each in by:
        found = daily(rows[rows[each] == outcome.part], each)["value"]
        if len(found):
            return _reduced(found, outcome.statistic)
    return 0.0 if len(rows) and "kind" in by else math.nan


def _reduced(values: pd.Series, statistic: Statistic | None) -> float:
    if statistic == "mean":
        return float(values.mean())
    if statistic in ("first", "last"):
        return float(values.iloc[0 if statistic == "first" else -1])
    return float(values.sum())


def names_of(
    outcomes: Mapping[str, Scalar], metrics: Mapping[str, Quantity], parts: Mapping[str, Iterable[str]]
) -> tuple[dict[str, Scalar], dict[str, Quantity]]:
    """Outcomes and curves that runs have whose *outcomes* of the whole and *metrics* are these, parts among them.

    *parts*: the names of all platforms and kinds, as ``{"platform": …, "kind": …}``.
    """
    found = dict(outcomes)
    for name, outcome in outcomes.items():
        found |= {f"{name}.{part}": outcome.of_part(part) for by in outcome.by for part in parts[by]}
    curves = dict(metrics)
    for name, quantity in metrics.items():
        curves |= {f"{name} by {by}": quantity for by in quantity.by}
    return found, curves
