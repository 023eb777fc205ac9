"""Posting: how much an account writes on its active days, and how much of that breaks a rule."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numba
import numpy as np

from rectify.behaviours.perception import Perception, perceived_certainty, remembered, shared_perception
from rectify.core.draws import fill_uniforms
from rectify.core.due import WORK_BLOCK, work_blocks
from rectify.core.elementary import exponentials, logarithms
from rectify.core.groups import group
from rectify.core.kernel import Index, device, kernel
from rectify.core.params import Params, uncertainty
from rectify.core.sampling import binomial, positive_poissons
from rectify.core.table import NEVER, Array
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Due, Turn
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


class PostingAccounts(NamedTuple):
    """Columns of accounts that posting reads."""

    operator: Array
    activity: Array
    muted_until: Array
    unpaid_until: Array
    impersonates_from: Array
    left_on: Array


class Motives(NamedTuple):
    """What moves authors: a propensity by operator, weights by archetype, what is to be gained by kind."""

    propensity: Array
    gain_weight: Array
    risk_weight: Array
    chasing: Array
    lawful: Array
    kind_gain: Array
    is_profile: Array
    chilling: float
    unpaid_gain: float


class PostingConditions(NamedTuple):
    """What is the same today for all of a platform and kind: conditions, and beliefs of those never sanctioned."""

    provocation: Array
    severity: Array
    certainty: Array
    """Perceived by operators without experience of their own."""
    kept: Array
    """Share of lawful posts that such operators' perceived risk lets be written."""


class Chased(NamedTuple):
    """Events that authors chase, by day, platform and kind."""

    chased: bool
    """Whether any event makes anybody write more."""
    posts: Array
    posts_so_far: Array
    gain: Array


@kernel
def _post(  # type: ignore[no-untyped-def]
    day, seed, due, accounts, motives, perception, conditions, events,
    next_day, lawful_posts, violating_posts, counts, certainty_sums,
):  # fmt: skip
    """Have the active accounts write their posts of the day, and set the day on which each is due again.

    counts: by work block, posts, lawful posts unwritten and authors, int64 [blocks, 3, platforms, kinds + 1];
    certainty_sums: sums over authors of perceived certainty, float64 [blocks, platforms, kinds + 1].

    outputs: next_day, lawful_posts, violating_posts, counts, certainty_sums
    """
    lawful = len(motives.kind_gain)
    extra, event_gain = events.posts[day], events.gain[day]
    for block in numba.prange(len(counts)):
        first, last = block * WORK_BLOCK, min(len(due.rows), (block + 1) * WORK_BLOCK)
        draws = np.empty((4, WORK_BLOCK))
        fill_uniforms(seed, Stream.POSTING.value, due.rows[first:last], day, 0, draws)
        rates, nothing, patience = np.empty(WORK_BLOCK), np.empty(WORK_BLOCK), np.empty(WORK_BLOCK)
        wishes = np.empty(WORK_BLOCK, np.int64)
        for j in range(last - first):
            rates[j] = accounts.activity[due.rows[first + j]]
        if events.chased:
            for j in range(last - first):
                i = Index(first + j)
                rates[j] *= 1.0 + motives.chasing[due.archetype[i]] * extra[due.platform[i], due.kind[i]]
        for j in range(last - first):
            patience[j] = -rates[j]
        exponentials(patience, last - first, nothing)
        positive_poissons(draws[0], rates, nothing, last - first, wishes)
        for j in range(last - first):
            draws[3, j] = 1.0 - draws[3, j]
        logarithms(draws[3], last - first, patience)
        for j in range(last - first):
            i = Index(first + j)
            if not due.active[i]:
                continue
            row = Index(due.rows[i])
            if accounts.muted_until[row] > day:
                next_day[row] = accounts.muted_until[row]
                continue
            p, k, a = Index(due.platform[i]), Index(due.kind[i]), Index(due.archetype[i])
            o = Index(accounts.operator[row])
            wanted = wishes[j]
            certainty, kept = conditions.certainty[p, k], conditions.kept[p, k]
            if perception.experience[o] > 0.0:
                own = remembered(perception.experience[o], perception.learnt_on[o], day, perception.half_life)
                certainty = perceived_certainty(own, perception.observed[p, k], perception.announced[p, k])
                kept = math.exp(-motives.chilling * certainty * conditions.severity[p, k])
            risk = certainty * conditions.severity[p, k]
            incentive = motives.kind_gain[k] + motives.chasing[a] * event_gain[p, k]
            earning = motives.unpaid_gain if accounts.unpaid_until[row] > day else 1.0
            gain = motives.gain_weight[a] * incentive * earning
            logit = motives.propensity[o] + gain - motives.risk_weight[a] * risk + conditions.provocation[p, k]
            may = (not motives.is_profile[k]) | (accounts.impersonates_from[row] <= day)
            # Both asked at once: two unpredictable branches cost more than the arithmetic.
            breaches = 0
            if may & (draws[1, j] > 1.0 - wanted * chance_at_most(logit)):
                breaches = binomial(draws[1, j], wanted, 1.0 / (1.0 + math.exp(-logit)))
            written = binomial(draws[2, j], wanted - breaches, kept)
            violating_posts[i] = breaches
            lawful_posts[i] = written
            # Days before the next active one: geometric, as sampling.days_before; nobody without activity is due.
            if events.chased and motives.chasing[a] > 0.0:
                usual, chasing = np.float64(accounts.activity[row]), motives.chasing[a]
                wait = days_until_written(-patience[j], usual, chasing, day, events.posts_so_far, p, k)
            else:
                wait = 1 + int(min(FAR, -patience[j] / rates[j]))
            next_day[row] = min(NEVER, accounts.left_on[row], day + wait)
            counts[block, 0, p, k] += breaches
            counts[block, 0, p, lawful] += written
            counts[block, 1, p, lawful] += wanted - breaches - written
            place = Index(lawful) if motives.lawful[a] else k
            counts[block, 2, p, place] += 1
            certainty_sums[block, p, place] += certainty


@dataclass(frozen=True)
class Posting:
    """Accounts due write posts, some violating, by propensity and gain against perceived risk; lawful ones chill."""

    chilling: float
    accounts: PostingAccounts
    motives: Motives
    perception: Perception
    conditions: PostingConditions
    events: Chased
    certainty: Array
    """Room for the day's ``conditions.certainty``, which is worked out every morning; likewise ``kept``."""
    kept: Array
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
        world, policy, params = setup.world, setup.policy, setup.params(PostingParams)
        motives = group(Motives, params, world.operators, setup.archetypes, policy.kinds, kind_gain=policy.kinds.gain)
        certainty, kept = np.zeros_like(world.conditions.observed), np.zeros_like(world.conditions.observed)
        # Events that nobody chases are one number spread over all days: kernels get arrays of one form.
        posts, gain = np.ascontiguousarray(policy.events.posts), np.ascontiguousarray(policy.events.gain)
        return cls(
            params.chilling,
            group(PostingAccounts, world.accounts),
            motives,
            setup.once(shared_perception, setup),
            group(PostingConditions, world.conditions, certainty=certainty, kept=kept),
            group(Chased, policy.events, posts=posts, gain=gain),
            certainty,
            kept,
        )

    def step(self, world: World, turn: Turn) -> None:
        """Fill ``turn.lawful_posts`` and ``turn.violating_posts``; set the next day on which each account acts."""
        conditions, shape = world.conditions, world.counters.shape
        counts = np.zeros((work_blocks(len(turn.due)), 3, *shape), np.int64)
        certainty = np.zeros((len(counts), *shape))
        # What those without sanctions of their own believe is the same for all on a platform: worked out once.
        self.certainty[:] = 1.0 - (1.0 - conditions.observed) * (1.0 - conditions.announced)
        np.exp(-self.chilling * self.certainty * conditions.severity, out=self.kept)
        _post(
            turn.day, world.seed, turn.group(Due), self.accounts, self.motives, self.perception, self.conditions,
            self.events, world.accounts.next_day, turn.lawful_posts, turn.violating_posts, counts, certainty,
        )  # fmt: skip
        world.counters.add_parts(("posts", "posts_unwritten", "authors"), counts)
        world.counters.add_parts(("certainty_sum",), certainty[:, None])
