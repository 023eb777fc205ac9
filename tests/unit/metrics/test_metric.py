"""Metrics say what their numbers are, and the numbers are that: they add up, and scale, as declared, not otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rectify import RectificationModel
from rectify.metrics.metric import Metric, of_platforms, tally
from rectify.results import RunResult

Build = Callable[..., RectificationModel]
CHANGES = {
    "population.accounts": 3000, "start": "2023-03-01", "end": "2023-04-05", "burn_in_days": 5,
    "recording.census_every_days": 7,
}  # fmt: skip


@pytest.fixture(scope="module")
def result(build: Build) -> RunResult[Any]:
    """A month with the beginning of a campaign."""
    return build(CHANGES).run()


def test_every_metric_is_described(result: RunResult[Any]) -> None:
    assert set(result.series["metric"].astype(str)) == set(result.metrics)
    for name, quantity in result.metrics.items():
        assert quantity.unit, name
        assert quantity.meaning.endswith("."), name


def test_numbers_add_up_over_platforms_and_kinds_where_that_is_declared(result: RunResult[Any]) -> None:
    """The value over all is the sum of the parts of counts and stocks; that of a level lies among its parts."""
    checked = {"count": 0, "stock": 0, "level": 0}
    for name, rows in result.series.groupby(result.series["metric"].astype(str)):
        quantity = result.metrics[str(name)]
        total = rows[rows["platform"] == "all"].set_index("date")["value"]
        parts = rows[rows["platform"] != "all"].groupby("date")["value"]
        if quantity.number == "level":
            assert (total >= parts.min() - 1e-12).all(), name
            assert (total <= parts.max() + 1e-12).all(), name
        elif len(parts):
            pd.testing.assert_series_equal(parts.sum(), total, check_names=False, check_index_type=False, rtol=1e-9)
        checked[quantity.number] += bool((total != 0).any())
    assert min(checked.values()) >= 3


def test_only_what_is_declared_grows_with_the_population(build: Build, result: RunResult[Any]) -> None:
    """Rows that stand for twice as many accounts double those numbers that say so, and leave all others as they are."""
    represents = result.config.population.represents
    doubled = build({**CHANGES, "population.represents": 2 * represents}).run()
    assert doubled.summary.keys() == result.summary.keys()
    for name, value in result.summary.items():
        factor = 2.0 if result.outcomes[name].scales_with_population or name == "scale" else 1.0
        assert doubled.summary[name] == pytest.approx(factor * value, rel=1e-9), name
    assert {result.outcomes[name].scales_with_population for name in result.summary} == {True, False}


def test_a_level_is_not_summed_over_kinds_and_does_not_scale() -> None:
    for wrong in ({"by": "kind", "scales": False}, {"by": "platform", "scales": True}):
        with pytest.raises(ValueError, match="mood: a level adds up over nothing"):
            Metric("mood", "0 to 1", "Mood.", number="level", **wrong)  # type: ignore[arg-type]


def test_a_kind_of_number_is_not_forgotten() -> None:
    with pytest.raises(TypeError, match="number"):
        Metric("mood", "0 to 1", "Mood.")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("metric", "statistics"),
    [
        (tally("posts", "posts", "Posts."), ("total",)),
        (tally("slots", "slots", "Slots.", "stock"), ("total",)),
        (Metric("waiting", "cases", "Waiting.", number="stock"), ("mean",)),
        (Metric("open", "accounts", "Open.", number="stock", every="census"), ("first", "last")),
        (of_platforms("fines", "fines", "yuan", "Fines.", number="count"), ("mean",)),
        (of_platforms("felt", "felt", "0 to 1", "Felt.", number="level"), ("mean",)),
    ],
)  # fmt: skip
def test_the_summary_holds_what_the_kind_of_number_suggests(metric: Metric, statistics: tuple[str, ...]) -> None:
    assert metric.statistics == statistics


@pytest.mark.parametrize(("number", "whole"), [("count", 6.0), ("stock", 6.0), ("level", 2.0)])
def test_a_column_of_the_platforms_is_summed_or_averaged(number: Any, whole: float) -> None:
    """Over all platforms, in the last place."""

    class Days:
        def level(self, column: str) -> np.ndarray:
            assert column == "felt"
            return np.array([[1.0, 2.0, 3.0]])

    metric = of_platforms("felt", "felt", "0 to 1", "Felt.", number=number)
    assert metric.derive is not None
    assert metric.derive(Days()).tolist() == [[1.0, 2.0, 3.0, whole]]  # type: ignore[arg-type]
