"""Reports of posts that come with their views: what users' reports and trusted flaggers' share."""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np

from rectify.core.draws import fill_uniforms
from rectify.core.due import WORK_BLOCK
from rectify.core.kernel import Index, kernel
from rectify.core.table import Array
from rectify.world.turn import Due, Posts, Turn
from rectify.world.world import World

READS = (
    "turn.due", "turn.active", "turn.platform", "turn.kind", "turn.hired", "turn.lawful_posts", "turn.violating_posts",
    "turn.lawful_views", "turn.violating_views",
)  # fmt: skip
WRITES = ("turn.flagged_lawful", "turn.flagged_violating", "turn.evidence", "turn.breach")
"""What a day's reports of posts read and write."""


class Reporting(NamedTuple):
    """A channel through which posts are reported."""

    stream: int
    """Of its draws."""
    bit: int
    steered: float
    """Factor of the rate where hired posters steer what is said."""


@kernel
def _report(  # type: ignore[no-untyped-def]
    day, seed, reporting, due, posts, rate, false_rate, coordinated,
    flagged_lawful, flagged_violating, evidence, breach,
):  # fmt: skip
    """Have posts of those due reported, at the rates of :func:`take_reports`.

    outputs: flagged_lawful, flagged_violating, evidence, breach
    """
    for block in numba.prange(-(-len(due.rows) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due.rows), (block + 1) * WORK_BLOCK)
        draws = np.empty((4, WORK_BLOCK))
        fill_uniforms(seed, reporting.stream, due.rows[first:last], day, 0, draws)
        for j in range(last - first):
            i = Index(first + j)
            lawful, violating = posts.lawful_posts[i], posts.violating_posts[i]
            if not due.active[i] or lawful + violating == 0:
                continue
            p, k = Index(due.platform[i]), Index(due.kind[i])
            if violating > 0:
                reports = rate[p, k] * posts.violating_views[i]
                if posts.hired[i]:
                    reports *= reporting.steered
                # The chance is at most the mean: most often that settles it, without the exponential.
                if draws[0, j] < reports and draws[0, j] < 1.0 - math.exp(-reports):
                    # Reports name one post; a moderator who opens it finds the others of that kind beside it.
                    flagged_violating[i] = violating
                    evidence[i] |= reporting.bit
                    breach[i] = True
            if lawful > 0:
                reports = false_rate[p] * posts.lawful_views[i]
                mistaken = draws[1, j] < reports and draws[1, j] < 1.0 - math.exp(-reports)
                if mistaken or draws[2, j] < coordinated[p]:
                    flagged_lawful[i] = max(1, flagged_lawful[i])
                    evidence[i] |= reporting.bit


def take_reports(
    world: World, turn: Turn, reporting: Reporting, rate: Array, false_rate: Array, coordinated: Array
) -> None:
    """Add the posts reported, and the channel's bit, to the turn's evidence.

    rate: reports per view of a violating post, float64 [platforms, kinds]; false_rate: per view of a lawful one,
    [platforms]; coordinated: daily rate of coordinated reports of an account, [platforms].
    """
    _report(
        turn.day, world.seed, reporting, turn.group(Due), turn.group(Posts), rate, false_rate, coordinated,
        turn.flagged_lawful, turn.flagged_violating, turn.evidence, turn.breach,
    )  # fmt: skip
