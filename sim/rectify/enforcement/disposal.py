"""Central disposal: accounts of public bodies that are gone, which nobody can cancel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from rectify.core.draws import uniform
from rectify.core.kernel import kernel
from rectify.core.table import Array
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World


@kernel
def _dispose(day, seed, rows, share, platform, opened_on, closed_on, disposed):  # type: ignore[no-untyped-def]
    """Choose the *share*, by platform, of the accounts *rows* that are open.

    outputs: disposed
    """
    for i in range(len(rows)):
        row = rows[i]
        if opened_on[row] > day or closed_on[row] <= day or share[platform[row]] == 0.0:
            continue
        if uniform(seed, Stream.DISPOSAL.value, row, day, 0) < share[platform[row]]:
            disposed[i] = True


@dataclass(frozen=True)
class CentralDisposal:
    """Accounts of public bodies that lost their office are closed centrally while a campaign says so; none returns."""

    rows: Array
    """Rows of all accounts of such bodies: operators keep their archetype."""
    phase: ClassVar[str] = "applying"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.surplus", "conditions.disposal", "accounts.platform", "accounts.kind", "accounts.opened_on",
        "accounts.closed_on", "operators.archetype", "operators.first_account", "operators.accounts",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "turn.disposed", "counters.disposed",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        world = setup.world
        owners = np.flatnonzero(setup.policy.archetype_orphaned[world.operators.archetype])
        first, count = world.operators.first_account[owners], world.operators.accounts[owners].astype(np.int64)
        ends = np.cumsum(count)
        return cls(np.repeat(first - (ends - count), count) + np.arange(int(count.sum())))

    def step(self, world: World, turn: Turn) -> None:
        """Choose today's share, ``turn.disposed``; it is no punishment, and nobody evades it."""
        if not len(self.rows) or not np.count_nonzero(world.conditions.disposal):
            return
        accounts, disposed = world.accounts, np.zeros(len(self.rows), np.bool_)
        _dispose.serial(
            turn.day, world.seed, self.rows, world.conditions.disposal, accounts.platform, accounts.opened_on,
            accounts.closed_on, disposed,
        )  # fmt: skip
        if len(turn.surplus):
            disposed &= ~np.isin(self.rows, turn.surplus.array)
        rows = self.rows[disposed].astype(np.int32)
        turn.disposed.put(rows)
        world.counters.count("disposed", accounts.platform[rows], accounts.kind[rows])
