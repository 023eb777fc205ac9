"""Delivery: a day's shares reach the feeds of the followers, and what is taken down that day leaves them.

Each reader's feed is written by one iteration that pulls from the accounts followed: no two threads write to one row,
and the result does not depend on their number.

Source of the rules: Truong et al., "Delayed takedown of illegal content on social media makes moderation
ineffective", 2025; points the paper leaves open are settled in :mod:`rectify.audience.diffusion.model`.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from rectify.audience.network.blocks import blocks_of, bounds, whole
from rectify.audience.network.feeds import LONGEST_AGE
from rectify.audience.network.follows import FollowPlaces
from rectify.audience.network.sharing import NOTHING
from rectify.audience.network.streams import NetworkStream
from rectify.audience.network.takedown import drop_removed
from rectify.core.draws import uniform
from rectify.core.kernel import device, kernel

CHUNK = 64
"""Friends sifted together for those that sent something."""
SLOTS, SLOTS_VIOLATING, EXPOSED, ENTERED = range(4)
"""Columns of the totals of a block of accounts."""

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


@kernel
def deliver(
    seed: np.uint64,
    day: int,
    turn: float,
    follows: FollowPlaces,
    outbox: NDArray[np.int32],
    shared: NDArray[np.int32],
    reach: NDArray[np.float64],
    removal: NDArray[np.int32],
    codes: NDArray[np.int32],
    shares: NDArray[np.int32],
    ages: NDArray[np.int16],
    lengths: NDArray[np.int32],
    violating: NDArray[np.int32],
    entered: NDArray[np.uint8],
    live: NDArray[np.uint8],
    totals: NDArray[np.int64],
) -> None:
    """Bring the day's shares to the feeds of their followers, then drop what is taken down on this day.

    turn: in [0, 1), where in its list of friends each reader starts, so that no friend is always first. outbox: int32
    [accounts], an account's only share, or ``NOTHING``, or where in *shared* its shares stand, of which the last is the
    first negative one, ``~code``. reach: float64 [accounts], probability that an account's share arrives at a follower;
    empty where none is below 1. removal: int32 [messages], days; empty where no message has a removal day. The feeds
    are updated. entered: uint8 [accounts], violating messages that entered the feed and stayed. live: uint8 [messages],
    set to 1 for messages in some feed. totals: int64 [blocks, 4], slots filled, slots holding violating messages,
    accounts with at least one of them and entries of violating messages.

    outputs: codes, shares, ages, lengths, violating, entered, live, totals
    """
    offsets, friends = follows.offsets, follows.friends
    any_limited, any_removed = reach.size > 0, removal.size > 0
    accounts = lengths.size
    width = codes.shape[1]
    for block in numba.prange(blocks_of(accounts)):
        begin, end = bounds(block, accounts)
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
        filled_violating = 0
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
                                if uniform(seed, REACH, sender, day, reader) >= reach[friend]:
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
            if any_removed and bad > 0:
                held, bad, bad_new = drop_removed(day, removal, True, held, new, feed, feed_shares, ages[reader])
            for slot in range(held):
                live[feed[slot] >> 1] = 1
            lengths[reader] = held
            violating[reader] = bad
            entered[reader] = bad_new
            filled += held
            filled_violating += bad
            exposed += bad > 0
            entries += bad_new
        totals[block, SLOTS] = filled
        totals[block, SLOTS_VIOLATING] = filled_violating
        totals[block, EXPOSED] = exposed
        totals[block, ENTERED] = entries
