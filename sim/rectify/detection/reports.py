"""Reports of posts: by users, by mistake, by agreement against the blameless; and by a council of trusted flaggers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np

from rectify.core.draws import fill_uniforms
from rectify.core.due import WORK_BLOCK
from rectify.core.kernel import Index, kernel
from rectify.core.table import Array
from rectify.world.ledgers import CHANNELS
from rectify.world.streams import Stream
from rectify.world.world import Turn, World

BIT = 1 << CHANNELS.index("reports")


@kernel
def _report(  # type: ignore[no-untyped-def]
    day, seed, stream, bit, due, active, platform, kind, report_rate, false_report_rate, coordinated_hazard,
    hiring, hired, steered, lawful_posts, violating_posts, lawful_views, violating_views, flagged_lawful,
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
                if hiring and hired[i]:
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
    channel: str,
    stream: Stream,
    rate: Array,
    false_rate: Array,
    coordinated: Array,
    steered: float,
) -> None:
    """Add the posts reported, and *channel*'s bit, to the turn's evidence.

    rate: reports per view of a violating post, float64 [platforms, kinds]; false_rate: per view of a lawful one,
    [platforms]; coordinated: daily rate of coordinated reports of an account, [platforms]; steered: factor of the rate
    where hired posters steer what is said.
    """
    _report(
        turn.day, world.seed, stream.value, 1 << CHANNELS.index(channel), turn.due, turn.active, turn.platform,
        turn.kind, rate, false_rate, coordinated, len(turn.hired) > 0, turn.hired, steered, turn.lawful_posts,
        turn.violating_posts, turn.lawful_views, turn.violating_views, turn.flagged_lawful, turn.flagged_violating,
        turn.evidence, turn.breach,
    )  # fmt: skip


@dataclass(frozen=True)
class Reports:
    """Viewers report posts, the more the more they are seen; some reports are mistaken and some are agreed upon."""

    steered: float = 1.0
    """Reports of violating posts that hired posters push, relative to others."""
    phase: str = "detecting"
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()

    def step(self, world: World, turn: Turn) -> None:
        """Add the posts reported, and the channel's bit, to the turn's evidence."""
        now = world.conditions
        take_reports(
            world, turn, "reports", Stream.REPORTS, now.report_rate, now.false_report_rate, now.coordinated_hazard,
            self.steered,
        )  # fmt: skip


@dataclass(frozen=True)
class TrustedFlaggers:
    """A platform's trusted flaggers report posts, with few mistakes; reviewers take their reports first.

    rate, false_rate: reports per view of violating and of lawful posts, float64 [platforms].
    """

    rate: Array
    false_rate: Array
    phase: str = "detecting"
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()

    def step(self, world: World, turn: Turn) -> None:
        """Add the posts reported, and the channel's bit, to the turn's evidence."""
        if np.count_nonzero(self.rate) or np.count_nonzero(self.false_rate):
            rate = np.repeat(self.rate[:, None], world.kinds, axis=1)
            take_reports(
                world,
                turn,
                "trusted_flaggers",
                Stream.TRUSTED_FLAGGERS,
                rate,
                self.false_rate,
                np.zeros(len(self.rate)),
                1.0,
            )
