"""Clickbait brings views at the price of reports; quarrels are answered in kind; vulgar streams; policy explained."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from rectify import RectificationModel
from rectify.detection.reports import Reports
from rectify.store import series_digest
from rectify.world.turn import Turn
from rectify.world.world import World
from tests.channels import bit_of

Build = Callable[..., RectificationModel]
Watch = Callable[..., None]
NAMES = ("wechat", "douyin", "weibo")
UNPUNISHED = {
    "campaigns": {},
    "behaviours.posting.chilling": 0,
    **{f"platforms.{name}.review_capacity": 0 for name in NAMES},
}
MARKETING = {"headline_chaser": 0.6, "fan": 0.2, "gossip_monger": 0.2}
REPORTS = bit_of("reports")


def watched(build: Build, watch: Watch, changes: dict[str, Any], days: int) -> tuple[RectificationModel, list[Turn]]:
    """The turns of so many days of a world in which nobody is punished."""
    model = build({**UNPUNISHED, "population.shares": MARKETING, **changes})
    turns: list[Turn] = []
    watch(model, after=lambda world, turn: turns.append(turn))
    for _ in range(days):
        model.step()
    return model, turns


def of_kind(model: RectificationModel, turns: list[Turn], kind: str, name: str) -> np.ndarray:
    """A field of all turns together, of accounts of one kind."""
    place = model.world.policy.kinds.names.index(kind)
    return np.concatenate([getattr(turn, name)[turn.kind == place] for turn in turns])


def test_clickbait_multiplies_the_views_of_violating_posts_alone(build: Build, watch: Watch) -> None:
    """The same posts: views of violating ones of the kind times 1 + clickbait, all others as they were."""
    changes = {"behaviours.following.growth_per_post": 0.0}
    runs = [
        watched(build, watch, {**changes, "kinds.sensational_headlines.clickbait": clickbait}, 5)
        for clickbait in (0.0, 0.75)
    ]
    for kind, factor in (("sensational_headlines", 1.75), ("low_taste", 1.0)):
        plain, bait = (of_kind(model, turns, kind, "violating_views") for model, turns in runs)
        assert (plain > 0).sum() > 100
        assert np.allclose(bait, factor * plain, rtol=1e-6)
        assert np.array_equal(*(of_kind(model, turns, kind, "lawful_views") for model, turns in runs))


def test_clickbait_brings_followers_as_fast_as_it_brings_views(build: Build, watch: Watch) -> None:
    """One day's growth closes 1 − exp(−growth · (lawful + premium · (1 + clickbait) · violating)) of the gap."""
    changes = {"kinds.sensational_headlines.clickbait": 0.75, "behaviours.following.churn_per_day": 0.0}
    model = build({**UNPUNISHED, "population.shares": MARKETING, **changes})
    followers, growth = model.world.accounts.real_followers, 0.02
    premium = model.config.kinds["sensational_headlines"].attention_premium * 1.75
    place = model.world.policy.kinds.names.index("sensational_headlines")
    checked = 0

    def compare(world: World, turn: Turn) -> None:
        nonlocal checked
        bait = (turn.kind == place) & turn.active & (turn.violating_posts > 0)
        rows = turn.due[bait]
        gap = world.accounts.natural_audience[rows] - before[rows]
        exposure = turn.lawful_posts[bait] + premium * turn.violating_posts[bait]
        expected = before[rows] + np.maximum(0.0, gap) * (1.0 - np.exp(-growth * exposure))
        assert np.allclose(followers[rows], expected, rtol=1e-5)
        checked += len(rows)

    watch(model, after=compare)
    for _ in range(6):
        before = followers.copy()
        model.step()
    assert checked > 200


def test_those_cheated_by_a_title_report_it(build: Build, watch: Watch) -> None:
    """The share reported is 1 − exp(−views · (reports + cheated · clickbait / (1 + clickbait)))."""
    clickbait, cheated, everybody = 1.5, 900.0, 100.0
    expected, found, authors = 0.0, 0, 0
    changes = {
        "kinds.sensational_headlines.clickbait": clickbait,
        "kinds.sensational_headlines.cheated_reports_per_million_views": cheated,
        "kinds.sensational_headlines.reports_per_million_views": everybody,
    }
    model = build({**UNPUNISHED, "population.shares": MARKETING, "population.accounts": 8000, **changes})
    place = model.world.policy.kinds.names.index("sensational_headlines")

    def around(process: Any, world: World, turn: Turn) -> None:
        nonlocal expected, found, authors
        process.step(world, turn)
        if isinstance(process, Reports):
            bait = (turn.kind == place) & (turn.violating_posts > 0) & (turn.lawful_posts == 0)
            rate = (everybody + cheated * clickbait / (1 + clickbait)) / 1e6
            expected += float((1.0 - np.exp(-rate * turn.violating_views[bait].astype(float))).sum())
            found += int(((turn.evidence[bait] & REPORTS) > 0).sum())
            authors += int(bait.sum())

    watch(model, around=around)
    for _ in range(25):
        model.step()
    assert 100 < expected < 0.9 * authors
    assert abs(found - expected) < 4 * math.sqrt(expected * (1.0 - expected / authors))


def test_a_cheating_title_is_taken_down_more_often(build: Build) -> None:
    """What clickbait gains in views it pays for in cases about its authors."""
    base = {"population.shares": MARKETING, "campaigns": {}}
    honest, bait = (
        build({**base, "kinds.sensational_headlines.clickbait": value,
               "kinds.sensational_headlines.cheated_reports_per_million_views": 2000}).run()
        for value in (0.0, 1.0)
    )  # fmt: skip

    def total(result: Any, metric: str) -> float:
        chosen = result.series.query("metric == @metric and kind == 'sensational_headlines'")
        return float(chosen["value"].sum())

    assert total(bait, "views") > 1.5 * total(honest, "views")
    assert total(bait, "cases") > 1.2 * total(honest, "cases")


def test_quarrels_stir_up_by_their_share_of_yesterdays_views(build: Build, watch: Watch) -> None:
    """The condition is contagion · share of views, by platform; a kind without contagion stirs nobody up."""
    model = build({**UNPUNISHED, "population.shares": MARKETING, "kinds.fan_quarrels.contagion": 7.0})
    kinds = model.world.policy.kinds.names
    place = kinds.index("fan_quarrels")
    before: list[np.ndarray] = []
    watch(model, before=lambda world, turn: before.append(world.conditions.provocation.copy()))
    for _ in range(6):
        model.step()
        views = model.world.counters["views"]
        provocation = model.world.conditions.provocation
        assert np.allclose(provocation[:, place], 7.0 * views[:, place] / views.sum(axis=1))
        assert not np.delete(provocation, place, axis=1).any()
        assert (provocation[:, place] > 0).all()
    assert not before[0].any()
    assert before[3].any()


def test_the_stirred_answer_in_kind(build: Build, watch: Watch) -> None:
    """The share of violating posts follows the logit: propensity + gain + what is provocation up, for fans too."""
    changes = {
        "population.accounts": 12000, "population.shares": {"fan": 1.0}, "kinds.fan_quarrels.contagion": 40.0,
        "archetypes.fan.propensity": -3.0, "archetypes.fan.propensity_spread": 0, "archetypes.fan.risk_weight": 0,
        "archetypes.fan.gain_weight": 0, "kinds.fan_quarrels.attention_premium": 1.0, "audience.appeal_spread": 0.3,
    }  # fmt: skip
    model = build({**UNPUNISHED, **changes})
    provocation: list[np.ndarray] = []
    watch(model, before=lambda world, turn: provocation.append(world.conditions.provocation[:, 0].copy()))
    shares = []
    for _ in range(30):
        model.step()
        posts = model.world.counters["posts"]
        chance = 1.0 / (1.0 + np.exp(3.0 - provocation[-1]))
        for row in range(3):
            pvalue = stats.binomtest(int(posts[row, 0]), int(posts[row].sum()), float(chance[row])).pvalue
            assert pvalue > 1e-5
        shares.append(posts[:, 0].sum() / posts.sum())
    # Nobody is provoked on the first day; then quarrels feed on themselves, and settle far above where they began.
    assert shares[0] == pytest.approx(1.0 / (1.0 + math.exp(3.0)), abs=0.01)
    assert np.mean(shares[-5:]) > 3 * shares[0]


@pytest.mark.parametrize("kind", ["vulgar_streams", "misread_policy"])
def test_the_documents_kinds_are_written_seen_and_punished(build: Build, kind: str) -> None:
    """Vulgar live-streams and policy "explained": there are people who do it, views, cases and sanctions."""
    shares = {"ordinary_author": 0.5, "live_streamer": 0.25, "amateur_commentator": 0.25}
    changes = {
        "population.shares": shares, "campaigns": {}, "end": "2023-03-31",
        **{f"platforms.{name}.willingness": 1.0 for name in NAMES},
    }  # fmt: skip
    series = build(changes).run().series.query("kind == @kind").groupby("metric")["value"].sum()
    for metric in ("posts", "views", "harm", "cases", "posts_removed", "sanction.content_removal"):
        assert series[metric] > 0, metric


NEUTRAL = {
    "no clickbait, whatever the cheated would report": {
        "kinds.sensational_headlines.cheated_reports_per_million_views": 500
    },
    "a kind nobody turns to": {"kinds.fan_quarrels.contagion": 500, "kinds.misread_policy.clickbait": 5},
}


@pytest.mark.parametrize("name", NEUTRAL)
def test_what_is_switched_off_changes_no_byte(build: Build, name: str) -> None:
    """Each at its neutral value, against a world without it."""
    base = {"population.shares": {"ordinary_author": 0.6, "headline_chaser": 0.4}}
    plain, neutral = (series_digest(build({**base, **changes}).run().series) for changes in ({}, NEUTRAL[name]))
    assert plain == neutral
