"""Abnormal growth is found, growth frozen, and what was gained by violating erased; the ladder published in 2025."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from rectify import RectificationModel, compose
from rectify.behaviours.following import TakingRealFollowers
from rectify.core.errors import ConfigError
from rectify.core.schedule import Process
from rectify.detection.cases import OpeningCases
from rectify.detection.growth_check import GrowthCheck
from rectify.policy.kinds import BASES
from rectify.store import series_digest
from rectify.world.ledgers import Appeals, Decisions
from rectify.world.turn import Turn
from rectify.world.world import World
from tests.channels import bit_of

Build = Callable[..., RectificationModel]
Watch = Callable[..., None]
NAMES = ("wechat", "douyin", "weibo")
BIT = bit_of("growth_check")
SHARES = {"ordinary_author": 0.5, "traffic_seller": 0.5}
CHECKS = {f"platforms.{name}.channels.growth_check.checked": 1.0 for name in NAMES}
UNREVIEWED = {"campaigns": {}, **{f"platforms.{name}.review_capacity": 0 for name in NAMES}}


def test_buyers_are_found_and_natural_growth_is_taken_for_bought_at_the_rates_of_signal_detection(
    build: Build, watch: Watch
) -> None:
    """Of purchases that multiply the display by exp(x) the share Φ((x − c)/σ) is found, of all else Φ(−c/σ) alarms."""
    threshold, spread, checked = 0.6, 0.3, 0.5
    changes = {
        **UNREVIEWED, "population.shares": SHARES, "population.accounts": 6000,
        "behaviours.following.zombie_purchases_per_year": 30.0, "behaviours.following.zombie_half_life": 30.0,
        **{f"platforms.{name}.channels.growth_check.checked": checked for name in NAMES},
        **{f"platforms.{name}.channels.growth_check.threshold": threshold for name in NAMES},
        **{f"platforms.{name}.channels.growth_check.spread": spread for name in NAMES},
    }  # fmt: skip
    model = build(changes)
    expected, found, asked = np.zeros(2), np.zeros(2), np.zeros(2)
    kind = model.world.policy.kinds.popularity

    def around(process: Process, world: World, turn: Turn) -> None:
        if not isinstance(process, (GrowthCheck, OpeningCases)):
            return process.step(world, turn)
        free = turn.active & (turn.evidence == 0) & (world.accounts.cases_open[turn.due] == 0)
        waiting = len(world.cases)
        process.step(world, turn)
        if isinstance(process, OpeningCases):
            cases = [world.cases.column(name)[waiting:] for name in ("evidence", "kind", "posts")]
            for evidence, alleged, posts in zip(*cases, strict=True):
                assert (evidence == BIT) == (alleged == kind)
                assert not (evidence == BIT and posts)
            return None
        alarm = (turn.evidence & BIT) > 0
        assert not (alarm & ~free).any()
        assert np.array_equal(turn.breach[alarm], turn.growth_excess[alarm] > 0)
        for bought in (0, 1):
            chosen = free & ((turn.growth_excess > 0) == bought)
            asked[bought] += chosen.sum()
            found[bought] += alarm[chosen].sum()
            expected[bought] += checked * stats.norm.cdf((turn.growth_excess[chosen] - threshold) / spread).sum()
        return None

    watch(model, around=around)
    for _ in range(25):
        model.step()
    assert asked[1] > 1000
    assert found[1] > 150
    for bought in (0, 1):
        share = expected[bought] / asked[bought]
        assert abs(found[bought] - expected[bought]) < 4 * math.sqrt(expected[bought] * (1.0 - share))
    false = checked * stats.norm.cdf(-threshold / spread)
    assert expected[0] / asked[0] == pytest.approx(false)


def test_a_purchase_swells_the_display_by_what_was_bought(build: Build, watch: Watch) -> None:
    """The logarithm of followers displayed, plus one, over those there would be without the day's purchase."""
    changes = {
        **UNREVIEWED, **CHECKS, "population.shares": SHARES, "behaviours.following.zombie_purchases_per_year": 90.0
    }  # fmt: skip
    model = build({**changes, "behaviours.following.zombie_half_life": 50.0})
    buyers = 0

    def compare(world: World, turn: Turn) -> None:
        nonlocal buyers
        rows, bought = turn.due, turn.growth_excess > 0
        real = world.accounts.real_followers[rows].astype(float)
        now = world.accounts.zombie_followers[rows].astype(float)
        left = zombies[rows] * 0.5 ** ((turn.day - turn.last_day.astype(float)) / 50.0)
        assert np.array_equal(bought, turn.active & (now - left >= 1.0))
        expected = np.log((real + now + 1.0) / (real + left + 1.0))
        assert np.allclose(turn.growth_excess[bought], expected[bought], rtol=1e-3, atol=1e-5)
        assert world.counters["buyers"][:, world.policy.kinds.popularity].sum() == bought.sum()
        buyers += int(bought.sum())

    watch(model, after=compare)
    for _ in range(8):
        zombies = model.world.accounts.zombie_followers.astype(float).copy()
        model.step()
    assert buyers > 200


def test_a_campaign_checks_more_and_zombies_fall(build: Build) -> None:
    """The share checked rises with effort times pressure, to all at most; buyers found lose their zombies."""
    base = {
        "population.shares": SHARES, "campaigns.selfmedia_2023.kinds": ["faked_popularity"], "end": "2023-06-30",
        **{f"platforms.{name}.channels.growth_check.checked": 0.02 for name in NAMES},
        **{f"platforms.{name}.review_capacity": 1e5 for name in NAMES},
    }  # fmt: skip
    zombies = []
    for effort in (1.0, 10.0, 1e4):
        both = {f"campaigns.{name}.effort.growth_check": effort for name in ("selfmedia_2023", "fake_anchors_2023")}
        model = build({**base, **both})
        result = model.run()
        expected = min(1.0, 0.02 * (1.0 + (effort - 1.0) * model.platforms[0].pressure))
        assert model.schedule.find(GrowthCheck).shares(model.world)[0] == pytest.approx(expected)
        zombies.append(result.summary["zombie_followers_last"])
    assert zombies[0] > 1.02 * zombies[1] > 1.02 * zombies[2]


def decide(world: World, turn: Turn, rows: np.ndarray, sanction: str) -> None:
    """Give the accounts at *rows* a sanction today, as if Deciding had."""
    steps = world.policy.rulebook.steps
    kind = world.accounts.kind[rows]
    place = int(np.flatnonzero((steps[kind[0]] == world.policy.sanctions.names.index(sanction)).any(axis=1))[0])
    count = len(rows)
    blank = {name: np.zeros(count, column.dtype) for name, column in Decisions.columns.items()}
    given = {"account": rows, "kind": kind, "platform": world.accounts.platform[rows], "day": np.full(count, turn.day)}
    turn.decisions.append(**{**blank, **given, "step": np.full(count, place), "lesser": np.ones(count, bool)})


LADDER = {"rulebook.ladders": {basis: [["growth_freeze"], ["erasure_of_gains"], ["muted_2023"]] for basis in BASES}}
ONE_STEP = {"campaigns": {}, **{f"platforms.{name}.review_capacity": 0 for name in NAMES}, **LADDER}


def sanctioned_on(build: Build, watch: Watch, day: int, sanction: str, changes: dict[str, Any]) -> RectificationModel:
    """A world in which nobody is sanctioned but every second row, on one day."""
    model = build({"population.shares": SHARES, "population.accounts": 4000, **ONE_STEP, **changes})

    def around(process: Process, world: World, turn: Turn) -> None:
        process.step(world, turn)
        if type(process).__name__ == "Deciding" and turn.day == day:
            there = (world.accounts.opened_on < 0) & (world.accounts.left_on > day)
            rows = np.flatnonzero(there & (np.arange(len(there)) % 2 == 0))
            for kind in np.unique(world.accounts.kind[rows]):
                decide(world, turn, rows[world.accounts.kind[rows] == kind].astype(np.int32), sanction)

    watch(model, around=around)
    return model


def test_frozen_growth_stands_still_and_thaws(build: Build, watch: Watch) -> None:
    """For thirty days from the day after, no account frozen gains a follower, real or bought; then they come again."""
    changes = {"behaviours.following.zombie_purchases_per_year": 60.0, "end": "2023-03-10"}
    model = sanctioned_on(build, watch, 3, "growth_freeze", changes)
    accounts = model.world.accounts
    grown = np.zeros((60, len(accounts)), bool)
    for day in range(60):
        before = accounts.real_followers.copy(), accounts.zombie_followers.copy()
        model.step()
        for old, new in zip(before, (accounts.real_followers, accounts.zombie_followers), strict=True):
            grown[day] |= new > old * (1.0 + 1e-6)
    frozen = accounts.growth_frozen_until == 3 + 1 + 30
    assert frozen.sum() > 500
    assert not grown[4:34][:, frozen].any()
    assert grown[4:34][:, ~frozen].sum() > 1000
    for days in (slice(0, 4), slice(34, 60)):
        assert grown[days][:, frozen].any(axis=0).sum() > 100


def test_what_violating_brought_is_known_and_erased(build: Build, watch: Watch) -> None:
    """Of each day's growth the violating part of exposure; it leaves as followers do; erasure takes just that."""
    churn, growth = 0.01, 0.05
    changes = {
        "behaviours.following.churn_per_day": churn, "behaviours.following.growth_per_post": growth,
        "archetypes.traffic_seller.propensity": 0.0,
    }  # fmt: skip
    model = sanctioned_on(build, watch, 25, "erasure_of_gains", changes)
    accounts, rows = model.world.accounts, len(model.world.accounts)
    gained = np.zeros(rows)
    turns: list[Turn] = []
    inner = model.schedule.run
    model.schedule.run = lambda world, turn: (turns.append(turn), inner(world, turn))[1]  # type: ignore[method-assign]
    for day in range(26):
        before, last = accounts.real_followers.astype(float), accounts.last_day.astype(float)
        if day == 25:
            known = model.world.gained_by_violating.copy()
        model.step()
        turn = turns[-1]
        due = turn.due[turn.active]
        stay = np.exp(-churn * (day - last[due]))
        premium = model.world.conditions.premium[turn.platform, turn.kind][turn.active]
        violating, lawful = premium * turn.violating_posts[turn.active], turn.lawful_posts[turn.active]
        gap = np.maximum(0.0, accounts.natural_audience[due] - before[due] * stay)
        came = gap * (1.0 - np.exp(-growth * (lawful + violating)))
        gained[due] = gained[due] * stay + came * violating / np.maximum(1e-9, lawful + violating)
        if day < 25:
            assert np.allclose(model.world.gained_by_violating, gained, rtol=1e-3, atol=1e-2)
    hit = model.world.register.column("account")
    assert len(hit) > 500
    assert (known[hit] > 1).sum() > 100
    assert not model.world.gained_by_violating[hit].any()
    taken = model.world.register.column("followers_taken")
    assert np.allclose(taken, gained[hit], rtol=1e-3, atol=1e-2)
    assert model.world.counters["gains_erased"].sum() == pytest.approx(taken.sum(), rel=1e-5)
    assert not accounts.zombie_followers[hit].any()
    assert (accounts.real_followers[hit] > 0).mean() > 0.9


def test_a_reversal_gives_back_what_was_erased(build: Build, watch: Watch) -> None:
    """Real followers erased come back when the decision falls."""
    model = sanctioned_on(build, watch, 20, "erasure_of_gains", {"archetypes.traffic_seller.propensity": 0.0})
    for _ in range(21):
        model.step()
    world = model.world
    taken = world.register.take(world.register.column("followers_taken") > 5)
    account = taken.column("account")
    before = world.accounts.real_followers[account].copy()
    turn = Turn(21, np.zeros(0, np.int32), np.zeros(0, np.int16))
    blank = {name: np.zeros(len(account), column.dtype) for name, column in Appeals.columns.items()}
    turn.reversals.append(**{**blank, "account": account, "followers_taken": taken.column("followers_taken")})
    next(process for process in model.schedule if isinstance(process, TakingRealFollowers)).step(world, turn)
    assert np.allclose(world.accounts.real_followers[account] - before, taken.column("followers_taken"), rtol=1e-3)
    assert len(account) > 50


def test_the_muted_neither_write_nor_earn_nor_grow_and_lose_their_gains(build: Build, watch: Watch) -> None:
    """Thirty days without a post, a yuan or a new follower, as the national office's rules of July 2023 have it."""
    changes = {"archetypes.traffic_seller.propensity": 0.0, "end": "2023-03-10"}
    model = sanctioned_on(build, watch, 20, "muted_2023", changes)
    accounts = model.world.accounts
    for _ in range(20):
        model.step()
    known = model.world.gained_by_violating.copy()
    model.step()
    muted = np.unique(model.world.register.column("account"))
    assert (accounts.muted_until[muted] == 51).all()
    assert (accounts.unpaid_until[muted] == 51).all()
    assert (accounts.growth_frozen_until[muted] == 51).all()
    assert (known[muted] > 1).sum() > 100
    assert not model.world.gained_by_violating[muted].any()
    income, followers = accounts.income[muted].copy(), accounts.real_followers[muted].copy()
    for _ in range(30):
        model.step()
        assert np.array_equal(accounts.income[muted], income)
        assert (accounts.real_followers[muted] <= followers).all()
    for _ in range(15):
        model.step()
    assert (accounts.income[muted] > income).mean() > 0.8
    assert (accounts.real_followers[muted] > followers).sum() > 100


def test_the_ladder_of_2025_throttles_freezes_suspends_mutes_and_closes() -> None:
    """Strike by strike, for every kind, in the order that was published."""
    config = compose(["rulebook=wechat_2025", *(f"platforms.{name}.channels.growth_check.checked=1" for name in NAMES)])
    sanctions = config.sanctions
    effects = (
        lambda each: each.reach_days > 0 and each.reach_factor < 1,
        lambda each: each.growth_ban_days > 0 and not each.posting_ban_days,
        lambda each: each.revenue_ban_days > 0 and not each.posting_ban_days,
        lambda each: each.posting_ban_days > 0 and each.growth_ban_days > 0 and each.revenue_ban_days > 0,
        lambda each: each.closes,
    )
    for kind in config.kinds_used:
        ladder = config.rulebook.ladder(kind, config.kinds[kind].basis)
        assert len(ladder) == 5
        for step, effect in zip(ladder, effects, strict=True):
            assert [effect(sanctions[name]) for name in step].count(True) == 1
            others = [other for other in effects if other is not effect]
            assert not any(other(sanctions[name]) for other in others for name in step)


def test_the_ladder_of_2025_is_climbed(build: Build) -> None:
    """A run with it applies every step."""
    ladders = compose(["rulebook=wechat_2025"]).rulebook.model_dump(mode="json")["ladders"]
    result = build(
        {"rulebook.ladders": ladders, "end": "2023-06-30", **CHECKS, "population.shares": SHARES,
         **{f"platforms.{name}.review_capacity": 1e5 for name in NAMES}}
    ).run()  # fmt: skip
    applied = [
        result.summary[f"sanction.{name}_total"]
        for name in ("reach_limit", "growth_freeze", "monetisation_suspension", "muted_2023", "closure_with_ban")
    ]
    assert all(count > 0 for count in applied)
    assert result.summary["gains_erased_total"] > 0


NEUTRAL: dict[str, dict[str, Any]] = {
    "thresholds of checks that nobody makes": {
        **{f"platforms.{name}.channels.growth_check.threshold": -5 for name in NAMES},
        "campaigns.selfmedia_2023.effort.growth_check": 100,
    },
    "an erasure that no ladder has": {"sanctions.erasure_of_gains.gains_kept": 0.5},
    "an erasure that keeps everything": {"sanctions.posting_ban.gains_kept": 1.0},
}


@pytest.mark.parametrize("name", NEUTRAL)
def test_what_is_switched_off_changes_no_byte(build: Build, name: str) -> None:
    """Each at its neutral value, against a world without it."""
    base = {"campaigns.selfmedia_2023.opens": "2023-01-09"}
    plain, neutral = (series_digest(build({**base, **changes}).run().series) for changes in ({}, NEUTRAL[name]))
    assert plain == neutral


def test_an_erasure_that_takes_nothing_changes_no_follower(build: Build) -> None:
    """Counting what violating brought does not change what it counts."""
    ladders = {basis: [["content_removal"], ["erasure_of_gains"]] for basis in BASES}
    runs = [
        build({"rulebook.ladders": ladders, "sanctions.erasure_of_gains.zombies_kept": 1.0,
               "sanctions.erasure_of_gains.gains_kept": kept, "campaigns.selfmedia_2023.opens": "2023-01-03"}).run()
        for kept in (1.0, 1.0 - 1e-12)
    ]  # fmt: skip
    one, other = (run.series.query("metric != 'gains_erased' and metric != 'followers_taken'") for run in runs)
    assert np.allclose(one["value"].to_numpy(), other["value"].to_numpy(), rtol=1e-9)


def test_a_follow_graph_does_not_tell_who_came_why() -> None:
    """An erasure on a ladder is refused there, with its place."""
    with pytest.raises(ConfigError, match=r"rulebook.ladders.post\[3\]: muted_2023 erases followers gained"):
        compose(["rulebook=wechat_2025", "audience=follower_network"])
