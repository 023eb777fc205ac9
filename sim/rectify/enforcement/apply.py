"""Applying: the one writer of an account's status — closed, muted, unpaid, hidden, barred.

Each sanction is a row of effects. This file keeps the days until which they last; the audience's posts are taken down
and the followers removed by the files that own those columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from rectify.core.draws import uniform
from rectify.core.kernel import kernel
from rectify.core.params import Params, uncertainty
from rectify.core.sampling import geometric
from rectify.core.table import NEVER
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World


class RelapseParams(Params):
    """What becomes of a corrected profile."""

    relapse_days: float = uncertainty(
        "days", "Mean time until an account made to change its name or profile poses again, geometric.", ge=1, le=36500
    )


@kernel
def _apply(  # type: ignore[no-untyped-def]
    day, seed, account, platform, kind, step, steps, posting_ban, reach_factors, reach_days, revenue_ban, growth_ban,
    corrects, closes, bars_name, bars_identity, bar_days, relapse_days, closed_on, muted_until, unpaid_until,
    reach_limited_until, reach_factor, growth_frozen_until, impersonates_from, barred_by, barred_until, next_day,
    applied, counters,
):  # fmt: skip
    for i in range(len(account)):
        if step[i] < 0:
            continue
        row = account[i]
        after = day + 1
        for place in range(steps.shape[2]):
            s = steps[kind[i], step[i], place]
            if s < 0:
                continue
            counters[applied[s], platform[i], kind[i]] += 1.0
            if posting_ban[s] > 0:
                muted_until[row] = max(muted_until[row], min(NEVER, after + posting_ban[s]))
                next_day[row] = max(next_day[row], muted_until[row])
            if reach_days[s] > 0:
                reach_limited_until[row] = max(reach_limited_until[row], min(NEVER, after + reach_days[s]))
                reach_factor[row] = reach_factors[s]
            if revenue_ban[s] > 0:
                unpaid_until[row] = max(unpaid_until[row], min(NEVER, after + revenue_ban[s]))
            if growth_ban[s] > 0:
                growth_frozen_until[row] = max(growth_frozen_until[row], min(NEVER, after + growth_ban[s]))
            if corrects[s] and impersonates_from[row] <= day:
                u = uniform(seed, Stream.RELAPSE.value, row, day, 0)
                impersonates_from[row] = min(NEVER, after + geometric(u, 1.0 / relapse_days))
            if closes[s]:
                closed_on[row] = day
                next_day[row] = NEVER
            if bars_name[s] > 0 or bars_identity[s]:
                barred_by[row] = s
                barred_until[row] = max(barred_until[row], min(NEVER, after + bar_days[s, kind[i]]))


@kernel
def _count_decisions(  # type: ignore[no-untyped-def]
    platform, kind, closes, lesser, breach, posts, delay, closed, punished, wrongly_closed, wrongly_punished,
    posts_removed, delay_sum,
):  # fmt: skip
    for i in range(len(platform)):
        p, k = platform[i], kind[i]
        if closes[i]:
            closed[p, k] += 1.0
            wrongly_closed[p, k] += not breach[i]
        elif lesser[i]:
            punished[p, k] += 1.0
            wrongly_punished[p, k] += not breach[i]
        posts_removed[p, k] += posts[i]
        delay_sum[p, k] += posts[i] * delay[i]


@kernel
def _reverse(  # type: ignore[no-untyped-def]
    day, account, closed, closed_on, muted_until, unpaid_until, reach_limited_until, growth_frozen_until, barred_by,
    barred_until, next_day,
):  # fmt: skip
    for i in range(len(account)):
        row = account[i]
        if closed[i] and closed_on[row] <= day:
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

    params: RelapseParams
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
        return cls(setup.params(RelapseParams), (*WRITES, *of_sanctions))

    def step(self, world: World, turn: Turn) -> None:
        """Write the status of the accounts concerned; tally each sanction by platform and kind."""
        accounts, sanctions, decisions = world.accounts, world.policy.sanctions, turn.decisions
        counters, reversed_ = world.counters, turn.reversals
        if len(reversed_):
            _reverse.serial(
                turn.day, reversed_.column("account"), reversed_.column("closed"), accounts.closed_on,
                accounts.muted_until, accounts.unpaid_until, accounts.reach_limited_until, accounts.growth_frozen_until,
                accounts.barred_by, accounts.barred_until, accounts.next_day,
            )  # fmt: skip
        if len(decisions) == 0:
            return
        concerned, where = decisions.column("account"), (decisions.column("platform"), decisions.column("kind"))
        applied = counters.places(sanctions.counters)
        _apply.serial(
            turn.day, world.seed, concerned, *where, decisions.column("step"), world.policy.rulebook.steps,
            sanctions.posting_ban_days, sanctions.reach_factor, sanctions.reach_days, sanctions.revenue_ban_days,
            sanctions.growth_ban_days, sanctions.corrects_profile, sanctions.closes, sanctions.bars_name,
            sanctions.bars_identity, sanctions.bar_days, self.params.relapse_days, accounts.closed_on,
            accounts.muted_until, accounts.unpaid_until, accounts.reach_limited_until, accounts.reach_factor,
            accounts.growth_frozen_until, accounts.impersonates_from, accounts.barred_by, accounts.barred_until,
            accounts.next_day, applied, counters.block,
        )  # fmt: skip
        barred = concerned[accounts.barred_until[concerned] > turn.day]
        if len(barred):
            listed = np.union1d(world.barred_accounts.array, barred)
            world.barred_accounts.clear()
            world.barred_accounts.put(listed)
        _count_decisions.serial(
            *where, decisions.column("closes"), decisions.column("lesser"), decisions.column("breach"),
            decisions.column("posts"), decisions.column("delay"),
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
