"""Delivery of a step's shares to feeds, takedown, and the count of what feeds then hold.

A feed is a row of fixed length, youngest message first. A message code holds its row in the message table and, in the
lowest bit, whether it is illegal (``row * 2 + illegal``), so that counting illegal messages needs no look-up. Each
reader's feed is written by one iteration that pulls from the accounts followed: no two threads write to one row, and
the result does not depend on their number.

Source of the rules: Truong et al., "Delayed takedown of illegal content on social media makes moderation
ineffective", 2025; points the paper leaves open are settled in :mod:`rectify.audience.network.diffusion`.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from rectify.audience.network.blocks import blocks_of, bounds, whole
from rectify.audience.network.streams import NetworkStream
from rectify.core.draws import uniform
from rectify.core.kernel import device, kernel

CHUNK = 64
"""Friends sifted together for those that sent something."""
NEVER = 2**31 - 1
"""Removal step of a message that is not taken down."""
NOTHING = -1
"""In the outbox: the agent shared nothing. Below it: it shared more than one message."""
MOST_ACTS = 65535
"""Acts of one agent in a step at most: their number has 16 bits in the draws."""
LONGEST_AGE = 4095
"""Ages stop here: the recency weight then is below 2e-5 of a fresh message's."""

WRITTEN_ILLEGAL, READ, READ_ILLEGAL, SLOTS, SLOTS_ILLEGAL, EXPOSED, ENTERED = range(7)
"""Columns of the totals of a block of agents."""
DISTINCT, DISTINCT_ILLEGAL, TAKEDOWNS, TAKEDOWN_AGE = 0, 1, 2, 3

REACH = int(NetworkStream.REACH)


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
    seed: np.uint64,
    step: int,
    turn: float,
    offsets: NDArray[np.int64],
    friends: NDArray[np.int32],
    outbox: NDArray[np.int32],
    shared: NDArray[np.int32],
    reach: NDArray[np.float64],
    any_limited: bool,
    any_takedown: bool,
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
    agent's only share, or ``NOTHING``, or where in *shared* its shares stand, of which the last is the first negative
    one, ``~code``. reach: float64 [agents], probability that an account's share arrives, read only if *any_limited*.
    removal: int32 [messages], read only if *any_takedown*. The feeds (codes, shares, ages: [agents, feed length];
    lengths, illegal: int32 [agents]) are updated. entered: uint8 [agents], written: illegal messages that entered the
    feed and stayed. live: uint8 [messages], set to 1 for messages in some feed. totals: int64 [blocks, 7], slots
    filled, slots holding illegal messages, agents with at least one of them and entries of illegal messages written.
    """
    agents = lengths.size
    width = codes.shape[1]
    for block in numba.prange(blocks_of(agents)):
        begin, end = bounds(block, agents)
        lowest = offsets[begin]
        # One pass without branches looks up what each friend sent: most of a big graph's outbox is far from the cache,
        # and so these look-ups overlap.
        sent = np.empty(offsets[end] - lowest, np.int32)
        for edge in range(sent.size):
            friend = friends[lowest + edge]
            here = outbox[max(friend, 0)]
            sent[edge] = here if friend >= 0 else NOTHING
        new_codes = np.empty(width, np.int32)
        new_shares = np.empty(width, np.int32)
        active = np.empty(CHUNK, np.int64)
        filled = 0
        filled_illegal = 0
        exposed = 0
        entries = 0
        for reader in range(begin, end):
            first = offsets[reader] - lowest
            last = offsets[reader + 1] - lowest
            feed = codes[reader]
            feed_shares = shares[reader]
            held = whole(lengths[reader])
            new = 0
            arrived = False
            overlap = False
            place = first + whole(turn * (last - first))
            for chunk in range(first, last, CHUNK):
                # Again without a branch: which friends acted is a coin toss.
                many = 0
                for _ in range(chunk, min(chunk + CHUNK, last)):
                    active[many] = place
                    many += whole(sent[place] != NOTHING)
                    place += 1
                    place = first if place == last else place
                for number in range(many):
                    code = sent[active[number]]
                    several = code < NOTHING
                    following = whole(~(code + 1))
                    act = -1
                    more = True
                    while more:
                        act += 1
                        more = False
                        if several:
                            code = shared[following + act]
                            more = code >= 0
                            code = code if more else ~code
                        if any_limited:
                            friend = whole(friends[lowest + active[number]])
                            if reach[friend] < 1.0:
                                sender = friend + (act << 32)
                                if uniform(seed, REACH, sender, step, reader) >= reach[friend]:
                                    continue
                        arrived = True
                        match = -1
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
            if arrived:
                held = min(held, width - new)
                _grow_older(ages[reader], held, overlap)
                _prepend(feed, feed_shares, ages[reader], held, new, new_codes, new_shares)
                held += new
            bad = 0
            bad_new = 0
            for slot in range(held):
                bad += feed[slot] & 1
            for slot in range(new):
                bad_new += feed[slot] & 1
            if any_takedown and bad > 0:
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
    for block in numba.prange(blocks_of(messages)):
        first, last = bounds(block, messages)
        # Slices and narrow sums: both let the compiler count many rows at once.
        in_feeds, bad, due, written = live[first:last], is_illegal[first:last], removal[first:last], born[first:last]
        distinct = np.int32(0)
        distinct_illegal = np.int32(0)
        takedowns = np.int32(0)
        takedown_age = 0
        for row in range(in_feeds.size):
            distinct += np.int32(in_feeds[row])
            distinct_illegal += np.int32(in_feeds[row] & bad[row])
            takedowns += np.int32(due[row] == step)
        if takedowns > 0:
            for row in range(due.size):
                if due[row] == step:
                    takedown_age += step - whole(written[row])
        totals[block, DISTINCT] = distinct
        totals[block, DISTINCT_ILLEGAL] = distinct_illegal
        totals[block, TAKEDOWNS] = takedowns
        totals[block, TAKEDOWN_AGE] = takedown_age
