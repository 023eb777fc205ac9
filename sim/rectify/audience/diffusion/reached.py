"""Which agents each illegal message ever reached: one that was pushed out of a feed and came again counts once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rectify.audience.network.graphs import distinct
from rectify.core.kernel import device


@device
def log_entries(entered: NDArray[np.uint8], codes: NDArray[np.int32], pairs: NDArray[np.int64]) -> None:
    """List each illegal message that entered a feed as ``row << 32 | agent``. entered: uint8 [agents], how many.

    They are the first illegal messages of the feed: what is new stands in front. pairs: int64 [their sum], written.
    """
    place = 0
    for agent in range(entered.size):
        left = entered[agent]
        slot = 0
        while left > 0:
            code = codes[agent, slot]
            if code & 1 == 1:
                pairs[place] = (np.int64(code >> 1) << 32) | agent
                place += 1
                left -= 1
            slot += 1


class Reached:
    """Pairs of an illegal message and an agent whose feed ever held it."""

    def __init__(self) -> None:
        self._pairs: list[NDArray[np.int64]] = []
        self._finished = 0

    def renumber(self, new_rows: NDArray[np.int32]) -> None:
        """Follow messages to their *new_rows* of the message table, int32 [old rows]; those at -1 reach nobody more."""
        pairs = self._distinct()
        rows = new_rows[pairs >> 32].astype(np.int64)
        stays = rows >= 0
        self._finished += int(pairs.size - np.count_nonzero(stays))
        self._pairs = [(rows[stays] << 32) | (pairs[stays] & 0xFFFFFFFF)]

    def add(self, entered: NDArray[np.uint8], total: int, codes: NDArray[np.int32]) -> None:
        """Add the illegal messages that *entered* feeds in a step, uint8 [agents], *total* in all."""
        if total:
            pairs = np.empty(total, np.int64)
            log_entries(entered, codes, pairs)
            self._pairs.append(pairs)

    def count(self) -> int:
        """How many pairs there are."""
        self._pairs = [self._distinct()]
        return self._finished + int(self._pairs[0].size)

    def _distinct(self) -> NDArray[np.int64]:
        return distinct(np.concatenate([np.empty(0, np.int64), *self._pairs]))
