"""Finding the rows that something happens to today: one scan of the wake-up column, in row order."""

from __future__ import annotations

import numba
import numpy as np

from rectify.core.kernel import Index, inlined, kernel
from rectify.core.table import Array

SCAN_BLOCK = 65_536
"""Rows scanned as one piece of work; fixed, so that the order of the list never depends on threads."""

SCAN_AT_ONCE = 2_048
"""Of them, so many have their flags, a byte each, in the nearest cache at a time."""

WORD = 64
"""Bits of the words in which rows due are marked."""
GATHER_BITS, GATHERED = np.uint64(0x0102040810204080), np.uint64(56)
"""Multiplied by it, eight bytes that are 0 or 1 have their bits side by side in the top byte, the first one lowest."""
PAIRS, FOURS, EIGHTS = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333), np.uint64(0x0F0F0F0F0F0F0F0F)
ADD_BYTES = np.uint64(0x0101010101010101)
NONE, ONE, TWO, FOUR = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(4)

WORK_BLOCK = 2_048
"""Entries of the day's list worked on as one piece; fixed, so that float sums are the same on any thread count."""


@inlined
def ones(word):  # type: ignore[no-untyped-def]
    """Number of bits that are set in a uint64: the compiler knows this form, and makes one instruction of it."""
    word = word - ((word >> ONE) & PAIRS)
    word = (word & FOURS) + ((word >> TWO) & FOURS)
    return (((word + (word >> FOUR)) & EIGHTS) * ADD_BYTES) >> GATHERED


@kernel
def _mark_due(next_day, day, marks, counts):  # type: ignore[no-untyped-def]
    """Set a bit for every row due, uint64 [blocks, words], and count them by block.

    outputs: marks, counts
    """
    for block in numba.prange(len(counts)):
        flags = np.zeros(SCAN_AT_ONCE, np.uint8)
        eights, bits = flags.view(np.uint64), marks[block].view(np.uint8)
        for part in range(SCAN_BLOCK // SCAN_AT_ONCE):
            first = block * SCAN_BLOCK + part * SCAN_AT_ONCE
            days = next_day[first : first + SCAN_AT_ONCE]
            if len(days) < SCAN_AT_ONCE:
                flags[:] = 0
            for i in range(len(days)):
                flags[i] = days[i] <= day
            for i in range(len(eights)):
                bits[part * len(eights) + i] = np.uint8((eights[i] * GATHER_BITS) >> GATHERED)
        count = np.uint64(0)
        for word in range(marks.shape[1]):
            count += ones(marks[block, word])
        counts[block] = np.int64(count)


@kernel
def _list_due(marks, starts, ends, due):  # type: ignore[no-untyped-def]
    """Write the numbers of the rows marked, those of each block from its start to its end.

    outputs: due
    """
    for block in numba.prange(len(starts)):
        after, end = Index(starts[block]), Index(ends[block])
        for word in range(marks.shape[1]):
            row = np.int32(block * SCAN_BLOCK + word * WORD)
            left = marks[block, word]
            entry = after
            after += ones(left)
            while left != NONE:
                # By fours, so that the loop's end is easier to foresee. What that writes too much, the next words
                # overwrite; only near the block's end, where another block begins, it is one by one.
                if entry + FOUR <= end:
                    for j in range(4):
                        due[entry + Index(j)] = row + np.int32(ones(~left & (left - ONE)))
                        left &= left - ONE
                    entry += FOUR
                else:
                    due[entry] = row + np.int32(ones(~left & (left - ONE)))
                    left &= left - ONE
                    entry += ONE


def due_rows(next_day: Array, day: int) -> Array:
    """Rows whose *next_day* (int16) is *day* or earlier, ascending, as int32.

    First a bit for every row, in vector instructions; then the numbers of the bits that are set, and no others.
    """
    blocks = -(-len(next_day) // SCAN_BLOCK)
    marks = np.empty((blocks, SCAN_BLOCK // WORD), np.uint64)
    counts = np.zeros(blocks, np.int64)
    _mark_due(next_day, np.int16(day), marks, counts)
    ends = np.cumsum(counts)
    due = np.empty(int(counts.sum()), np.int32)
    _list_due(marks, ends - counts, ends, due)
    return due


def work_blocks(entries: int) -> int:
    """Number of work blocks that a list of that many entries is cut into, at least 1."""
    return max(1, -(-entries // WORK_BLOCK))


@kernel
def _gather(column, rows, out):  # type: ignore[no-untyped-def]
    """Look up the entries of *column* at *rows*.

    outputs: out
    """
    for block in numba.prange(-(-len(rows) // WORK_BLOCK)):
        for i in range(block * WORK_BLOCK, min(len(rows), (block + 1) * WORK_BLOCK)):
            out[i] = column[rows[i]]


def gather(column: Array, rows: Array) -> Array:
    """The entries of *column* at *rows* (int32), as ``column[rows]`` but threaded: for the day's whole list."""
    out = np.empty(len(rows), column.dtype)
    _gather(column, rows, out)
    return out
