"""User reports: of breaches, of lawful posts by mistake, and coordinated ones against blameless accounts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np

from sim.core.draws import fill_uniforms
from sim.core.due import WORK_BLOCK
from sim.core.kernel import kernel
from sim.world.ledgers import CHANNELS
from sim.world.streams import Stream
from sim.world.world import Turn, World

BIT = 1 << CHANNELS.index("reports")


@kernel
def _report(  # type: ignore[no-untyped-def]
    day, seed, due, active, platform, kind, report_rate, false_report_rate, coordinated_hazard, lawful_posts,
    violating_posts, lawful_views, violating_views, flagged_lawful, flagged_violating, evidence, breach,
):  # fmt: skip
    for block in numba.prange(-(-len(due) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due), (block + 1) * WORK_BLOCK)
        luck = np.empty((4, WORK_BLOCK))
        fill_uniforms(seed, Stream.REPORTS.value, due[first:last], day, 0, luck)
        for i in range(first, last):
            if not active[i] or lawful_posts[i] + violating_posts[i] == 0:
                continue
            p = platform[i]
            if violating_posts[i] > 0:
                rate = report_rate[p, kind[i]] * violating_views[i]
                # The chance is at most the rate: most often that settles it, without the exponential.
                if luck[0, i - first] < rate and luck[0, i - first] < 1.0 - math.exp(-rate):
                    # Reports name one post; a moderator who opens it finds the others of that kind beside it.
                    flagged_violating[i] = violating_posts[i]
                    evidence[i] |= BIT
                    breach[i] = True
            if lawful_posts[i] > 0:
                rate = false_report_rate[p] * lawful_views[i]
                mistaken = luck[1, i - first] < rate and luck[1, i - first] < 1.0 - math.exp(-rate)
                if mistaken or luck[2, i - first] < coordinated_hazard[p]:
                    flagged_lawful[i] = max(1, flagged_lawful[i])
                    evidence[i] |= BIT


@dataclass(frozen=True)
class Reports:
    """Viewers report posts, the more the more they are seen; some reports are mistaken and some are agreed upon."""

    phase: str = "detecting"
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()

    def step(self, world: World, turn: Turn) -> None:
        """Add the posts reported, and the channel's bit, to the turn's evidence."""
        conditions = world.conditions
        _report(
            turn.day, world.seed, turn.due, turn.active, turn.platform, turn.kind, conditions.report_rate,
            conditions.false_report_rate, conditions.coordinated_hazard, turn.lawful_posts, turn.violating_posts,
            turn.lawful_views, turn.violating_views, turn.flagged_lawful, turn.flagged_violating, turn.evidence,
            turn.breach,
        )  # fmt: skip
