"""The classifier, by signal detection theory: one threshold sets true and false positive rates together.

Scores of lawful posts are normal with mean 0, of violating ones with mean d′ (the kind's discriminability), both with
variance 1; a post is flagged when its score exceeds the platform's threshold c. So the true positive rate is Φ(d′ − c)
and the false positive rate Φ(−c). Source: Green & Swets, "Signal Detection Theory and Psychophysics", 1966.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from rectify.core.draws import fill_uniforms
from rectify.core.due import WORK_BLOCK
from rectify.core.kernel import Index, kernel
from rectify.core.sampling import binomial
from rectify.world.ledgers import CHANNELS
from rectify.world.streams import Stream
from rectify.world.world import Turn, World

BIT = 1 << CHANNELS.index("classifier")


@kernel
def _classify(  # type: ignore[no-untyped-def]
    day, seed, due, active, platform, kind, flag_rate, false_flag_rate, lawful_posts, violating_posts, flagged_lawful,
    flagged_violating, evidence, breach,
):  # fmt: skip
    for block in numba.prange(-(-len(due) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due), (block + 1) * WORK_BLOCK)
        draws = np.empty((4, WORK_BLOCK))
        fill_uniforms(seed, Stream.CLASSIFIER.value, due[first:last], day, 0, draws)
        for j in range(last - first):
            i = Index(first + j)
            if not active[i] or lawful_posts[i] + violating_posts[i] == 0:
                continue
            p, k = Index(platform[i]), Index(kind[i])
            false = binomial(draws[0, j], lawful_posts[i], false_flag_rate[p])
            true = binomial(draws[1, j], violating_posts[i], flag_rate[p, k])
            if false + true > 0:
                flagged_lawful[i] += false
                flagged_violating[i] += true
                evidence[i] |= BIT
                breach[i] |= true > 0


@dataclass(frozen=True)
class Classifier:
    """Scores every post; flags those above the platform's threshold, rightly and wrongly."""

    phase: str = "detecting"
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()

    def step(self, world: World, turn: Turn) -> None:
        """Add the posts flagged, and the channel's bit, to the turn's evidence."""
        conditions = world.conditions
        _classify(
            turn.day, world.seed, turn.due, turn.active, turn.platform, turn.kind, conditions.flag_rate,
            conditions.false_flag_rate, turn.lawful_posts, turn.violating_posts, turn.flagged_lawful,
            turn.flagged_violating, turn.evidence, turn.breach,
        )  # fmt: skip
