"""The message table: one row for each message that can still matter, reused once no feed holds it.

Rows are renumbered when the table is full. No draw and no order depends on a row's number, so when that happens, or
whether, changes no result; it only bounds memory by what feeds can hold instead of by what was ever written.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rectify.audience.network.feeds import Feeds
from rectify.core.groups import read_only
from rectify.core.kernel import device
from rectify.core.state import State, get_attributes, set_attributes

NEVER = 2**31 - 1
"""Removal day of a message that is not taken down."""
MOST_ROWS = 2**30
"""A message code is ``row * 2 + violating`` in 32 signed bits."""
COLUMNS = ("appeal", "author", "born", "removal", "is_violating", "live", "shares")


class MessageColumns(NamedTuple):
    """The rows of the message table in use, read-only; see :class:`MessageTable`."""

    author: NDArray[np.int32]
    born: NDArray[np.int32]
    is_violating: NDArray[np.uint8]
    live: NDArray[np.uint8]
    shares: NDArray[np.int32]


@device
def count_shares(shared: NDArray[np.int32], acts: int, shares: NDArray[np.int32]) -> None:
    """Count each of the first *acts* shares on its message. shares: int32 [messages]. Serial: messages repeat."""
    for act in range(acts):
        code = shared[act]
        shares[(code if code >= 0 else ~code) >> 1] += 1


class MessageTable:
    """Columns of messages, the first :attr:`count` rows in use: 22 bytes a row.

    Columns: appeal float32 in [0, 1]; author int32; born and removal int32, days (``NEVER`` where no takedown is
    due); is_violating uint8; live uint8, 1 if in some feed since the last delivery; shares int32, acts that spread the
    message, its writing included.
    """

    def __init__(self, rows: int) -> None:
        self.count = 0
        self.appeal = np.zeros(rows, np.float32)
        self.author = np.zeros(rows, np.int32)
        self.born = np.zeros(rows, np.int32)
        self.removal = np.zeros(rows, np.int32)
        self.is_violating = np.zeros(rows, np.uint8)
        self.live = np.zeros(rows, np.uint8)
        self.shares = np.zeros(rows, np.int32)

    def get_state(self) -> State:
        """All columns, and how many rows are in use."""
        return get_attributes(self)

    def set_state(self, state: State) -> None:
        """Set everything to what :meth:`get_state` gave."""
        set_attributes(self, state)

    @property
    def capacity(self) -> int:
        """Rows there is room for."""
        return int(self.appeal.size)

    def columns(self) -> MessageColumns:
        """The rows in use, until the next messages are written."""
        return MessageColumns(*(read_only(getattr(self, name)[: self.count]) for name in MessageColumns._fields))

    def make_room(self, new: int, day: int, feeds: Feeds) -> NDArray[np.int32] | None:
        """Ensure that *new* more rows fit: drop messages that cannot matter and, if still half full, double the table.

        day: about to begin. Codes in *feeds* follow. Returns the new row of each old one, -1 of those dropped; None
        where nothing moved. Raises ``MemoryError`` past ``MOST_ROWS``.
        """
        if self.count + new <= self.capacity:
            return None
        new_rows = self._drop_finished(day)
        feeds.renumber(new_rows)
        if 2 * (self.count + new) > self.capacity:
            self._resize(max(2 * self.capacity, 2 * (self.count + new)))
        return new_rows

    def _resize(self, rows: int) -> None:
        if rows > MOST_ROWS:
            raise MemoryError(f"{rows} messages in feeds at once: a message code has room for {MOST_ROWS}")
        for name in COLUMNS:
            old = getattr(self, name)
            column = np.zeros(rows, old.dtype)
            column[: self.count] = old[: self.count]
            setattr(self, name, column)

    def _drop_finished(self, day: int) -> NDArray[np.int32]:
        """Move to the front the messages in some feed, and those whose takedown is due on *day* or later.

        These are counted on their day even where every feed has forgotten them.
        """
        removal = self.removal[: self.count]
        stays = (self.live[: self.count] == 1) | ((day <= removal) & (removal < NEVER))
        kept = np.flatnonzero(stays)
        new_rows = np.full(self.count, -1, np.int32)
        new_rows[kept] = np.arange(kept.size, dtype=np.int32)
        for name in COLUMNS:
            column = getattr(self, name)
            column[: kept.size] = column[kept]
        self.shares[kept.size : self.count] = 0
        self.count = int(kept.size)
        return new_rows

    def add_shares(self, shared: NDArray[np.int32], acts: int) -> None:
        """Count the day's acts on their messages. shared: int32 [acts or more], message codes."""
        count_shares(shared, acts, self.shares)
