"""Posting: how much an account writes on its active days, and how much of that breaks a rule."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Self

import numba
import numpy as np

from rectify.behaviours.perception import LearningParams, perceived_certainty, remembered
from rectify.core.draws import fill_uniforms
from rectify.core.due import WORK_BLOCK, work_blocks
from rectify.core.elementary import exponentials, logarithms
from rectify.core.kernel import Index, device, kernel
from rectify.core.params import Params, uncertainty
from rectify.core.sampling import binomial, positive_poissons
from rectify.core.table import NEVER, Array
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World


class PostingParams(Params):
    """Posting, and the chilling of lawful authors."""

    chilling: float = uncertainty(
        "1",
        "Lawful posts that perceived risk keeps from being written: 1 − exp(−chilling · certainty · severity).",
        ge=0,
    )
    unpaid_gain: float = uncertainty(
        "share", "Share of a violation's gain that is left while the account may not earn.", ge=0, le=1
    )


STEPS, REACH = 16, 10
"""The table of chances below has so many entries to a unit of the logit, from −REACH to REACH."""
ROUNDED_UP = 1.0 + 1e-12
CHANCE_AT_MOST = np.append(ROUNDED_UP / (1.0 + np.exp(-np.arange(-REACH * STEPS, REACH * STEPS + 1) / STEPS)), 1.0)
"""Chances at the upper ends of the table's places, with certainty in the last."""
FAR = 1e9


@device
def chance_at_most(logit):  # type: ignore[no-untyped-def]
    """A bound, at most a fifteenth above, on 1 / (1 + exp(−logit)): a draw out of its reach needs no exponential."""
    return CHANCE_AT_MOST[Index(min(max(STEPS * (logit + REACH) + 1.0, 0.0), len(CHANCE_AT_MOST) - 1.0))]


@device
def days_until_written(patience, rate, chasing, day, extra_so_far, platform, kind):  # type: ignore[no-untyped-def]
    """Days from *day* to the next active one, at least 1, of a process whose rate rises while events are chased.

    The first n at which rate · (n + chasing · extra posts of these n days) exceeds *patience*, an exponential draw:
    ⌊patience / rate⌋ + 1 without events. Days past the end of *extra_so_far*, float64 [days, …], have none.
    """
    shortest, longest = 1, 1 + int(min(FAR, patience / rate))
    last = len(extra_so_far) - 1
    before = extra_so_far[min(day, last), platform, kind]
    while shortest < longest:
        middle = (shortest + longest) // 2
        extra = extra_so_far[min(day + middle, last), platform, kind] - before
        if rate * (middle + chasing * extra) > patience:
            longest = middle
        else:
            shortest = middle + 1
    return shortest


@kernel
def _post(  # type: ignore[no-untyped-def]
    day, seed, due, active, operator, platform, kind, activity, muted_until, unpaid_until, impersonates_from, left_on,
    archetype, archetype_lawful, propensity, gain_weight, risk_weight, experience, learnt_on, half_life, kind_gain,
    is_profile, provocation, observed, announced, severity, social_certainty, kept_socially, chilling, unpaid_gain,
    chased, chasing, extra, extra_so_far, event_gain, next_day, lawful_posts, violating_posts, counts, certainty_sums,
):  # fmt: skip
    lawful = len(kind_gain)
    for block in numba.prange(len(counts)):
        first, last = block * WORK_BLOCK, min(len(due), (block + 1) * WORK_BLOCK)
        draws = np.empty((4, WORK_BLOCK))
        fill_uniforms(seed, Stream.POSTING.value, due[first:last], day, 0, draws)
        rates, nothing, patience = np.empty(WORK_BLOCK), np.empty(WORK_BLOCK), np.empty(WORK_BLOCK)
        wishes = np.empty(WORK_BLOCK, np.int64)
        for j in range(last - first):
            rates[j] = activity[due[first + j]]
        if chased:
            for j in range(last - first):
                i = Index(first + j)
                rates[j] *= 1.0 + chasing[archetype[i]] * extra[platform[i], kind[i]]
        for j in range(last - first):
            patience[j] = -rates[j]
        exponentials(patience, last - first, nothing)
        positive_poissons(draws[0], rates, nothing, last - first, wishes)
        for j in range(last - first):
            draws[3, j] = 1.0 - draws[3, j]
        logarithms(draws[3], last - first, patience)
        for j in range(last - first):
            i = Index(first + j)
            if not active[i]:
                continue
            row = Index(due[i])
            if muted_until[row] > day:
                next_day[row] = muted_until[row]
                continue
            p, k, a, o = Index(platform[i]), Index(kind[i]), Index(archetype[i]), Index(operator[row])
            wanted = wishes[j]
            certainty, kept = social_certainty[p, k], kept_socially[p, k]
            if experience[o] > 0.0:
                own = remembered(experience[o], learnt_on[o], day, half_life)
                certainty = perceived_certainty(own, observed[p, k], announced[p, k])
                kept = math.exp(-chilling * certainty * severity[p, k])
            risk = certainty * severity[p, k]
            incentive = kind_gain[k] + chasing[a] * event_gain[p, k]
            gain = gain_weight[a] * incentive * (unpaid_gain if unpaid_until[row] > day else 1.0)
            logit = propensity[o] + gain - risk_weight[a] * risk + provocation[p, k]
            may = (not is_profile[k]) | (impersonates_from[row] <= day)
            # Both asked at once: two unpredictable branches cost more than the arithmetic.
            breaches = 0
            if may & (draws[1, j] > 1.0 - wanted * chance_at_most(logit)):
                breaches = binomial(draws[1, j], wanted, 1.0 / (1.0 + math.exp(-logit)))
            written = binomial(draws[2, j], wanted - breaches, kept)
            violating_posts[i] = breaches
            lawful_posts[i] = written
            # Days before the next active one: geometric, as sampling.days_before; nobody without activity is due.
            if chased and chasing[a] > 0.0:
                usual = np.float64(activity[row])
                wait = days_until_written(-patience[j], usual, chasing[a], day, extra_so_far, p, k)
            else:
                wait = 1 + int(min(FAR, -patience[j] / rates[j]))
            next_day[row] = min(NEVER, left_on[row], day + wait)
            counts[block, 0, p, k] += breaches
            counts[block, 0, p, lawful] += written
            counts[block, 1, p, lawful] += wanted - breaches - written
            group = Index(lawful) if archetype_lawful[a] else k
            counts[block, 2, p, group] += 1
            certainty_sums[block, p, group] += certainty


@dataclass(frozen=True)
class Posting:
    """Accounts due write posts, some violating, by propensity and gain against perceived risk; lawful ones chill."""

    params: PostingParams
    gain_weight: Array
    risk_weight: Array
    chasing: Array
    memory_half_life: float
    phase: ClassVar[str] = "posting"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.due", "turn.active", "turn.platform", "turn.kind", "turn.archetype", "accounts.operator",
        "accounts.activity", "accounts.muted_until", "accounts.unpaid_until", "accounts.impersonates_from",
        "accounts.left_on", "operators.propensity", "operators.experience", "operators.learnt_on",
        "conditions.provocation", "conditions.observed", "conditions.announced", "conditions.severity",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "accounts.next_day", "turn.lawful_posts", "turn.violating_posts", "counters.posts", "counters.posts_unwritten",
        "counters.authors", "counters.certainty_sum",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        who = setup.archetypes
        memory = setup.params(LearningParams).own_half_life
        return cls(setup.params(PostingParams), who.gain_weight, who.risk_weight, who.chasing, memory)

    def step(self, world: World, turn: Turn) -> None:
        """Fill ``turn.lawful_posts`` and ``turn.violating_posts``; set the next day on which each account acts."""
        accounts, operators, conditions = world.accounts, world.operators, world.conditions
        kinds, events = world.policy.kinds, world.policy.events
        shape = world.counters.shape
        counts = np.zeros((work_blocks(len(turn.due)), 3, *shape), np.int64)
        certainty = np.zeros((len(counts), *shape))
        # What those without sanctions of their own believe is the same for all on a platform: worked out once.
        social_certainty = 1.0 - (1.0 - conditions.observed) * (1.0 - conditions.announced)
        kept_socially = np.exp(-self.params.chilling * social_certainty * conditions.severity)
        _post(
            turn.day, world.seed, turn.due, turn.active, accounts.operator, turn.platform, turn.kind, accounts.activity,
            accounts.muted_until, accounts.unpaid_until, accounts.impersonates_from, accounts.left_on, turn.archetype,
            world.policy.archetype_lawful, operators.propensity, self.gain_weight, self.risk_weight,
            operators.experience, operators.learnt_on, self.memory_half_life, kinds.gain, kinds.is_profile,
            conditions.provocation, conditions.observed, conditions.announced, conditions.severity, social_certainty,
            kept_socially, self.params.chilling, self.params.unpaid_gain, events.chased, self.chasing,
            np.ascontiguousarray(events.posts[turn.day]), events.posts_so_far,
            np.ascontiguousarray(events.gain[turn.day]), accounts.next_day, turn.lawful_posts, turn.violating_posts,
            counts, certainty,
        )  # fmt: skip
        world.counters.add_parts(("posts", "posts_unwritten", "authors"), counts)
        world.counters.add_parts(("certainty_sum",), certainty[:, None])
