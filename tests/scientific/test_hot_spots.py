"""Hot spots: the days they are drawn for, the views they bring, and what those write who chase them."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from scipy import stats

from rectify import RectificationModel, RunConfig
from rectify.behaviours.posting import days_until_written
from rectify.policy.events import EventParams, Events, compile_events
from rectify.policy.kinds import compile_kinds
from rectify.store import series_digest
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World

Build = Callable[..., RectificationModel]
Watch = Callable[..., None]
NAMES = ("wechat", "douyin", "weibo")
LAWLESS = {
    # Nobody is found, punished or afraid, and nobody gives up.
    "campaigns": {},
    "behaviours.posting.chilling": 0,
    **{f"platforms.{name}.review_capacity": 0 for name in NAMES},
    **{f"archetypes.{name}.turnover_per_year": 0 for name in ("ordinary_author", "marketing_matrix", "rumour_monger")},
}


def event(**changes: Any) -> dict[str, Any]:
    """An event as in YAML, neutral and on no day."""
    return {
        "label": "E", "dates": [], "per_year": 0, "days": 5, "attention": 1, "topical_attention": 1, "chasing_posts": 0,
        "chasing_gain": 0, "kinds": ["hype", "rumours"], "platforms": None, "sources": {"*": "assumption"}, **changes,
    }  # fmt: skip


def compiled(events: dict[str, dict[str, Any]], defaults: dict[str, Any], days: int, seed: int = 1) -> Events:
    """Events on one platform and one kind, from 1 January 2023 on."""
    kinds = compile_kinds(RunConfig.load(defaults).kinds, ["hype"])
    params = {name: EventParams.model_validate(values) for name, values in events.items()}
    return compile_events(params, date(2023, 1, 1), days, ["weibo"], kinds, seed, int(Stream.EVENT))


def test_drawn_events_come_at_their_rate(defaults: dict[str, Any]) -> None:
    """One-day events begin on a share 1 − exp(−rate / 365) of days, as a binomial count over many seeds."""
    years, rate = 60, 12.0
    begun = [
        compiled({"news": event(per_year=rate, days=1)}, defaults, 365, seed).number.sum()
        for seed in (*range(years - 1), 2**64 - 1)
    ]
    chance = 1.0 - math.exp(-rate / 365.0)
    assert stats.binomtest(int(sum(begun)), years * 365, chance).pvalue > 0.01
    assert len(set(begun)) > 5


def test_an_events_days_are_its_own(defaults: dict[str, Any]) -> None:
    """Another event beside it changes nothing about them, and the same seed draws the same."""
    alone = compiled({"news": event(per_year=20)}, defaults, 730)
    among = compiled({"a": event(per_year=50, days=1), "news": event(per_year=20, chasing_posts=3)}, defaults, 730)
    assert 50 < alone.number.sum() < 500
    assert np.array_equal(among.posts[:, :, 0], 3 * alone.number)
    assert not np.array_equal(alone.number, compiled({"news": event(per_year=20)}, defaults, 730, seed=2).number)


def test_dated_events_and_overlaps(defaults: dict[str, Any]) -> None:
    """From the date given for so many days; factors of events at the same time multiply, extra posts add up."""
    found = compiled(
        {
            "one": event(dates=["2022-12-30", "2023-01-10"], days=4, attention=2, chasing_posts=1),
            "two": event(dates=["2023-01-12"], days=4, attention=3, topical_attention=5, chasing_posts=2),
            "elsewhere": event(dates=["2023-01-01"], days=30, attention=7, platforms=["wechat"]),
            "of another kind": event(dates=["2023-01-01"], days=30, topical_attention=7, kinds=["rumours"]),
        },
        defaults,
        20,
    )
    expected = {0: 2, 1: 2, 9: 2, 10: 2, 11: 6, 12: 6, 13: 3, 14: 3}
    assert found.attention[:, 0].tolist() == [expected.get(day, 1) for day in range(20)]
    assert found.posts[9:16, 0, 0].tolist() == [1, 1, 3, 3, 2, 2, 0]
    assert found.posts_so_far[-1, 0, 0] == 14
    assert found.topical[:, 0, 0].tolist() == [5 if 11 <= day < 15 else 1 for day in range(20)]


@pytest.mark.parametrize("chasing", [0.0, 0.4, 2.0])
def test_the_wait_is_that_of_a_process_of_changing_rate(chasing: float) -> None:
    """P(nothing for n days) = exp(−rate · (n + chasing · extra posts of these days)), for every n."""
    extra = np.array([0, 0, 3, 3, 0, 0, 1, 0, 0, 2, 2, 0], float)
    so_far = extra.cumsum()[:, None, None]
    rate, draws = 0.13, (np.arange(40_000) + 0.5) / 40_000
    waits = np.array([days_until_written(-math.log(1.0 - u), rate, chasing, 1, so_far, 0, 0) for u in draws])
    for n in range(1, 40):
        exposed = n + chasing * extra[2 : 2 + n].sum()
        assert np.mean(waits > n) == pytest.approx(math.exp(-rate * exposed), abs=1e-4)


def diary(build: Build, watch: Watch, changes: dict[str, Any], days: int) -> tuple[RectificationModel, dict[str, Any]]:
    """Posts and views by day and account, [days, accounts], of a world in which nobody is found."""
    model = build({"population.accounts": 8000, **LAWLESS, **changes})
    rows = len(model.world.accounts)
    kept = {name: np.zeros((days, rows)) for name in ("lawful_posts", "violating_posts", "lawful_views",
                                                      "violating_views")}  # fmt: skip

    def note(world: World, turn: Turn) -> None:
        for name, table in kept.items():
            table[turn.day, turn.due] = getattr(turn, name)

    watch(model, after=note)
    for _ in range(days):
        model.step()
    return model, kept


SHARES = {"population.shares": {"ordinary_author": 0.4, "marketing_matrix": 0.5, "rumour_monger": 0.1}}


def test_those_who_chase_write_more_while_it_lasts(build: Build, watch: Watch) -> None:
    """Poisson at their rate times 1 + chasing · extra, in its days and its kinds alone; others write what they did."""
    changes = {**SHARES, "archetypes.marketing_matrix.chasing": 0.5, "archetypes.rumour_monger.chasing": 0}
    chased = event(dates=["2023-01-09"], days=10, chasing_posts=3, kinds=["hype"], platforms=["weibo", "douyin"])
    off, on = (diary(build, watch, {**changes, "events": events}, 28) for events in ({}, {"news": chased}))
    accounts = on[0].world.accounts
    kinds, there = on[0].world.policy.kinds.names, accounts.opened_on < 0
    archetype = on[0].world.operators.archetype[accounts.operator]
    chaser = there & (archetype == on[0].world.policy.archetype_names.index("marketing_matrix"))
    chaser &= (accounts.kind == kinds.index("hype")) & (accounts.platform != NAMES.index("wechat"))
    posts = on[1]["lawful_posts"] + on[1]["violating_posts"]
    before = off[1]["lawful_posts"] + off[1]["violating_posts"]
    assert np.array_equal(posts[:, ~chaser], before[:, ~chaser])
    assert chaser.sum() > 500
    rate = accounts.activity[chaser].astype(float).sum()
    for days, factor in ((slice(0, 8), 1.0), (slice(8, 18), 1.0 + 0.5 * 3), (slice(18, 28), 1.0)):
        expected = rate * factor * (days.stop - days.start)
        assert abs(posts[days][:, chaser].sum() - expected) <= 4 * math.sqrt(expected)


def test_chasing_makes_violating_worth_more(build: Build, watch: Watch) -> None:
    """The share of violating posts rises by chasing · gain on the logit, among those who chase, meanwhile."""
    changes = {
        **SHARES, "archetypes.marketing_matrix.chasing": 2.0, "archetypes.marketing_matrix.propensity": -1.5,
        "archetypes.marketing_matrix.propensity_spread": 0, "archetypes.marketing_matrix.gain_weight": 0.5,
        "archetypes.marketing_matrix.risk_weight": 0, "kinds.hype.gain": 1.0,
        "events": {"news": event(dates=["2023-01-09"], days=10, chasing_gain=0.8, kinds=["hype"])},
    }  # fmt: skip
    model, found = diary(build, watch, changes, 24)
    accounts = model.world.accounts
    archetype = model.world.operators.archetype[accounts.operator]
    hyping = (archetype == model.world.policy.archetype_names.index("marketing_matrix")) & (
        accounts.kind == model.world.policy.kinds.names.index("hype")
    )
    for days, logit in ((slice(0, 8), -1.0), (slice(8, 18), -1.0 + 0.5 * 2.0 * 0.8), (slice(18, 24), -1.0)):
        violating = int(found["violating_posts"][days][:, hyping].sum())
        posts = violating + int(found["lawful_posts"][days][:, hyping].sum())
        assert stats.binomtest(violating, posts, 1.0 / (1.0 + math.exp(-logit))).pvalue > 1e-3


def test_attention_rises_for_all_and_more_for_what_is_about_it(build: Build, watch: Watch) -> None:
    """The same posts get so many times the views: lawful ones by one factor, violating ones of its kinds by both."""
    news = event(
        dates=["2023-01-04"], days=3, attention=1.5, topical_attention=2.0, kinds=["hype"], platforms=["weibo"]
    )
    still = {**SHARES, "behaviours.following.growth_per_post": 0.0, "archetypes.marketing_matrix.propensity": 0.0}
    off, on = (diary(build, watch, {**still, "events": events}, 8) for events in ({}, {"news": news}))
    accounts = on[0].world.accounts
    here, hyping = (
        accounts.platform == NAMES.index("weibo"),
        accounts.kind == on[0].world.policy.kinds.names.index("hype"),
    )
    for name, factor in (("lawful_views", 1.5 * here), ("violating_views", 1.5 * here * np.where(hyping, 2.0, 1.0))):
        meanwhile = np.zeros((8, 1), bool)
        meanwhile[3:6] = True
        expected = np.where(meanwhile & here, factor, 1.0)
        seen = off[1][name] > 0
        assert (seen & meanwhile & here & hyping).sum() > 20
        assert np.allclose(on[1][name][seen], (off[1][name] * expected)[seen], rtol=1e-5)


NEUTRAL = {
    "an event that changes nothing": {"news": event(dates=["2023-01-04"], per_year=50)},
    "an event on no day": {"news": event(attention=9, topical_attention=9, chasing_posts=9, chasing_gain=9)},
    "an event somewhere else": {"news": event(dates=["2023-01-04"], attention=9, chasing_posts=9, platforms=[])},
}


@pytest.mark.parametrize("name", NEUTRAL)
def test_what_is_switched_off_changes_no_byte(build: Build, name: str) -> None:
    """Against a world without events, but for the number of events itself."""
    plain, neutral = (
        build({"events": events}).run().series.query("metric != 'hot_spots'").reset_index(drop=True)
        for events in ({}, NEUTRAL[name])
    )
    assert series_digest(plain) == series_digest(neutral)


def test_events_nobody_chases_leave_posts_alone(build: Build) -> None:
    """Where no archetype chases, only views change."""
    changes = {f"archetypes.{name}.chasing": 0 for name in ("hobbyist", "professional", "marketing_matrix",
                                                            "rumour_monger", "traffic_seller")}  # fmt: skip
    news = {"news": event(dates=["2023-01-04"], attention=2, chasing_posts=5, chasing_gain=5)}
    plain, chased = (build({"campaigns": {}, **changes, "events": events}).run().summary for events in ({}, news))
    assert chased["views_total"] > 1.05 * plain["views_total"]
    assert chased["hot_spots_mean"] == pytest.approx(5 / 31)
    assert chased["authors_total"] == pytest.approx(plain["authors_total"], rel=1e-3)
