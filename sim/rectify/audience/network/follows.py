"""Follows that come and go: each account has a row of places, and an empty place is -1.

Attention is limited: when an account's places are full, a new follow replaces an old one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rectify.audience.network.graphs import FollowGraph
from rectify.audience.network.streams import NetworkStream
from rectify.core.draws import uniform, uniforms
from rectify.core.groups import group, read_only
from rectify.core.kernel import device
from rectify.core.state import State, get_attributes, set_attributes

EMPTY = -1
FOLLOW = int(NetworkStream.FOLLOW)
CHURN = int(NetworkStream.CHURN)
THINNING = int(NetworkStream.THINNING)


class FollowPlaces(NamedTuple):
    """Who follows whom, read-only: account ``a`` has ``friends[offsets[a]:offsets[a + 1]]``, empty places among them.

    offsets: int64 [accounts + 1]. friends: int32 [places].
    """

    offsets: NDArray[np.int64]
    friends: NDArray[np.int32]


class Follows:
    """The follows of all accounts: those of *graph* at first, and *room* empty places more for every account.

    Without room, nothing can change: the graph's own arrays are read. Else 4 bytes a place. seed: of the run.
    """

    def __init__(self, graph: FollowGraph, room: int, seed: np.uint64) -> None:
        self.seed = seed
        if room:
            self.offsets, self.friends = with_room(graph, room)
        else:
            self.offsets, self.friends = read_only(graph.offsets), read_only(graph.friends)
        self.places = group(FollowPlaces, self)

    def get_state(self) -> State:
        """Who follows whom."""
        return get_attributes(self, ["seed", "offsets", "places"])

    def set_state(self, state: State) -> None:
        """Set the follows to what :meth:`get_state` gave."""
        set_attributes(self, state)

    def follower_counts(self) -> NDArray[np.int64]:
        """Followers of each account, int64 [accounts]."""
        counts = np.zeros(self.offsets.size - 1, np.int64)
        count_followers(self.friends, counts)
        return counts

    def add(self, day: int, readers: NDArray[np.int32], authors: NDArray[np.int32]) -> int:
        """Let readers follow authors, in that order, where they do not already; how many new follows."""
        return int(add(self.seed, day, readers, authors, self.offsets, self.friends))

    def churn(self, day: int, readers: NDArray[np.int32], rate: NDArray[np.float64]) -> None:
        """Let each of *readers* drop one follow with the probability *rate*, float64 [readers], times their number."""
        churn(self.seed, day, readers, rate, self.offsets, self.friends)

    def thin(self, day: int, kept: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """End each follow of an account with the probability 1 - *kept*, float64 [accounts]; followers and followed."""
        return thin(self.seed, day, kept, self.offsets, self.friends)

    def end(self, chosen: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """End all follows of and by *chosen* accounts, bool [accounts]; who followed them, and whom."""
        readers, authors = followers_of(chosen, self.offsets, self.friends)
        end_follows(chosen, self.offsets, self.friends)
        return readers, authors


def with_room(graph: FollowGraph, room: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Offsets and places of *graph* with *room* empty places more for every account."""
    degrees = np.diff(graph.offsets)
    offsets = np.zeros(graph.nodes + 1, np.int64)
    np.cumsum(degrees + room, out=offsets[1:])
    friends = np.full(int(offsets[-1]), EMPTY, np.int32)
    friends[np.arange(graph.edges) + room * graph.followers().astype(np.int64)] = graph.friends
    return offsets, friends


@device
def count_followers(friends: NDArray[np.int32], counts: NDArray[np.int64]) -> None:
    """Count each account's followers. counts: int64 [accounts], added to."""
    for place in range(friends.size):
        if friends[place] >= 0:
            counts[friends[place]] += 1


@device
def followers_of(
    chosen: NDArray[np.bool_], offsets: NDArray[np.int64], friends: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Follower and followed of every follow of a *chosen* account, int32 each, by follower. chosen: bool [accounts]."""
    total = 0
    for place in range(friends.size):
        total += friends[place] >= 0 and chosen[friends[place]]
    readers, authors = np.empty(total, np.int32), np.empty(total, np.int32)
    total = 0
    for reader in range(offsets.size - 1):
        for place in range(offsets[reader], offsets[reader + 1]):
            if friends[place] >= 0 and chosen[friends[place]]:
                readers[total] = reader
                authors[total] = friends[place]
                total += 1
    return readers, authors


@device
def end_follows(chosen: NDArray[np.bool_], offsets: NDArray[np.int64], friends: NDArray[np.int32]) -> None:
    """Empty the places of follows of *chosen* accounts and by them. chosen: bool [accounts]."""
    for reader in range(offsets.size - 1):
        for place in range(offsets[reader], offsets[reader + 1]):
            if friends[place] >= 0 and (chosen[reader] or chosen[friends[place]]):
                friends[place] = EMPTY


@device
def thin(
    seed: np.uint64, day: int, kept: NDArray[np.float64], offsets: NDArray[np.int64], friends: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """End each follow of an account with the probability 1 - kept; those ended. kept: float64 [accounts]."""
    going = np.zeros(friends.size, np.bool_)
    total = 0
    for reader in range(offsets.size - 1):
        for place in range(offsets[reader], offsets[reader + 1]):
            author = friends[place]
            if author >= 0 and kept[author] < 1.0:
                going[place] = uniform(seed, THINNING, reader, day, author) >= kept[author]
                total += going[place]
    readers, authors = np.empty(total, np.int32), np.empty(total, np.int32)
    total = 0
    for reader in range(offsets.size - 1):
        for place in range(offsets[reader], offsets[reader + 1]):
            if going[place]:
                readers[total] = reader
                authors[total] = friends[place]
                friends[place] = EMPTY
                total += 1
    return readers, authors


@device
def add(
    seed: np.uint64,
    day: int,
    readers: NDArray[np.int32],
    authors: NDArray[np.int32],
    offsets: NDArray[np.int64],
    friends: NDArray[np.int32],
) -> int:
    """Enter the follows one by one, in order; how many are new. Nobody follows itself, or the same account twice."""
    new = 0
    for number in range(readers.size):
        reader, author = readers[number], authors[number]
        first, last = offsets[reader], offsets[reader + 1]
        free = EMPTY
        known = reader == author or first == last
        for place in range(first, last):
            known |= friends[place] == author
            if friends[place] < 0 and free < 0:
                free = place
        if known:
            continue
        if free < 0:
            free = first + int(uniform(seed, FOLLOW, reader, day, author) * (last - first))
        friends[free] = author
        new += 1
    return new


@device
def churn(
    seed: np.uint64,
    day: int,
    readers: NDArray[np.int32],
    rate: NDArray[np.float64],
    offsets: NDArray[np.int64],
    friends: NDArray[np.int32],
) -> None:
    """Each reader drops one follow, any of them, with the probability *rate*, float64 [readers], times their number."""
    for number in range(readers.size):
        reader = readers[number]
        held = 0
        for place in range(offsets[reader], offsets[reader + 1]):
            held += friends[place] >= 0
        u = uniforms(seed, CHURN, reader, day, 0)
        if u[0] >= rate[number] * held:
            continue
        target = int(u[1] * held)
        for place in range(offsets[reader], offsets[reader + 1]):
            if friends[place] >= 0:
                if target == 0:
                    friends[place] = EMPTY
                    break
                target -= 1
