"""Leaving: who of those due today is still there, and who gives up an account of their own accord."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np

from sim.core.draws import uniform
from sim.core.due import WORK_BLOCK
from sim.core.kernel import kernel
from sim.core.table import NEVER, Array
from sim.world.streams import Stream
from sim.world.world import Turn, World


@kernel
def _leave(  # type: ignore[no-untyped-def]
    day, seed, due, operator, archetype, turnover, opened_on, closed_on, last_day, left_on, next_day, active,
):  # fmt: skip
    for block in numba.prange(-(-len(due) // WORK_BLOCK)):
        for i in range(block * WORK_BLOCK, min(len(due), (block + 1) * WORK_BLOCK)):
            row = due[i]
            if opened_on[row] > day or closed_on[row] <= day or left_on[row] <= day:
                continue
            hazard = turnover[archetype[operator[row]]]
            stays = math.exp(-hazard * (day - last_day[row]))
            if uniform(seed, Stream.LEAVING.value, row, day, 0) < 1.0 - stays:
                left_on[row] = day
                next_day[row] = NEVER
            else:
                active[i] = True


@dataclass(frozen=True)
class Leaving:
    """Marks which of the rows due are open; some operators give an account up, at their archetype's turnover."""

    turnover: Array
    phase: str = "joining"
    reads: tuple[str, ...] = (
        "accounts.operator", "operators.archetype", "accounts.opened_on", "accounts.closed_on", "accounts.last_day",
    )  # fmt: skip
    writes: tuple[str, ...] = ("accounts.left_on", "accounts.next_day")

    def step(self, world: World, turn: Turn) -> None:
        """Fill ``turn.active``; write ``left_on``."""
        accounts = world.accounts
        _leave(
            turn.day, world.seed, turn.due, accounts.operator, world.operators.archetype, self.turnover,
            accounts.opened_on, accounts.closed_on, accounts.last_day, accounts.left_on, accounts.next_day, turn.active,
        )  # fmt: skip


