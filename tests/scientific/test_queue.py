"""The review queue: first in first out with referrals first, against plain Python, and the D/D/1 closed form."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rectify import RectificationModel
from rectify.core.groups import group
from rectify.enforcement.review import Reviewers, Reviewing, take_in_order
from rectify.world.turn import Turn

PLATFORMS = 3
CASE = st.tuples(st.integers(0, PLATFORMS - 1), st.booleans(), st.sampled_from([False, False, False, True]))
SLOTS = st.lists(st.integers(0, 6), min_size=PLATFORMS, max_size=PLATFORMS)
Case = tuple[int, bool, bool]


def ranks(cases: list[Case], slots: list[int]) -> list[int]:
    """Places given by the program."""
    platform = np.array([case[0] for case in cases], np.int8)
    referred, moot = (np.array([case[place] for case in cases], np.bool_) for place in (1, 2))
    rank = np.full(len(cases), -1, np.int64)
    take_in_order.serial(platform, referred, moot, np.array(slots, np.int64), rank)
    return rank.tolist()


def by_hand(cases: list[Case], slots: list[int]) -> list[int]:
    """Places by two plain queues for each platform."""
    rank = [-2 if moot else -1 for _, _, moot in cases]
    for platform in range(PLATFORMS):
        open_cases = [i for i, case in enumerate(cases) if case[0] == platform and not case[2]]
        queue = deque([i for i in open_cases if cases[i][1]] + [i for i in open_cases if not cases[i][1]])
        for place in range(min(slots[platform], len(queue))):
            rank[queue.popleft()] = place
    return rank


@given(st.lists(CASE, max_size=40), SLOTS)
def test_places_are_those_of_plain_queues(cases: list[Case], slots: list[int]) -> None:
    """Referred cases first, then the others, each in order of arrival, up to the slots; moot ones take none."""
    assert ranks(cases, slots) == by_hand(cases, slots)


@given(st.lists(CASE, max_size=40), SLOTS, SLOTS)
def test_more_slots_never_lengthen_the_queue(cases: list[Case], slots: list[int], more: list[int]) -> None:
    """Whoever is served with fewer slots is served in the same place with more."""
    few, many = ranks(cases, slots), ranks(cases, [a + b for a, b in zip(slots, more, strict=True)])
    assert all(before == after for before, after in zip(few, many, strict=True) if before != -1)
    assert many.count(-1) <= few.count(-1)


@given(st.lists(st.tuples(st.lists(CASE, max_size=12), SLOTS), max_size=12), st.integers(0, 3))
def test_over_many_days_more_slots_never_lengthen_the_queue(
    days: list[tuple[list[Case], list[int]]], more: int
) -> None:
    """Day after day, with what is left over from before, the queue is never longer than with fewer slots."""
    waiting: dict[int, list[Case]] = {0: [], more: []}
    for arrivals, slots in days:
        for extra, cases in waiting.items():
            cases += arrivals
            rank = ranks(cases, [slot + extra for slot in slots])
            waiting[extra] = [case for case, place in zip(cases, rank, strict=True) if place == -1]
        assert len(waiting[more]) <= len(waiting[0])


class Desk:
    """One platform's reviewers, with cases brought in by the test; nobody errs and handling takes no time."""

    def __init__(self, model: RectificationModel) -> None:
        self.world = model.world
        table, certain = self.world.platforms, np.ones(len(self.world.platforms))
        self.review = Reviewing(
            group(Reviewers, table, sensitivity=certain, specificity=certain, handling=1e-9 * certain)
        )
        self.number = 0
        self.world.accounts.closed_on[:] = 30_000
        self.world.accounts.left_on[:] = 30_000

    def open_day(self, day: int, arrivals: int, slots: int, time_of_day: float) -> Turn:
        """Bring in cases about the next accounts, and review."""
        turn = Turn(day, np.zeros(0, np.int32), np.zeros(0, np.int16))
        turn.new_cases.put(np.arange(self.number, self.number + arrivals))
        self.number += arrivals
        zeros = np.zeros(arrivals, np.int64)
        self.world.cases.append(
            account=turn.new_cases.array, platform=zeros, kind=zeros, day=zeros + day, time_of_day=zeros + time_of_day,
            evidence=zeros + 1, breach=zeros > -1, posts=zeros + 1, violating_views=zeros, lawful_views=zeros,
            referred=zeros > 0,
        )  # fmt: skip
        self.world.platforms.slots[:] = slots
        self.review.step(self.world, turn)
        return turn


@pytest.mark.parametrize(("arrivals", "slots"), [(3, 10), (7, 7), (10, 7), (5, 1), (4, 3), (1, 0)])
def test_constant_arrivals_wait_by_the_closed_form(
    build: Callable[..., RectificationModel], arrivals: int, slots: int
) -> None:
    """D/D/1: below capacity nobody waits a day; above it the n-th case is served on day ⌊n/c⌋, at its share of it."""
    desk = Desk(build({"population.accounts": 2000}))
    served: list[tuple[int, int, int, float]] = []
    time_of_day = 0.25
    days = 60
    for day in range(days):
        turn = desk.open_day(day, arrivals, slots, time_of_day)
        assert turn.verdicts.column("upheld").all()
        reviewed = turn.reviewed
        served += zip(
            reviewed.column("account").tolist(),
            [day] * len(reviewed),
            reviewed.column("day").tolist(),
            turn.verdicts.column("delay").tolist(),
            strict=True,
        )
        assert len(desk.world.cases) == max(0, (day + 1) * (arrivals - slots))
    assert [case[0] for case in served] == list(range(min(arrivals, slots) * days)), "first in, first out"
    for number, day, flagged_on, delay in served:
        if arrivals <= slots:
            begins, place = number // arrivals, number % arrivals
        else:
            begins, place = divmod(number, slots)
        assert day == begins
        assert flagged_on == number // arrivals
        waited = begins + (place + 0.5) / slots - flagged_on - time_of_day
        assert delay == pytest.approx(max(0.0, waited), abs=1e-5)
    waiting = desk.world.accounts.cases_open[: desk.number]
    assert waiting.sum() == len(desk.world.cases)
    assert (waiting >= 0).all()


def test_cases_of_gone_accounts_leave_the_queue_without_a_slot(build: Callable[..., RectificationModel]) -> None:
    """An account closed or given up meanwhile is not reviewed, and takes nobody's place."""
    desk = Desk(build({"population.accounts": 2000}))
    desk.open_day(0, 6, 1, 0.5)
    desk.world.accounts.closed_on[2] = 0
    desk.world.accounts.left_on[3] = 1
    turn = desk.open_day(1, 0, 2, 0.5)
    assert turn.reviewed.column("account").tolist() == [1, 4]
    assert desk.world.cases.column("account").tolist() == [5]
    assert desk.world.accounts.cases_open[:6].tolist() == [0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize("capacity", [0.0, 0.3, 1.0, 2.6, 17.25])
def test_fractional_capacity_is_carried_over(
    build: Callable[..., RectificationModel], defaults: dict[str, Any], capacity: float
) -> None:
    """Over any number of days a platform has had capacity · days slots, but for the fraction still carried."""
    platforms = {name: {**each, "review_capacity": 1e6 * capacity} for name, each in defaults["platforms"].items()}
    model = build({"population.accounts": 1000, "campaigns": {}, "platforms": platforms})
    rows = np.array([platform.daily_capacity / capacity if capacity else 0 for platform in model.platforms])
    total = np.zeros(len(model.platforms))
    for day in range(1, 20):
        for platform in model.platforms:
            platform.prepare_day(day)
        total += model.world.platforms.slots
        assert np.allclose(total + model.world.platforms.capacity_carry, day * capacity * rows)
        assert (model.world.platforms.capacity_carry < 1).all()
    assert not capacity or rows.sum() > 300
    assert math.isclose(capacity * rows.sum(), sum(platform.daily_capacity for platform in model.platforms))
