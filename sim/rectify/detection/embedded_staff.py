"""Embedded staff: people of a regulator who work inside a platform and look at some of what is written there."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from rectify.core.draws import fill_uniforms
from rectify.core.due import WORK_BLOCK
from rectify.core.kernel import kernel
from rectify.core.table import Array
from rectify.world.ledgers import CHANNELS
from rectify.world.streams import Stream
from rectify.world.world import Turn, World

BIT = 1 << CHANNELS.index("embedded_staff")


@kernel
def _look(  # type: ignore[no-untyped-def]
    day, seed, due, active, platform, looked_at, sensitivity, false_alarm, lawful_posts, violating_posts,
    flagged_lawful, flagged_violating, evidence, breach,
):  # fmt: skip
    for block in numba.prange(-(-len(due) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due), (block + 1) * WORK_BLOCK)
        draws = np.empty((4, WORK_BLOCK))
        fill_uniforms(seed, Stream.EMBEDDED_STAFF.value, due[first:last], day, 0, draws)
        for i in range(first, last):
            p = platform[i]
            if not active[i] or draws[0, i - first] >= looked_at[p]:
                continue
            if violating_posts[i] > 0:
                if draws[1, i - first] < sensitivity[p]:
                    flagged_violating[i] = violating_posts[i]
                    evidence[i] |= BIT
                    breach[i] = True
            elif lawful_posts[i] > 0 and draws[2, i - first] < false_alarm[p]:
                flagged_lawful[i] = max(1, flagged_lawful[i])
                evidence[i] |= BIT


@dataclass(frozen=True)
class EmbeddedStaff:
    """A regulator's staff inside a platform look at part of what is written; reviewers take their cases first.

    looked_at: share of an author's days; sensitivity, false_alarm: violating and lawful ones of these that they
    object to; float64 [platforms].
    """

    looked_at: Array
    sensitivity: Array
    false_alarm: Array
    phase: str = "detecting"
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()

    def step(self, world: World, turn: Turn) -> None:
        """Add what they object to, and the channel's bit, to the turn's evidence."""
        if not np.count_nonzero(self.looked_at):
            return
        _look(
            turn.day, world.seed, turn.due, turn.active, turn.platform, self.looked_at, self.sensitivity,
            self.false_alarm, turn.lawful_posts, turn.violating_posts, turn.flagged_lawful, turn.flagged_violating,
            turn.evidence, turn.breach,
        )  # fmt: skip
