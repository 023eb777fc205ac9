"""Checking growth: followers that come faster than is natural, by signal detection on the logarithm of followers.

A platform knows how many followers an account would have by natural growth, up to an error that is normal on the
logarithm, with its spread σ. It raises an alarm where the followers displayed exceed that by more than a threshold c.
An account whose purchase made its display exp(x) times what it would be is found with probability Φ((x − c)/σ), one
that bought nothing with Φ(−c/σ): natural growth that looks too good.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from rectify.core.draws import fill_uniforms
from rectify.core.due import WORK_BLOCK
from rectify.core.kernel import kernel
from rectify.core.sampling import normal
from rectify.core.table import Array
from rectify.world.ledgers import CHANNELS
from rectify.world.streams import Stream
from rectify.world.world import Turn, World

BIT = 1 << CHANNELS.index("growth_check")


@kernel
def _check(  # type: ignore[no-untyped-def]
    day, seed, due, active, platform, cases_open, growth_excess, checked, threshold, spread, evidence, breach,
):  # fmt: skip
    for block in numba.prange(-(-len(due) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due), (block + 1) * WORK_BLOCK)
        draws = np.empty((4, WORK_BLOCK))
        fill_uniforms(seed, Stream.GROWTH_CHECK.value, due[first:last], day, 0, draws)
        for i in range(first, last):
            p = platform[i]
            if not active[i] or draws[0, i - first] >= checked[p] or evidence[i] > 0 or cases_open[due[i]] > 0:
                continue
            if growth_excess[i] + spread[p] * normal(draws[1, i - first]) > threshold[p]:
                evidence[i] |= BIT
                breach[i] = growth_excess[i] > 0.0


@dataclass(frozen=True)
class GrowthCheck:
    """Growth of followers is compared with what is natural; those about whom something is alleged are left alone.

    threshold: log units; spread: of natural growth about what is expected, log units; float64 [platforms].
    """

    threshold: Array
    spread: Array
    phase: str = "detecting"
    reads: tuple[str, ...] = ("accounts.cases_open",)
    writes: tuple[str, ...] = ()

    def step(self, world: World, turn: Turn) -> None:
        """Add the channel's bit to the turn's evidence."""
        checked = world.conditions.growth_checks
        if len(turn.growth_excess) == 0 or not np.count_nonzero(checked):
            return
        _check(
            turn.day, world.seed, turn.due, turn.active, turn.platform, world.accounts.cases_open, turn.growth_excess,
            checked, self.threshold, self.spread, turn.evidence, turn.breach,
        )  # fmt: skip
