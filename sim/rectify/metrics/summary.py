"""The summary: a run in a few dozen numbers, flat, name → number."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from rectify.core.quantity import Statistic
from rectify.core.table import Array
from rectify.metrics.recorder import Recorder
from rectify.policy.campaigns import CampaignParams
from rectify.world.world import World

WINDOW = 30
"""Days averaged for the levels before a campaign and at the end of the run."""

SMOOTHING = 7
"""Days averaged before a rebound is read off, one week."""


def mean(series: Array) -> float:
    """Mean of the values that are there; NaN when there are none."""
    return float(np.nanmean(series)) if np.isfinite(series).any() else math.nan


REDUCE: dict[Statistic, Callable[[Array], float]] = {
    "total": lambda series: float(series.sum()),
    "mean": mean,
    "first": lambda series: float(series[0]) if len(series) else math.nan,
    "last": lambda series: float(series[-1]) if len(series) else math.nan,
}
"""How a series over all platforms and kinds, [days], becomes one number."""


def rebound(prevalence: Array, opens: int, closes: int) -> dict[str, float]:
    """What a campaign did to prevalence and what is left of it. *opens*, *closes*: its first and last day's place.

    before: mean of the month before. lowest week within it; end: mean of its last week; after: mean of the run's last
    month. rebound_share: how much of the fall was undone by then. rebound_half_life_days: first day after its end on
    which the week's mean had recovered half of the fall; NaN if never.
    """
    before = mean(prevalence[max(0, opens - WINDOW) : opens])
    during = mean(prevalence[opens : closes + 1])
    end = mean(prevalence[max(opens, closes + 1 - SMOOTHING) : closes + 1])
    after = mean(prevalence[max(closes + 1, len(prevalence) - WINDOW) :])
    fall = before - end
    half_life = math.nan
    afterwards = prevalence[closes + 1 :]
    weeks = np.zeros(0)
    if len(afterwards) >= SMOOTHING:
        weeks = np.convolve(afterwards, np.full(SMOOTHING, 1 / SMOOTHING), "valid")
    recovered = np.flatnonzero(weeks >= end + fall / 2)
    if fall > 0 and len(recovered):
        half_life = float(recovered[0] + SMOOTHING / 2)
    return {
        "prevalence_before": before,
        "prevalence_during": during,
        "prevalence_end": end,
        "prevalence_after": after,
        "rebound_share": (after - end) / fall if fall > 0 else math.nan,
        "rebound_half_life_days": half_life,
    }


def of_targets(world: World, recorder: Recorder, campaigns: Mapping[str, CampaignParams]) -> dict[str, float]:
    """Each target's metric on the campaign's platforms: before it, in its last week, and in the run's last month.

    Means of days; NaN where the run has none, or has not come to all of them. What adds up over platforms is summed
    over them. Names are ``campaign.target.name_before``, ``_end`` and ``_after``.
    """
    numbers: dict[str, float] = {}
    burn_in = recorder.calendar.burn_in
    days = math.inf if recorder.is_complete else recorder.days
    for campaign in world.policy.campaigns:
        opens, closes = campaign.opens - burn_in, campaign.closes - burn_in
        for name, target in campaigns[campaign.name].targets.items():
            series, by_kind = recorder.series(target.metric), recorder.metrics[target.metric].by == "kind"
            if by_kind:
                kinds = world.policy.kinds.index(target.kinds) if target.kinds is not None else slice(None)
                series = series[:, :, kinds].sum(axis=2)
            by_platform = series[:, : len(campaign.on_platform)][:, campaign.on_platform]
            is_level = recorder.metrics[target.metric].number == "level"
            daily = by_platform.mean(axis=1) if is_level else by_platform.sum(axis=1)
            path = f"{campaign.name}.target.{name}"
            before = daily[max(0, opens - WINDOW) : max(0, opens)]
            end = daily[max(0, opens, closes + 1 - SMOOTHING) : max(0, closes + 1)]
            numbers[f"{path}_before"] = mean(before) if opens <= days else math.nan
            numbers[f"{path}_end"] = mean(end) if closes < days else math.nan
            numbers[f"{path}_after"] = mean(daily[max(0, closes + 1, len(daily) - WINDOW) :])
    return numbers


def summarise(
    world: World, recorder: Recorder, published: pd.DataFrame, campaigns: Mapping[str, CampaignParams]
) -> dict[str, float]:
    """Every metric's statistics, the rebound of every campaign, its targets, and the published figures' twins.

    In mid-run, of the days so far. NaN where the run has nothing to work a number out from, or not yet. What each
    number is, and why it may be missing, :func:`rectify.metrics.outcomes.describe` says.
    """
    numbers: dict[str, float] = {
        "accounts": float(len(world.accounts)),
        "scale": world.scale,
        "days": float(recorder.days),
    }
    for name, metric in recorder.metrics.items():
        series = recorder.total(name)
        for statistic in metric.statistics:
            numbers[f"{name}_{statistic}"] = REDUCE[statistic](series)
    lawful = recorder.series("income")[:, :, -1].sum()
    numbers["income_lawful_total"] = float(lawful)
    numbers["income_violators_total"] = numbers["income_total"] - float(lawful)
    returned = numbers["returned_total"]
    numbers["returned_share"] = returned / numbers["closed_total"] if numbers["closed_total"] else math.nan
    numbers["days_to_return_mean"] = numbers["days_to_return_total"] / returned if returned else math.nan
    lost = numbers["audience_lost_total"]
    numbers["audience_recovered_share"] = numbers["audience_recovered_total"] / lost if lost else math.nan
    prevalence = recorder.total("prevalence")
    burn_in = recorder.calendar.burn_in
    for campaign in world.policy.campaigns:
        opens, closes = campaign.opens - burn_in, campaign.closes - burn_in
        if campaign.planned and 0 <= opens <= closes < recorder.calendar.reported_days:
            found = rebound(prevalence, opens, closes)
            if closes >= len(prevalence):  # it is not over: nothing can be told but what was before it
                found |= dict.fromkeys(found.keys() - {"prevalence_before"}, math.nan)
            if opens > len(prevalence):
                found["prevalence_before"] = math.nan
            for name, value in found.items():
                numbers[f"{campaign.name}.{name}"] = value
    numbers |= of_targets(world, recorder, campaigns)
    for row in published.itertuples(index=False):
        numbers[f"published.{row.figure}"] = float(row.simulated)
    return numbers
