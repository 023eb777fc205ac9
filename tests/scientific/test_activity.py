"""Posting: Poisson at each account's own rate, zero-truncated on writing days, with rates from a power law."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from rectify import RectificationModel
from rectify.core.table import NEVER
from rectify.world.turn import Turn
from rectify.world.world import World

Build = Callable[..., RectificationModel]
Watch = Callable[..., None]
DAYS = 40


@pytest.fixture(scope="module")
def diary(build: Build, watch: Watch) -> tuple[RectificationModel, np.ndarray]:
    """A world in which nobody is sanctioned, afraid, or gives up; posts by day and account, [days, accounts]."""
    shares = {"ordinary_author": 0.7, "professional": 0.2, "rumour_monger": 0.1}
    model = build(
        {
            "population.accounts": 8000,
            "population.shares": shares,
            **{f"archetypes.{name}.turnover_per_year": 0 for name in shares},
            "population.activity_maximum": 5,
            "campaigns": {},
            "behaviours.posting.chilling": 0,
            "platforms.wechat.review_capacity": 0,
            "platforms.douyin.review_capacity": 0,
            "platforms.weibo.review_capacity": 0,
            "end": "2023-02-09",
        }
    )
    posts = np.zeros((DAYS, 8000), np.int64)

    def note(world: World, turn: Turn) -> None:
        posts[turn.day, turn.due] = turn.lawful_posts + turn.violating_posts

    watch(model, after=note)
    model.run()
    return model, posts[:, model.world.accounts.opened_on < 0]


def test_accounts_post_at_their_rate(diary: tuple[RectificationModel, np.ndarray]) -> None:
    """Each account's posts over the days are Poisson: totals by tenth of activity, and dispersion over all accounts."""
    model, posts = diary
    accounts = model.world.accounts
    rate = accounts.activity[accounts.opened_on < 0].astype(np.float64)
    assert posts.sum() == pytest.approx(DAYS * rate.sum(), abs=4 * math.sqrt(DAYS * rate.sum()))
    order = np.argsort(rate)
    for tenth in np.array_split(order, 10):
        wanted = DAYS * rate[tenth].sum()
        assert abs(posts[:, tenth].sum() - wanted) <= 4 * math.sqrt(wanted)
    for day in posts:
        assert abs(day.sum() - rate.sum()) <= 4.5 * math.sqrt(rate.sum())
    # The index of dispersion: for Poisson counts a chi-square variable with one degree of freedom an account.
    dispersion = ((posts.sum(axis=0) - DAYS * rate) ** 2 / (DAYS * rate)).sum()
    assert abs(dispersion - len(rate)) <= 5 * math.sqrt(2 * len(rate) + (1 / (DAYS * rate)).sum())


def test_writing_days_and_posts_on_them(diary: tuple[RectificationModel, np.ndarray]) -> None:
    """An account writes on a day with 1 − exp(−rate), day by day alike; then zero-truncated Poisson many posts."""
    model, posts = diary
    accounts = model.world.accounts
    rate = accounts.activity[accounts.opened_on < 0].astype(np.float64)
    chance = -np.expm1(-rate)
    error = math.sqrt((chance * (1 - chance)).sum())
    for day in posts:
        assert abs(np.count_nonzero(day) - chance.sum()) <= 4.5 * error
    for low, high in ((0.2, 0.25), (0.5, 0.7), (1.5, 3.0), (5.0, 5.1)):
        group = (rate >= low) & (rate < high)
        written = posts[:, group]
        counts = written[written > 0]
        many = rate[group][np.nonzero(written)[1]]
        mean = many / -np.expm1(-many)
        variance = mean * (1 + many - mean)
        assert len(counts) > 100
        assert counts.min() >= 1
        assert abs(counts.sum() - mean.sum()) <= 4 * math.sqrt(variance.sum())


def test_successive_days_are_independent(diary: tuple[RectificationModel, np.ndarray]) -> None:
    """Having written yesterday says nothing about today, given the rate: gaps between writing days are geometric."""
    model, posts = diary
    accounts = model.world.accounts
    rate = accounts.activity[accounts.opened_on < 0].astype(np.float64)
    wrote = posts > 0
    chance = -np.expm1(-rate)
    both = (wrote[:-1] & wrote[1:]).sum()
    wanted = (DAYS - 1) * (chance**2).sum()
    assert abs(both - wanted) <= 5 * math.sqrt(wanted)


@pytest.mark.parametrize(("exponent", "minimum"), [(2.85, 0.2), (1.8, 0.05), (6.0, 1.0)])
def test_activity_follows_its_power_law(build: Build, exponent: float, minimum: float) -> None:
    """The exponent is recovered by maximum likelihood, and the distribution passes KS."""
    model = build(
        {
            "population.accounts": 20_000,
            "population.shares": {"ordinary_author": 1},
            "archetypes.ordinary_author.activity_factor": 1,
            "population.activity_exponent": exponent,
            "population.activity_minimum": minimum,
            "population.activity_maximum": 500,
        }
    )
    rate = model.world.accounts.activity.astype(np.float64)
    assert rate.min() >= np.float32(minimum)
    # Values are capped at the maximum: the maximum-likelihood estimate of a Pareto law censored there.
    capped = rate >= 500
    found = 1.0 + np.count_nonzero(~capped) / np.log(np.maximum(rate, minimum) / minimum).sum()
    assert abs(found - exponent) <= 4 * (exponent - 1) / math.sqrt(len(rate))
    law = stats.pareto(b=exponent - 1, scale=minimum)
    assert stats.kstest(rate[~capped], lambda x: law.cdf(x) / law.cdf(500)).pvalue > 1e-3


def test_activity_scales_with_the_archetype_and_is_capped(build: Build, defaults: dict[str, Any]) -> None:
    """An archetype's factor multiplies the law; nobody writes more than the maximum."""
    changes = {"population.accounts": 20_000, "population.shares": {"ordinary_author": 1}}
    plain = build(changes).world.accounts.activity.copy()
    double = build({**changes, "archetypes.ordinary_author.activity_factor": 2}).world.accounts.activity
    most = defaults["population"]["activity_maximum"]
    assert np.allclose(double, np.minimum(most, 2 * plain), rtol=1e-6)
    capped = build({**changes, "population.activity_maximum": 0.5}).world.accounts.activity
    assert np.array_equal(capped, np.minimum(np.float32(0.5), plain))


def test_tenure_is_exponential_and_arrivals_replace_leavers(build: Build) -> None:
    """Accounts open at the start leave at the turnover; as many new operators are laid out to arrive, evenly."""
    days = 365
    model = build(
        {
            "population.accounts": 30_000,
            "population.shares": {"ordinary_author": 1},
            "archetypes.ordinary_author.turnover_per_year": 0.5,
            "archetypes.ordinary_author.spare_accounts": 0,
            "end": "2023-12-31",
        }
    )
    accounts = model.world.accounts
    there = accounts.opened_on < 0
    chance = -math.expm1(-0.5)
    left = np.count_nonzero(accounts.left_on[there] < days)
    assert abs(left - chance * there.sum()) <= 4 * math.sqrt(chance * (1 - chance) * there.sum())
    arriving = ~there & (accounts.next_day < NEVER)
    share = 0.5 / 1.5
    assert abs(arriving.sum() - share * len(accounts)) <= 4 * math.sqrt(share * (1 - share) * len(accounts))
    assert stats.kstest((accounts.next_day[arriving] + 0.5) / days, "uniform").pvalue > 1e-3
