"""Feeds: what each account would read next, a row of fixed length, youngest message first.

A message code holds the message's row in the message table and, in the lowest bit, whether it violates
(``row * 2 + violating``), so that counting violating messages needs no look-up.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from rectify.core.groups import group
from rectify.core.kernel import kernel
from rectify.core.state import State, get_attributes, set_attributes

LONGEST_AGE = 4095
"""Ages stop here: the recency weight then is below 2e-5 of a fresh message's."""


class FeedContents(NamedTuple):
    """All feeds, read-only.

    codes: int32 [accounts, feed length]. shares, int32, and ages in days, int16: likewise, of the copies that arrived
    in this feed. lengths, violating: int32 [accounts], messages and violating messages in each feed.
    """

    codes: NDArray[np.int32]
    shares: NDArray[np.int32]
    ages: NDArray[np.int16]
    lengths: NDArray[np.int32]
    violating: NDArray[np.int32]


@kernel
def renumber(new_rows: NDArray[np.int32], lengths: NDArray[np.int32], codes: NDArray[np.int32]) -> None:
    """Rewrite the codes of all feeds after rows of the message table moved. new_rows: int32 [old rows].

    outputs: codes
    """
    for account in numba.prange(lengths.size):
        for slot in range(lengths[account]):
            code = codes[account, slot]
            codes[account, slot] = new_rows[code >> 1] * 2 + (code & 1)


class Feeds:
    """The feeds of *accounts*, empty at first, each with room for *length* messages: 10 bytes a place.

    The columns are those of :class:`FeedContents`; :attr:`contents` is their read-only group.
    """

    def __init__(self, accounts: int, length: int) -> None:
        self.codes = np.zeros((accounts, length), np.int32)
        self.shares = np.zeros((accounts, length), np.int32)
        self.ages = np.zeros((accounts, length), np.int16)
        self.lengths = np.zeros(accounts, np.int32)
        self.violating = np.zeros(accounts, np.int32)
        self.contents = group(FeedContents, self)

    def get_state(self) -> State:
        """All columns."""
        return get_attributes(self, ["contents"])

    def set_state(self, state: State) -> None:
        """Set all columns to what :meth:`get_state` gave."""
        set_attributes(self, state)

    def renumber(self, new_rows: NDArray[np.int32]) -> None:
        """Follow messages to their *new_rows* of the message table, int32 [old rows]."""
        renumber(new_rows, self.lengths, self.codes)

    def clear(self, accounts: NDArray[np.integer]) -> None:
        """Empty the feeds of these *accounts*, rows."""
        self.lengths[accounts] = 0
        self.violating[accounts] = 0
