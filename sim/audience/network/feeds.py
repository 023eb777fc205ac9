"""Delivery of a step's shares to feeds, takedown, and the count of what feeds then hold.

A feed is a row of fixed length, youngest message first. A message code holds its row in the message table and, in the
lowest bit, whether it is illegal (``row * 2 + illegal``), so that counting illegal messages needs no look-up. Each
reader's feed is written by one iteration that pulls from the accounts followed: no two threads write to one row, and
the result does not depend on their number.

Source of the rules: Truong et al., "Delayed takedown of illegal content on social media makes moderation
ineffective", 2025; points the paper leaves open are settled in :mod:`sim.audience.network.diffusion`.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from sim.audience.network.streams import NetworkStream
from sim.core.draws import uniform
from sim.core.kernel import device, kernel

BLOCK = 1024
"""Agents (or messages) in a block, the unit of work of a thread."""
CHUNK = 64
"""Friends looked at together."""
NEVER = 2**31 - 1
"""Removal step of a message that is not taken down."""
NOTHING, SEVERAL = -1, -2
"""In place of the code of an agent's only share in a step: none, or more than one."""
LONGEST_AGE = 4095
"""Ages stop here: the recency weight then is below 2e-5 of a fresh message's."""

SLOTS, SLOTS_ILLEGAL, EXPOSED, ENTERED = 0, 1, 2, 3
DISTINCT, DISTINCT_ILLEGAL, TAKEDOWNS, TAKEDOWN_AGE = 0, 1, 2, 3

REACH = int(NetworkStream.REACH)


def blocks_of(rows: int) -> int:
    """Number of blocks that cover that many rows."""
    return (rows + BLOCK - 1) // BLOCK


@device
def _grow_older(ages: NDArray[np.int16], held: int, overlap: bool) -> None:
    """Age a feed that something reached: by 1 if a message came again, else to 1."""
    for slot in range(held):
        ages[slot] = min(ages[slot] + 1, LONGEST_AGE) if overlap else 1


@device
def _prepend(
    codes: NDArray[np.int32],
    shares: NDArray[np.int32],
    ages: NDArray[np.int16],
    kept: int,
    new: int,
    new_codes: NDArray[np.int32],
    new_shares: NDArray[np.int32],
) -> None:
    """Move the first *kept* messages of one feed back by *new* slots and put the new ones in front, age 0."""
    if new > 0:
        for slot in range(kept - 1, -1, -1):
            codes[slot + new] = codes[slot]
            shares[slot + new] = shares[slot]
            ages[slot + new] = ages[slot]
        for slot in range(new):
            codes[slot] = new_codes[slot]
            shares[slot] = new_shares[slot]
            ages[slot] = 0


@device
def _take_down(
    step: int,
    codes: NDArray[np.int32],
    shares: NDArray[np.int32],
    ages: NDArray[np.int16],
    held: int,
    new: int,
    removal: NDArray[np.int32],
) -> tuple[int, int, int]:
    """Drop from one feed what is removed by *step*; messages left, illegal ones, and those among the *new* first."""
    kept = 0
    bad = 0
    bad_new = 0
    for slot in range(held):
        code = codes[slot]
        if code & 1 == 1:
            if removal[code >> 1] <= step:
                continue
            bad += 1
            bad_new += slot < new
        if kept < slot:
            codes[kept] = code
            shares[kept] = shares[slot]
            ages[kept] = ages[slot]
        kept += 1
    return kept, bad, bad_new


@kernel
def deliver(
    seed: int,
    step: int,
    turn: float,
    offsets: NDArray[np.int64],
    friends: NDArray[np.int32],
    outbox: NDArray[np.int32],
    starts: NDArray[np.int32],
    shared: NDArray[np.int32],
    reach: NDArray[np.float64],
    any_limited: bool,
    removal: NDArray[np.int32],
    codes: NDArray[np.int32],
    shares: NDArray[np.int32],
    ages: NDArray[np.int16],
    lengths: NDArray[np.int32],
    illegal: NDArray[np.int32],
    entered: NDArray[np.uint8],
    live: NDArray[np.uint8],
    totals: NDArray[np.int64],
) -> None:
    """Bring the step's shares to the feeds of their followers, then drop what is taken down in this step.

    turn: in [0, 1), where in its list of friends each reader starts, so that no friend is always first.
    offsets, friends: the follow graph; a negative friend is an edge that is not there now. outbox: int32 [agents], an
    agent's only share, ``NOTHING``, or ``SEVERAL``: these stand in *shared* from *starts*. reach: float64 [agents],
    probability that an account's share arrives, read only if *any_limited*. removal: int32 [messages]. The feeds
    (codes, shares, ages: [agents, feed length]; lengths, illegal: int32 [agents]) are updated. entered: uint8
    [agents], illegal messages that entered the feed and stayed. live: uint8 [messages], set to 1 for messages in some
    feed. totals: int64 [blocks, 4], slots filled, slots holding illegal messages, agents with at least one of them,
    entries of illegal messages.
    """
    agents = lengths.size
    width = codes.shape[1]
    for block in numba.prange((agents + BLOCK - 1) // BLOCK):
        new_codes = np.empty(width, np.int32)
        new_shares = np.empty(width, np.int32)
        active = np.empty(CHUNK, np.int32)
        sent = np.empty(CHUNK, np.int32)
        filled = 0
        filled_illegal = 0
        exposed = 0
        entries = 0
        for reader in range(np.int64(block) * BLOCK, min((np.int64(block) + 1) * BLOCK, agents)):
            first = offsets[reader]
            last = offsets[reader + 1]
            feed = codes[reader]
            feed_shares = shares[reader]
            held = np.int64(lengths[reader])
            new = np.int64(0)
            arrived = False
            overlap = False
            suspect = illegal[reader] > 0
            place = first + np.int64(turn * (last - first))
            for chunk in range(first, last, CHUNK):
                # Friends without shares are sifted out first, without a branch: which friends acted is a coin toss.
                many = 0
                for _ in range(chunk, min(chunk + CHUNK, last)):
                    friend = friends[place]
                    place += 1
                    place = first if place == last else place
                    present = friend >= 0
                    friend = friend if present else ~friend
                    active[many] = friend
                    sent[many] = outbox[friend]
                    many += np.int64(present & (sent[many] != NOTHING))
                for number in range(many):
                    friend = active[number]
                    several = sent[number] == SEVERAL
                    start = np.int64(starts[friend]) if several else np.int64(0)
                    count = np.int64(starts[friend + 1]) - start if several else np.int64(1)
                    for act in range(count):
                        if any_limited and reach[friend] < 1.0:
                            sender = np.int64(friend) + (np.int64(act) << 32)
                            if uniform(seed, REACH, sender, step, reader) >= reach[friend]:
                                continue
                        arrived = True
                        code = shared[start + act] if several else sent[number]
                        match = np.int64(-1)
                        for slot in range(held):
                            match = slot if feed[slot] == code else match
                        if match >= 0:
                            feed_shares[match] += 1
                            overlap = True
                            continue
                        for slot in range(new):
                            if new_codes[slot] == code:
                                match = slot
                                break
                        if match >= 0:
                            new_shares[match] += 1
                        elif new < width:
                            new_codes[new] = code
                            new_shares[new] = 1
                            new += 1
                            suspect |= code & 1 == 1
            if arrived:
                held = min(held, width - new)
                _grow_older(ages[reader], held, overlap)
                _prepend(feed, feed_shares, ages[reader], held, new, new_codes, new_shares)
                held += new
            bad = 0
            bad_new = 0
            if suspect:
                held, bad, bad_new = _take_down(step, feed, feed_shares, ages[reader], held, new, removal)
            for slot in range(held):
                live[feed[slot] >> 1] = 1
            lengths[reader] = held
            illegal[reader] = bad
            entered[reader] = bad_new
            filled += held
            filled_illegal += bad
            exposed += bad > 0
            entries += bad_new
        totals[block, SLOTS] = filled
        totals[block, SLOTS_ILLEGAL] = filled_illegal
        totals[block, EXPOSED] = exposed
        totals[block, ENTERED] = entries


@kernel
def survey(
    step: int,
    messages: int,
    live: NDArray[np.uint8],
    is_illegal: NDArray[np.uint8],
    born: NDArray[np.int32],
    removal: NDArray[np.int32],
    totals: NDArray[np.int64],
) -> None:
    """Count distinct messages in feeds, illegal ones among them, takedowns of this step and their ages (in steps).

    The columns are those of the message table, first *messages* rows. totals: int64 [blocks of messages, 4], written.
    """
    for block in numba.prange((messages + BLOCK - 1) // BLOCK):
        first = np.int64(block) * BLOCK
        last = min(first + BLOCK, messages)
        distinct = 0
        distinct_illegal = 0
        takedowns = 0
        takedown_age = 0
        for row in range(first, last):
            distinct += np.int64(live[row])
            distinct_illegal += np.int64(live[row] & is_illegal[row])
        for row in range(first, last):
            down = np.int64(removal[row] == step)
            takedowns += down
            takedown_age += down * (step - born[row])
        totals[block, DISTINCT] = distinct
        totals[block, DISTINCT_ILLEGAL] = distinct_illegal
        totals[block, TAKEDOWNS] = takedowns
        totals[block, TAKEDOWN_AGE] = takedown_age
