"""Leaving: who of those due today is still there.

How long an operator keeps an account is drawn when it opens, so that nobody needs to be asked every day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numba

from rectify.core.due import WORK_BLOCK
from rectify.core.groups import group
from rectify.core.kernel import Index, kernel
from rectify.core.table import NEVER, Array
from rectify.world.setup import Setup
from rectify.world.turn import Turn
from rectify.world.world import World


class LeavingAccounts(NamedTuple):
    """Columns of accounts that leaving reads."""

    opened_on: Array
    closed_on: Array
    left_on: Array
    platform: Array
    kind: Array
    operator: Array


@kernel
def _mark_active(  # type: ignore[no-untyped-def]
    day, due, accounts, operators_archetype, next_day, active, platform, kind, archetype,
):  # fmt: skip
    """Silence the accounts among the rows *due* that are given up, mark the open ones, and note what each one is.

    outputs: next_day, active, platform, kind, archetype
    """
    for block in numba.prange(-(-len(due) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due), (block + 1) * WORK_BLOCK)
        for j in range(last - first):
            i = Index(first + j)
            row = Index(due[i])
            platform[i] = accounts.platform[row]
            kind[i] = accounts.kind[row]
            archetype[i] = operators_archetype[Index(accounts.operator[row])]
            if accounts.left_on[row] <= day:
                next_day[row] = NEVER
            else:
                active[i] = accounts.opened_on[row] < day and accounts.closed_on[row] > day


@dataclass(frozen=True)
class Leaving:
    """Accounts given up fall silent; the others that are open may act, from the day after they opened."""

    accounts: LeavingAccounts
    phase: ClassVar[str] = "joining"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.due", "accounts.opened_on", "accounts.closed_on", "accounts.left_on", "accounts.platform",
        "accounts.kind", "accounts.operator", "operators.archetype",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "accounts.next_day", "turn.active", "turn.platform", "turn.kind", "turn.archetype",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        return cls(group(LeavingAccounts, setup.world.accounts))

    def step(self, world: World, turn: Turn) -> None:
        """Fill ``turn.active``, and what later processes want to know of every row due: platform, kind, archetype."""
        _mark_active(
            turn.day, turn.due, self.accounts, world.operators.archetype, world.accounts.next_day, turn.active,
            turn.platform, turn.kind, turn.archetype,
        )  # fmt: skip
