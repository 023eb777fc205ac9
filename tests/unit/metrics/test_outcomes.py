"""Every number of a summary can be looked up: unit, kind of number and meaning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rectify import RectificationModel, compose
from rectify.configuration.composing import compose_any
from rectify.diffusion.run import run_diffusion
from rectify.results import RunResult

Build = Callable[..., RectificationModel]


@pytest.fixture(scope="module")
def finance() -> RunResult[Any]:
    """A run with targets, before its campaign ends."""
    small = ["scenario=account_operation_2021", "population.accounts=1500", "end=2021-11-30", "burn_in_days=0"]
    return RectificationModel(compose(small)).run()


@pytest.mark.parametrize(
    "overrides",
    [
        ["start=2023-03-01", "end=2023-06-05"],
        ["audience=follower_network", "end=2023-01-10"],
        ["scenario=beijing_2018", "end=2018-01-20"],
    ],
    ids=["campaign", "network", "published"],
)
def test_every_number_is_described_and_finite(overrides: list[str]) -> None:
    """What is in the summary, and what could be and is not, with a reason."""
    result = RectificationModel(compose([*overrides, "population.accounts=800", "burn_in_days=0"])).run()
    assert result.summary.keys() | result.absent.keys() <= result.outcomes.keys()
    assert not result.summary.keys() & result.absent.keys()
    assert all(value == value for value in result.summary.values())
    assert all(reason for reason in result.absent.values())
    for name in (*result.summary, *result.absent):
        about = result.outcomes[name]
        assert about.unit, name
        assert about.meaning.endswith("."), name


@pytest.mark.parametrize(
    ("name", "unit", "number"),
    [
        ("harm_total", "harm", "count"), ("prevalence_mean", "share", "level"),
        ("open_accounts_last", "accounts", "stock"), ("backlog_mean", "cases", "stock"),
        ("review_slots_mean", "cases per day", "count"), ("fines_mean", "yuan per day", "count"),
        ("pressure_demanded_mean", "pressure-days per day", "count"), ("returned_share", "share", "level"),
        ("income_lawful_total", "yuan", "count"), ("scale", "accounts per row", "level"),
        ("sanction.warning_total", "sanctions", "count"),
        ("account_operation_2021.prevalence_end", "share", "level"),
        ("account_operation_2021.rebound_half_life_days", "days", "level"),
        ("account_operation_2021.target.fake_followers_before", "followers", "stock"),
        ("account_operation_2021.target.malicious_marketing_end", "views per day", "count"),
    ],
)  # fmt: skip
def test_units_and_kinds_of_numbers(finance: RunResult[Any], name: str, unit: str, number: str) -> None:
    """Those of metrics follow the metric and the statistic, those of targets their metric; others have their own."""
    about = finance.outcomes[name]
    assert (about.unit, about.number) == (unit, number)


def test_published_figures_count_what_their_measure_says(build: Build) -> None:
    known = build().outcomes
    assert known["published.posts_removed"].unit == "posts"
    assert known["published.closed_rumours"].unit == "accounts"
    assert known["published.closed_rumours"].meaning.startswith("Accounts closed, only rumours, as ")


def test_what_a_campaign_is_against_is_told_by_its_label(finance: RunResult[Any]) -> None:
    about = finance.outcomes["account_operation_2021.target.malicious_marketing_before"]
    assert about.meaning.startswith("4. Views of malicious marketing, per day: Views received. Only hype, ")


def test_why_something_is_absent_is_said(finance: RunResult[Any]) -> None:
    """Its campaign goes on beyond the run."""
    assert finance.absent["account_operation_2021.target.fake_followers_after"] == "the run has none of these days"


def test_a_run_of_messages_is_described_too() -> None:
    """Its series and its summary; the published mean is named although so short a run does not have it."""
    config = compose_any(["scenario=takedown_docking", "audience.nodes=200", "steps=5"])
    result = run_diffusion(config)  # type: ignore[arg-type]
    assert set(result.series["metric"].astype(str)) <= set(result.metrics)
    assert result.summary.keys() <= result.outcomes.keys()
    assert "prevalence_21_60" not in result.summary
    assert result.outcomes["prevalence_21_60"].absent_when == "the run has fewer than 60 steps"
