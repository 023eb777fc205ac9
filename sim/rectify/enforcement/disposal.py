"""Central disposal: accounts of public bodies that are gone, which nobody can cancel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rectify.core.draws import uniform
from rectify.core.kernel import kernel
from rectify.world.streams import Stream
from rectify.world.world import Turn, World


@kernel
def _dispose(day, seed, rows, share, platform, opened_on, closed_on, disposed):  # type: ignore[no-untyped-def]
    for i in range(len(rows)):
        row = rows[i]
        if opened_on[row] > day or closed_on[row] <= day or share[platform[row]] == 0.0:
            continue
        if uniform(seed, Stream.DISPOSAL.value, row, day, 0) < share[platform[row]]:
            disposed[i] = True


@dataclass
class CentralDisposal:
    """Accounts of public bodies that lost their office are closed centrally while a campaign says so; none returns."""

    phase: str = "applying"
    reads: tuple[str, ...] = (
        "accounts.platform", "accounts.kind", "accounts.opened_on", "accounts.closed_on", "operators.archetype",
        "operators.first_account", "operators.accounts",
    )  # fmt: skip
    writes: tuple[str, ...] = ()

    def prepare(self, world: World) -> None:
        """Find the rows concerned, once: operators keep their archetype."""
        owners = np.flatnonzero(world.policy.archetype_orphaned[world.operators.archetype])
        first, count = world.operators.first_account[owners], world.operators.accounts[owners].astype(np.int64)
        ends = np.cumsum(count)
        self._rows = np.repeat(first - (ends - count), count) + np.arange(int(count.sum()))

    def step(self, world: World, turn: Turn) -> None:
        """Choose today's share, ``turn.disposed``; it is no punishment, and nobody evades it."""
        if not len(self._rows) or not np.count_nonzero(world.conditions.disposal):
            return
        accounts, disposed = world.accounts, np.zeros(len(self._rows), np.bool_)
        _dispose.serial(
            turn.day, world.seed, self._rows, world.conditions.disposal, accounts.platform, accounts.opened_on,
            accounts.closed_on, disposed,
        )  # fmt: skip
        if len(turn.surplus):
            disposed &= ~np.isin(self._rows, turn.surplus)
        rows = turn.disposed = self._rows[disposed].astype(np.int32)
        world.tallies.count("disposed", accounts.platform[rows], accounts.kind[rows])
