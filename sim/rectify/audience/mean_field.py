"""Mean-field audience: numbers of followers, views that fade, and what a takedown prevents.

``attention=half_life``: attention to a post halves every ``attention_half_life`` days, so a takedown after D days
leaves the share 1 − 2^(−D/h) of its views, and exponential delays with half-life τ leave τ/(τ+h) (closed form,
tested). ``attention=branching``: views are those of a cascade of reshares (:mod:`rectify.audience.branching`), and a
takedown prevents what moderation after D prevents of it. Views still to come are kept per platform, kind and part of
the curve, where they decay exactly; nothing is stored per post.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Literal, NamedTuple, Self

import numba
import numpy as np

from rectify.audience.branching import reduction
from rectify.audience.fading import Curve, Fading, fitted_fading, half_life_fading, share_left_of
from rectify.core.decay import decayed
from rectify.core.draws import fill_uniforms
from rectify.core.due import WORK_BLOCK, work_blocks
from rectify.core.elementary import exponentials, normals
from rectify.core.groups import group
from rectify.core.kernel import Index, kernel
from rectify.core.params import Params, uncertainty
from rectify.core.sampling import lognormal
from rectify.core.table import Array
from rectify.policy.sanctions import POSTS_REMOVED
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Due, Posts, Turn
from rectify.world.world import World

REMOVES_OFFENDING = POSTS_REMOVED.index("offending")
REMOVES_ALL = POSTS_REMOVED.index("all")


SECONDS_PER_DAY = 86400.0
TINY = 1e-300
"""In place of a share left that has sunk to zero, where it divides."""


class BranchingParams(Params):
    """A post's cascade of reshares, used where ``attention`` is ``branching``."""

    branching_factor: float = uncertainty("reshares", "n*: mean reshares of each posting.", ge=0, le=0.999)
    # Steeper kernels at high n* make curves that stay level at first, which no sum of exponentials follows.
    exponent: float = uncertainty("exponent", "γ: density of delays falls as (t + c)^-(1+γ).", ge=0.05, le=1)
    cutoff_seconds: float = uncertainty("seconds", "c: delays below it are about equally likely.", ge=0.1, le=86400)


class MeanFieldParams(Params):
    """Attention under the mean-field audience."""

    form: Literal["mean_field"] = "mean_field"
    attention: Literal["half_life", "branching"] = "half_life"
    attention_half_life: float = uncertainty("days", "h: half-life of attention to a post.", gt=0, le=365)
    branching: BranchingParams
    views_per_follower: float = uncertainty("share", "Real followers who see a post, in all.", ge=0, le=10)
    appeal_spread: float = uncertainty(
        "log units", "Spread (of the logarithm) of views between active days.", ge=0, le=4
    )


@lru_cache(maxsize=8)
def _branching_fading(branching_factor: float, exponent: float, cutoff: float) -> Fading:
    return fitted_fading(lambda delay: reduction(branching_factor, exponent, cutoff, delay))


def fading_of(params: MeanFieldParams) -> Fading:
    """The curve by which attention fades, as *params* choose it."""
    if params.attention == "half_life":
        return half_life_fading(params.attention_half_life)
    cascade = params.branching
    return _branching_fading(cascade.branching_factor, cascade.exponent, cascade.cutoff_seconds / SECONDS_PER_DAY)


class SeenAccounts(NamedTuple):
    """Columns of accounts that attention reads."""

    real_followers: Array
    reach_limited_until: Array
    reach_factor: Array


class Audience(NamedTuple):
    """What makes posts be seen."""

    views_per_follower: float
    appeal_spread: float
    recommended: Array
    """Views of a post by recommendation, by platform."""
    attention: Array
    """Views of a post written today relative to other days, by platform."""
    premium: Array
    """Views of a violating post relative to a lawful one, by platform and kind."""
    boost: float
    """Views of posts that hired posters push, relative to others."""


@kernel
def _attract(  # type: ignore[no-untyped-def]
    day, seed, due, posts, accounts, audience, curve,
    lawful_views_due, violating_views_due, last_post, lawful_views, violating_views, time_of_day, today, later,
):  # fmt: skip
    """Give the day's posts their hour and their views, and bring the views due of their accounts up to date.

    today, later: by work block, views that come today, float64 [blocks, platforms, kinds + 1], and those that come
    later, by part of the curve as well.

    outputs: lawful_views_due, violating_views_due, last_post, lawful_views, violating_views, time_of_day, today, later
    """
    lawful, weights, rates = audience.premium.shape[1], curve.weights, curve.rates
    for block in numba.prange(len(today)):
        first, last = block * WORK_BLOCK, min(len(due.rows), (block + 1) * WORK_BLOCK)
        draws = np.empty((4, WORK_BLOCK))
        fill_uniforms(seed, Stream.ATTENTION.value, due.rows[first:last], day, 0, draws)
        count = last - first
        scratch, appeal, staying = np.empty(WORK_BLOCK), np.empty(WORK_BLOCK), np.empty((len(rates), WORK_BLOCK))
        normals(draws[0], count, scratch)
        for j in range(count):
            scratch[j] *= audience.appeal_spread
        exponentials(scratch, count, appeal)
        for part in range(len(rates)):
            for j in range(count):
                scratch[j] = -rates[part] * (1.0 - draws[2, j])
            exponentials(scratch, count, staying[part])
        for j in range(last - first):
            i = Index(first + j)
            if not due.active[i] or posts.lawful_posts[i] + posts.violating_posts[i] == 0:
                continue
            row = Index(due.rows[i])
            p, k = Index(due.platform[i]), Index(due.kind[i])
            reach = accounts.reach_factor[row] if accounts.reach_limited_until[row] > day else 1.0
            viewers = audience.views_per_follower * accounts.real_followers[row] + audience.recommended[p]
            base = reach * audience.attention[p] * viewers
            if posts.hired[i]:
                base *= audience.boost
            lawful_total = violating_total = 0.0
            if posts.lawful_posts[i] > 0:
                lawful_total = posts.lawful_posts[i] * base * appeal[j]
            if posts.violating_posts[i] > 0:
                sensation = audience.premium[p, k] * lognormal(draws[1, j], 1.0, audience.appeal_spread)
                violating_total = posts.violating_posts[i] * base * sensation
            left = 0.0
            for part in range(len(rates)):
                stays = weights[part] * staying[part, j]
                left += stays
                later[block, p, lawful, part] += lawful_total * stays
                later[block, p, k, part] += violating_total * stays
            aged = decayed(curve.by_midnight, day + 1 - last_post[row])
            lawful_views_due[row] = lawful_views_due[row] * aged + lawful_total * left
            violating_views_due[row] = violating_views_due[row] * aged + violating_total * left
            last_post[row] = day + 1
            lawful_views[i] = lawful_total
            violating_views[i] = violating_total
            time_of_day[i] = draws[2, j]
            today[block, p, lawful] += lawful_total * (1.0 - left)
            today[block, p, k] += violating_total * (1.0 - left)


@kernel
def _deliver(today, later, kept, views_due, views):  # type: ignore[no-untyped-def]
    """Deliver the views that come today, of posts of today and before; *kept*: what a day leaves of each part's.

    outputs: views_due, views
    """
    for p in range(views.shape[0]):
        for k in range(views.shape[1]):
            at_once, faded = today[0, p, k], 0.0
            for block in range(1, len(today)):
                at_once += today[block, p, k]
            for part in range(len(kept)):
                faded += views_due[p, k, part] * (1.0 - kept[part])
                new = later[0, p, k, part]
                for block in range(1, len(later)):
                    new += later[block, p, k, part]
                views_due[p, k, part] = views_due[p, k, part] * kept[part] + new
            views[p, k] += at_once + faded


@dataclass(frozen=True)
class Attention:
    """Posts get views from real followers and from recommendation, more for sensational kinds, fading with time."""

    accounts: SeenAccounts
    audience: Audience
    curve: Curve
    kept: Array
    """What a day leaves of the views due of each part of the curve."""
    phase: ClassVar[str] = "attention"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.due", "turn.active", "turn.platform", "turn.kind", "turn.lawful_posts", "turn.violating_posts",
        "turn.hired", "accounts.real_followers", "accounts.reach_limited_until", "accounts.reach_factor",
        "conditions.attention", "conditions.premium",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "accounts.lawful_views_due", "accounts.violating_views_due", "accounts.last_post", "turn.lawful_views",
        "turn.violating_views", "turn.time_of_day", "world.views_due", "counters.views",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self | None:
        """The process of a run; None where the audience is a follower network."""
        if not setup.has(MeanFieldParams):
            return None
        params, world = setup.params(MeanFieldParams), setup.world
        curve = group(Curve, fading_of(params))
        world.views_due = np.zeros((*world.counters.shape, len(curve.rates)))
        audience = group(
            Audience,
            params,
            world.conditions,
            setup,
            attention=world.conditions.attention,
            recommended=setup.by_platform("recommended_views"),
        )
        return cls(group(SeenAccounts, world.accounts), audience, curve, np.exp(-curve.rates))

    def step(self, world: World, turn: Turn) -> None:
        """Fill the turn's views and hours; deliver today's share of all views and keep the rest as due."""
        accounts = world.accounts
        today = np.zeros((work_blocks(len(turn.due)), *world.counters.shape))
        later = np.zeros((*today.shape, len(self.kept)))
        _attract(
            turn.day, world.seed, turn.group(Due), turn.group(Posts), self.accounts, self.audience, self.curve,
            accounts.lawful_views_due, accounts.violating_views_due, accounts.last_post, turn.lawful_views,
            turn.violating_views, turn.time_of_day, today, later,
        )  # fmt: skip
        _deliver.serial(today, later, self.kept, world.views_due, world.counters["views"])


class TakedownAccounts(NamedTuple):
    """Columns of accounts that a takedown reads."""

    kind: Array
    last_post: Array


@kernel
def _take_down(  # type: ignore[no-untyped-def]
    day, decisions, steps, posts_removed, accounts, curve,
    lawful_views_due, violating_views_due, views_due, prevented,
):  # fmt: skip
    """Take the views that each decision prevents from those due; *prevented*: those that today counted too many.

    steps: the rulebook's; posts_removed: by sanction.

    outputs: lawful_views_due, violating_views_due, views_due, prevented
    """
    lawful, weights, rates = views_due.shape[1] - 1, curve.weights, curve.rates
    for i in range(len(decisions)):
        row, p, step, delay = decisions.account[i], decisions.platform[i], decisions.step[i], decisions.delay[i]
        removal = 0
        for place in range(steps.shape[2]):
            sanction = steps[decisions.kind[i], max(step, 0), place]
            if sanction >= 0:
                removal = max(removal, posts_removed[sanction])
        if step < 0:  # an older case: its own posts, where the first step removes any
            removal = min(removal, REMOVES_OFFENDING)
        if removal == 0:
            continue
        # Views are counted by what the account turns to, whatever is alleged.
        k = accounts.kind[row]
        # The offending posts stop at their own delay; what today would still have brought has been counted already.
        # Those that stop on a later day bring less from midnight on, by as much as they would have brought after that.
        at_takedown = share_left_of(max(delay, 0.0), weights, rates)
        midnight = day + 1.0 - decisions.flagged_on[i] - decisions.time_of_day[i]
        at_midnight = share_left_of(midnight, weights, rates)
        stop = max(midnight, delay)
        aged = decayed(curve.by_midnight, max(0, day + 1 - accounts.last_post[row]))
        for which in range(2):
            views = decisions.violating_views[i] if which == 0 else decisions.lawful_views[i]
            place = k if which == 0 else lawful
            due = violating_views_due if which == 0 else lawful_views_due
            today = max(0.0, views * (at_takedown - at_midnight))
            if removal == REMOVES_ALL:
                # How old an account's views due are is not kept: they are taken from all parts alike.
                all_due = views_due[p, place].sum()
                left = 1.0 - min(1.0, due[row] * aged / all_due) if all_due > 0.0 else 0.0
                due[row] = 0.0
                for part in range(len(rates)):
                    views_due[p, place, part] *= left
            else:
                due[row] = max(0.0, due[row] - views * share_left_of(stop, weights, rates) / max(aged, TINY))
                for part in range(len(rates)):
                    later = views * weights[part] * math.exp(-rates[part] * stop)
                    views_due[p, place, part] = max(0.0, views_due[p, place, part] - later)
            prevented[p, place] += today


@dataclass(frozen=True)
class Takedown:
    """Posts that a decision removes get no more views from the moment of their takedown."""

    accounts: TakedownAccounts
    curve: Curve
    phase: ClassVar[str] = "applying"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.decisions", "accounts.kind", "accounts.last_post",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "accounts.lawful_views_due", "accounts.violating_views_due", "world.views_due", "counters.views",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self | None:
        """The process of a run; None where the audience is a follower network."""
        if not setup.has(MeanFieldParams):
            return None
        curve = group(Curve, fading_of(setup.params(MeanFieldParams)))
        return cls(group(TakedownAccounts, setup.world.accounts), curve)

    def step(self, world: World, turn: Turn) -> None:
        """Take from the views due, and from today's views, what the day's takedowns prevent."""
        accounts, policy = world.accounts, world.policy
        prevented = np.zeros(world.counters.shape)
        _take_down.serial(
            turn.day, turn.decisions.records, policy.rulebook.steps, policy.sanctions.posts_removed, self.accounts,
            self.curve, accounts.lawful_views_due, accounts.violating_views_due, world.views_due, prevented,
        )  # fmt: skip
        world.counters["views"][:] = np.maximum(0.0, world.counters["views"] - prevented)
