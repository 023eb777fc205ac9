"""Curves and outcomes of one platform or kind, and the sums they must come to."""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd
import pytest

from rectify import RectificationModel
from rectify.core.quantity import Quantity, Scalar, reduced
from rectify.results import RunResult
from rectify.study.parts import curves_of, metrics_of, names_of, outcome_of
from rectify.study.task import kept

Build = Callable[..., RectificationModel]
CHANGES = {"population.accounts": 2000, "start": "2023-03-01", "end": "2023-03-31", "burn_in_days": 10}


@pytest.fixture(scope="module")
def result(build: Build) -> RunResult:
    """A month with its campaign."""
    return build(CHANGES).run()


def test_parts_add_up(result: RunResult) -> None:
    """Harm on all platforms, and of all kinds, is harm; every day, and in all."""
    series, names = result.series, sorted(set(result.series["platform"].astype(str)) - {"all"})
    whole = curves_of(series, ["harm"]).set_index("date")["value"]
    for part in ("platform", "kind"):
        split = curves_of(series, [f"harm by {part}"])
        assert split["metric"].str.startswith("harm.").all()
        assert split.groupby("date")["value"].sum().to_numpy() == pytest.approx(whole.to_numpy())
    total = sum(outcome_of(result, f"harm_total.{name}") for name in names)
    assert total == pytest.approx(result.summary["harm_total"])


def test_a_level_is_that_of_the_platform(result: RunResult) -> None:
    """The mean of its own days, its last census, and no level of a kind."""
    series = result.series
    own = series[(series["metric"] == "prevalence") & (series["platform"] == "weibo")]["value"]
    assert outcome_of(result, "prevalence_mean.weibo") == pytest.approx(own.mean())
    assert math.isnan(outcome_of(result, "prevalence_mean.rumours"))
    census = series[(series["metric"] == "open_accounts") & (series["platform"] == "weibo")]
    last = census[census["date"] == census["date"].max()]["value"].sum()
    assert outcome_of(result, "open_accounts_last.weibo") == last > 0


def test_what_never_happened_is_zero_and_what_is_unknown_is_not_there(result: RunResult) -> None:
    """Namesakes are not screened for by default."""
    assert outcome_of(result, "refused_namesakes_total.weibo") == 0.0
    assert math.isnan(outcome_of(result, "harms_total.weibo"))
    assert math.isnan(outcome_of(result, "selfmedia_2023.prevalence_before"))


@pytest.mark.parametrize(
    ("outcomes", "curves"),
    [
        (["harm_total", "cases_total.weibo", "prevalence_mean.weibo", "no_such_thing"], ["posts by kind", "pressure"]),
        (["closed_total.rumours"], []),
        (["harm_total"], []),
    ],
)
def test_no_other_metrics_are_needed(outcomes: list[str], curves: list[str], build: Build, result: RunResult) -> None:
    """Only the metrics that outcomes and curves are read off, and they come out as from the series of all."""
    few = build(CHANGES).run(metrics=metrics_of(result.outcomes, outcomes, curves))
    assert len(few.series) < len(result.series) / 5
    assert few.summary == pytest.approx(result.summary, rel=0, abs=0, nan_ok=True)
    ours, wanted = kept(few, outcomes, curves, 0.0), kept(result, outcomes, curves, 0.0)
    assert ours.outcomes == pytest.approx(wanted.outcomes, rel=0, abs=0, nan_ok=True)
    if curves:
        pd.testing.assert_frame_equal(ours.curves, wanted.curves)


def test_names_of_parts() -> None:
    """Counts have platforms and kinds, levels have platforms; a part's outcome is what the whole's is, of it alone."""
    harm = Quantity(unit="harm", number="count", meaning="Harm.", by=("platform", "kind"), scales_with_population=True)
    felt = Quantity(unit="0 to 1", number="level", meaning="Felt.", by=("platform",), scales_with_population=False)
    known = {
        "harm_total": reduced("harm", harm, "total"), "pressure_mean": reduced("pressure", felt, "mean"),
        "days": Scalar(unit="days", number="count", meaning="Days.", scales_with_population=False),
    }  # fmt: skip
    metrics = {"harm": harm, "pressure": felt}
    outcomes, curves = names_of(known, metrics, {"platform": ["weibo"], "kind": ["hype"]})
    assert outcomes.keys() == {*known, "harm_total.weibo", "harm_total.hype", "pressure_mean.weibo"}
    assert curves.keys() == {*metrics, "harm by platform", "harm by kind", "pressure by platform"}
    assert (outcomes["harm_total.weibo"].part, outcomes["harm_total.weibo"].by) == ("weibo", ())
    assert outcomes["harm_total.weibo"].unit == "harm"
