"""Forks: which runs share how many days, and that sharing them changes nothing."""

from __future__ import annotations

import copy
from typing import Any

import pandas as pd
import pytest

from rectify import compose
from rectify.study.forks import Fork, cut, find_forks, simulate_forked
from rectify.study.task import FAILED, OK, simulate

OUTCOMES = ["prevalence_mean", "closed_total", "published.closed_total", "selfmedia_2023.rebound_share"]
CURVES = ["prevalence", "closed"]


@pytest.fixture(scope="module")
def base() -> dict[str, Any]:
    """A small run with the campaign in its middle."""
    config = compose(["population.accounts=2000", "start=2023-02-01", "end=2023-04-20", "burn_in_days=4"])
    return {**config.model_dump(mode="json"), "threads": 1}


def changed(base: dict[str, Any], **campaign: Any) -> dict[str, Any]:
    """The base with the campaign's keys changed; without keys, without campaign."""
    values = copy.deepcopy(base)
    values["campaigns"] = {"selfmedia_2023": {**values["campaigns"]["selfmedia_2023"], **campaign}} if campaign else {}
    return values


def test_runs_that_differ_in_campaigns_share_the_days_before_the_first(base: dict[str, Any]) -> None:
    configurations = {
        "as it was": base,
        "none": changed(base),
        "longer": changed(base, closes="2023-04-15"),
        "other world": {**changed(base), "burn_in_days": 5},
    }
    forks = find_forks(configurations)
    days = (pd.Timestamp("2023-03-10") - pd.Timestamp("2023-02-01")).days + 4
    assert forks == [
        Fork(("as it was", "none", "longer"), days, {}),
        Fork(("other world",), 0, {}),
    ]


def test_an_earlier_campaign_of_some_ends_what_is_shared(base: dict[str, Any]) -> None:
    both = changed(base, opens="2023-02-20")
    both["campaigns"]["kept"] = base["campaigns"]["selfmedia_2023"]
    other = copy.deepcopy(both)
    other["campaigns"]["selfmedia_2023"]["publicity"] = 0.9
    (fork,) = find_forks({"a": both, "b": other})
    assert fork.days == 19 + 4
    assert list(fork.campaigns) == ["kept"]


def test_what_opens_at_once_shares_nothing(base: dict[str, Any]) -> None:
    early = [changed(base, opens="2022-12-01", pressure=p) for p in (0.2, 0.8)]
    assert [fork.days for fork in find_forks({"a": early[0], "b": early[1]})] == [0, 0]


def test_forks_are_cut_for_all_workers() -> None:
    fork = Fork(tuple("abcdefgh"), 30, {})
    assert [piece.identities for piece in cut([fork], 4)] == [("a", "b"), ("c", "d"), ("e", "f"), ("g", "h")]
    assert cut([fork], 1) == [fork]
    assert cut([fork] * 8, 4) == [fork] * 8
    assert [piece.days for piece in cut([Fork(("a", "b", "c"), 30, {})], 9)] == [30]


def test_forked_runs_are_those_that_ran_from_the_first_day(base: dict[str, Any]) -> None:
    arms = [base, changed(base), changed(base, pressure=0.3, effort={**base["campaigns"]["selfmedia_2023"]["effort"]})]
    (fork,) = find_forks({str(number): arm for number, arm in enumerate(arms)})
    assert fork.days > 30
    forked, spared = simulate_forked(arms, fork.days, fork.campaigns, 3, OUTCOMES, CURVES)
    assert spared > 0
    for arm, outcome in zip(arms, forked, strict=True):
        alone = simulate(arm, 3, OUTCOMES, CURVES)
        assert alone.status == outcome.status == OK
        assert repr(alone.outcomes) == repr(outcome.outcomes)
        pd.testing.assert_frame_equal(alone.curves, outcome.curves)
    assert forked[0].outcomes["closed_total"] != forked[1].outcomes["closed_total"]


def test_one_arm_that_fails_leaves_the_others(base: dict[str, Any]) -> None:
    broken = changed(base, pressure=7.0)
    forked, _ = simulate_forked([base, broken], 30, {}, 1, OUTCOMES, [])
    assert [outcome.status for outcome in forked] == [OK, FAILED]
    assert "pressure" in forked[1].error
