"""What a number is: over what it adds up, what its statistics are, and what is said where there is none."""

from __future__ import annotations

import json
import math

import pytest

from rectify.core.quantity import Number, Quantity, Scalar, Statistic, present, reduced


def quantity(number: Number, by: tuple[str, ...] = ("platform", "kind")) -> Quantity:
    return Quantity(unit="cases", number=number, meaning="Cases.", by=by, scales_with_population=number != "level")


@pytest.mark.parametrize(
    ("number", "series", "scalar"),
    [("count", ("date", "platform", "kind"), ("platform", "kind")),
     ("stock", ("platform", "kind"), ("platform", "kind")), ("level", (), ())],
)  # fmt: skip
def test_kinds_of_numbers_say_over_what_they_add_up(
    number: Number, series: tuple[str, ...], scalar: tuple[str, ...]
) -> None:
    """A number about a whole run has no days to add up over."""
    assert quantity(number).adds_up_over == series
    assert reduced("cases", quantity(number), "mean").adds_up_over == scalar
    assert reduced("cases", quantity(number), "mean").of_part("weibo").adds_up_over == ()


@pytest.mark.parametrize(
    ("number", "statistic", "unit"),
    [("count", "total", "cases"), ("count", "mean", "cases per day"), ("stock", "mean", "cases"),
     ("stock", "total", "cases × days"), ("level", "mean", "cases"), ("stock", "last", "cases")],
)  # fmt: skip
def test_units_follow_the_statistic(number: Number, statistic: Statistic, unit: str) -> None:
    """A mean of what is counted day by day is so many a day; a sum of stocks over days is of both."""
    assert reduced("cases", quantity(number), statistic).unit == unit


def test_what_is_written_can_be_read_back() -> None:
    """In plain JSON, with what it adds up over written out; a later version may add to it."""
    for about in (quantity("stock"), reduced("cases", quantity("count"), "total").of_part("weibo")):
        plain = json.loads(json.dumps(about.described(), allow_nan=False))
        assert plain["adds_up_over"] == list(about.adds_up_over)
        assert type(about).model_validate({**plain, "colour": "blue"}) == about


def test_what_is_not_there_is_absent_for_a_reason() -> None:
    """NaN is no number: the name goes, and the reason that was declared takes its place."""
    known = {
        name: Scalar(unit="share", number="level", meaning="?", scales_with_population=False, absent_when=why)
        for name, why in (("a", "nobody came"), ("b", "nobody left"), ("c", ""))
    }
    summary, absent = present({"a": 0.5, "b": math.nan, "c": math.nan}, known)
    assert summary == {"a": 0.5}
    assert absent == {"b": "nobody left", "c": "the run has not come to its end"}
