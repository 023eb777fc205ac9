"""Searching for hired posters: who pays for the crowd below its posts, and who is only liked."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from rectify.core.draws import fill_first_uniforms
from rectify.core.due import WORK_BLOCK
from rectify.core.kernel import kernel
from rectify.core.table import Array
from rectify.world.ledgers import CHANNELS
from rectify.world.streams import Stream
from rectify.world.world import Turn, World

BIT = 1 << CHANNELS.index("poster_search")


@kernel
def _search(  # type: ignore[no-untyped-def]
    day, seed, due, active, platform, cases_open, posts, hiring, hired, searched, false_alarm, evidence, breach,
):  # fmt: skip
    for block in numba.prange(-(-len(due) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due), (block + 1) * WORK_BLOCK)
        draws = np.empty(WORK_BLOCK)
        fill_first_uniforms(seed, Stream.POSTER_SEARCH.value, due[first:last], day, draws)
        for i in range(first, last):
            if not active[i] or posts[i] == 0 or evidence[i] > 0 or cases_open[due[i]] > 0:
                continue
            guilty = hiring and hired[i]
            if draws[i - first] < searched[platform[i]] * (1.0 if guilty else false_alarm[platform[i]]):
                evidence[i] |= BIT
                breach[i] = guilty


@dataclass(frozen=True)
class PosterSearch:
    """Authors are searched for hired posters; those about whom something else is alleged already are left alone.

    false_alarm: searches of authors without any that raise an alarm, float64 [platforms].
    """

    false_alarm: Array
    phase: str = "detecting"
    reads: tuple[str, ...] = ("accounts.cases_open",)
    writes: tuple[str, ...] = ()

    def step(self, world: World, turn: Turn) -> None:
        """Add the channel's bit to the turn's evidence."""
        searched = world.conditions.poster_search
        if not np.count_nonzero(searched):
            return
        _search(
            turn.day, world.seed, turn.due, turn.active, turn.platform, world.accounts.cases_open,
            turn.lawful_posts + turn.violating_posts, len(turn.hired) > 0, turn.hired, searched, self.false_alarm,
            turn.evidence, turn.breach,
        )  # fmt: skip
