"""Chance meetings of readers and accounts: recommendation, resharing, newcomers, and old followers' return."""

from __future__ import annotations

import numpy as np

from rectify.audience.network.streams import NetworkStream
from rectify.core.draws import uniform, uniforms
from rectify.core.kernel import device

DISCOVERY = int(NetworkStream.DISCOVERY)
NEWCOMER = int(NetworkStream.NEWCOMER)
RECOVERY = int(NetworkStream.RECOVERY)
FEED_SLOT, DECISION = 1 << 24, 1 << 25
"""Slots of the discovery stream, past those that the readers of an account's posts are drawn at."""


@device
def draw_readers(seed, day, authors, counts, readers):  # type: ignore[no-untyped-def]
    """Readers to whom each author's posts are recommended: int32 [sum of counts], any of *readers*, int32 rows."""
    out = np.empty(counts.sum() if readers.size > 0 else 0, np.int32)
    if out.size == 0:
        return out
    place = 0
    for i in range(authors.size):
        for number in range(counts[i]):
            out[place] = readers[int(uniform(seed, DISCOVERY, authors[i], day, number) * readers.size)]
            place += 1
    return out


@device
def come_across(seed, day, probability, readers, authors, rows, feeds, author):  # type: ignore[no-untyped-def]
    """Who would follow whom, int32 each: readers the authors recommended to them, and *rows* one author in their feeds.

    Of the messages in its feed a row thinks about one, with *probability* times their number. feeds:
    :class:`~rectify.audience.network.feeds.FeedContents`. author: int32 [messages].
    """
    follower, followed = np.empty(readers.size + rows.size, np.int32), np.empty(readers.size + rows.size, np.int32)
    count = 0
    for i in range(readers.size):
        if uniform(seed, DISCOVERY, readers[i], day, DECISION + authors[i]) < probability:
            follower[count], followed[count] = readers[i], authors[i]
            count += 1
    for i in range(rows.size):
        held = feeds.lengths[rows[i]]
        u = uniforms(seed, DISCOVERY, rows[i], day, FEED_SLOT >> 2)
        if u[0] < probability * held:
            follower[count], followed[count] = rows[i], author[feeds.codes[rows[i], int(u[1] * held)] >> 1]
            count += 1
    return follower[:count], followed[:count]


@device
def draw_newcomers(seed, day, row, count, others):  # type: ignore[no-untyped-def]
    """Accounts that a newly opened *row* follows: int32 [count], any of *others*, int32 rows, perhaps one twice."""
    out = np.empty(count if others.size > 0 else 0, np.int32)
    for number in range(out.size):
        out[number] = others[int(uniform(seed, NEWCOMER, row, day, number) * others.size)]
    return out


@device
def recovers(seed, day, row, audience, share):  # type: ignore[no-untyped-def]
    """Which of the *audience*, int32 rows, find the successor *row*: bool, each with probability *share*."""
    out = np.empty(audience.size, np.bool_)
    for i in range(audience.size):
        out[i] = uniform(seed, RECOVERY, audience[i], day, row) < share
    return out
