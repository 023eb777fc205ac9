"""Strikes: the climb up a ladder, escalation, and expiry on the day it is due."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rectify import RectificationModel
from rectify.enforcement.decide import Deciding
from rectify.policy.kinds import BASES
from rectify.world.turn import Turn

Build = Callable[..., RectificationModel]
EXPIRY = 30
STEPS = 3
ROW = 4


@pytest.fixture(scope="module")
def court(build: Build, process_of: Callable[..., Any]) -> Callable[[int], int]:
    """``court(day)``: strike the account on that day; the step of the ladder that it is given."""
    model = build(
        {
            "population.accounts": 300,
            "rulebook.strike_expiry_days": EXPIRY,
            "rulebook.ladders": {basis: [["warning"]] * STEPS for basis in BASES},
            "campaigns": {},
        }
    )
    world, deciding = model.world, process_of(model, Deciding)
    world.conditions.acts[:] = 1.0

    def strike(day: int) -> int:
        if day < 0:  # a clean slate
            world.accounts.strikes[ROW] = 0
            world.accounts.strike_day[ROW] = 0
            world.conditions.escalation[:] = -day - 1
            return -1
        turn = Turn(day, np.zeros(0, np.int32), np.zeros(0, np.int16))
        row, one = np.array([ROW], np.int32), np.ones(1, np.int32)
        turn.reviewed.append(
            account=row, platform=world.accounts.platform[row], kind=world.accounts.kind[row],
            day=np.array([day], np.int16), time_of_day=one * 0.5, evidence=one, breach=one > 0, posts=one,
            violating_views=one, lawful_views=one, referred=one > 1,
        )  # fmt: skip
        turn.verdicts.append(upheld=np.ones(1, np.bool_), delay=0.0)
        deciding.step(world, turn)
        return int(turn.decisions.column("step")[0])

    return strike


@pytest.mark.parametrize(("gap", "step"), [(1, 1), (EXPIRY - 1, 1), (EXPIRY, 0), (EXPIRY + 1, 0), (1000, 0)])
def test_strikes_expire_exactly_when_they_are_due(court: Callable[[int], int], gap: int, step: int) -> None:
    """An account without a new strike for the expiry's days starts anew; a day less, and it climbs."""
    court(-1)
    assert court(100) == 0
    assert court(100 + gap) == step


@given(st.lists(st.integers(1, 2 * EXPIRY), max_size=12), st.integers(0, STEPS + 1))
def test_steps_follow_the_count_of_live_strikes(court: Callable[[int], int], gaps: list[int], skipped: int) -> None:
    """The step is strikes so far plus the steps a campaign skips, at most the last; each new strike renews all."""
    court(-1 - skipped)
    day, strikes = 10, 0
    for gap in [0, *gaps]:
        day += gap
        strikes = 0 if gap >= EXPIRY else strikes
        assert court(day) == min(STEPS - 1, strikes + skipped)
        strikes += 1


def test_the_count_stops_where_its_column_ends(court: Callable[[int], int]) -> None:
    """Hundreds of strikes do not overflow."""
    court(-1)
    steps = {court(day) for day in range(1, 300)}
    assert steps == {0, 1, 2}
    assert court(301) == STEPS - 1
