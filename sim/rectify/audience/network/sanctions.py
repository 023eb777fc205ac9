"""What sanctions do to feeds and follows: clear messages of some authors, take edges away and give them back.

An edge that is away stays in its place as ``~friend``, a negative number, so that taking it away and giving it back
moves nothing else.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from rectify.audience.network.blocks import blocks_of, bounds
from rectify.audience.network.feeds import NEVER
from rectify.audience.network.streams import NetworkStream
from rectify.core.draws import uniform
from rectify.core.kernel import device, kernel
from rectify.core.sampling import geometric

RETURN = int(NetworkStream.RETURN)


@kernel
def clear_authors(
    closed: NDArray[np.bool_],
    author: NDArray[np.int32],
    codes: NDArray[np.int32],
    shares: NDArray[np.int32],
    ages: NDArray[np.int16],
    lengths: NDArray[np.int32],
    illegal: NDArray[np.int32],
) -> None:
    """Drop messages by closed authors from every feed, and everything from the feeds of closed accounts.

    closed: bool [agents]. author: int32 [messages]. codes, shares, ages: [agents, feed length]; lengths, illegal: int32
    [agents]; updated.
    """
    agents = lengths.size
    for block in numba.prange(blocks_of(agents)):
        begin, end = bounds(block, agents)
        for reader in range(begin, end):
            kept = 0
            bad = 0
            held = 0 if closed[reader] else lengths[reader]
            for slot in range(held):
                code = codes[reader, slot]
                if closed[author[code >> 1]]:
                    continue
                codes[reader, kept] = code
                shares[reader, kept] = shares[reader, slot]
                ages[reader, kept] = ages[reader, slot]
                bad += code & 1
                kept += 1
            lengths[reader] = kept
            illegal[reader] = bad


@device
def cancel_takedowns(
    messages: int, closed: NDArray[np.bool_], author: NDArray[np.int32], removal: NDArray[np.int32], step: int
) -> None:
    """Forget takedowns after *step* of messages by closed authors, which are gone. removal: int32 [messages]."""
    for row in range(messages):
        if removal[row] > step and closed[author[row]]:
            removal[row] = NEVER


@kernel
def take_edges_of(closed: NDArray[np.bool_], offsets: NDArray[np.int64], friends: NDArray[np.int32]) -> None:
    """Take away the edges of closed accounts in both directions. closed: bool [agents]. friends: int32, updated."""
    agents = offsets.size - 1
    for block in numba.prange(blocks_of(agents)):
        begin, end = bounds(block, agents)
        for reader in range(begin, end):
            for place in range(offsets[reader], offsets[reader + 1]):
                friend = friends[place]
                if friend >= 0 and (closed[reader] or closed[friend]):
                    friends[place] = ~friend


@device
def edges_to(chosen: NDArray[np.bool_], friends: NDArray[np.int32]) -> NDArray[np.int64]:
    """Places of the edges to chosen accounts that are there now, int64. chosen: bool [agents]."""
    total = 0
    for place in range(friends.size):
        friend = friends[place]
        total += friend >= 0 and chosen[friend]
    places = np.empty(total, np.int64)
    total = 0
    for place in range(friends.size):
        friend = friends[place]
        if friend >= 0 and chosen[friend]:
            places[total] = place
            total += 1
    return places


@device
def take_edges(
    seed: np.uint64,
    step: int,
    return_probability: float,
    places: NDArray[np.int64],
    readers: NDArray[np.int64],
    friends: NDArray[np.int32],
) -> NDArray[np.int64]:
    """Take away the edges at *places*; the step at whose end each is back, int64 [places], ``NEVER`` or later if not.

    In each step from the next on a lost follower returns with *return_probability*. readers: int64 [places]. friends:
    int32, updated.
    """
    back = np.empty(places.size, np.int64)
    for number in range(places.size):
        friend = friends[places[number]]
        u = uniform(seed, RETURN, readers[number], step, friend)
        back[number] = step + 1 + geometric(u, return_probability)
        friends[places[number]] = ~friend
    return back


@device
def give_edges(
    closed: NDArray[np.bool_], places: NDArray[np.int64], readers: NDArray[np.int64], friends: NDArray[np.int32]
) -> None:
    """Give back the edges at *places*, except where either end has closed since. friends: int32, updated."""
    for number in range(places.size):
        friend = ~friends[places[number]]
        if not closed[friend] and not closed[readers[number]]:
            friends[places[number]] = friend
