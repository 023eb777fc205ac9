"""A day's acts of accounts on their feeds: reading, writing, resharing; and takedown from all feeds.

The sharing rule is that of :mod:`rectify.audience.network.acts`. A message's draws are functions of its author, the day
and its number among that day's violating, or lawful, messages: a lawful message more changes no other.
"""

from __future__ import annotations

import numba
import numpy as np

from rectify.audience.network.blocks import blocks_of, bounds
from rectify.audience.network.feeds import NEVER, NOTHING
from rectify.audience.network.streams import NetworkStream
from rectify.core.draws import uniforms
from rectify.core.kernel import device, kernel

ACT = int(NetworkStream.ACT)
MESSAGE = int(NetworkStream.MESSAGE)
LAWFUL = 1 << 16
"""Lawful messages draw from this block on: there is room for as many violating ones before."""


@device
def count_reads(readers, lengths, codes, author, seen):  # type: ignore[no-untyped-def]
    """Count the messages in readers' feeds on their authors. seen: int64 [2, accounts], row 1 violating; added to."""
    for number in range(readers.size):
        reader = readers[number]
        for slot in range(lengths[reader]):
            code = codes[reader, slot]
            seen[code & 1, author[code >> 1]] += 1


@kernel
def write_and_reshare(  # type: ignore[no-untyped-def]
    seed, day, appeal_power, rows, lawful, violating, reshares, starts, first_messages, codes, shares, ages, lengths,
    recency, appeal, author, born, removal, is_illegal, shared,
):  # fmt: skip
    """Fill *shared* with the codes of what each of *rows* writes, violating messages first, and then reshares.

    starts: int64 [rows], where each one's codes begin. first_messages: int64 [rows], row in the message table of the
    first message each writes; the message columns are filled.
    """
    width = codes.shape[1]
    for block in numba.prange(blocks_of(rows.size)):
        running = np.empty(width, np.float64)
        begin, end = bounds(block, rows.size)
        for i in range(begin, end):
            row = rows[i]
            place, message = starts[i], first_messages[i]
            for number in range(violating[i] + lawful[i]):
                bit = 1 if number < violating[i] else 0
                u = uniforms(seed, MESSAGE, row, day, number if bit else LAWFUL + number - violating[i])
                appeal[message] = 1.0 - (1.0 - u[0]) ** appeal_power
                author[message] = row
                born[message] = day
                removal[message] = NEVER
                is_illegal[message] = bit
                shared[place] = np.int32(message * 2 + bit)
                message += 1
                place += 1
            held = lengths[row]
            if reshares[i] == 0 or held == 0:
                continue
            total = 0.0
            for slot in range(held):
                total += np.float64(appeal[codes[row, slot] >> 1]) * shares[row, slot] * recency[ages[row, slot]]
                running[slot] = total
            for number in range(reshares[i]):
                aim = uniforms(seed, ACT, row, day, number)[1] * total
                chosen = 0
                while chosen < held - 1 and running[chosen] <= aim:
                    chosen += 1
                shared[place] = codes[row, chosen]
                place += 1


@device
def fill_outbox(rows, acts, starts, shared, outbox):  # type: ignore[no-untyped-def]
    """What each account sends, as ``feeds.deliver`` reads it; the last of an account's codes becomes ``~code``."""
    outbox[:] = NOTHING
    for i in range(rows.size):
        if acts[i] == 0:
            continue
        first, last = starts[i], starts[i] + acts[i] - 1
        outbox[rows[i]] = shared[first] if acts[i] == 1 else NOTHING + ~np.int32(first)
        shared[last] = ~shared[last]


@device
def count_reshares(rows, new, acts, starts, shared, author, reshared):  # type: ignore[no-untyped-def]
    """Count reshares on the authors of what is reshared. reshared: int64 [2, accounts], row 1 violating; added to."""
    for i in range(rows.size):
        for place in range(starts[i] + new[i], starts[i] + acts[i]):
            code = shared[place]
            code = code if code >= 0 else ~code
            reshared[code & 1, author[code >> 1]] += 1


@device
def survey(  # type: ignore[no-untyped-def]
    codes, lengths, messages, live, is_illegal, author, shares, platform, kind, counts,
):  # fmt: skip
    """Count slots, messages, their shares and accounts exposed: float64 [4, platforms, kinds + 1], added to."""
    lawful = counts.shape[2] - 1
    met = np.full(counts.shape[1:], -1, np.int64)
    for reader in range(lengths.size):
        for slot in range(lengths[reader]):
            code = codes[reader, slot]
            row = author[code >> 1]
            p, k = platform[row], kind[row] if code & 1 else lawful
            counts[0, p, k] += 1
            if met[p, k] != reader:
                met[p, k] = reader
                counts[3, p, k] += 1
    for message in range(messages):
        if live[message] > 0:
            row = author[message]
            p, k = platform[row], kind[row] if is_illegal[message] else lawful
            counts[1, p, k] += 1
            counts[2, p, k] += shares[message]


@device
def mark_removed(  # type: ignore[no-untyped-def]
    day, messages, until, lawful_of, everything, author, born, is_illegal, live, removal, removed, ages,
):  # fmt: skip
    """Mark what is taken down today in *removal*; count messages that some feed held, and their ages, by author."""
    for message in range(messages):
        if removal[message] < NEVER:
            continue
        row = author[message]
        goes = everything[row]
        if is_illegal[message]:
            goes |= born[message] <= until[row]
        else:
            goes |= born[message] == lawful_of[row]
        if goes and live[message] > 0:
            removal[message] = day
            removed[row] += 1
            ages[row] += day - born[message]


@kernel
def purge(day, removal, codes, shares, ages, lengths, violating, live):  # type: ignore[no-untyped-def]
    """Drop from every feed the messages taken down by *day*, which are live no more."""
    for block in numba.prange(blocks_of(lengths.size)):
        begin, end = bounds(block, lengths.size)
        for reader in range(begin, end):
            kept = 0
            bad = 0
            for slot in range(lengths[reader]):
                code = codes[reader, slot]
                if removal[code >> 1] <= day:
                    live[code >> 1] = 0
                    continue
                codes[reader, kept] = code
                shares[reader, kept] = shares[reader, slot]
                ages[reader, kept] = ages[reader, slot]
                bad += code & 1
                kept += 1
            lengths[reader] = kept
            violating[reader] = bad
