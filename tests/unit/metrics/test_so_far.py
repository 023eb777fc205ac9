"""Results in mid-run: of the days so far, with nothing that cannot be told yet, and whole at the end."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from rectify import RectificationModel, RunResult, UserError
from rectify.core.quantity import NOT_YET

Build = Callable[..., RectificationModel]
BURN_IN, DAYS = 3, 60
CAMPAIGN = {"opens": "2023-01-20", "closes": "2023-02-05"}
OPENS, CLOSES = 19, 35
"""Places of its first and last day among those reported."""


@pytest.fixture(scope="module")
def whole(build: Build) -> tuple[dict[int, RunResult], RunResult]:
    """Results of one run after some of its reported days, by their number, and at the end."""
    model = build(
        {
            "population.accounts": 800, "burn_in_days": BURN_IN, "end": "2023-03-01",
            "campaigns.selfmedia_2023.opens": CAMPAIGN["opens"], "campaigns.selfmedia_2023.closes": CAMPAIGN["closes"],
            "campaigns.selfmedia_2023.targets": {
                "views": {"label": "Views", "metric": "views", "kinds": None, "sources": {"*": "assumption"}},
            },
        }
    )  # fmt: skip
    assert model.world.calendar.reported_days == DAYS
    found = {}
    for reported in (0, 1, 8, OPENS, OPENS + 1, CLOSES, CLOSES + 1, DAYS - 1):
        while model.day < BURN_IN + reported:
            model.step()
        found[reported] = model.result()
    return found, model.run()


def test_series_are_those_of_the_whole_run_up_to_the_day(whole: tuple[dict[int, RunResult], RunResult]) -> None:
    """No day that has not been simulated, and no NaN."""
    found, end = whole
    last = end.series["date"].unique()
    for days, result in found.items():
        assert result.series["date"].nunique() == days
        assert result.series["value"].notna().all()
        if days == 0:
            continue
        until = end.series[end.series["date"] <= last[days - 1]]
        keys = ["date", "platform", "kind", "metric"]
        both = result.series.astype(dict.fromkeys(keys[1:], str)).merge(
            until.astype(dict.fromkeys(keys[1:], str)), on=keys, how="left", suffixes=("", "_whole")
        )
        np.testing.assert_array_equal(both["value"], both["value_whole"])


def test_totals_and_means_are_of_the_days_so_far(whole: tuple[dict[int, RunResult], RunResult]) -> None:
    found, _ = whole
    for days, result in found.items():
        assert result.summary["days"] == days
        of_all = result.series[(result.series["platform"] == "all") & (result.series["kind"] == "all")]
        series = of_all.pivot_table(index="date", columns="metric", values="value", observed=False)
        for metric in ("posts", "views", "closed"):
            total = series[metric].sum() if days else 0.0
            assert result.summary[f"{metric}_total"] == pytest.approx(total, rel=1e-12)
        if days:
            assert result.summary["prevalence_mean"] == pytest.approx(series["prevalence"].mean(), rel=1e-12)
        else:
            assert result.absent["prevalence_mean"] == f"{NOT_YET}: no day has a value"
        assert all(map(math.isfinite, result.summary.values()))
        assert all(reason.startswith(f"{NOT_YET}: ") for reason in result.absent.values())


@pytest.mark.parametrize(
    ("measure", "from_day"),
    [
        ("prevalence_before", OPENS),
        ("prevalence_during", CLOSES + 1),
        ("prevalence_end", CLOSES + 1),
        ("prevalence_after", CLOSES + 2),
        ("target.views_before", OPENS),
        ("target.views_end", CLOSES + 1),
        ("target.views_after", CLOSES + 2),
    ],
)
def test_of_a_campaign_only_what_is_over_is_told(
    whole: tuple[dict[int, RunResult], RunResult], measure: str, from_day: int
) -> None:
    """And it is what the whole run says, but for what goes on until the run's end."""
    found, end = whole
    name = f"selfmedia_2023.{measure}"
    for days, result in found.items():
        assert (name in result.summary) == (days >= from_day), days
        assert (name in result.absent) == (days < from_day), days
        if days >= from_day and not measure.endswith("after"):
            assert result.summary[name] == end.summary[name]


def test_what_the_end_gives_is_not_said_to_be_missing_for_now(
    whole: tuple[dict[int, RunResult], RunResult],
) -> None:
    found, end = whole
    assert not any(reason.startswith(NOT_YET) for reason in end.absent.values())
    # Censuses are held every week and on the last day.
    assert "open_accounts_last" in found[1].summary
    assert "open_accounts_last" in found[8].summary
    assert "open_accounts_last" in found[OPENS].absent
    assert "open_accounts_last" in end.summary


def test_published_figures_are_counted_so_far(whole: tuple[dict[int, RunResult], RunResult]) -> None:
    found, end = whole
    assert (found[OPENS].published["simulated"] == 0).all()
    during, after = found[CLOSES].published["simulated"], end.published["simulated"]
    assert (during <= after).all()
    assert during.sum() > 0


def test_curves_are_at_hand_in_mid_run(build: Build) -> None:
    """The values of the tidy table, a column a part, and all of them at the end."""
    model = build({"population.accounts": 500})
    assert model.curves("posts").empty
    for _ in range(8):
        model.step()
    posts = model.curves("posts")
    assert posts.columns.tolist() == ["all"]
    assert posts.index.tolist() == list(pd.date_range("2023-01-01", periods=8))
    assert posts.attrs == {"metric": "posts", "unit": "posts", "meaning": "Posts written."}
    for by in ("platform", "kind"):
        parts = model.curves("posts", by=by)
        assert parts.columns[-1] == "all"
        np.testing.assert_allclose(parts.drop(columns="all").sum(axis=1), parts["all"])
    assert model.curves("prevalence", by="platform").columns.tolist() == ["douyin", "wechat", "weibo", "all"]
    assert model.curves("open_accounts").index.tolist() == [pd.Timestamp("2023-01-01"), pd.Timestamp("2023-01-08")]
    assert model.curves("closed", by="kind").columns[-1] == "all"
    assert len(model.curves("closed", by="kind")) == 8
    pd.testing.assert_frame_equal(model.result().curves("posts", by="kind"), model.curves("posts", by="kind"))


@pytest.mark.parametrize(
    ("metric", "by", "words"),
    [
        ("prevalance", None, "'prevalance' is not known; did you mean 'prevalence'"),
        ("prevalence", "kind", "prevalence is not known by kind; by platform"),
        ("posts", "month", "'month' is not known"),
    ],
)
def test_curves_that_there_are_not_are_refused(build: Build, metric: str, by: str | None, words: str) -> None:
    model = build({"population.accounts": 300})
    with pytest.raises(UserError, match=words):
        model.curves(metric, by=by)  # type: ignore[arg-type]
