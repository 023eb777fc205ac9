"""Perceived certainty: three independent reasons to believe in punishment, each forgotten with its half-life."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rectify import RectificationModel
from rectify.behaviours.learning import Learning
from rectify.behaviours.perception import perceived_certainty, remembered
from rectify.behaviours.posting import Posting
from rectify.core.schedule import Process
from rectify.world.turn import Turn
from rectify.world.world import World

Build = Callable[..., RectificationModel]
ProcessOf = Callable[[RectificationModel, type], Any]
CHANCE = st.floats(0, 1)


@given(CHANCE, CHANCE, CHANCE, CHANCE)
def test_certainty_is_a_noisy_or(own: float, observed: float, announced: float, more: float) -> None:
    """Nobody believes less than each reason alone would make one, nor more than all together, in whatever order."""
    certainty = perceived_certainty(own, observed, announced)
    assert certainty == pytest.approx(1 - math.prod(1 - reason for reason in (own, observed, announced)), abs=1e-12)
    assert max(own, observed, announced) - 1e-12 <= certainty <= min(1.0, own + observed + announced) + 1e-12
    assert certainty == pytest.approx(perceived_certainty(announced, own, observed), abs=1e-12)
    assert perceived_certainty(max(own, more), observed, announced) >= certainty - 1e-12


@given(st.floats(0, 1), st.integers(0, 300), st.integers(0, 300), st.floats(0.5, 400))
def test_memory_halves_in_its_half_life(experience: float, learnt_on: int, days: int, half_life: float) -> None:
    """What is remembered after n days is 2^(−n/half-life) of it."""
    found = remembered(experience, learnt_on, learnt_on + days, half_life)
    assert found == pytest.approx(experience * 2.0 ** (-days / half_life), rel=1e-9)


@pytest.fixture
def school(build: Build, process_of: ProcessOf) -> tuple[RectificationModel, Any]:
    """A world and its learning, with plain numbers and no campaign."""
    model = build(
        {
            "population.accounts": 400,
            "campaigns": {},
            "behaviours.learning.own_step": 0.5,
            "behaviours.learning.own_half_life": 60,
            "behaviours.learning.observed_half_life": 14,
            "behaviours.learning.observed_weight": 10,
            "behaviours.learning.announced_half_life": 21,
        }
    )
    return model, process_of(model, Learning)


def sanctioned(world: World, day: int, rows: list[int], lesser: bool = True) -> Turn:
    """A turn in which these accounts were sanctioned."""
    turn = Turn(day, np.zeros(0, np.int32), np.zeros(0, np.int16))
    row = np.array(rows, np.int32)
    one = np.ones(len(rows))
    turn.decisions.append(
        account=row, platform=world.accounts.platform[row], kind=world.accounts.kind[row], day=one * day, step=one * 0,
        closes=one > 1, lesser=np.full(len(rows), lesser), appealable=one > 0, breach=one > 0, posts=one,
        flagged_on=one * day, time_of_day=one * 0, delay=one, evidence=one, violating_views=one, lawful_views=one,
        followers_taken=one * 0,
    )  # fmt: skip
    return turn


def test_own_sanctions_close_a_share_of_the_gap(school: tuple[RectificationModel, Any]) -> None:
    """Each closes half of the gap to certainty, after what has been forgotten since; notices teach nothing."""
    model, learning = school
    world, operator = model.world, model.world.accounts.operator[9]
    learning.step(world, sanctioned(world, 3, [9]))
    assert world.operators.experience[operator] == pytest.approx(0.5)
    learning.step(world, sanctioned(world, 33, [9]))
    left = 0.5 * 2.0 ** (-30 / 60)
    assert world.operators.experience[operator] == pytest.approx(left + 0.5 * (1 - left), rel=1e-6)
    assert world.operators.learnt_on[operator] == 33
    assert np.count_nonzero(world.operators.experience) == 1
    learning.step(world, sanctioned(world, 40, [9, 10], lesser=False))
    assert world.operators.learnt_on[operator] == 33
    assert np.count_nonzero(world.operators.experience) == 1


def test_sanctions_seen_are_a_moving_average(school: tuple[RectificationModel, Any]) -> None:
    """With a constant share sanctioned, certainty observed tends to weight · share; afterwards it halves in 14 days."""
    model, learning = school
    world = model.world
    row = 9
    place = (world.accounts.platform[row], world.accounts.kind[row])
    world.counters["authors"][place] = 25.0
    for day in range(400):
        learning.step(world, sanctioned(world, day, [row]))
    assert world.conditions.observed[place] == pytest.approx(10 * 1 / 25, rel=1e-3)
    assert np.count_nonzero(world.conditions.observed) == 1
    before = world.conditions.observed.copy()
    for day in range(400, 414):
        learning.step(world, sanctioned(world, day, []))
    assert np.allclose(world.conditions.observed, before / 2)
    for day in range(414, 700):
        learning.step(world, sanctioned(world, day, [row] * 20))
    assert 0.99 < world.conditions.observed[place] <= 1.0


def test_announcements_hold_while_a_campaign_lasts_and_fade_after(build: Build, defaults: dict[str, Any]) -> None:
    """From the evening of its first day on, on its platforms and for its kinds; then halving in the half-life."""
    campaign = {
        **defaults["campaigns"]["selfmedia_2023"],
        "opens": "2023-01-05",
        "closes": "2023-01-20",
        "publicity": 0.3,
        "platforms": ["weibo"],
        "kinds": ["hype"],
        "escalation": {},
    }
    model = build(
        {
            "population.accounts": 300,
            "end": "2023-04-30",
            "campaigns": {"one": campaign},
            "behaviours.learning.announced_half_life": 21,
        }
    )
    place = (list(model.config.platforms).index("weibo"), model.world.policy.kinds.names.index("hype"))
    announced = []
    for _ in range(90):
        model.step()
        announced.append(model.world.conditions.announced[place])
        assert model.world.conditions.announced.sum() == announced[-1]
    assert announced[:4] == [0.0] * 4
    assert announced[4:20] == [0.3] * 16
    days = np.arange(1, 71)
    assert np.allclose(announced[20:], 0.3 * 2.0 ** (-days / 21))


def test_fear_and_gain_set_the_share_of_violations(build: Build, watch: Callable[..., None]) -> None:
    """Of the posts wanted, 1/(1 + exp(−(propensity + gain − risk weight · certainty · severity))) break a rule."""
    model = build(
        {
            "population.accounts": 8000,
            "population.shares": {"rumour_monger": 1},
            "archetypes.rumour_monger.propensity_spread": 0,
            "archetypes.rumour_monger.propensity": -1,
            "behaviours.posting.chilling": 0.8,
            "campaigns": {},
        }
    )
    announced, severity = 0.35, 0.6
    found = np.zeros(3)

    def around(process: Process, world: World, turn: Turn) -> None:
        if isinstance(process, Posting):
            world.conditions.observed[:] = 0
            world.conditions.announced[:] = announced
            world.conditions.severity[:] = severity
            world.operators.experience[:] = 0
            process.step(world, turn)
            breaches, written = turn.violating_posts.sum(), turn.lawful_posts.sum()
            unwritten = world.counters["posts_unwritten"].sum()
            found[:] += breaches, written, unwritten
            assert world.counters["posts"].sum() == breaches + written
            certainty = world.counters["certainty_sum"].sum() / world.counters["authors"].sum()
            assert certainty == pytest.approx(announced)
        else:
            process.step(world, turn)

    watch(model, around=around)
    for _ in range(8):
        model.step()
    breaches, written, unwritten = found
    archetype = model.config.archetypes["rumour_monger"]
    gain = archetype.gain_weight * model.config.kinds["rumours"].gain
    logit = -1 + gain - archetype.risk_weight * announced * severity
    share, wanted = 1 / (1 + math.exp(-logit)), found.sum()
    assert wanted > 5000
    assert abs(breaches - share * wanted) <= 4 * math.sqrt(wanted * share * (1 - share))
    kept, lawful = math.exp(-0.8 * announced * severity), written + unwritten
    assert abs(written - kept * lawful) <= 4 * math.sqrt(lawful * kept * (1 - kept))
