"""Mean-field audience: numbers of followers, views that fade with a half-life, and what a takedown prevents.

Attention to a post halves every ``attention_half_life`` days, so a takedown after D days leaves the share
1 − 2^(−D/h) of its views, and exponential delays with half-life τ leave τ/(τ+h) (closed form, tested). Views still to
come are kept per platform and kind, where they decay exactly; nothing is stored per post.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np

from sim.core.decay import decay_table, decayed
from sim.core.draws import fill_uniforms
from sim.core.due import WORK_BLOCK, work_blocks
from sim.core.kernel import device, kernel
from sim.core.params import Params, uncertainty
from sim.core.sampling import lognormal
from sim.core.table import Array
from sim.policy.sanctions import POSTS_REMOVED
from sim.world.streams import Stream
from sim.world.world import Turn, World

LOG_2 = math.log(2.0)
REMOVES_OFFENDING = POSTS_REMOVED.index("offending")
REMOVES_ALL = POSTS_REMOVED.index("all")


class MeanFieldParams(Params):
    """Attention under the mean-field audience."""

    attention_half_life: float = uncertainty("days", "h: half-life of attention to a post.", gt=0, le=365)
    views_per_follower: float = uncertainty("share", "Real followers who see a post, in all.", ge=0, le=10)
    appeal_spread: float = uncertainty(
        "log units", "Spread (of the logarithm) of views between active days.", ge=0, le=4
    )


@device
def share_left(delay, half_life):  # type: ignore[no-untyped-def]
    """Share of a post's views that are still to come after *delay* (same unit as *half_life*): 2^(−delay/half_life)."""
    return math.exp(-LOG_2 * delay / half_life)


@kernel
def _attract(  # type: ignore[no-untyped-def]
    day, seed, due, active, platform, kind, real_followers, reach_until, reach_factor, recommended, premium, half_life,
    fading, views_per_follower, appeal_spread, lawful_posts, violating_posts, lawful_views_due, violating_views_due,
    last_post, lawful_views, violating_views, hour, today, later,
):  # fmt: skip
    lawful = len(premium)
    for block in numba.prange(len(today)):
        first, last = block * WORK_BLOCK, min(len(due), (block + 1) * WORK_BLOCK)
        luck = np.empty((4, WORK_BLOCK))
        fill_uniforms(seed, Stream.ATTENTION.value, due[first:last], day, 0, luck)
        for i in range(first, last):
            if not active[i] or lawful_posts[i] + violating_posts[i] == 0:
                continue
            row = due[i]
            p, k = platform[i], kind[i]
            reach = reach_factor[row] if reach_until[row] > day else 1.0
            base = reach * (views_per_follower * real_followers[row] + recommended[p])
            lawful_total = violating_total = 0.0
            if lawful_posts[i] > 0:
                lawful_total = lawful_posts[i] * base * lognormal(luck[0, i - first], 1.0, appeal_spread)
            if violating_posts[i] > 0:
                appeal = lognormal(luck[1, i - first], 1.0, appeal_spread)
                violating_total = violating_posts[i] * base * premium[k] * appeal
            left = share_left(1.0 - luck[2, i - first], half_life)
            aged = decayed(fading, day + 1 - last_post[row])
            lawful_views_due[row] = lawful_views_due[row] * aged + lawful_total * left
            violating_views_due[row] = violating_views_due[row] * aged + violating_total * left
            last_post[row] = day + 1
            lawful_views[i] = lawful_total
            violating_views[i] = violating_total
            hour[i] = luck[2, i - first]
            today[block, p, lawful] += lawful_total * (1.0 - left)
            today[block, p, k] += violating_total * (1.0 - left)
            later[block, p, lawful] += lawful_total * left
            later[block, p, k] += violating_total * left


@dataclass(frozen=True)
class Attention:
    """Posts get views from real followers and from recommendation, more for sensational kinds, fading with time."""

    params: MeanFieldParams
    recommended: Array
    phase: str = "attention"
    reads: tuple[str, ...] = (
        "accounts.real_followers", "accounts.reach_until", "accounts.reach_factor",
    )  # fmt: skip
    writes: tuple[str, ...] = ("accounts.lawful_views_due", "accounts.violating_views_due", "accounts.last_post")

    def step(self, world: World, turn: Turn) -> None:
        """Fill the turn's views and hours; deliver today's share of all views and keep the rest as due."""
        accounts = world.accounts
        today = np.zeros((work_blocks(len(turn.due)), *world.tallies.shape))
        later = np.zeros_like(today)
        half_life = self.params.attention_half_life
        _attract(
            turn.day, world.seed, turn.due, turn.active, turn.platform, turn.kind, accounts.real_followers,
            accounts.reach_until, accounts.reach_factor, self.recommended, world.policy.kinds.attention_premium,
            half_life, decay_table(LOG_2 / half_life), self.params.views_per_follower, self.params.appeal_spread,
            turn.lawful_posts, turn.violating_posts, accounts.lawful_views_due, accounts.violating_views_due,
            accounts.last_post, turn.lawful_views, turn.violating_views, turn.hour, today, later,
        )  # fmt: skip
        kept = share_left(1.0, half_life)
        world.tallies.add("views", today.sum(axis=0) + world.views_due * (1.0 - kept))
        world.views_due[:] = world.views_due * kept + later.sum(axis=0)


@kernel
def _take_down(  # type: ignore[no-untyped-def]
    day, account, platform, kind, step, flagged_on, hour, delay, violating, lawful_part, steps, posts_removed,
    half_life, lawful_views_due, violating_views_due, last_post, views_due, prevented,
):  # fmt: skip
    lawful = views_due.shape[1] - 1
    for i in range(len(account)):
        removal = REMOVES_OFFENDING if step[i] < 0 else 0
        for place in range(steps.shape[2] if step[i] >= 0 else 0):
            sanction = steps[kind[i], step[i], place]
            if sanction >= 0:
                removal = max(removal, posts_removed[sanction])
        if removal == 0:
            continue
        row, p, k = account[i], platform[i], kind[i]
        # The offending posts stop at their own delay. What today still brought has been counted already, and is taken
        # back; where the takedown falls after midnight, what they still get until then is counted today instead.
        at_takedown = share_left(max(delay[i], 0.0), half_life)
        at_midnight = share_left(day + 1.0 - flagged_on[i] - hour[i], half_life)
        aged = share_left(max(0.0, day + 1.0 - last_post[row]), half_life)
        for part in range(2):
            views = violating[i] if part == 0 else lawful_part[i]
            place = k if part == 0 else lawful
            due = violating_views_due if part == 0 else lawful_views_due
            today = views * (at_takedown - at_midnight)
            later = views * at_midnight
            if removal == REMOVES_ALL:
                later = due[row] * aged
                due[row] = 0.0
            else:
                due[row] = max(0.0, due[row] - later / aged)
            prevented[p, place] += today
            views_due[p, place] = max(0.0, views_due[p, place] - later)


@dataclass(frozen=True)
class Takedown:
    """Posts that a decision removes get no more views from the moment of their takedown."""

    params: MeanFieldParams
    phase: str = "applying"
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ("accounts.lawful_views_due", "accounts.violating_views_due", "accounts.last_post")

    def step(self, world: World, turn: Turn) -> None:
        """Take from the views due, and from today's views, what the day's takedowns prevent."""
        decisions, accounts, rulebook = turn.decisions, world.accounts, world.policy.rulebook
        prevented = np.zeros(world.tallies.shape)
        _take_down.serial(
            turn.day, decisions.column("account"), decisions.column("platform"), decisions.column("kind"),
            decisions.column("step"), decisions.column("flagged_on"), decisions.column("hour"),
            decisions.column("delay"), decisions.column("violating_views"), decisions.column("lawful_views"),
            rulebook.steps, world.policy.sanctions.posts_removed, self.params.attention_half_life,
            accounts.lawful_views_due, accounts.violating_views_due, accounts.last_post, world.views_due, prevented,
        )  # fmt: skip
        world.tallies["views"][:] = np.maximum(0.0, world.tallies["views"] - prevented)
