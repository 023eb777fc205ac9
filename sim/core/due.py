"""Finding the rows that something happens to today: one scan of the wake-up column, in row order."""

from __future__ import annotations

import numba
import numpy as np

from sim.core.kernel import kernel
from sim.core.table import Array

SCAN_BLOCK = 65_536
"""Rows scanned as one piece of work; fixed, so that the order of the list never depends on threads."""

WORK_BLOCK = 2_048
"""Entries of the day's list worked on as one piece; fixed, so that float sums are the same on any thread count."""


@kernel
def _count_due(next_day, day, counts):  # type: ignore[no-untyped-def]
    rows = len(next_day)
    for block in numba.prange(len(counts)):
        count = 0
        for row in range(block * SCAN_BLOCK, min(rows, (block + 1) * SCAN_BLOCK)):
            count += next_day[row] <= day
        counts[block] = count


@kernel
def _list_due(next_day, day, starts, due):  # type: ignore[no-untyped-def]
    rows = len(next_day)
    for block in numba.prange(len(starts)):
        found = np.empty(SCAN_BLOCK + 1, np.int32)
        count = 0
        for row in range(block * SCAN_BLOCK, min(rows, (block + 1) * SCAN_BLOCK)):
            # Written whether due or not, and kept only if due: no branch to mispredict.
            found[count] = row
            count += next_day[row] <= day
        due[starts[block] : starts[block] + count] = found[:count]


def due_rows(next_day: Array, day: int) -> Array:
    """Rows whose *next_day* (int16) is *day* or earlier, ascending, as int32."""
    blocks = -(-len(next_day) // SCAN_BLOCK)
    counts = np.zeros(blocks, np.int64)
    today = np.int16(day)
    _count_due(next_day, today, counts)
    starts = np.zeros(blocks, np.int64)
    np.cumsum(counts[:-1], out=starts[1:])
    due = np.empty(int(counts.sum()), np.int32)
    _list_due(next_day, today, starts, due)
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
