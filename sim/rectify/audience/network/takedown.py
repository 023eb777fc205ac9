"""Takedown: a message that is removed leaves every feed.

A message's removal day stands in the message table. Where it is drawn when the message is written, delivery drops
messages as their day comes; where somebody decides it, :func:`clear` takes them out of all feeds at once.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from rectify.audience.network.blocks import blocks_of, bounds
from rectify.core.kernel import device, kernel


@device
def drop_removed(
    day: int,
    removal: NDArray[np.int32],
    only_violating: bool,
    held: int,
    new: int,
    codes: NDArray[np.int32],
    shares: NDArray[np.int32],
    ages: NDArray[np.int16],
) -> tuple[int, int, int]:
    """Drop from one feed of *held* messages what is removed by *day*; see :func:`clear`.

    only_violating: lawful messages stay, and their removal is not looked up. Returns the number of messages left, of
    violating ones, and of those among the *new* first. codes, shares, ages: [feed length], updated.
    """
    kept = 0
    bad = 0
    bad_new = 0
    for slot in range(held):
        code = codes[slot]
        if code & 1 == 1:
            if removal[code >> 1] <= day:
                continue
            bad += 1
            bad_new += slot < new
        elif not only_violating and removal[code >> 1] <= day:
            continue
        if kept < slot:
            codes[kept] = code
            shares[kept] = shares[slot]
            ages[kept] = ages[slot]
        kept += 1
    return kept, bad, bad_new


@kernel
def clear(
    day: int,
    removal: NDArray[np.int32],
    codes: NDArray[np.int32],
    shares: NDArray[np.int32],
    ages: NDArray[np.int16],
    lengths: NDArray[np.int32],
    violating: NDArray[np.int32],
) -> None:
    """Drop from every feed the messages removed by *day*. removal: int32 [messages], days.

    outputs: codes, shares, ages, lengths, violating
    """
    for block in numba.prange(blocks_of(lengths.size)):
        begin, end = bounds(block, lengths.size)
        for reader in range(begin, end):
            kept, bad, _ = drop_removed(
                day, removal, False, lengths[reader], 0, codes[reader], shares[reader], ages[reader]
            )
            lengths[reader] = kept
            violating[reader] = bad
