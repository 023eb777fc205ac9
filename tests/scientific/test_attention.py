"""Views that a takedown leaves: 1 − 2^(−D/h) of a post's, and τ/(τ + h) of all under exponential delays."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rectify import RectificationModel
from rectify.audience.fading import half_life_fading
from rectify.audience.mean_field import Attention, Takedown
from rectify.core.table import Array
from rectify.policy.kinds import BASES
from rectify.world.turn import Turn
from rectify.world.world import World
from tests.channels import FLAG_ALL, with_channels

Build = Callable[..., RectificationModel]
ProcessOf = Callable[[RectificationModel, type], Any]
HALF_LIFE = 2.2
NOBODY = np.zeros(0, np.int32)


@pytest.fixture(scope="module")
def small(build: Build) -> RectificationModel:
    """A tiny world whose first step of every ladder removes the offending posts, and the second all posts."""
    only = {"label": "x", "counted_as": "notice", "severity": 0.1, "sources": {"*": "assumption"}}
    return build(
        {
            "population.accounts": 60,
            "audience.attention_half_life": HALF_LIFE,
            "sanctions": {"some": {**only, "posts_removed": "offending"}, "every": {**only, "posts_removed": "all"}},
            "rulebook.ladders": {basis: [["some"], ["every"]] for basis in BASES},
        }
    )


class Feed:
    """Drives the audience alone: who posts on which day is said by the test, and so is every takedown."""

    def __init__(self, model: RectificationModel, process_of: ProcessOf) -> None:
        self.world: World = model.world
        self.attention, self.takedown = process_of(model, Attention), process_of(model, Takedown)
        self.world.views_due[:] = 0
        self.world.accounts.lawful_views_due[:] = 0
        self.world.accounts.violating_views_due[:] = 0
        self.world.accounts.last_post[:] = 0
        self.day = -1
        self.delivered = np.zeros(self.world.counters.shape)

    def attend(self, row: int | None = None, lawful: int = 0, violating: int = 0) -> Turn:
        """The next day's attention, with posts by one account."""
        self.day += 1
        self.world.counters.clear()
        due = NOBODY if row is None else np.array([row], np.int32)
        turn = Turn(self.day, due, np.zeros(len(due), np.int16))
        turn.active[:] = True
        turn.platform[:], turn.kind[:] = self.world.accounts.platform[due], self.world.accounts.kind[due]
        turn.lawful_posts[:], turn.violating_posts[:] = lawful, violating
        self.attention.step(self.world, turn)
        return turn

    def take_down(self, turn: Turn, flagged: Turn, delay: float, step: int = 0, lawful: bool = False) -> None:
        """Decide today on what was flagged then, which stops *delay* days after it was written."""
        row = flagged.due
        accounts = self.world.accounts
        one = np.ones(1, np.bool_)
        turn.decisions.append(
            account=row, platform=accounts.platform[row], kind=accounts.kind[row], day=np.array([self.day]),
            step=np.array([step]), closes=~one, lesser=~one, appealable=~one, breach=one, posts=np.array([1]),
            flagged_on=np.array([flagged.day]), time_of_day=flagged.time_of_day, delay=np.array([delay], np.float32),
            evidence=np.array([1], np.uint8), violating_views=flagged.violating_views,
            lawful_views=flagged.lawful_views * lawful, followers_taken=np.zeros(1, np.float32),
        )  # fmt: skip
        self.takedown.step(self.world, turn)

    def close_day(self) -> None:
        """Add up what was delivered today."""
        self.delivered += self.world.counters["views"]

    def wait(self, days: int) -> None:
        """Days on which nothing is written."""
        for _ in range(days):
            self.attend()
            self.close_day()


def place(world: World, row: int) -> tuple[int, int]:
    return int(world.accounts.platform[row]), int(world.accounts.kind[row])


@settings(max_examples=60)
@given(row=st.integers(0, 59), whole=st.integers(0, 12), part=st.floats(0.0, 1.0), lead=st.integers(0, 3))
def test_a_takedown_leaves_the_closed_form_of_one_posts_views(
    small: RectificationModel, process_of: ProcessOf, row: int, whole: int, part: float, lead: int
) -> None:
    """A post written at some hour and taken down D days later, at some hour, gets 1 − 2^(−D/h) of its views."""
    feed = Feed(small, process_of)
    feed.wait(lead)
    flagged = feed.attend(row, violating=1)
    written = lead + float(flagged.time_of_day[0])
    # The takedown falls on the day of the decision: at or after the writing, before the next midnight.
    earliest = max(written, lead + whole)
    moment = earliest + part * (lead + whole + 1 - earliest)
    today = flagged
    for _ in range(whole):
        feed.close_day()
        today = feed.attend()
    feed.take_down(today, flagged, moment - written)
    feed.close_day()
    feed.wait(70)
    total = float(flagged.violating_views[0])
    wanted = total * (1.0 - 2.0 ** (-(moment - written) / HALF_LIFE))
    delivered = feed.delivered[place(feed.world, row)]
    assert total > 0
    assert delivered == pytest.approx(wanted, abs=2e-6 * total)
    assert feed.delivered.sum() == pytest.approx(delivered, abs=1e-9 * total), "views of that post and no other"


@settings(max_examples=20)
@given(row=st.integers(0, 59), delay=st.floats(0.0, 8.0))
def test_a_takedown_after_the_day_of_decision_leaves_its_closed_form_too(
    small: RectificationModel, process_of: ProcessOf, row: int, delay: float
) -> None:
    """A decision on the day of writing whose takedown comes later lets the post run until then."""
    feed = Feed(small, process_of)
    flagged = feed.attend(row, violating=1)
    feed.take_down(flagged, flagged, delay)
    feed.close_day()
    feed.wait(70)
    total = float(flagged.violating_views[0])
    wanted = total * (1.0 - 2.0 ** (-delay / HALF_LIFE))
    assert feed.delivered[place(feed.world, row)] == pytest.approx(wanted, abs=2e-6 * total)


def test_without_a_takedown_all_views_arrive(small: RectificationModel, process_of: ProcessOf) -> None:
    """What is delivered in the end is what the posts get in all, lawful and violating ones apart."""
    feed = Feed(small, process_of)
    totals = np.zeros_like(feed.delivered)
    for row in range(20):
        turn = feed.attend(row, lawful=row % 3, violating=row % 2)
        feed.close_day()
        platform, kind = place(feed.world, row)
        totals[platform, kind] += turn.violating_views[0]
        totals[platform, -1] += turn.lawful_views[0]
    feed.wait(80)
    assert np.allclose(feed.delivered, totals, rtol=1e-6)


def test_only_the_offending_posts_lose_their_views(small: RectificationModel, process_of: ProcessOf) -> None:
    """Lawful posts of that day and violating ones of other days go on; each loses what a flag of its own takes."""
    feed = Feed(small, process_of)
    first = feed.attend(7, lawful=2, violating=1)
    feed.close_day()
    second = feed.attend(7, lawful=1, violating=3)
    feed.take_down(second, second, 0.0)
    feed.close_day()
    feed.wait(80)
    platform, kind = place(feed.world, 7)
    assert feed.delivered[platform, kind] == pytest.approx(float(first.violating_views[0]), rel=1e-5)
    lawful = float(first.lawful_views[0] + second.lawful_views[0])
    assert feed.delivered[platform, -1] == pytest.approx(lawful, rel=1e-5)


def test_removal_of_all_posts_ends_every_post_of_the_account(small: RectificationModel, process_of: ProcessOf) -> None:
    """Nothing of the account's earlier posts is delivered after the day; those of others are untouched."""
    feed = Feed(small, process_of)
    other = feed.attend(8, lawful=1, violating=1)
    feed.close_day()
    old = feed.attend(7, lawful=2, violating=2)
    feed.close_day()
    new = feed.attend(7, violating=1)
    feed.take_down(new, new, 0.0, step=1)
    feed.close_day()
    feed.wait(80)
    age = 2.0 - float(old.time_of_day[0])
    gone = 2.0 ** (-age / HALF_LIFE)
    wanted = np.zeros_like(feed.delivered)
    platform, kind = place(feed.world, 7)
    wanted[platform, kind] += old.violating_views[0] * (1 - gone)
    wanted[platform, -1] += old.lawful_views[0] * (1 - gone)
    platform, kind = place(feed.world, 8)
    wanted[platform, kind] += other.violating_views[0]
    wanted[platform, -1] += other.lawful_views[0]
    assert np.allclose(feed.delivered, wanted, rtol=1e-5)


def test_attention_halves_in_a_half_life() -> None:
    """The share still to come, by its definition."""
    for delay in (0.0, 0.7, 2.2, 4.4, 22.0):
        assert half_life_fading(HALF_LIFE).share_left(np.array(delay)) == pytest.approx(
            2.0 ** (-delay / HALF_LIFE), rel=1e-12
        )


@pytest.mark.parametrize("handling_hours", [3.0, 16.0, 60.0])
def test_exponential_delays_leave_tau_over_tau_plus_h(
    build: Build, defaults: dict[str, Any], watch: Callable[..., None], handling_hours: float
) -> None:
    """Where every violating post is flagged and decided without waiting, delays with half-life τ leave τ/(τ + h)."""
    quick = {
        "review_capacity": 1e9,
        "reviewer_sensitivity": 1,
        "reviewer_specificity": 1,
        "willingness": 1,
        "handling_hours": handling_hours,
    }
    model = build(
        {
            "population.accounts": 20_000,
            "end": "2023-03-01",
            "campaigns": {},
            "platforms": {
                name: {**with_channels(platform, **FLAG_ALL), **quick}
                for name, platform in defaults["platforms"].items()
            },
            "rulebook.ladders": {basis: [["content_removal"]] for basis in BASES},
            "audience": {**defaults["audience"], "views_per_follower": 0, "appeal_spread": 0},
            "behaviours.evading.deterrence": 0,
            "behaviours.learning.observed_weight": 0,
        }
    )
    delivered: list[float] = []
    weights: list[Array] = []

    def note(world: World, turn: Turn) -> None:
        delivered.append(float(world.counters["views"][:, :-1].sum()))
        weights.append(turn.violating_views[turn.violating_posts > 0].astype(np.float64))

    watch(model, after=note)
    model.run()
    views = np.concatenate(weights)
    x = handling_hours / 24.0 * math.log(2.0) / model.config.audience.attention_half_life  # τ/h
    variance = 1.0 / (1.0 + 2.0 * x) - 1.0 / (1.0 + x) ** 2  # of 1 − 2^(−D/h) with exponential D
    error = math.sqrt(variance * float((views**2).sum())) / float(views.sum())
    still_due = float(model.world.views_due[:, :-1].sum()) / float(views.sum())
    assert len(views) > 1500
    assert still_due < 0.03
    # What the last days' posts are still to get before their takedown is missing from the sum.
    share = sum(delivered) / float(views.sum())
    assert x / (1.0 + x) - 4 * error - still_due < share < x / (1.0 + x) + 4 * error
