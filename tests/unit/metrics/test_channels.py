"""Metrics by detection channel, on runs small enough to recount."""

import pytest

from rectify import RectificationModel, compose
from rectify.detection.catalogue import CHANNELS

SMALL = ["population.accounts=5000", "end=2023-06-30"]


def total_by_metric(overrides):
    series = RectificationModel(compose([*SMALL, *overrides])).run().series
    return series.groupby("metric", observed=True)["value"].sum()


@pytest.fixture(scope="module")
def totals():
    return total_by_metric([])


def test_every_case_was_flagged_by_at_least_one_channel(totals):
    by_channel = [totals[f"channel.{each.name}.cases"] for each in CHANNELS]
    assert 0 < max(by_channel) <= totals["cases"] <= sum(by_channel)


def test_a_channel_that_is_off_flags_nothing_and_its_cases_are_missing(totals):
    fewer = total_by_metric(
        [f"platforms.{name}.channels.name_screening.checks_per_year=0" for name in ("wechat", "weibo", "douyin")]
    )
    assert totals["channel.name_screening.cases"] > 0
    assert fewer["channel.name_screening.cases"] == 0
    assert fewer["cases"] < totals["cases"]


def test_a_higher_threshold_finds_less_and_is_right_more_often():
    def classifier(threshold):
        found = RectificationModel(
            compose(
                [*SMALL]
                + [
                    f"platforms.{name}.channels.classifier.threshold={threshold}"
                    for name in ("wechat", "weibo", "douyin")
                ]
            )
        ).run()
        wide = found.series.groupby(["metric", "date", "platform"], observed=True)["value"].sum()
        cases = wide["channel.classifier.cases"]
        precision = wide["channel.classifier.precision"]
        return cases.sum(), (precision * cases).sum() / cases.sum()

    few, strict = classifier(4.0)
    many, lax = classifier(1.0)
    assert few < many
    assert strict > lax
