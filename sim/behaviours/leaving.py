"""Leaving: who of those due today is still there.

How long an operator keeps an account is drawn when it opens, so that nobody needs to be asked every day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba

from sim.core.due import WORK_BLOCK
from sim.core.kernel import kernel
from sim.core.table import NEVER
from sim.world.world import Turn, World


@kernel
def _mark_active(day, due, opened_on, closed_on, left_on, next_day, active):  # type: ignore[no-untyped-def]
    for block in numba.prange(-(-len(due) // WORK_BLOCK)):
        for i in range(block * WORK_BLOCK, min(len(due), (block + 1) * WORK_BLOCK)):
            row = due[i]
            if left_on[row] <= day:
                next_day[row] = NEVER
            else:
                active[i] = opened_on[row] <= day and closed_on[row] > day


@dataclass(frozen=True)
class Leaving:
    """Accounts whose operator has given them up fall silent; the others that are open may act today."""

    phase: str = "joining"
    reads: tuple[str, ...] = ("accounts.opened_on", "accounts.closed_on", "accounts.left_on")
    writes: tuple[str, ...] = ("accounts.next_day",)

    def step(self, world: World, turn: Turn) -> None:
        """Fill ``turn.active``."""
        accounts = world.accounts
        _mark_active(
            turn.day, turn.due, accounts.opened_on, accounts.closed_on, accounts.left_on, accounts.next_day, turn.active
        )
