"""Embedded staff: people of a regulator who work inside a platform and look at some of what is written there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numba
import numpy as np

from rectify.core.draws import fill_uniforms
from rectify.core.due import WORK_BLOCK
from rectify.core.groups import group
from rectify.core.kernel import kernel
from rectify.core.table import Array
from rectify.detection.channel import Channel
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Due, Posts, Turn
from rectify.world.world import World


class Staff(NamedTuple):
    """A regulator's staff inside each platform, float64 [platforms]."""

    looked_at: Array
    """Share of an author's days."""
    sensitivity: Array
    """Share of these that break a rule, and that they object to; likewise, of lawful ones, ``false_alarm``."""
    false_alarm: Array


@kernel
def _look(  # type: ignore[no-untyped-def]
    day, seed, bit, due, posts, staff,
    flagged_lawful, flagged_violating, evidence, breach,
):  # fmt: skip
    """Have the staff look at what some of those due wrote.

    outputs: flagged_lawful, flagged_violating, evidence, breach
    """
    for block in numba.prange(-(-len(due.rows) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due.rows), (block + 1) * WORK_BLOCK)
        draws = np.empty((4, WORK_BLOCK))
        fill_uniforms(seed, Stream.EMBEDDED_STAFF.value, due.rows[first:last], day, 0, draws)
        for i in range(first, last):
            p = due.platform[i]
            if not due.active[i] or draws[0, i - first] >= staff.looked_at[p]:
                continue
            if posts.violating_posts[i] > 0:
                if draws[1, i - first] < staff.sensitivity[p]:
                    flagged_violating[i] = posts.violating_posts[i]
                    evidence[i] |= bit
                    breach[i] = True
            elif posts.lawful_posts[i] > 0 and draws[2, i - first] < staff.false_alarm[p]:
                flagged_lawful[i] = max(1, flagged_lawful[i])
                evidence[i] |= bit


@dataclass(frozen=True)
class EmbeddedStaff:
    """A regulator's staff inside a platform look at part of what is written; reviewers take their cases first."""

    staff: Staff
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
        here = group(Staff, looked_at=table[0], sensitivity=table[1], false_alarm=table[2])
        return cls(here, setup.bit("embedded_staff"))

    def step(self, world: World, turn: Turn) -> None:
        """Add what they object to, and the channel's bit, to the turn's evidence."""
        if not np.count_nonzero(self.staff.looked_at):
            return
        _look(
            turn.day, world.seed, self.bit, turn.group(Due), turn.group(Posts), self.staff,
            turn.flagged_lawful, turn.flagged_violating, turn.evidence, turn.breach,
        )  # fmt: skip
