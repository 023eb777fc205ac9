"""Checks of an account's profile, which come at a rate: what name screening and qualification checks share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numba
import numpy as np

from rectify.core.decay import decay_tables, decayed
from rectify.core.draws import fill_first_uniforms
from rectify.core.due import WORK_BLOCK
from rectify.core.kernel import Index, kernel
from rectify.core.params import Params, lever, uncertainty
from rectify.core.table import Array
from rectify.policy.kinds import PROFILE_CHECKS
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World

READS = (
    "turn.due", "turn.last_day", "turn.active", "turn.platform", "turn.kind", "turn.violating_posts",
    "accounts.impersonates_from", "accounts.cases_open", "conditions.everyday", "world.channel_effort",
)  # fmt: skip
WRITES = ("turn.flagged_violating", "turn.evidence", "turn.breach")
"""What a check of profiles reads and writes."""


class ProfileCheckParams(Params):
    """A platform's check of names, profiles or claims."""

    checks_per_year: float = lever("1/year", "Rate at which an account is checked.", ge=0)
    false_alarm: float = uncertainty("share", "Checks of a blameless profile that raise an alarm.", ge=0, le=1)


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


@dataclass(frozen=True)
class ProfileCheck:
    """A check of profiles that comes at a rate. per_day: rate of an ordinary day; false_alarm: [platforms] each.

    check: its place among the checks that a kind may be found by. stream: of its draws.
    """

    name: str
    bit: int
    check: int
    stream: int
    per_day: Array
    false_alarm: Array

    @classmethod
    def of(cls, setup: Setup, name: str, stream: Stream) -> Self:
        """The check called *name* of a run."""
        return cls(
            name, setup.bit(name), PROFILE_CHECKS.index(name), stream.value,
            setup.of_channel(name, "checks_per_year") / 365.0, setup.of_channel(name, "false_alarm"),
        )  # fmt: skip

    def step(self, world: World, turn: Turn) -> None:
        """Add the channel's bit to the turn's evidence."""
        accounts = world.accounts
        hazard = self.per_day * world.effort(self.name) * world.conditions.everyday
        _check(
            turn.day, world.seed, self.stream, self.bit, self.check, turn.due, turn.active, turn.platform, turn.kind,
            accounts.impersonates_from, turn.last_day, accounts.cases_open, decay_tables(hazard), self.false_alarm,
            world.policy.kinds.checked_by, turn.violating_posts, turn.flagged_violating, turn.evidence, turn.breach,
        )  # fmt: skip
