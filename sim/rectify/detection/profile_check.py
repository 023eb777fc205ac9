"""Checks of an account's profile, which come at a rate: what name screening and qualification checks share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numba
import numpy as np

from rectify.core.decay import decay_tables, decayed
from rectify.core.draws import fill_first_uniforms
from rectify.core.due import WORK_BLOCK
from rectify.core.groups import group
from rectify.core.kernel import Index, kernel
from rectify.core.params import Params, lever, uncertainty
from rectify.core.table import Array
from rectify.policy.kinds import PROFILE_CHECKS
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Due, Posts, Turn
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


class CheckedAccounts(NamedTuple):
    """Columns of accounts that checks of profiles read."""

    impersonates_from: Array
    cases_open: Array


class Checking(NamedTuple):
    """One check of profiles."""

    stream: int
    """Of its draws."""
    bit: int
    place: int
    """Among the checks that a kind may be found by."""
    checked_by: Array
    """Places of the checks that the kinds are found by."""
    false_alarm: Array
    """By platform."""


@kernel
def _check(  # type: ignore[no-untyped-def]
    day, seed, check, due, posts, accounts, unchecked,
    flagged_violating, evidence, breach,
):  # fmt: skip
    """Check the profiles of accounts due, over the days since the last that they were due.

    *unchecked* is each platform's decay table: the chance of going unchecked so many days.
    A check finds every impersonating account of a kind *checked_by* it, and raises a false alarm about others at the
    platform's rate. Accounts whose case already waits are left alone.

    outputs: flagged_violating, evidence, breach
    """
    for block in numba.prange(-(-len(due.rows) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due.rows), (block + 1) * WORK_BLOCK)
        draws = np.empty(WORK_BLOCK)
        fill_first_uniforms(seed, check.stream, due.rows[first:last], day, draws)
        for j in range(last - first):
            i = Index(first + j)
            row = Index(due.rows[i])
            if not due.active[i] or accounts.cases_open[row] > 0:
                continue
            p, k = Index(due.platform[i]), Index(due.kind[i])
            impersonates = accounts.impersonates_from[row] <= day
            if impersonates and check.checked_by[k] != check.place:
                continue
            days = max(1, day - due.last_day[i])
            chance = (1.0 - decayed(unchecked[p], days)) * (1.0 if impersonates else check.false_alarm[p])
            if draws[j] < chance:
                if impersonates:
                    # What was written today under the false name goes with it.
                    flagged_violating[i] = posts.violating_posts[i]
                evidence[i] |= check.bit
                breach[i] |= impersonates


@dataclass(frozen=True)
class ProfileCheck:
    """A check of profiles that comes at a rate. per_day: rate of an ordinary day, float64 [platforms]."""

    name: str
    per_day: Array
    check: Checking
    accounts: CheckedAccounts

    @classmethod
    def of(cls, setup: Setup, name: str, stream: Stream) -> Self:
        """The check called *name* of a run."""
        check = group(
            Checking,
            setup.policy.kinds,
            stream=stream.value,
            bit=setup.bit(name),
            place=PROFILE_CHECKS.index(name),
            false_alarm=setup.of_channel(name, "false_alarm"),
        )
        per_day = setup.of_channel(name, "checks_per_year") / 365.0
        return cls(name, per_day, check, group(CheckedAccounts, setup.world.accounts))

    def step(self, world: World, turn: Turn) -> None:
        """Add the channel's bit to the turn's evidence."""
        hazard = self.per_day * world.effort(self.name) * world.conditions.everyday
        _check(
            turn.day, world.seed, self.check, turn.group(Due), turn.group(Posts), self.accounts, decay_tables(hazard),
            turn.flagged_violating, turn.evidence, turn.breach,
        )  # fmt: skip
