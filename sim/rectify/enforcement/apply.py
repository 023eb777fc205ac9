"""Applying: the one writer of an account's status — closed, muted, unpaid, hidden, barred.

Each sanction is a row of effects. This file keeps the days until which they last; the audience's posts are taken down
and the followers removed by the files that own those columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numpy as np

from rectify.core.draws import uniform
from rectify.core.groups import group
from rectify.core.kernel import kernel
from rectify.core.params import Params, uncertainty
from rectify.core.sampling import geometric
from rectify.core.table import NEVER, Array
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World


class RelapseParams(Params):
    """What becomes of a corrected profile."""

    relapse_days: float = uncertainty(
        "days", "Mean time until an account made to change its name or profile poses again, geometric.", ge=1, le=36500
    )


class Effects(NamedTuple):
    """What sanctions do to an account's status: columns of the run's sanctions."""

    posting_ban_days: Array
    reach_factor: Array
    reach_days: Array
    revenue_ban_days: Array
    growth_ban_days: Array
    corrects_profile: Array
    closes: Array
    bars_name: Array
    bars_identity: Array
    bar_days: Array


@kernel
def _apply(  # type: ignore[no-untyped-def]
    day, seed, decisions, steps, effects, relapse_days, applied,
    closed_on, muted_until, unpaid_until, reach_limited_until, reach_factor, growth_frozen_until, impersonates_from,
    barred_by, barred_until, next_day, counters,
):  # fmt: skip
    """Apply the sanctions of each decision's step to its account, whose columns the outputs are.

    steps: the rulebook's; relapse_days: mean time until a corrected profile poses again; applied: places of the
    sanctions' counters, int64 [sanctions].

    outputs: closed_on, muted_until, unpaid_until, reach_limited_until, reach_factor, growth_frozen_until,
        impersonates_from, barred_by, barred_until, next_day, counters
    """
    for i in range(len(decisions)):
        row, p, k, step = decisions.account[i], decisions.platform[i], decisions.kind[i], decisions.step[i]
        if step < 0:
            continue
        after = day + 1
        for place in range(steps.shape[2]):
            s = steps[k, step, place]
            if s < 0:
                continue
            counters[applied[s], p, k] += 1.0
            if effects.posting_ban_days[s] > 0:
                muted_until[row] = max(muted_until[row], min(NEVER, after + effects.posting_ban_days[s]))
                next_day[row] = max(next_day[row], muted_until[row])
            if effects.reach_days[s] > 0:
                reach_limited_until[row] = max(reach_limited_until[row], min(NEVER, after + effects.reach_days[s]))
                reach_factor[row] = effects.reach_factor[s]
            if effects.revenue_ban_days[s] > 0:
                unpaid_until[row] = max(unpaid_until[row], min(NEVER, after + effects.revenue_ban_days[s]))
            if effects.growth_ban_days[s] > 0:
                growth_frozen_until[row] = max(growth_frozen_until[row], min(NEVER, after + effects.growth_ban_days[s]))
            if effects.corrects_profile[s] and impersonates_from[row] <= day:
                u = uniform(seed, Stream.RELAPSE.value, row, day, 0)
                impersonates_from[row] = min(NEVER, after + geometric(u, 1.0 / relapse_days))
            if effects.closes[s]:
                closed_on[row] = day
                next_day[row] = NEVER
            if effects.bars_name[s] > 0 or effects.bars_identity[s]:
                barred_by[row] = s
                barred_until[row] = max(barred_until[row], min(NEVER, after + effects.bar_days[s, k]))


@kernel
def _count_decisions(  # type: ignore[no-untyped-def]
    decisions,
    closed, lesser, wrongly_closed, wrongly_lesser, posts_removed, delay_sum,
):  # fmt: skip
    """Count closures, lesser punishments, those without a breach, posts removed, and the delays of these.

    outputs: closed, lesser, wrongly_closed, wrongly_lesser, posts_removed, delay_sum
    """
    for i in range(len(decisions)):
        p, k, posts = decisions.platform[i], decisions.kind[i], decisions.posts[i]
        if decisions.closes[i]:
            closed[p, k] += 1.0
            wrongly_closed[p, k] += not decisions.breach[i]
        elif decisions.lesser[i]:
            lesser[p, k] += 1.0
            wrongly_lesser[p, k] += not decisions.breach[i]
        posts_removed[p, k] += posts
        delay_sum[p, k] += posts * decisions.delay[i]


@kernel
def _reverse(  # type: ignore[no-untyped-def]
    day, reversals,
    closed_on, muted_until, unpaid_until, reach_limited_until, growth_frozen_until, barred_by, barred_until, next_day,
):  # fmt: skip
    """Lift what can be lifted of the decisions reversed on appeal: the outputs are columns of accounts.

    outputs: closed_on, muted_until, unpaid_until, reach_limited_until, growth_frozen_until, barred_by, barred_until,
        next_day
    """
    for i in range(len(reversals)):
        row = reversals.account[i]
        if reversals.closed[i] and closed_on[row] <= day:
            closed_on[row] = NEVER
        if closed_on[row] > day:
            next_day[row] = min(next_day[row], day + 1)
            barred_by[row] = -1
            barred_until[row] = min(barred_until[row], day)
        muted_until[row] = min(muted_until[row], day)
        unpaid_until[row] = min(unpaid_until[row], day)
        reach_limited_until[row] = min(reach_limited_until[row], day)
        growth_frozen_until[row] = min(growth_frozen_until[row], day)


WRITES = (
    "accounts.closed_on", "accounts.muted_until", "accounts.unpaid_until", "accounts.reach_limited_until",
    "accounts.reach_factor", "accounts.growth_frozen_until", "accounts.impersonates_from", "accounts.barred_by",
    "accounts.barred_until", "accounts.next_day", "world.barred_accounts", "counters.closed", "counters.lesser",
    "counters.wrongly_closed", "counters.wrongly_lesser", "counters.posts_removed", "counters.takedown_delay_sum",
)  # fmt: skip


@dataclass(frozen=True)
class Applying:
    """Reversals lift what can be lifted; then the day's sanctions close, mute, hide, suspend income, and bar."""

    relapse_days: float
    effects: Effects
    writes: tuple[str, ...]
    """Names, with a counter for each sanction of the run."""
    phase: ClassVar[str] = "applying"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.reversals", "turn.decisions",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        of_sanctions = tuple(f"counters.{name}" for name in setup.policy.sanctions.counters)
        effects = group(Effects, setup.policy.sanctions)
        return cls(setup.params(RelapseParams).relapse_days, effects, (*WRITES, *of_sanctions))

    def step(self, world: World, turn: Turn) -> None:
        """Write the status of the accounts concerned; tally each sanction by platform and kind."""
        accounts, counters, decisions = world.accounts, world.counters, turn.decisions
        if len(turn.reversals):
            _reverse.serial(
                turn.day, turn.reversals.records, accounts.closed_on, accounts.muted_until, accounts.unpaid_until,
                accounts.reach_limited_until, accounts.growth_frozen_until, accounts.barred_by, accounts.barred_until,
                accounts.next_day,
            )  # fmt: skip
        if len(decisions) == 0:
            return
        decided, applied = decisions.records, counters.places(world.policy.sanctions.counters)
        _apply.serial(
            turn.day, world.seed, decided, world.policy.rulebook.steps, self.effects, self.relapse_days, applied,
            accounts.closed_on, accounts.muted_until, accounts.unpaid_until, accounts.reach_limited_until,
            accounts.reach_factor, accounts.growth_frozen_until, accounts.impersonates_from, accounts.barred_by,
            accounts.barred_until, accounts.next_day, counters.block,
        )  # fmt: skip
        concerned = decisions.column("account")
        barred = concerned[accounts.barred_until[concerned] > turn.day]
        if len(barred):
            listed = np.union1d(world.barred_accounts.array, barred)
            world.barred_accounts.clear()
            world.barred_accounts.put(listed)
        _count_decisions.serial(
            decided,
            *counters.several(
                "closed", "lesser", "wrongly_closed", "wrongly_lesser", "posts_removed", "takedown_delay_sum"
            ),
        )  # fmt: skip


@dataclass(frozen=True)
class ClosingAccounts:
    """Accounts above a lowered cap, and those disposed of centrally, are closed; the former's operators may return."""

    phase: ClassVar[str] = "applying"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.surplus", "turn.disposed",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "accounts.closed_on", "accounts.next_day", "turn.closed",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        return cls()

    def step(self, world: World, turn: Turn) -> None:
        """Close ``turn.surplus``, which joins ``turn.closed``, and ``turn.disposed``."""
        for rows in (turn.surplus.array, turn.disposed.array):
            world.accounts.closed_on[rows] = turn.day
            world.accounts.next_day[rows] = NEVER
        turn.closed.put(turn.surplus.array)
