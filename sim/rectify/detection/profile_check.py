"""Checks of an account's profile, which come at a rate: what name screening and qualification checks share."""

from __future__ import annotations

import numba
import numpy as np

from rectify.core.decay import decay_tables, decayed
from rectify.core.draws import fill_first_uniforms
from rectify.core.due import WORK_BLOCK
from rectify.core.kernel import Index, kernel
from rectify.core.table import Array
from rectify.policy.kinds import PROFILE_CHECKS
from rectify.world.ledgers import CHANNELS
from rectify.world.streams import Stream
from rectify.world.world import Turn, World

READS = ("accounts.impersonates_from", "accounts.cases_open")
"""Columns that a check of profiles reads."""


@kernel
def _check(  # type: ignore[no-untyped-def]
    day, seed, stream, bit, check, due, active, platform, kind, impersonates_from, last_day, cases_open, unchecked,
    false_alarm, checked_by, violating_posts, flagged_violating, evidence, breach,
):  # fmt: skip
    """Check the profiles of accounts due, over the days since *last_day* (along *due*).

    *unchecked* is each platform's decay table: the chance of going unchecked so many days.
    A check finds every impersonating account of a kind *checked_by* it, and raises a false alarm about others at the
    platform's rate. Accounts whose case already waits are left alone.
    """
    for block in numba.prange(-(-len(due) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due), (block + 1) * WORK_BLOCK)
        draws = np.empty(WORK_BLOCK)
        fill_first_uniforms(seed, stream, due[first:last], day, draws)
        for j in range(last - first):
            i = Index(first + j)
            row = Index(due[i])
            if not active[i] or cases_open[row] > 0:
                continue
            p, k = Index(platform[i]), Index(kind[i])
            impersonates = impersonates_from[row] <= day
            if impersonates and checked_by[k] != check:
                continue
            days = max(1, day - last_day[i])
            chance = (1.0 - decayed(unchecked[p], days)) * (1.0 if impersonates else false_alarm[p])
            if draws[j] < chance:
                if impersonates:
                    # What was written today under the false name goes with it.
                    flagged_violating[i] = violating_posts[i]
                evidence[i] |= bit
                breach[i] |= impersonates


def check_profiles(world: World, turn: Turn, channel: str, stream: Stream, hazard: Array, false_alarm: Array) -> None:
    """Add *channel*'s bit to the turn's evidence: checks at a daily *hazard*, with *false_alarm*, [platforms] each."""
    accounts = world.accounts
    _check(
        turn.day, world.seed, stream.value, 1 << CHANNELS.index(channel), PROFILE_CHECKS.index(channel), turn.due,
        turn.active, turn.platform, turn.kind, accounts.impersonates_from, turn.last_day, accounts.cases_open,
        decay_tables(hazard), false_alarm, world.policy.kinds.checked_by, turn.violating_posts, turn.flagged_violating,
        turn.evidence, turn.breach,
    )  # fmt: skip
