"""How attention to a message fades: by age, how much of all that stands in feeds was written how long ago.

An acting agent sees its whole feed, and whether it acts does not depend on what the feed holds: slots by age are
therefore impressions by age, without the noise of who happened to act.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from rectify.audience.network.blocks import blocks_of, bounds
from rectify.audience.network.diffusion import MessageDiffusion
from rectify.core.kernel import kernel

OLDEST = 1023
"""Messages older than that are counted as of that age."""


@kernel
def _count_ages(
    step: int,
    codes: NDArray[np.int32],
    lengths: NDArray[np.int32],
    born: NDArray[np.int32],
    counts: NDArray[np.int64],
) -> None:
    agents = lengths.size
    for block in numba.prange(blocks_of(agents)):
        begin, end = bounds(block, agents)
        for agent in range(begin, end):
            for slot in range(lengths[agent]):
                counts[block, min(OLDEST, step - born[codes[agent, slot] >> 1])] += 1


class Fading:
    """Feed slots by the age of the message in them, added up over the steps at which :meth:`observe` is called."""

    def __init__(self) -> None:
        self.counts = np.zeros(OLDEST + 1, np.int64)

    def observe(self, diffusion: MessageDiffusion) -> None:
        """Add the feeds as they stand at the end of the step made last."""
        codes, lengths, born = diffusion.feeds_and_births()
        counts = np.zeros((blocks_of(diffusion.agents), OLDEST + 1), np.int64)
        _count_ages(diffusion.step_count, codes, lengths, born, counts)
        self.counts += counts.sum(axis=0)

    def share_left(self) -> NDArray[np.float64]:
        """Share of all attention to a message that is still to come after 0, 1, … steps, float64 [ages]; 0s if none.

        What stands in a feed at the end of a step is seen in the next, so a message of age a is seen a + 1 steps after
        its writing, and one that stands there in the step of its writing after one step.
        """
        left = np.cumsum(self.counts[::-1])[::-1]
        return left / left[0] if left[0] else np.zeros(left.size)

    def half_life(self) -> float:
        """Half-life, in steps, of the exponential fading with the same mean age at which a message is seen; 0 if none.

        Its share left is 2^(-a/h) and its mean age h / ln 2, so h is ln 2 times the mean age.
        """
        total = int(self.counts.sum())
        if not total:
            return 0.0
        return float(np.log(2.0) * ((np.arange(self.counts.size) + 1) @ self.counts) / total)

    def surviving(self, half_life: float) -> float:
        """Share of all attention that is left when messages are taken down with that *half_life* (steps).

        Counts each age's attention with the share 2^(-age/half_life) of messages that reach it. Nothing else changes:
        neither do taken-down messages leave room for others, nor do they lose the reshares they would have had.
        """
        total = int(self.counts.sum())
        survival = np.exp2(-(np.arange(self.counts.size) + 1) / half_life)
        return float(survival @ self.counts) / total if total else 0.0
