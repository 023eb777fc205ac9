"""Applying: the one writer of an account's standing — closed, muted, unpaid, hidden, barred.

Each sanction is a row of effects. This file keeps the days until which they last; the audience's posts are taken down
and the followers removed by the files that own those columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rectify.core.draws import uniform
from rectify.core.kernel import kernel
from rectify.core.params import Params, uncertainty
from rectify.core.sampling import geometric
from rectify.core.table import NEVER
from rectify.world.streams import Stream
from rectify.world.world import Turn, World


class RelapseParams(Params):
    """What becomes of a corrected profile."""

    relapse_days: float = uncertainty(
        "days", "Mean time until an account made to change its name or profile poses again, geometric.", ge=1, le=36500
    )


@kernel
def _apply(  # type: ignore[no-untyped-def]
    day, seed, account, platform, kind, step, steps, posting_ban, reach_factors, reach_days, revenue_ban,
    growth_ban, corrects, closes, bars_name, bars_identity, bar_days, relapse_days, closed_on, muted_until,
    revenue_from, reach_until, reach_factor, growth_from, posing_from, closed_by, barred_until, next_day, applied,
    counters,
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
                reach_until[row] = max(reach_until[row], min(NEVER, after + reach_days[s]))
                reach_factor[row] = reach_factors[s]
            if revenue_ban[s] > 0:
                revenue_from[row] = max(revenue_from[row], min(NEVER, after + revenue_ban[s]))
            if growth_ban[s] > 0:
                growth_from[row] = max(growth_from[row], min(NEVER, after + growth_ban[s]))
            if corrects[s] and posing_from[row] <= day:
                u = uniform(seed, Stream.RELAPSE.value, row, day, 0)
                posing_from[row] = min(NEVER, after + geometric(u, 1.0 / relapse_days))
            if closes[s]:
                closed_on[row] = day
                next_day[row] = NEVER
            if bars_name[s] > 0 or bars_identity[s]:
                closed_by[row] = s
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
    day, account, closed, closed_on, muted_until, revenue_from, reach_until, growth_from, closed_by, barred_until,
    next_day,
):  # fmt: skip
    for i in range(len(account)):
        row = account[i]
        if closed[i] and closed_on[row] <= day:
            closed_on[row] = NEVER
        if closed_on[row] > day:
            next_day[row] = min(next_day[row], day + 1)
            closed_by[row] = -1
            barred_until[row] = min(barred_until[row], day)
        muted_until[row] = min(muted_until[row], day)
        revenue_from[row] = min(revenue_from[row], day)
        reach_until[row] = min(reach_until[row], day)
        growth_from[row] = min(growth_from[row], day)


@kernel
def _close_surplus(  # type: ignore[no-untyped-def]
    day, seed, first_account, accounts_held, archetype, caps, exempt_share, platforms, identities, platform, identity,
    opened_on, left_on, closed_on, next_day, closed,
):  # fmt: skip
    held = np.zeros((platforms, identities.max()), np.int64)
    count = 0
    for o in range(len(first_account)):
        if uniform(seed, Stream.CAP_EXEMPTION.value, o, 0, 0) < exempt_share:
            continue
        held[:, : identities[o]] = 0
        for row in range(first_account[o], first_account[o] + accounts_held[o]):
            if opened_on[row] > day or closed_on[row] <= day or left_on[row] <= day:
                continue
            held[platform[row], identity[row]] += 1
            if held[platform[row], identity[row]] > caps[archetype[o]]:
                closed_on[row] = day
                next_day[row] = NEVER
                closed[count] = row
                count += 1
    return count


@dataclass(frozen=True)
class ClosingSurplus:
    """On the day a cap on accounts per identity is lowered without grandfathering, accounts above it are closed."""

    phase: str = "applying"
    reads: tuple[str, ...] = (
        "accounts.platform", "accounts.kind", "accounts.identity", "accounts.opened_on", "accounts.left_on",
        "operators.first_account", "operators.accounts", "operators.archetype", "operators.identities",
    )  # fmt: skip
    writes: tuple[str, ...] = ("accounts.closed_on", "accounts.next_day")

    def step(self, world: World, turn: Turn) -> None:
        """Of an identity's accounts on a platform the first rows stay; the others join ``turn.closed``."""
        rulebook, accounts, operators = world.policy.rulebook, world.accounts, world.operators
        if rulebook.grandfathering or turn.day not in rulebook.caps_from[1:]:
            return
        closed = np.empty(len(accounts), np.int32)
        count = _close_surplus.serial(
            turn.day, world.seed, operators.first_account, operators.accounts, operators.archetype,
            rulebook.caps_on(turn.day, world.policy.archetype_organisation), rulebook.exempt_share,
            len(world.policy.platform_names), operators.identities, accounts.platform, accounts.identity,
            accounts.opened_on, accounts.left_on, accounts.closed_on, accounts.next_day, closed,
        )  # fmt: skip
        rows = closed[:count]
        world.tallies.count("closed_surplus", accounts.platform[rows], accounts.kind[rows])
        turn.closed = np.concatenate((turn.closed, rows))


@kernel
def _dispose(day, seed, rows, share, platform, opened_on, closed_on, next_day, disposed):  # type: ignore[no-untyped-def]
    for i in range(len(rows)):
        row = rows[i]
        if opened_on[row] > day or closed_on[row] <= day or share[platform[row]] == 0.0:
            continue
        if uniform(seed, Stream.DISPOSAL.value, row, day, 0) < share[platform[row]]:
            closed_on[row] = day
            next_day[row] = NEVER
            disposed[i] = True


@dataclass
class CentralDisposal:
    """Accounts of public bodies that lost their office are closed centrally while a campaign says so; none returns."""

    phase: str = "applying"
    reads: tuple[str, ...] = (
        "accounts.platform", "accounts.kind", "accounts.opened_on", "operators.archetype", "operators.first_account",
        "operators.accounts",
    )  # fmt: skip
    writes: tuple[str, ...] = ("accounts.closed_on", "accounts.next_day")

    def prepare(self, world: World) -> None:
        """Find the rows concerned, once: operators keep their archetype."""
        owners = np.flatnonzero(world.policy.archetype_orphaned[world.operators.archetype])
        first, count = world.operators.first_account[owners], world.operators.accounts[owners].astype(np.int64)
        ends = np.cumsum(count)
        self._rows = np.repeat(first - (ends - count), count) + np.arange(int(count.sum()))

    def step(self, world: World, turn: Turn) -> None:
        """Close today's share; it is no punishment, and nobody evades it."""
        if not len(self._rows) or not np.count_nonzero(world.conditions.disposal):
            return
        accounts, disposed = world.accounts, np.zeros(len(self._rows), np.bool_)
        _dispose.serial(
            turn.day, world.seed, self._rows, world.conditions.disposal, accounts.platform, accounts.opened_on,
            accounts.closed_on, accounts.next_day, disposed,
        )  # fmt: skip
        rows = turn.disposed = self._rows[disposed].astype(np.int32)
        world.tallies.count("disposed", accounts.platform[rows], accounts.kind[rows])


@dataclass(frozen=True)
class Applying:
    """Reversals lift what can be lifted; then the day's sanctions close, mute, hide, suspend income, and bar."""

    params: RelapseParams
    phase: str = "applying"
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = (
        "accounts.closed_on", "accounts.muted_until", "accounts.revenue_from", "accounts.reach_until",
        "accounts.reach_factor", "accounts.growth_from", "accounts.posing_from", "accounts.closed_by",
        "accounts.barred_until", "accounts.next_day",
    )  # fmt: skip

    def step(self, world: World, turn: Turn) -> None:
        """Write the standing of the accounts concerned; tally each sanction by platform and kind."""
        accounts, sanctions, decisions = world.accounts, world.policy.sanctions, turn.decisions
        tallies, reversed_ = world.tallies, turn.reversals
        if len(reversed_):
            _reverse.serial(
                turn.day, reversed_.column("account"), reversed_.column("closed"), accounts.closed_on,
                accounts.muted_until, accounts.revenue_from, accounts.reach_until, accounts.growth_from,
                accounts.closed_by, accounts.barred_until, accounts.next_day,
            )  # fmt: skip
        if len(decisions) == 0:
            return
        concerned, where = decisions.column("account"), (decisions.column("platform"), decisions.column("kind"))
        applied = tallies.places(sanctions.counters)
        _apply.serial(
            turn.day, world.seed, concerned, *where, decisions.column("step"), world.policy.rulebook.steps,
            sanctions.posting_ban_days, sanctions.reach_factor, sanctions.reach_days, sanctions.revenue_ban_days,
            sanctions.growth_ban_days, sanctions.corrects_profile, sanctions.closes, sanctions.bars_name,
            sanctions.bars_identity, sanctions.bar_days, self.params.relapse_days, accounts.closed_on,
            accounts.muted_until, accounts.revenue_from, accounts.reach_until, accounts.reach_factor,
            accounts.growth_from, accounts.posing_from, accounts.closed_by, accounts.barred_until, accounts.next_day,
            applied, tallies.block,
        )  # fmt: skip
        barred = concerned[accounts.barred_until[concerned] > turn.day]
        if len(barred):
            world.barred_accounts = np.union1d(world.barred_accounts, barred)
        _count_decisions.serial(
            *where, decisions.column("closes"), decisions.column("lesser"), decisions.column("breach"),
            decisions.column("posts"), decisions.column("delay"),
            *tallies.several(
                "closed", "lesser", "wrongly_closed", "wrongly_lesser", "posts_removed", "takedown_delay_sum"
            ),
        )  # fmt: skip
