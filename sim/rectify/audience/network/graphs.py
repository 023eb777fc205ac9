"""Follow graphs: who reads whom, stored by reader, and two ways to grow one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rectify.audience.network.blocks import whole
from rectify.audience.network.streams import NetworkStream
from rectify.core.draws import uniforms
from rectify.core.kernel import device
from rectify.core.sampling import power_law

GROWTH = int(NetworkStream.GROWTH)
DEGREE = int(NetworkStream.DEGREE)
MATCHING = int(NetworkStream.MATCHING)
MOST_NODES = 2**31 - 1


def distinct(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Distinct values in ascending order; sorts *values* in place. NumPy's own hashes, far slower on millions."""
    values.sort()
    first = np.ones(values.size, np.bool_)
    np.not_equal(values[1:], values[:-1], out=first[1:])
    return values[first]


@dataclass(frozen=True, slots=True, eq=False)
class FollowGraph:
    """A directed graph in compressed rows: node ``a`` follows ``friends[offsets[a]:offsets[a + 1]]``.

    offsets: int64 [nodes + 1]. friends: int32 [edges], ascending and distinct within a row, never the node itself.
    """

    offsets: NDArray[np.int64]
    friends: NDArray[np.int32]

    @property
    def nodes(self) -> int:
        """Number of accounts."""
        return int(self.offsets.size - 1)

    @property
    def edges(self) -> int:
        """Number of follows."""
        return int(self.friends.size)

    def friends_of(self, node: int) -> NDArray[np.int32]:
        """Accounts that *node* follows, int32, ascending."""
        return self.friends[self.offsets[node] : self.offsets[node + 1]]

    def follower_counts(self) -> NDArray[np.int64]:
        """Followers of each account, int64 [nodes]."""
        return np.bincount(self.friends, minlength=self.nodes)

    def followers(self) -> NDArray[np.int32]:
        """The reader of each edge, int32 [edges], in the order of *friends*."""
        return np.repeat(np.arange(self.nodes, dtype=np.int32), np.diff(self.offsets))

    @classmethod
    def from_edges(
        cls, followers: NDArray[np.integer], followed: NDArray[np.integer], nodes: int | None = None
    ) -> FollowGraph:
        """Build from pairs of ids 0, 1, 2, …; repeated pairs count once.

        followers, followed: integer [edges]. nodes: accounts in all, by default the highest id and one more; ids that
        no pair names are accounts without links. Raises ``ValueError`` for arrays that are empty, of unequal length or
        not of integers, for ids below 0 or not below *nodes*, and for an account that follows itself.
        """
        followers, followed = np.asarray(followers), np.asarray(followed)
        if followers.shape != followed.shape or followers.ndim != 1:
            raise ValueError(
                f"followers and followed must be two lists of one length: {followers.shape}, {followed.shape}"
            )
        if followers.size == 0:
            raise ValueError("the graph has no edges")
        for name, ids in (("followers", followers), ("followed", followed)):
            if not np.issubdtype(ids.dtype, np.integer):
                raise ValueError(f"{name} must be integer ids, not {ids.dtype}")
            if ids.min() < 0:
                raise ValueError(f"{name} has the negative id {ids.min()}")
        highest = int(max(followers.max(), followed.max()))
        count = highest + 1 if nodes is None else nodes
        if highest >= count or count > MOST_NODES:
            raise ValueError(f"id {highest} is too high: there is room for ids below {min(count, MOST_NODES)}")
        loops = np.flatnonzero(followers == followed)
        if loops.size:
            raise ValueError(f"{loops.size} accounts follow themselves, the first is {followers[loops[0]]}")
        keys = distinct(followers.astype(np.int64) * count + followed)
        offsets = np.zeros(count + 1, np.int64)
        np.cumsum(np.bincount(keys // count, minlength=count), out=offsets[1:])
        return cls(offsets, (keys % count).astype(np.int32))


@device
def _grow(seed: np.uint64, nodes: int, follows: int, friend_probability: float, friends: NDArray[np.int32]) -> None:
    """Fill the rows of nodes after the clique, in order. friends: int32 [edges], the clique's rows already there."""
    clique_edges = follows * (follows - 1)
    chosen = np.full(nodes, -1, np.int64)
    for node in range(follows, nodes):
        row = clique_edges + (node - follows) * follows
        target = 0
        row_of_target = 0
        target_degree = 0
        for number in range(follows):
            u = uniforms(seed, GROWTH, node, 0, number)
            if number == 0:
                pick = whole(u[0] * node)
                target = pick
                row_of_target = clique_edges + (target - follows) * follows
                target_degree = follows
                if target < follows:
                    row_of_target = target * (follows - 1)
                    target_degree = follows - 1
            else:
                left = 0
                if u[0] < friend_probability:
                    for place in range(row_of_target, row_of_target + target_degree):
                        left += chosen[friends[place]] != node
                if left > 0:
                    skip = whole(u[1] * left)
                    pick = -1
                    for place in range(row_of_target, row_of_target + target_degree):
                        if chosen[friends[place]] != node:
                            if skip == 0:
                                pick = whole(friends[place])
                                break
                            skip -= 1
                else:
                    pick = whole(u[2] * node)
                    attempt = 0
                    while chosen[pick] == node:
                        attempt += 1
                        pick = whole(uniforms(seed, GROWTH, node, attempt, number)[2] * node)
            chosen[pick] = node
            friends[row + number] = pick


def random_walk_growth(seed: int, nodes: int, follows: int = 3, friend_probability: float = 0.5) -> FollowGraph:
    """Grow a graph from a clique of *follows* nodes: each new node follows a random one and *follows* - 1 more.

    Each of these is, with *friend_probability*, somebody whom the first node follows, else anybody; nobody is followed
    twice. If all friends of the first node are taken already, anybody is picked in their stead. Time grows with
    nodes x follows**2. Raises ``ValueError`` for *nodes* or *follows* below 1 or a probability outside [0, 1].

    Source: random-walk model, Vázquez, Physical Review E 67, 056104, 2003, in the variant of Truong et al. 2025.
    """
    if not 1 <= nodes <= MOST_NODES or follows < 1:
        raise ValueError(f"nodes and follows must be at least 1, not {nodes} and {follows}")
    if not 0.0 <= friend_probability <= 1.0:
        raise ValueError(f"friend_probability must lie in [0, 1], not {friend_probability}")
    clique = min(follows, nodes)
    rows = np.repeat(np.arange(clique), clique - 1)
    columns = np.concatenate([np.delete(np.arange(clique), node) for node in range(clique)])
    degrees = np.full(nodes, follows, np.int64)
    degrees[:clique] = clique - 1
    offsets = np.zeros(nodes + 1, np.int64)
    np.cumsum(degrees, out=offsets[1:])
    friends = np.empty(int(offsets[-1]), np.int32)
    friends[: rows.size] = columns
    if nodes > follows:
        _grow(np.uint64(seed), nodes, follows, friend_probability, friends)
        friends[rows.size :].reshape(-1, follows).sort(axis=1)
    return FollowGraph(offsets, friends)


@device
def _degrees(
    seed: np.uint64,
    followers: NDArray[np.int64],
    followed: NDArray[np.int64],
    exponents: tuple[float, float],
    mean: float,
) -> None:
    """Draw both degrees of each node: a power law of that mean, rounded up or down at random so that it stays."""
    nodes = followers.size
    for node in range(nodes):
        u = uniforms(seed, DEGREE, node, 0, 0)
        for side in range(2):
            exponent = exponents[side]
            value = power_law(u[2 * side], exponent, mean * (exponent - 2.0) / (exponent - 1.0))
            degree = whole(min(value + u[2 * side + 1], nodes - 1.0))
            if side == 0:
                followers[node] = degree
            else:
                followed[node] = degree


@device
def _shuffle(seed: np.uint64, side: int, stubs: NDArray[np.int32]) -> None:
    """Put *stubs* in random order (Fisher and Yates)."""
    for place in range(stubs.size - 1, 0, -1):
        u = uniforms(seed, MATCHING, place, side, 0)
        # Two uniforms of 32 bits: one alone would favour some places among many millions.
        other = min(place, whole((u[0] + (u[1] - 0.5) / 4294967296.0) * (place + 1)))
        stubs[place], stubs[other] = stubs[other], stubs[place]


def configuration_model(
    seed: int,
    nodes: int,
    mean_degree: float = 20.0,
    follower_exponent: float = 2.5,
    followed_exponent: float = 3.5,
) -> FollowGraph:
    """Match random followers with random accounts, both with power-law degrees of one mean.

    mean_degree: mean number of followers before self-follows and repeated follows are erased (a few in a hundred).
    follower_exponent, followed_exponent: of the densities of followers and of accounts followed, above 2 so that the
    mean exists; no degree passes *nodes* - 1. Stubs left over on the longer side stay unmatched, at random. Raises
    ``ValueError`` for parameters out of bounds or where no edge comes about.

    Source: erased configuration model, Newman, Strogatz and Watts, Physical Review E 64, 026118, 2001.
    """
    if not 2 <= nodes <= MOST_NODES:
        raise ValueError(f"nodes must be at least 2, not {nodes}")
    if not 0.0 < mean_degree < nodes:
        raise ValueError(f"mean_degree must lie above 0 and below the number of nodes, not at {mean_degree}")
    if min(follower_exponent, followed_exponent) <= 2.0:
        raise ValueError(f"exponents must exceed 2, not {follower_exponent} and {followed_exponent}")
    followers, followed = np.empty(nodes, np.int64), np.empty(nodes, np.int64)
    _degrees(np.uint64(seed), followers, followed, (follower_exponent, followed_exponent), mean_degree)
    accounts = np.repeat(np.arange(nodes, dtype=np.int32), followers)
    readers = np.repeat(np.arange(nodes, dtype=np.int32), followed)
    _shuffle(np.uint64(seed), 0, accounts)
    if readers.size > accounts.size:
        _shuffle(np.uint64(seed), 1, readers)
    pairs = min(readers.size, accounts.size)
    readers, accounts = readers[:pairs], accounts[:pairs]
    different = readers != accounts
    return FollowGraph.from_edges(readers[different], accounts[different], nodes)
