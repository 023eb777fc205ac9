"""How attention to a message fades: by age, how much of all that stands in feeds was written how long ago.

An acting agent sees its whole feed, and whether it acts does not depend on what the feed holds: slots by age are
therefore impressions by age, without the noise of who happened to act.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from rectify.audience.diffusion.model import MessageDiffusion
from rectify.audience.network.blocks import blocks_of, bounds
from rectify.audience.network.feeds import FeedContents
from rectify.core.kernel import kernel

OLDEST = 1023
"""Messages older than that are counted as of that age."""


@kernel
def count_ages(step: int, feeds: FeedContents, born: NDArray[np.int32], counts: NDArray[np.int64]) -> None:
    """Count feed slots by the age of what they hold. born: int32 [messages], steps. counts: int64 [blocks, ages].

    outputs: counts
    """
    agents = feeds.lengths.size
    for block in numba.prange(blocks_of(agents)):
        begin, end = bounds(block, agents)
        for agent in range(begin, end):
            for slot in range(feeds.lengths[agent]):
                counts[block, min(OLDEST, step - born[feeds.codes[agent, slot] >> 1])] += 1


class Fading:
    """Feed slots by the age of the message in them, added up over the steps at which :meth:`observe` is called."""

    def __init__(self) -> None:
        self.counts = np.zeros(OLDEST + 1, np.int64)

    def observe(self, diffusion: MessageDiffusion) -> None:
        """Add the feeds as they stand at the end of the step made last."""
        network = diffusion.network
        counts = np.zeros((blocks_of(network.accounts), OLDEST + 1), np.int64)
        count_ages(diffusion.step_count, network.feeds.contents, network.messages.born, counts)
        self.counts += counts.sum(axis=0)

    def half_life(self) -> float:
        """Half-life, in steps, of the exponential fading with the same mean age at which a message is seen; 0 if none.

        Its share left is 2^(-a/h) and its mean age h / ln 2, so h is ln 2 times the mean age.
        """
        total = int(self.counts.sum())
        if not total:
            return 0.0
        return float(np.log(2.0) * ((np.arange(self.counts.size) + 1) @ self.counts) / total)
