"""Day numbers and dates, and campaigns that are on from their first day to their last."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rectify import RectificationModel
from rectify.world.calendar import Calendar

DATES = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@given(DATES, st.integers(0, 3000), st.integers(0, 3650), st.integers(-500, 5000))
def test_days_and_dates_are_each_others_inverse(start: date, length: int, burn_in: int, day: int) -> None:
    """Day 0 is the first of the burn-in, and both ends are simulated."""
    calendar = Calendar(start, start + timedelta(days=length), burn_in)
    assert calendar.day(calendar.date(day)) == day
    assert calendar.date(0) == calendar.first == start - timedelta(days=burn_in)
    assert calendar.day(calendar.end) == calendar.days - 1
    assert calendar.reported_days == length + 1
    dates = calendar.reported_dates
    assert (dates[0], dates[-1], len(dates)) == (calendar.start, calendar.end, calendar.reported_days)


def campaign(defaults: dict[str, Any], opens: str, closes: str) -> dict[str, Any]:
    return {**defaults["campaigns"]["selfmedia_2023"], "opens": opens, "closes": closes}


@pytest.mark.parametrize("burn_in", [0, 5])
def test_campaigns_are_on_from_their_first_day_to_their_last(
    defaults: dict[str, Any], build: Callable[..., RectificationModel], watch: Callable[..., None], burn_in: int
) -> None:
    """Both days belong to it; one that reaches beyond the run is on for the part that falls in; others never are."""
    dates = {
        "inside": ("2023-01-05", "2023-01-07"),
        "one_day": ("2023-01-06", "2023-01-06"),
        "from_the_start": ("2022-06-01", "2023-01-02"),
        "to_the_end": ("2023-01-09", "2024-01-01"),
        "throughout": ("2020-01-01", "2030-01-01"),
        "before": ("2021-01-01", "2021-12-31"),
        "after": ("2023-01-11", "2023-02-01"),
    }
    changes = {
        "population.accounts": 200,
        "end": "2023-01-10",
        "burn_in_days": burn_in,
        "campaigns": {name: campaign(defaults, *both) for name, both in dates.items()},
    }
    model = build(changes)
    found: dict[str, list[date]] = {name: [] for name in dates}

    def note(world: Any, turn: Any) -> None:
        for one in world.active_campaigns:
            found[one.name].append(world.calendar.date(turn.day))

    watch(model, before=note)
    model.run()
    days = [model.world.calendar.date(day) for day in range(model.world.calendar.days)]
    for name, (opens, closes) in dates.items():
        on = [day for day in days if date.fromisoformat(opens) <= day <= date.fromisoformat(closes)]
        assert found[name] == on, name


def test_pressure_builds_on_the_campaigns_platforms_alone(
    defaults: dict[str, Any], build: Callable[..., RectificationModel]
) -> None:
    """From the first day on, and nowhere else."""
    one = {**campaign(defaults, "2023-01-03", "2023-01-20"), "platforms": ["weibo"]}
    model = build({"population.accounts": 200, "campaigns": {"one": one}})
    place = list(model.config.platforms).index("weibo")
    for day in range(10):
        model.step()
        pressure = model.world.platforms.pressure
        assert (pressure[place] > 0) == (day >= 2)
        assert sum(pressure) == pressure[place]
