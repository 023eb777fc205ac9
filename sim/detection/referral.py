"""Referrals: other departments (public security, market supervision) point out violators while a campaign is on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np

from sim.core.draws import fill_uniforms
from sim.core.due import WORK_BLOCK
from sim.core.kernel import kernel
from sim.world.ledgers import REFERRAL_BIT
from sim.world.streams import Stream
from sim.world.world import Turn, World


@kernel
def _refer(  # type: ignore[no-untyped-def]
    day, seed, due, active, platform, kind, posing_from, last_day, hazard, violating_posts, flagged_violating, evidence,
    breach,
):  # fmt: skip
    for block in numba.prange(-(-len(due) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due), (block + 1) * WORK_BLOCK)
        luck = np.empty((4, WORK_BLOCK))
        fill_uniforms(seed, Stream.REFERRAL.value, due[first:last], day, 0, luck)
        for i in range(first, last):
            row = due[i]
            rate = hazard[platform[i], kind[i]]
            if not active[i] or rate <= 0.0 or not (violating_posts[i] > 0 or posing_from[row] <= day):
                continue
            days = max(1, day - last_day[i])
            if luck[0, i - first] < 1.0 - math.exp(-rate * days):
                flagged_violating[i] = violating_posts[i]
                evidence[i] |= REFERRAL_BIT
                breach[i] = True


@dataclass(frozen=True)
class Referral:
    """Other departments refer active violators during a campaign; reviewers take referrals first."""

    phase: str = "detecting"
    reads: tuple[str, ...] = ("accounts.posing_from",)
    writes: tuple[str, ...] = ()

    def step(self, world: World, turn: Turn) -> None:
        """Add the channel's bit to the turn's evidence."""
        accounts, hazard = world.accounts, world.conditions.referral_hazard
        if not hazard.any():
            return
        _refer(
            turn.day, world.seed, turn.due, turn.active, turn.platform, turn.kind, accounts.posing_from, turn.last_day,
            hazard, turn.violating_posts, turn.flagged_violating, turn.evidence, turn.breach,
        )  # fmt: skip
