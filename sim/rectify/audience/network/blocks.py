"""Fixed blocks of rows, the unit of work of a thread: their bounds do not depend on how many threads there are."""

from __future__ import annotations

import numpy as np

from rectify.core.kernel import device

BLOCK = 1024
"""Rows (agents or messages) in a block."""


@device
def blocks_of(rows: int) -> int:
    """Number of blocks that cover that many rows."""
    return (rows + BLOCK - 1) // BLOCK


@device
def whole(value: float) -> int:
    """The signed 64-bit integer below *value*, from 0 up.

    A threaded loop counts in unsigned integers, and numba makes a float of unsigned and signed together.
    """
    return np.int64(value)  # type: ignore[return-value]


@device
def bounds(block: int, rows: int) -> tuple[int, int]:
    """First row of a block, and the row after its last."""
    begin = whole(block) * BLOCK
    return begin, min(begin + BLOCK, rows)
