"""Hired posters: who gets them, what they do to views, reports and incomes, and how they are found."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from rectify import RectificationModel, compose
from rectify.behaviours.hiring import Hiring
from rectify.core.errors import ConfigError
from rectify.detection.cases import OpeningCases
from rectify.detection.poster_search import PosterSearch
from rectify.detection.reports import Reports
from rectify.policy.kinds import BASES
from rectify.store import series_digest
from rectify.world.turn import Turn
from rectify.world.world import World
from tests.channels import bit_of

Build = Callable[..., RectificationModel]
Watch = Callable[..., None]
NAMES = ("wechat", "douyin", "weibo")
REPORTS, SEARCH = (bit_of(name) for name in ("reports", "poster_search"))
SHARES = {"ordinary_author": 0.5, "headline_chaser": 0.45, "traffic_seller": 0.05}
HIRING = {"archetypes.headline_chaser.hires": 0.3, "archetypes.traffic_seller.orders_served": 1000}
UNPUNISHED = {
    "population.shares": SHARES,
    "campaigns": {},
    "behaviours.posting.chilling": 0,
    **{f"platforms.{name}.review_capacity": 0 for name in NAMES},
}


def watched(build: Build, watch: Watch, changes: dict[str, Any], days: int) -> tuple[RectificationModel, list[Turn]]:
    """The turns of so many days of a world in which nobody is punished."""
    model = build({**UNPUNISHED, **HIRING, **changes})
    turns: list[Turn] = []
    watch(model, after=lambda world, turn: turns.append(turn))
    for _ in range(days):
        model.step()
    return model, turns


def writing(model: RectificationModel, turn: Turn, archetype: str) -> np.ndarray:
    """Entries of the day's list that wrote, of one archetype."""
    place = model.world.policy.archetype_names.index(archetype)
    return turn.active & (turn.archetype == place) & (turn.lawful_posts + turn.violating_posts > 0)


def test_buyers_hire_on_their_share_of_days(build: Build, watch: Watch) -> None:
    """Where sellers serve everybody, an archetype hires on its share of its writing days, and nobody else does."""
    model, turns = watched(build, watch, {}, 20)
    written = sum(int(writing(model, turn, "headline_chaser").sum()) for turn in turns)
    hired = sum(int(turn.hired.sum()) for turn in turns)
    assert hired == sum(int((turn.hired & writing(model, turn, "headline_chaser")).sum()) for turn in turns)
    assert stats.binomtest(hired, written, 0.3).pvalue > 1e-3


def test_sellers_serve_no_more_than_they_can_and_the_keenest_first(build: Build, watch: Watch) -> None:
    """Orders served per seller about; buyers are those who would have been served first among all who want to be."""
    few = {"archetypes.traffic_seller.orders_served": 1.5}
    (model, scarce), (_, plenty) = (watched(build, watch, changes, 12) for changes in (few, {}))
    turned_away = 0
    for turn, wanting in zip(scarce, plenty, strict=True):
        sellers = turn.active & (turn.archetype == model.world.policy.archetype_names.index("traffic_seller"))
        for row in range(3):
            here = turn.platform == row
            wanted = int((wanting.hired & here).sum())
            assert int((turn.hired & here).sum()) == min(wanted, math.floor(1.5 * (sellers & here).sum()))
            turned_away += wanted - int((turn.hired & here).sum())
        assert not (turn.hired & ~wanting.hired).any()
    assert turned_away > 50


def test_pushed_posts_get_so_many_times_the_views(build: Build, watch: Watch) -> None:
    """The same posts: all views of buyers' days times the boost, and nobody else's; followers come as fast."""
    plain, pushed = (
        watched(build, watch, {"behaviours.hiring.boost": boost, "behaviours.following.churn_per_day": 0}, 1)
        for boost in (1.0, 2.5)
    )
    (one,), (other,) = plain[1], pushed[1]
    assert np.array_equal(one.hired, other.hired)
    assert 20 < one.hired.sum() < len(one.due) / 3
    for name in ("lawful_views", "violating_views"):
        before, after = getattr(one, name), getattr(other, name)
        assert np.allclose(after, before * np.where(one.hired, 2.5, 1.0), rtol=1e-6)
    start = build({**UNPUNISHED, **HIRING, "behaviours.following.churn_per_day": 0}).world.accounts
    rows = one.due[one.hired]
    premium = pushed[0].world.conditions.premium[one.platform[one.hired], one.kind[one.hired]]
    exposure = 2.5 * (one.lawful_posts[one.hired] + premium * one.violating_posts[one.hired])
    gap = np.maximum(0.0, start.natural_audience[rows] - start.real_followers[rows])
    expected = start.real_followers[rows] + gap * (1.0 - np.exp(-0.02 * exposure))
    assert np.allclose(pushed[0].world.accounts.real_followers[rows], expected, rtol=1e-5)
    others = one.due[~one.hired]
    assert np.array_equal(
        pushed[0].world.accounts.real_followers[others], plain[0].world.accounts.real_followers[others]
    )


@pytest.mark.parametrize("factor", [0.2, 2.0])
def test_posters_drown_out_or_provoke_reports(build: Build, watch: Watch, factor: float) -> None:
    """Of violating posts the share reported is 1 − exp(−factor · rate · views); the factor is 1 but for buyers."""
    rate = 400.0
    changes = {
        **UNPUNISHED, **HIRING, "behaviours.hiring.boost": 1.0, "behaviours.hiring.reports": factor,
        **{f"kinds.{kind}.reports_per_million_views": rate for kind in
           ("sensational_headlines", "low_taste", "distorted_values")},
        "archetypes.headline_chaser.propensity": 0.0, "archetypes.headline_chaser.hires": 0.5,
        **{f"platforms.{name}.channels.reports.false_per_million_views": 0 for name in NAMES},
        **{f"platforms.{name}.channels.reports.coordinated_per_year": 0 for name in NAMES},
    }  # fmt: skip
    model = build(changes)
    expected, found, authors = np.zeros(2), np.zeros(2), np.zeros(2)

    def around(process: Any, world: World, turn: Turn) -> None:
        process.step(world, turn)
        if not isinstance(process, Reports):
            return
        for bought in (0, 1):
            chosen = writing(model, turn, "headline_chaser") & (turn.violating_posts > 0) & (turn.hired == bought)
            views = turn.violating_views[chosen].astype(float)
            expected[bought] += (1.0 - np.exp(-(factor if bought else 1.0) * rate / 1e6 * views)).sum()
            found[bought] += ((turn.evidence[chosen] & REPORTS) > 0).sum()
            authors[bought] += chosen.sum()

    watch(model, around=around)
    for _ in range(15):
        model.step()
    assert (expected > 50).all()
    assert (abs(found - expected) < 4 * np.sqrt(expected)).all()
    assert (found[1] / authors[1] < found[0] / authors[0]) == (factor < 1)


def test_fees_go_from_buyers_to_sellers(build: Build, watch: Watch) -> None:
    """Without any effect of posters, incomes add up to the same: what buyers pay, sellers about share equally."""
    idle = {"behaviours.hiring.boost": 1.0, "behaviours.hiring.reports": 1.0, "behaviours.hiring.price_per_day": 70.0}
    (free, _), (paid, (turn,)) = (
        watched(build, watch, {**idle, **changes}, 1) for changes in ({"archetypes.headline_chaser.hires": 0}, {})
    )
    change = paid.world.accounts.income.astype(float) - free.world.accounts.income.astype(float)
    assert np.allclose(change[turn.due[turn.hired]], -70.0, atol=0.01)
    sellers = turn.active & (turn.archetype == paid.world.policy.archetype_names.index("traffic_seller"))
    for row in range(3):
        fees = 70.0 * (turn.hired & (turn.platform == row)).sum()
        here = turn.due[sellers & (turn.platform == row)]
        assert fees > 0
        assert np.allclose(change[here], fees / len(here), rtol=1e-3)
    assert change.sum() == pytest.approx(0.0, abs=1.0)
    tallies = [model.world.counters["income"].sum() for model in (free, paid)]
    assert tallies[0] == pytest.approx(tallies[1], rel=1e-9)
    assert paid.world.counters["hiring_costs"].sum() == 70.0 * turn.hired.sum()


def test_nobody_hires_without_pay_or_when_silent(build: Build, watch: Watch) -> None:
    """Accounts whose income is suspended do not buy; muted sellers do not serve."""
    for column, hired in (("unpaid_until", False), ("muted_until", False), (None, True)):
        model = build({**UNPUNISHED, **HIRING})
        turns: list[Turn] = []
        watch(model, after=lambda world, turn, turns=turns: turns.append(turn))
        names = model.world.policy.archetype_names
        who = "headline_chaser" if column == "unpaid_until" else "traffic_seller"
        accounts = model.world.accounts
        chosen = model.world.operators.archetype[accounts.operator] == names.index(who)
        if column:
            getattr(accounts, column)[chosen] = 100
        for _ in range(4):
            model.step()
        assert any(turn.hired.any() for turn in turns) == hired


def test_fear_keeps_from_hiring(build: Build, watch: Watch) -> None:
    """The share of days falls by 1 − deterrence · certainty that faked popularity is punished."""
    model = build({**UNPUNISHED, **HIRING, "behaviours.hiring.deterrence": 0.8})
    kind = model.world.policy.kinds.popularity
    turns: list[Turn] = []

    def frighten(process: Any, world: World, turn: Turn) -> None:
        if isinstance(process, Hiring):
            world.conditions.observed[:, kind] = [0.0, 0.5, 0.5]
            world.conditions.announced[:, kind] = [0.0, 0.0, 0.6]
        process.step(world, turn)

    watch(model, around=frighten, after=lambda world, turn: turns.append(turn))
    for _ in range(20):
        model.step()
    for row, certainty in enumerate((0.0, 0.5, 0.8)):
        written = sum(int((writing(model, turn, "headline_chaser") & (turn.platform == row)).sum()) for turn in turns)
        hired = sum(int((turn.hired & (turn.platform == row)).sum()) for turn in turns)
        assert stats.binomtest(hired, written, 0.3 * (1.0 - 0.8 * certainty)).pvalue > 1e-3


def test_a_search_finds_buyers_and_now_and_then_somebody_who_is_only_liked(build: Build, watch: Watch) -> None:
    """Rates: searched of buyers, searched · false alarm of others; alleged is faked popularity, about no post."""
    searched, alarm = 0.2, 0.1
    changes = {
        **{f"platforms.{name}.channels.poster_search.searched": searched for name in NAMES},
        **{f"platforms.{name}.channels.poster_search.false_alarm": alarm for name in NAMES},
        **{f"platforms.{name}.channels.classifier.threshold": 10 for name in NAMES},
    }  # fmt: skip
    model = build({**UNPUNISHED, **HIRING, **changes})
    kind = model.world.policy.kinds.popularity
    found, asked = np.zeros(2), np.zeros(2)
    cases: list[tuple[int, bool, int]] = []

    def around(process: Any, world: World, turn: Turn) -> None:
        free = (turn.evidence == 0) & (world.accounts.cases_open[turn.due] == 0)
        waiting = len(world.cases)
        process.step(world, turn)
        wrote = turn.active & (turn.lawful_posts + turn.violating_posts > 0)
        if isinstance(process, PosterSearch):
            for bought in (0, 1):
                chosen = wrote & free & (turn.hired == bought)
                asked[bought] += chosen.sum()
                found[bought] += (turn.evidence[chosen] == SEARCH).sum()
            assert not (turn.evidence[~free | ~wrote] & SEARCH).any()
        if isinstance(process, OpeningCases):
            new = slice(waiting, None)
            for evidence, alleged, breach, posts in zip(
                *(world.cases.column(name)[new] for name in ("evidence", "kind", "breach", "posts")), strict=True
            ):
                assert (alleged == kind) == (evidence == SEARCH)
                if evidence == SEARCH:
                    cases.append((alleged, bool(breach), int(posts)))

    watch(model, around=around)
    for _ in range(15):
        model.step()
    assert stats.binomtest(int(found[1]), int(asked[1]), searched).pvalue > 1e-3
    assert stats.binomtest(int(found[0]), int(asked[0]), searched * alarm).pvalue > 1e-3
    assert sum(breach for _, breach, _ in cases) == found[1]
    assert len(cases) == found.sum()
    assert not any(posts for _, _, posts in cases)


def test_a_campaign_searches_harder_and_hiring_falls(build: Build) -> None:
    """Effort multiplies the search in proportion to pressure, to everybody at most; buyers, punished, hire less."""
    base = {
        "population.shares": SHARES, **HIRING, "end": "2023-06-30", "population.accounts": 6000,
        "campaigns.selfmedia_2023.kinds": ["faked_popularity"], "behaviours.hiring.deterrence": 1.0,
        **{f"platforms.{name}.channels.poster_search.searched": 0.02 for name in NAMES},
        **{f"platforms.{name}.review_capacity": 1e6 for name in NAMES},
    }  # fmt: skip
    results = []
    for effort in (1.0, 20.0, 1000.0):
        both = {f"campaigns.{name}.effort.poster_search": effort for name in ("selfmedia_2023", "fake_anchors_2023")}
        model = build({**base, **both})
        result = model.run()
        expected = min(1.0, 0.02 * (1.0 + (effort - 1.0) * model.platforms[0].pressure))
        assert model.schedule.find(PosterSearch).shares(model.world)[0] == pytest.approx(expected)
        results.append(result)
    hired = [result.summary["hired_total"] for result in results]
    assert hired[0] > 1.05 * hired[1] > 0
    assert hired[1] > 1.05 * hired[2] > 0
    lesser = results[1].series.query("metric == 'lesser' and kind == 'faked_popularity'")["value"].sum()
    assert lesser > 0


def test_closing_a_buyer_takes_its_posts_views_from_its_own_kind(build: Build) -> None:
    """What a closure for faked popularity takes down is counted where the posts were, not under what was alleged."""
    ladder = {"rulebook.ladders": {basis: [["closure"]] for basis in BASES}}
    changes = {
        **HIRING, **ladder, "population.shares": SHARES, "campaigns": {},
        **{f"platforms.{name}.channels.poster_search.searched": 1.0 for name in NAMES},
        **{f"platforms.{name}.channels.poster_search.false_alarm": 0.0 for name in NAMES},
        **{f"platforms.{name}.willingness": 1.0 for name in NAMES},
        **{f"platforms.{name}.review_capacity": 1e6 for name in NAMES},
    }  # fmt: skip
    model = build(changes)
    kind = model.world.policy.kinds.popularity
    closed = 0
    for _ in range(10):
        model.step()
        closed += int(model.world.counters["closed"][:, kind].sum())
        accounts = model.world.accounts
        gone = accounts.closed_on <= model.day - 1
        assert not accounts.violating_views_due[gone].any()
        for row in range(3):
            for k in range(model.world.kinds):
                here = (accounts.platform == row) & (accounts.kind == k)
                aged = 0.5 ** ((model.day - accounts.last_post[here]) / 2.2)
                due = float((accounts.violating_views_due[here] * aged).sum())
                assert model.world.views_due[row, k].sum() == pytest.approx(due, rel=1e-3, abs=1.0)
    assert closed > 50


NEUTRAL = {
    "sellers whom nobody hires": {"archetypes.traffic_seller.orders_served": 50, "behaviours.hiring.boost": 5},
    "buyers without a seller": {"archetypes.traffic_seller.orders_served": 0, "archetypes.headline_chaser.hires": 0.9},
    "a search that nobody makes": {
        "platforms.weibo.channels.poster_search.false_alarm": 1, "campaigns.selfmedia_2023.effort.poster_search": 10
    },
}  # fmt: skip


@pytest.mark.parametrize("name", NEUTRAL)
def test_what_is_switched_off_changes_no_byte(build: Build, name: str) -> None:
    """Each at its neutral value, against a world without it."""
    base = {"population.shares": SHARES, "campaigns.selfmedia_2023.opens": "2023-01-09"}
    plain, neutral = (series_digest(build({**base, **changes}).run().series) for changes in ({}, NEUTRAL[name]))
    assert plain == neutral


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["+archetypes.fan.kinds.faked_popularity=1"], "archetypes.fan.kinds: faked_popularity is about popularity"),
        (["kinds.rumours.basis=popularity"], "kinds: one is about popularity (basis), not 2: faked_popularity, "),
        (["~kinds.faked_popularity", "archetypes.fan.hires=0.5"], "kinds: one is about popularity (basis), not 0"),
    ],
)
def test_errors_are_told(overrides: list[str], words: str) -> None:
    """There is one kind of popularity at most, nobody turns to it, and hiring needs it."""
    with pytest.raises(ConfigError, match=words.replace("(", r"\(").replace(")", r"\)").replace(".", r"\.")):
        compose(overrides)


def test_malicious_marketing_is_at_home_in_the_nine_sectors() -> None:
    """The group sets buyers, cheating titles, checks on every platform, and where kinds are common."""
    config = compose(["platforms=nine_sectors", "campaign=none", "population=malicious_marketing",
                      "marketing=nine_sectors"])  # fmt: skip
    assert len(config.platforms) == 9
    assert all(
        platform.channels.growth_check.checked > 0 < platform.channels.poster_search.searched
        for platform in config.platforms.values()
    )
    assert config.platforms["live_streaming"].kind_weights["vulgar_streams"] > 1
    assert config.platforms["live_streaming"].kind_weights["hype"] == 1.5
    assert config.kinds["sensational_headlines"].clickbait > 0
    assert config.archetypes["gossip_monger"].hires > 0
    assert {"faked_popularity", "vulgar_streams", "fan_quarrels", "misread_policy"} <= set(config.kinds_used)
