"""Searching for hired posters: who pays for the crowd below its posts, and who is only liked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numba
import numpy as np

from rectify.core.draws import fill_first_uniforms
from rectify.core.due import WORK_BLOCK
from rectify.core.kernel import kernel
from rectify.core.params import Params, lever, uncertainty
from rectify.core.table import Array
from rectify.detection.channel import Channel, Effort
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Due, Posts, Turn
from rectify.world.world import World


@kernel
def _search(  # type: ignore[no-untyped-def]
    day, seed, bit, due, posts, cases_open, searched, false_alarm,
    evidence, breach,
):  # fmt: skip
    """Search the share *searched* of the authors due for hired posters, by platform; *false_alarm* of the blameless.

    cases_open: by account.

    outputs: evidence, breach
    """
    for block in numba.prange(-(-len(due.rows) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due.rows), (block + 1) * WORK_BLOCK)
        draws = np.empty(WORK_BLOCK)
        fill_first_uniforms(seed, Stream.POSTER_SEARCH.value, due.rows[first:last], day, draws)
        for i in range(first, last):
            if not due.active[i] or posts.lawful_posts[i] + posts.violating_posts[i] == 0:
                continue
            if evidence[i] > 0 or cases_open[due.rows[i]] > 0:
                continue
            p, guilty = due.platform[i], posts.hired[i]
            if draws[i - first] < searched[p] * (1.0 if guilty else false_alarm[p]):
                evidence[i] |= bit
                breach[i] = guilty


class PosterSearchParams(Params):
    """A platform's search for hired posters."""

    searched: float = lever("share", "Author-days searched for hired posters.", ge=0, le=1, default=0.0)
    false_alarm: float = uncertainty(
        "share", "Such searches of authors without any that raise an alarm.", ge=0, le=1, default=0.0
    )


@dataclass(frozen=True)
class PosterSearch:
    """Authors are searched for hired posters; those about whom something else is alleged already are left alone."""

    searched: Array
    false_alarm: Array
    bit: int
    channel: ClassVar[Channel] = Channel(
        "poster_search",
        "The search for hired posters",
        alleges="popularity",
        params=PosterSearchParams,
        effort=Effort("Share of authors searched for hired posters."),
    )
    phase: ClassVar[str] = "detecting"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.due", "turn.active", "turn.platform", "turn.lawful_posts", "turn.violating_posts", "turn.hired",
        "accounts.cases_open", "conditions.everyday", "world.channel_effort",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "turn.evidence", "turn.breach",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        searched = setup.of_channel("poster_search", "searched")
        return cls(searched, setup.of_channel("poster_search", "false_alarm"), setup.bit("poster_search"))

    def shares(self, world: World) -> Array:
        """Author-days searched today, float64 [platforms]."""
        return np.asarray(np.minimum(1.0, self.searched * world.effort("poster_search") * world.conditions.everyday))

    def step(self, world: World, turn: Turn) -> None:
        """Add the channel's bit to the turn's evidence."""
        searched = self.shares(world)
        if not np.count_nonzero(searched):
            return
        _search(
            turn.day, world.seed, self.bit, turn.group(Due), turn.group(Posts), world.accounts.cases_open, searched,
            self.false_alarm, turn.evidence, turn.breach,
        )  # fmt: skip
