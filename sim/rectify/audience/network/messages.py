"""The message table: one row for each message that can still matter, reused once no feed holds it.

Rows are renumbered when the table is full. No draw and no order depends on a row's number, so when that happens, or
whether, changes no result; it only bounds memory by what feeds can hold instead of by what was ever written.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from rectify.audience.network.acts import tally
from rectify.audience.network.blocks import blocks_of
from rectify.audience.network.feeds import NEVER, survey
from rectify.audience.network.graphs import distinct
from rectify.core.kernel import device, kernel

SIZES = 32
"""Classes of cascade size: sizes from ``2**c`` up to, but not including, ``2**(c + 1)`` fall in class c."""
MOST_ROWS = 2**30
"""A message code is ``row * 2 + illegal`` in 32 signed bits."""


@device
def add_size(sizes: NDArray[np.int64], illegal: int, size: int) -> None:
    """Count one message of that legality and cascade size. sizes: int64 [2, 32], updated."""
    size_class = 0
    while size > 1:
        size >>= 1
        size_class += 1
    sizes[illegal, size_class] += 1


@device
def count_sizes(
    messages: int, is_illegal: NDArray[np.uint8], shares: NDArray[np.int32], sizes: NDArray[np.int64]
) -> None:
    """Count the first *messages* messages by legality and class of cascade size. sizes: int64 [2, 32], updated."""
    for row in range(messages):
        add_size(sizes, is_illegal[row], shares[row])


@device
def close_ranks(
    step: int,
    messages: int,
    new_rows: NDArray[np.int32],
    appeal: NDArray[np.float32],
    author: NDArray[np.int32],
    born: NDArray[np.int32],
    removal: NDArray[np.int32],
    is_illegal: NDArray[np.uint8],
    live: NDArray[np.uint8],
    shares: NDArray[np.int32],
    finished_sizes: NDArray[np.int64],
) -> int:
    """Move the messages that can still matter to the front of the table; their number.

    These are the ones in some feed, and those whose takedown is due in *step* or later: it is counted on its day even
    where every feed has forgotten the message. new_rows: int32 [messages], written, -1 for a message dropped, whose
    cascade size goes to finished_sizes, int64 [2, 32]. The other columns are those of the table, updated.
    """
    kept = 0
    for row in range(messages):
        if live[row] == 1 or step <= removal[row] < NEVER:
            new_rows[row] = kept
            appeal[kept] = appeal[row]
            author[kept] = author[row]
            born[kept] = born[row]
            removal[kept] = removal[row]
            is_illegal[kept] = is_illegal[row]
            live[kept] = live[row]
            shares[kept] = shares[row]
            kept += 1
        else:
            new_rows[row] = -1
            add_size(finished_sizes, is_illegal[row], shares[row])
    shares[kept:messages] = 0
    return kept


@kernel
def renumber(new_rows: NDArray[np.int32], lengths: NDArray[np.int32], codes: NDArray[np.int32]) -> None:
    """Rewrite the codes of all feeds after rows moved. new_rows: int32 [old rows]. codes: int32 [agents, length]."""
    for agent in numba.prange(lengths.size):
        for slot in range(lengths[agent]):
            code = codes[agent, slot]
            codes[agent, slot] = new_rows[code >> 1] * 2 + (code & 1)


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


class MessageTable:
    """Columns of messages, the first :attr:`count` rows in use.

    Columns: appeal float32 in [0, 1]; author int32; born and removal int32, steps (``NEVER`` where no takedown is
    due); is_illegal uint8; live uint8, 1 if in some feed at the end of the last step; shares int32, acts that spread
    the message, its writing included.
    """

    def __init__(self, rows: int) -> None:
        self.count = 0
        self.appeal = np.empty(0, np.float32)
        self.author = np.empty(0, np.int32)
        self.born = np.empty(0, np.int32)
        self.removal = np.empty(0, np.int32)
        self.is_illegal = np.empty(0, np.uint8)
        self.live = np.empty(0, np.uint8)
        self.shares = np.empty(0, np.int32)
        self.finished_sizes = np.zeros((2, SIZES), np.int64)
        self.finished_pairs = 0
        self.pairs: list[NDArray[np.int64]] = []
        self._resize(rows)

    @property
    def capacity(self) -> int:
        """Rows there is room for."""
        return int(self.appeal.size)

    def _resize(self, rows: int) -> None:
        if rows > MOST_ROWS:
            raise MemoryError(f"{rows} messages in feeds at once: a message code has room for {MOST_ROWS}")
        for name in ("appeal", "author", "born", "removal", "is_illegal", "live", "shares"):
            old = getattr(self, name)
            column = np.zeros(rows, old.dtype)
            column[: self.count] = old[: self.count]
            setattr(self, name, column)

    def make_room(self, new: int, step: int, codes: NDArray[np.int32], lengths: NDArray[np.int32]) -> None:
        """Ensure that *new* more rows fit: drop messages that no feed holds and, if still half full, double the table.

        step: the step about to be made. codes, lengths: the feeds, whose codes are renumbered.
        """
        if self.count + new <= self.capacity:
            return
        self._drop_finished(step, codes, lengths)
        if 2 * (self.count + new) > self.capacity:
            self._resize(max(2 * self.capacity, 2 * (self.count + new)))

    def _drop_finished(self, step: int, codes: NDArray[np.int32], lengths: NDArray[np.int32]) -> None:
        new_rows = np.empty(self.count, np.int32)
        self.count = close_ranks(
            step, self.count, new_rows, self.appeal, self.author, self.born, self.removal, self.is_illegal, self.live,
            self.shares, self.finished_sizes,
        )  # fmt: skip
        pairs = distinct(np.concatenate([np.empty(0, np.int64), *self.pairs]))
        rows = new_rows[pairs >> 32].astype(np.int64)
        stays = rows >= 0
        self.finished_pairs += int(pairs.size - np.count_nonzero(stays))
        self.pairs = [(rows[stays] << 32) | (pairs[stays] & 0xFFFFFFFF)]
        renumber(new_rows, lengths, codes)

    def add_shares(self, shared: NDArray[np.int32], acts: int) -> None:
        """Count the step's acts on their messages. shared: int32 [acts or more], message codes."""
        tally(shared, acts, self.shares)

    def add_entries(self, entered: NDArray[np.uint8], total: int, codes: NDArray[np.int32]) -> None:
        """Remember which agents got which illegal message. entered: uint8 [agents], *total* in all."""
        if total:
            pairs = np.empty(total, np.int64)
            log_entries(entered, codes, pairs)
            self.pairs.append(pairs)

    def survey(self, step: int) -> tuple[int, int, int, int]:
        """Distinct messages in feeds, illegal ones, takedowns of the step and their ages together."""
        totals = np.zeros((blocks_of(self.count), 4), np.int64)
        survey(step, self.count, self.live, self.is_illegal, self.born, self.removal, totals)
        distinct, distinct_illegal, takedowns, age = totals.sum(axis=0).tolist()
        return distinct, distinct_illegal, takedowns, age

    def cascade_sizes(self) -> NDArray[np.int64]:
        """Messages by legality (row 1: illegal) and class of cascade size, int64 [2, 32]; class c is 2**c and up."""
        sizes = self.finished_sizes.copy()
        count_sizes(self.count, self.is_illegal, self.shares, sizes)
        return sizes

    def distinct_pairs(self) -> int:
        """Pairs of an illegal message and an agent whose feed ever held it."""
        self.pairs = [distinct(np.concatenate([np.empty(0, np.int64), *self.pairs]))]
        return self.finished_pairs + int(self.pairs[0].size)
