"""Embedded staff: people of a regulator who work inside a platform and look at some of what is written there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numba
import numpy as np

from rectify.core.draws import fill_uniforms
from rectify.core.due import WORK_BLOCK
from rectify.core.kernel import kernel
from rectify.core.table import Array
from rectify.detection.channel import Channel
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World


@kernel
def _look(  # type: ignore[no-untyped-def]
    day, seed, bit, due, active, platform, looked_at, sensitivity, false_alarm, lawful_posts, violating_posts,
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
                    evidence[i] |= bit
                    breach[i] = True
            elif lawful_posts[i] > 0 and draws[2, i - first] < false_alarm[p]:
                flagged_lawful[i] = max(1, flagged_lawful[i])
                evidence[i] |= bit


@dataclass(frozen=True)
class EmbeddedStaff:
    """A regulator's staff inside a platform look at part of what is written; reviewers take their cases first.

    looked_at: share of an author's days; sensitivity, false_alarm: violating and lawful ones of these that they
    object to; float64 [platforms].
    """

    looked_at: Array
    sensitivity: Array
    false_alarm: Array
    bit: int
    channel: ClassVar[Channel] = Channel("embedded_staff", "Staff of a regulator inside the platform", trusted=True)
    phase: ClassVar[str] = "detecting"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.due", "turn.active", "turn.platform", "turn.lawful_posts", "turn.violating_posts",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "turn.flagged_lawful", "turn.flagged_violating", "turn.evidence", "turn.breach",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run: shares by platform, of the staff that offices have in it."""
        table = np.zeros((3, len(setup.platforms)))
        for office in setup.offices.values():
            for row, (name, platform) in enumerate(setup.platforms.items()):
                if office.embeds(name, platform) and office.embedded is not None:
                    staff = office.embedded
                    table[:, row] = staff.looked_at, staff.sensitivity, staff.false_alarm
        return cls(table[0], table[1], table[2], setup.bit("embedded_staff"))

    def step(self, world: World, turn: Turn) -> None:
        """Add what they object to, and the channel's bit, to the turn's evidence."""
        if not np.count_nonzero(self.looked_at):
            return
        _look(
            turn.day, world.seed, self.bit, turn.due, turn.active, turn.platform, self.looked_at, self.sensitivity,
            self.false_alarm, turn.lawful_posts, turn.violating_posts, turn.flagged_lawful, turn.flagged_violating,
            turn.evidence, turn.breach,
        )  # fmt: skip
