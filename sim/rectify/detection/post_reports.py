"""Reports of posts that come with their views: what users' reports and trusted flaggers' share."""

from __future__ import annotations

import math

import numba
import numpy as np

from rectify.core.draws import fill_uniforms
from rectify.core.due import WORK_BLOCK
from rectify.core.kernel import Index, kernel
from rectify.core.table import Array
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World

READS = (
    "turn.due", "turn.active", "turn.platform", "turn.kind", "turn.hired", "turn.lawful_posts", "turn.violating_posts",
    "turn.lawful_views", "turn.violating_views",
)  # fmt: skip
WRITES = ("turn.flagged_lawful", "turn.flagged_violating", "turn.evidence", "turn.breach")
"""What a day's reports of posts read and write."""


@kernel
def _report(  # type: ignore[no-untyped-def]
    day, seed, stream, bit, due, active, platform, kind, report_rate, false_report_rate, coordinated_hazard,
    hired, steered, lawful_posts, violating_posts, lawful_views, violating_views, flagged_lawful,
    flagged_violating, evidence, breach,
):  # fmt: skip
    for block in numba.prange(-(-len(due) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due), (block + 1) * WORK_BLOCK)
        draws = np.empty((4, WORK_BLOCK))
        fill_uniforms(seed, stream, due[first:last], day, 0, draws)
        for j in range(last - first):
            i = Index(first + j)
            if not active[i] or lawful_posts[i] + violating_posts[i] == 0:
                continue
            p, k = Index(platform[i]), Index(kind[i])
            if violating_posts[i] > 0:
                rate = report_rate[p, k] * violating_views[i]
                if hired[i]:
                    rate *= steered
                # The chance is at most the rate: most often that settles it, without the exponential.
                if draws[0, j] < rate and draws[0, j] < 1.0 - math.exp(-rate):
                    # Reports name one post; a moderator who opens it finds the others of that kind beside it.
                    flagged_violating[i] = violating_posts[i]
                    evidence[i] |= bit
                    breach[i] = True
            if lawful_posts[i] > 0:
                rate = false_report_rate[p] * lawful_views[i]
                mistaken = draws[1, j] < rate and draws[1, j] < 1.0 - math.exp(-rate)
                if mistaken or draws[2, j] < coordinated_hazard[p]:
                    flagged_lawful[i] = max(1, flagged_lawful[i])
                    evidence[i] |= bit


def take_reports(
    world: World,
    turn: Turn,
    bit: int,
    stream: Stream,
    rate: Array,
    false_rate: Array,
    coordinated: Array,
    steered: float,
) -> None:
    """Add the posts reported, and a channel's *bit*, to the turn's evidence.

    rate: reports per view of a violating post, float64 [platforms, kinds]; false_rate: per view of a lawful one,
    [platforms]; coordinated: daily rate of coordinated reports of an account, [platforms]; steered: factor of the rate
    where hired posters steer what is said.
    """
    _report(
        turn.day, world.seed, stream.value, bit, turn.due, turn.active, turn.platform, turn.kind, rate, false_rate,
        coordinated, turn.hired, steered, turn.lawful_posts, turn.violating_posts, turn.lawful_views,
        turn.violating_views, turn.flagged_lawful, turn.flagged_violating, turn.evidence, turn.breach,
    )  # fmt: skip
