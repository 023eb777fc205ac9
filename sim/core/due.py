"""Finding the rows that something happens to today: one scan of the wake-up column, in row order."""

from __future__ import annotations

import numba
import numpy as np

from sim.core.kernel import Index, kernel
from sim.core.table import Array

SCAN_BLOCK = 65_536
"""Rows scanned as one piece of work; fixed, so that the order of the list never depends on threads."""

WORD = 64
"""Bits of the words in which rows due are marked."""
NONE, ONE = np.uint64(0), np.uint64(1)
GATHER_BITS, GATHERED = np.uint64(0x0102040810204080), np.uint64(56)
"""Multiplied by it, eight bytes that are 0 or 1 have their bits side by side in the top byte, the first one lowest."""
DE_BRUIJN, TOP_SIX = np.uint64(0x03F79D71B4CB0A89), np.uint64(58)
"""A de Bruijn sequence: multiplied by a power of two, its top six bits tell which one it was."""
PLACE_OF_BIT = np.zeros(WORD, np.int32)
PLACE_OF_BIT[(DE_BRUIJN << np.arange(WORD, dtype=np.uint64)) >> TOP_SIX] = np.arange(WORD)

WORK_BLOCK = 2_048
"""Entries of the day's list worked on as one piece; fixed, so that float sums are the same on any thread count."""


@kernel
def _mark_due(next_day, day, marks, counts):  # type: ignore[no-untyped-def]
    for block in numba.prange(len(counts)):
        days = next_day[block * SCAN_BLOCK : (block + 1) * SCAN_BLOCK]
        flags = np.zeros(SCAN_BLOCK, np.uint8)
        for i in range(len(days)):
            flags[i] = days[i] <= day
        eights, bits = flags.view(np.uint64), marks[block].view(np.uint8)
        for i in range(len(eights)):
            bits[i] = np.uint8((eights[i] * GATHER_BITS) >> GATHERED)
        count = 0
        for i in range(len(flags)):
            count += flags[i]
        counts[block] = count


@kernel
def _list_due(marks, starts, due):  # type: ignore[no-untyped-def]
    for block in numba.prange(len(starts)):
        entry = Index(starts[block])
        for word in range(marks.shape[1]):
            left = marks[block, word]
            row = np.int32(block * SCAN_BLOCK + word * WORD)
            while left != NONE:
                lowest = left & (~left + ONE)
                due[entry] = row + PLACE_OF_BIT[(lowest * DE_BRUIJN) >> TOP_SIX]
                entry += ONE
                left ^= lowest


def due_rows(next_day: Array, day: int) -> Array:
    """Rows whose *next_day* (int16) is *day* or earlier, ascending, as int32.

    First a bit for every row, in vector instructions; then the numbers of the bits that are set, and no others.
    """
    blocks = -(-len(next_day) // SCAN_BLOCK)
    marks = np.empty((blocks, SCAN_BLOCK // WORD), np.uint64)
    counts = np.zeros(blocks, np.int64)
    _mark_due(next_day, np.int16(day), marks, counts)
    due = np.empty(int(counts.sum()), np.int32)
    _list_due(marks, np.cumsum(counts) - counts, due)
    return due


def work_blocks(entries: int) -> int:
    """Number of work blocks that a list of that many entries is cut into, at least 1."""
    return max(1, -(-entries // WORK_BLOCK))


@kernel
def _gather(column, rows, out):  # type: ignore[no-untyped-def]
    for block in numba.prange(-(-len(rows) // WORK_BLOCK)):
        for i in range(block * WORK_BLOCK, min(len(rows), (block + 1) * WORK_BLOCK)):
            out[i] = column[rows[i]]


def gather(column: Array, rows: Array) -> Array:
    """The entries of *column* at *rows* (int32), as ``column[rows]`` but threaded: for the day's whole list."""
    out = np.empty(len(rows), column.dtype)
    _gather(column, rows, out)
    return out
