"""The message table: one row for each message that can still matter, reused once no feed holds it.

Rows are renumbered when the table is full. No draw and no order depends on a row's number, so when that happens, or
whether, changes no result; it only bounds memory by what feeds can hold instead of by what was ever written.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from sim.audience.network.acts import tally
from sim.audience.network.feeds import NEVER, blocks_of, survey
from sim.core.kernel import device, kernel

SIZES = 32
"""Classes of cascade size: sizes from ``2**c`` up to, but not including, ``2**(c + 1)`` fall in class c."""
MOST_ROWS = 2**30
"""A message code is ``row * 2 + illegal`` in 32 signed bits."""


@kernel
def renumber(new_rows: NDArray[np.int32], lengths: NDArray[np.int32], codes: NDArray[np.int32]) -> None:
    """Rewrite the codes of all feeds after rows moved. new_rows: int32 [old rows]. codes: int32 [agents, length]."""
    for agent in numba.prange(lengths.size):
        for slot in range(lengths[agent]):
            code = codes[agent, slot]
            codes[agent, slot] = new_rows[code >> 1] * 2 + (code & 1)


@device
def log_entries(
    entered: NDArray[np.uint8], codes: NDArray[np.int32], pairs: NDArray[np.int64]
) -> None:
    """List as ``row << 32 | agent`` each illegal message that entered a feed. entered: uint8 [agents]; new are first."""
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


def _distinct(pairs: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Distinct pairs in ascending order. NumPy's own ``unique`` hashes, which is far slower on millions."""
    together = np.concatenate(pairs) if pairs else np.empty(0, np.int64)
    together.sort()
    different = np.ones(together.size, np.bool_)
    np.not_equal(together[1:], together[:-1], out=different[1:])
    return together[different]


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
        removal = self.removal[: self.count]
        # A takedown that is due is counted on its day even where every feed has forgotten the message.
        keep = (self.live[: self.count] == 1) | ((removal >= step) & (removal < NEVER))
        self.finished_sizes += self._size_classes(~keep)
        pairs = _distinct(self.pairs)
        stays = keep[pairs >> 32]
        self.finished_pairs += int(pairs.size - np.count_nonzero(stays))
        pairs = pairs[stays]
        new_rows = (np.cumsum(keep) - 1).astype(np.int32)
        self.pairs = [(new_rows[pairs >> 32].astype(np.int64) << 32) | (pairs & 0xFFFFFFFF)]
        kept = int(np.count_nonzero(keep))
        for name in ("appeal", "author", "born", "removal", "is_illegal", "live", "shares"):
            column = getattr(self, name)
            column[:kept] = column[: self.count][keep]
        self.shares[kept : self.count] = 0
        self.count = kept
        renumber(new_rows, lengths, codes)

    def _size_classes(self, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        sizes = self.shares[: self.count][rows]
        # frexp gives the exponent exactly where a logarithm would round.
        classes = np.frexp(sizes)[1] - 1
        keys = self.is_illegal[: self.count][rows].astype(np.int64) * SIZES + classes
        return np.bincount(keys, minlength=2 * SIZES).reshape(2, SIZES)

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
        return self.finished_sizes + self._size_classes(np.ones(self.count, np.bool_))

    def distinct_pairs(self) -> int:
        """Pairs of an illegal message and an agent whose feed ever held it."""
        self.pairs = [_distinct(self.pairs)]
        return self.finished_pairs + int(self.pairs[0].size)
