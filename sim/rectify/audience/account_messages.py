"""What accounts of the account model do with messages: read, write, reshare; and what of theirs stands in feeds.

A message's draws are functions of its author, the day and its number among that day's violating, or lawful, messages: a
lawful message more changes no other.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from rectify.audience.network import MessageNetwork
from rectify.audience.network.blocks import blocks_of, bounds
from rectify.audience.network.feeds import FeedContents
from rectify.audience.network.messages import MessageColumns
from rectify.audience.network.sharing import RESHARE, WRITE_LAWFUL, WRITE_VIOLATING, order
from rectify.core.kernel import device, kernel
from rectify.core.table import Array

LAWFUL = 1 << 16
"""Lawful messages are numbered from here on: there is room for as many violating ones before."""


@kernel
def order_acts(
    lawful: NDArray[np.int32],
    violating: NDArray[np.int32],
    reshares: NDArray[np.int32],
    starts: NDArray[np.int32],
    orders: NDArray[np.int32],
    written: NDArray[np.int64],
) -> None:
    """Order what each row writes, violating messages first, and then its reshares.

    lawful, violating, reshares: int32 [rows]. starts: int32 [rows + 1], where each one's orders begin. written: int64
    [blocks of rows], new messages.

    outputs: orders, written
    """
    for block in numba.prange(blocks_of(lawful.size)):
        begin, end = bounds(block, lawful.size)
        new = 0
        for i in range(begin, end):
            place = starts[i]
            new += violating[i] + lawful[i]
            for number in range(violating[i]):
                orders[place] = order(WRITE_VIOLATING, number)
                place += 1
            for number in range(lawful[i]):
                orders[place] = order(WRITE_LAWFUL, LAWFUL + number)
                place += 1
            for number in range(reshares[i]):
                orders[place] = order(RESHARE, number)
                place += 1
        written[block] = new


@device
def _count_reshares(
    new: NDArray[np.int32],
    starts: NDArray[np.int32],
    shared: NDArray[np.int32],
    author: NDArray[np.int32],
    reshared: NDArray[np.int64],
) -> None:
    for i in range(new.size):
        for place in range(starts[i] + new[i], starts[i + 1]):
            code = shared[place]
            code = code if code >= 0 else ~code
            reshared[code & 1, author[code >> 1]] += 1


def write_and_reshare(
    network: MessageNetwork, day: int, rows: Array, lawful: Array, violating: Array, reshares: Array, reach: Array
) -> Array:
    """Write and reshare, and deliver to the followers. Reshares by author, int64 [2, accounts]; row 1: violating.

    rows: int32, ascending, who acts. lawful, violating, reshares: int32 [rows], messages each writes and reshares;
    those with an empty feed reshare nothing. reach: float64 [accounts], chance that a share arrives at a follower.
    """
    reshares = np.where(network.feeds.lengths[rows] > 0, reshares, 0)
    new = lawful + violating
    starts = np.zeros(rows.size + 1, np.int32)
    np.cumsum(new + reshares, out=starts[1:])
    shared, written = network.orders(int(starts[-1])), np.zeros(blocks_of(rows.size), np.int64)
    order_acts(lawful, violating, reshares, starts, shared, written)
    network.act(day, rows, starts, written, reach)
    reshared = np.zeros((2, network.accounts), np.int64)
    _count_reshares(new, starts, shared, network.messages.author, reshared)
    return reshared


@device
def _count_reads(
    readers: NDArray[np.int32], feeds: FeedContents, author: NDArray[np.int32], seen: NDArray[np.int64]
) -> None:
    for number in range(readers.size):
        reader = readers[number]
        for slot in range(feeds.lengths[reader]):
            code = feeds.codes[reader, slot]
            seen[code & 1, author[code >> 1]] += 1


def count_reads(network: MessageNetwork, readers: Array) -> Array:
    """Messages of each author in the feeds of *readers* (int32 rows), int64 [2, accounts]; row 1: violating."""
    seen = np.zeros((2, network.accounts), np.int64)
    _count_reads(readers, network.feeds.contents, network.messages.author, seen)
    return seen


@device
def _survey_feeds(
    feeds: FeedContents,
    author: NDArray[np.int32],
    platform: NDArray[np.int8],
    kind: NDArray[np.int8],
    slots: NDArray[np.int64],
    exposed: NDArray[np.int64],
) -> None:
    lawful = slots.shape[1] - 1
    met = np.full(slots.shape, -1, np.int64)
    for reader in range(feeds.lengths.size):
        for slot in range(feeds.lengths[reader]):
            code = feeds.codes[reader, slot]
            row = author[code >> 1]
            p, k = platform[row], kind[row] if code & 1 else lawful
            slots[p, k] += 1
            if met[p, k] != reader:
                met[p, k] = reader
                exposed[p, k] += 1


@device
def _survey_messages(
    table: MessageColumns,
    platform: NDArray[np.int8],
    kind: NDArray[np.int8],
    messages: NDArray[np.int64],
    shares: NDArray[np.int64],
    up: NDArray[np.int64],
) -> None:
    lawful = messages.shape[1] - 1
    for message in range(table.live.size):
        if table.live[message] > 0:
            row = table.author[message]
            bit = table.is_violating[message]
            p, k = platform[row], kind[row] if bit else lawful
            messages[p, k] += 1
            shares[p, k] += table.shares[message]
            up[row] += bit


def survey(
    network: MessageNetwork, platform: Array, kind: Array, shape: tuple[int, int]
) -> tuple[dict[str, Array], Array]:
    """What feeds hold, by the authors' platform and kind (lawful messages last), int64 *shape* each; and by author.

    ``feed_slots``: slots filled; ``feed_messages``: distinct messages; ``feed_shares``: how often these have been
    shared, their writing included; ``exposed_accounts``: accounts with such a message in the feed. By author: violating
    messages that some feed holds, int64 [accounts].
    """
    names = ("feed_slots", "exposed_accounts", "feed_messages", "feed_shares")
    counts = {name: np.zeros(shape, np.int64) for name in names}
    slots, exposed, messages, shares = counts.values()
    up = np.zeros(network.accounts, np.int64)
    _survey_feeds(network.feeds.contents, network.messages.author, platform, kind, slots, exposed)
    _survey_messages(network.messages.columns(), platform, kind, messages, shares, up)
    return counts, up


@device
def _choose_removed(
    table: MessageColumns,
    until: NDArray[np.int32],
    lawful_of: NDArray[np.int32],
    everything: NDArray[np.bool_],
    chosen: NDArray[np.int64],
) -> int:
    count = 0
    for message in range(table.live.size):
        row, born = table.author[message], table.born[message]
        goes = born <= until[row] if table.is_violating[message] else born == lawful_of[row]
        if table.live[message] > 0 and (goes or everything[row]):
            chosen[count] = message
            count += 1
    return count


def take_down(
    network: MessageNetwork, day: int, until: Array, lawful_of: Array, everything: Array
) -> tuple[Array, Array]:
    """Delete messages from all feeds; how many of each author, and their ages in days together: int64 [accounts].

    until: int32 [accounts], violating messages written up to that day go, none where it is -1. lawful_of: int32
    [accounts], the day whose lawful messages go, -1 for none. everything: bool [accounts], all messages go.
    """
    table = network.messages
    chosen = np.empty(table.count, np.int64)
    chosen = chosen[: _choose_removed(table.columns(), until, lawful_of, everything, chosen)]
    removed, ages = np.zeros(network.accounts, np.int64), np.zeros(network.accounts, np.int64)
    if chosen.size:
        network.take_down(day, chosen)
        np.add.at(removed, table.author[chosen], 1)
        np.add.at(ages, table.author[chosen], day - table.born[chosen])
    return removed, ages
