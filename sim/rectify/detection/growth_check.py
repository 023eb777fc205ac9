"""Checking growth: followers that come faster than is natural, by signal detection on the logarithm of followers.

A platform knows how many followers an account would have by natural growth, up to an error that is normal on the
logarithm, with its spread σ. It raises an alarm where the followers displayed exceed that by more than a threshold c.
An account whose purchase made its display exp(x) times what it would be is found with probability Φ((x − c)/σ), one
that bought nothing with Φ(−c/σ): natural growth that looks too good.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numba
import numpy as np

from rectify.core.draws import fill_uniforms
from rectify.core.due import WORK_BLOCK
from rectify.core.groups import group
from rectify.core.kernel import kernel
from rectify.core.params import Params, lever, uncertainty
from rectify.core.sampling import normal
from rectify.core.table import Array
from rectify.detection.channel import Channel, Effort
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Due, Turn
from rectify.world.world import World


class GrowthAlarm(NamedTuple):
    """When a check of growth raises an alarm, and how far it errs; in logarithms of followers, float64 [platforms]."""

    threshold: Array
    spread: Array


@kernel
def _check(  # type: ignore[no-untyped-def]
    day, seed, bit, due, growth_excess, cases_open, checked, alarm,
    evidence, breach,
):  # fmt: skip
    """Check the growth of the share *checked* of those due, by platform.

    growth_excess: along those due; cases_open: by account.

    outputs: evidence, breach
    """
    for block in numba.prange(-(-len(due.rows) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due.rows), (block + 1) * WORK_BLOCK)
        draws = np.empty((4, WORK_BLOCK))
        fill_uniforms(seed, Stream.GROWTH_CHECK.value, due.rows[first:last], day, 0, draws)
        for i in range(first, last):
            p = due.platform[i]
            if not due.active[i] or draws[0, i - first] >= checked[p] or evidence[i] > 0 or cases_open[due.rows[i]] > 0:
                continue
            if growth_excess[i] + alarm.spread[p] * normal(draws[1, i - first]) > alarm.threshold[p]:
                evidence[i] |= bit
                breach[i] = growth_excess[i] > 0.0


class GrowthCheckParams(Params):
    """A platform's check of growth."""

    checked: float = lever(
        "share", "Author-days whose growth of followers is compared with what is natural.", ge=0, le=1, default=0.0
    )
    threshold: float = lever(
        "log units",
        "Logarithm of followers over natural ones above which an alarm is raised.",
        ge=-5,
        le=20,
        default=0.5,
    )
    spread: float = uncertainty(
        "log units", "Spread of natural growth about what the platform expects.", ge=0, le=5, default=0.05
    )


@dataclass(frozen=True)
class GrowthCheck:
    """Growth of followers is compared with what is natural; those about whom something is alleged are left alone."""

    checked: Array
    alarm: GrowthAlarm
    bit: int
    channel: ClassVar[Channel] = Channel(
        "growth_check",
        "The check of growth",
        alleges="popularity",
        params=GrowthCheckParams,
        effort=Effort("Share of authors whose growth is checked."),
    )
    phase: ClassVar[str] = "detecting"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.due", "turn.active", "turn.platform", "turn.growth_excess", "accounts.cases_open", "conditions.everyday",
        "world.channel_effort",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "turn.evidence", "turn.breach",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        checked, threshold, spread = (
            setup.of_channel("growth_check", field) for field in ("checked", "threshold", "spread")
        )
        return cls(checked, group(GrowthAlarm, threshold=threshold, spread=spread), setup.bit("growth_check"))

    def shares(self, world: World) -> Array:
        """Author-days checked today, float64 [platforms]."""
        return np.asarray(np.minimum(1.0, self.checked * world.effort("growth_check") * world.conditions.everyday))

    def step(self, world: World, turn: Turn) -> None:
        """Add the channel's bit to the turn's evidence."""
        checked = self.shares(world)
        if not np.count_nonzero(checked):
            return
        _check(
            turn.day, world.seed, self.bit, turn.group(Due), turn.growth_excess, world.accounts.cases_open, checked,
            self.alarm, turn.evidence, turn.breach,
        )  # fmt: skip
