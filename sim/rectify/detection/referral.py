"""Referrals: other departments (public security, market supervision) point out violators while a campaign is on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Self

import numba
import numpy as np

from rectify.core.draws import fill_uniforms
from rectify.core.due import WORK_BLOCK
from rectify.core.kernel import kernel
from rectify.detection.channel import Channel
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Due, Posts, Turn
from rectify.world.world import World


@kernel
def _refer(  # type: ignore[no-untyped-def]
    day, seed, bit, due, posts, impersonates_from, hazard,
    flagged_violating, evidence, breach,
):  # fmt: skip
    """Refer violators among those due, over the days since the last that they were due.

    impersonates_from: by account; hazard: daily rate, float64 [platforms, kinds].

    outputs: flagged_violating, evidence, breach
    """
    for block in numba.prange(-(-len(due.rows) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due.rows), (block + 1) * WORK_BLOCK)
        # Few are in question: they are listed first, and random numbers are drawn for them alone.
        places, rows, draws = np.empty(WORK_BLOCK, np.int32), np.empty(WORK_BLOCK, np.int32), np.empty((4, WORK_BLOCK))
        count = 0
        for i in range(first, last):
            row = due.rows[i]
            breaks = posts.violating_posts[i] > 0 or impersonates_from[row] <= day
            places[count], rows[count] = i, row
            count += due.active[i] and breaks and hazard[due.platform[i], due.kind[i]] > 0.0
        fill_uniforms(seed, Stream.REFERRAL.value, rows[:count], day, 0, draws)
        for j in range(count):
            i = places[j]
            days = max(1, day - due.last_day[i])
            if draws[0, j] < 1.0 - math.exp(-hazard[due.platform[i], due.kind[i]] * days):
                flagged_violating[i] = posts.violating_posts[i]
                evidence[i] |= bit
                breach[i] = True


@dataclass(frozen=True)
class Referral:
    """Other departments refer active violators during a campaign; reviewers take referrals first."""

    bit: int
    channel: ClassVar[Channel] = Channel("referral", "Referrals by other departments", trusted=True)
    phase: ClassVar[str] = "detecting"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.due", "turn.active", "turn.platform", "turn.kind", "turn.last_day", "turn.violating_posts",
        "accounts.impersonates_from", "world.active_campaigns",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "turn.flagged_violating", "turn.evidence", "turn.breach",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        return cls(setup.bit("referral"))

    def step(self, world: World, turn: Turn) -> None:
        """Add the channel's bit to the turn's evidence: at the highest rate of any campaign under way there."""
        if not any(campaign.referral_hazard.any() for campaign in world.active_campaigns):
            return
        hazard = np.zeros(world.conditions.premium.shape)
        for campaign in world.active_campaigns:
            here = campaign.under_way(turn.day)
            hazard[here] = np.maximum(hazard[here], campaign.referral_hazard)
        _refer(
            turn.day, world.seed, self.bit, turn.group(Due), turn.group(Posts), world.accounts.impersonates_from,
            hazard, turn.flagged_violating, turn.evidence, turn.breach,
        )  # fmt: skip
