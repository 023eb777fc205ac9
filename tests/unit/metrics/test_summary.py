"""The summary of a run: what a campaign did to prevalence, and totals and levels of the right series."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rectify import RectificationModel
from rectify.metrics.summary import SMOOTHING, WINDOW, rebound

Build = Callable[..., RectificationModel]


def test_a_rebound_with_a_known_half_life() -> None:
    """Prevalence that falls at once and comes back exponentially is described by the numbers it was made with."""
    opens, closes, high, low, half_life = 60, 119, 0.10, 0.04, 30.0
    back = high - (high - low) * 2.0 ** (-np.arange(1, 301) / half_life)
    prevalence = np.concatenate((np.full(opens, high), np.full(60, low), back))
    found = rebound(prevalence, opens, closes)
    assert found["prevalence_before"] == pytest.approx(high)
    assert found["prevalence_during"] == pytest.approx(low)
    assert found["prevalence_end"] == pytest.approx(low)
    assert found["prevalence_after"] == pytest.approx(prevalence[-WINDOW:].mean())
    assert found["rebound_share"] == pytest.approx((prevalence[-WINDOW:].mean() - low) / (high - low))
    assert found["rebound_half_life_days"] == pytest.approx(half_life, abs=1.5)


def test_no_fall_has_no_rebound() -> None:
    """Where a campaign lowers nothing there is nothing to undo."""
    found = rebound(np.linspace(0.1, 0.2, 200), 60, 119)
    assert math.isnan(found["rebound_half_life_days"])
    assert math.isnan(found["rebound_share"])


@pytest.mark.parametrize("after", [0, 1, SMOOTHING - 1, SMOOTHING])
def test_a_run_may_end_soon_after_its_campaign(after: int) -> None:
    """Even on its last day. Of less than a week nothing is said about recovery; of a whole one it is."""
    prevalence = np.concatenate((np.full(40, 0.10), np.full(20, 0.04), np.full(after, 0.10)))
    found = rebound(prevalence, 40, 59)
    assert found["prevalence_end"] == pytest.approx(0.04)
    assert math.isnan(found["rebound_half_life_days"]) == (after < SMOOTHING)


@pytest.mark.parametrize("closes", ["2023-01-20", "2023-01-29", "2023-01-31", "2023-02-20"])
def test_results_of_a_run_that_ends_with_its_campaign(build: Build, closes: str) -> None:
    """A run gives its results wherever its campaign ends."""
    dates = {"campaigns.selfmedia_2023.opens": "2023-01-10", "campaigns.selfmedia_2023.closes": closes}
    result = build({"population.accounts": 500, **dates}).run()
    assert result.summary["days"] == 31
    assert ("selfmedia_2023.prevalence_before" in result.summary) == (closes <= "2023-01-31")


def test_totals_and_means_are_those_of_the_series(build: Build, defaults: dict[str, Any]) -> None:
    """Counts are summed, levels averaged, and the tidy table says the same."""
    result = build({"population.accounts": 4000, "campaigns.selfmedia_2023.opens": "2023-01-05"}).run()
    whole = result.series[(result.series["platform"] == "all") & (result.series["kind"] == "all")]
    for metric, name in (("posts", "posts_total"), ("closed", "closed_total"), ("prevalence", "prevalence_mean")):
        values = whole[whole["metric"] == metric]["value"]
        assert len(values) == 31
        wanted = values.sum() if name.endswith("total") else values.mean()
        assert result.summary[name] == pytest.approx(wanted)
    parts = result.series[(result.series["platform"] != "all") & (result.series["metric"] == "posts")]
    assert parts["value"].sum() == pytest.approx(result.summary["posts_total"])
    assert result.summary["accounts"] == 4000
    open_rows = result.summary["open_accounts_first"] / result.summary["scale"]
    assert open_rows == pytest.approx(round(open_rows))
    assert defaults["population"]["represents"] == pytest.approx(result.summary["open_accounts_first"], rel=0.02)


def test_a_target_that_does_not_add_up_is_averaged_over_platforms(build: Build) -> None:
    """Prevalence on three platforms is not three times as high."""
    target = {"label": "Less of it", "metric": "prevalence", "kinds": None, "sources": {"*": "assumption"}}
    dates = {"campaigns.selfmedia_2023.opens": "2023-01-20", "campaigns.selfmedia_2023.closes": "2023-01-29"}
    result = build({**dates, "campaigns.selfmedia_2023.targets": {"less": target}}).run()
    rows = result.series[(result.series["metric"] == "prevalence") & (result.series["platform"] != "all")]
    before = rows[rows["date"] < "2023-01-20"]["value"].mean()
    assert result.summary["selfmedia_2023.target.less_before"] == pytest.approx(before)
    assert result.outcomes["selfmedia_2023.target.less_before"].is_share
