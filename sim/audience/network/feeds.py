"""One step of reading, sharing, delivery and removal, as kernels over agents.

A feed is a row of fixed length, youngest message first. A message code holds its row in the message table and, in the
lowest bit, whether it is illegal (``row * 2 + illegal``), so that counting illegal messages needs no look-up. Each
reader's feed is written by one iteration that pulls from the accounts followed: no two threads write to one row, and
the result does not depend on their number. Blocks of agents are fixed, and what is summed over them is whole numbers.

Source of the rules: Truong et al., "Delayed takedown of illegal content on social media makes moderation
ineffective", 2025; points the paper leaves open are settled in :mod:`sim.audience.network.diffusion`.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from sim.audience.network.streams import NetworkStream
from sim.core.draws import uniform, uniforms
from sim.core.kernel import device, kernel
from sim.core.sampling import geometric

BLOCK = 1024
"""Agents (or messages) in a block, the unit of work of a thread."""
NEVER = 2**31 - 1
"""Removal step of a message that is not taken down."""
NEW = -1
"""Code of a message that an act writes, before it has a row in the message table."""
LONGEST_AGE = 4095
"""Ages stop here: the recency weight then is below 2e-5 of a fresh message's."""

READ, READ_ILLEGAL = 0, 1
SLOTS, SLOTS_ILLEGAL, EXPOSED, ENTERED = 0, 1, 2, 3
DISTINCT, DISTINCT_ILLEGAL, TAKEDOWNS, TAKEDOWN_AGE = 0, 1, 2, 3

WAKE = int(NetworkStream.WAKE)
ACT = int(NetworkStream.ACT)
MESSAGE = int(NetworkStream.MESSAGE)
REACH = int(NetworkStream.REACH)


def blocks_of(rows: int) -> int:
    """Number of blocks that cover that many rows."""
    return (rows + BLOCK - 1) // BLOCK


@kernel
def count_acts(seed: int, step: int, activity: NDArray[np.float64], acts: NDArray[np.int32]) -> None:
    """Write how often each agent acts in a step: once with probability *activity* below 1, else its ceiling.

    activity: float64 [agents], acts a step; 0 for closed accounts. acts: int32 [agents], written.
    """
    agents = activity.size
    for block in numba.prange((agents + BLOCK - 1) // BLOCK):
        for agent in range(np.int64(block) * BLOCK, min((np.int64(block) + 1) * BLOCK, agents)):
            level = activity[agent]
            if level >= 1.0:
                acts[agent] = np.int32(np.ceil(level))
            else:
                acts[agent] = np.int32(level > 0.0 and uniform(seed, WAKE, agent, step, 0) < level)


@kernel
def choose(
    seed: int,
    step: int,
    new_probability: float,
    starts: NDArray[np.int32],
    codes: NDArray[np.int32],
    shares: NDArray[np.int32],
    ages: NDArray[np.int16],
    lengths: NDArray[np.int32],
    illegal: NDArray[np.int32],
    appeal: NDArray[np.float32],
    recency: NDArray[np.float64],
    shared: NDArray[np.int32],
    written: NDArray[np.int64],
    seen: NDArray[np.int64],
) -> None:
    """Let each acting agent read its feed and, for each act, reshare from it or write: fill *shared*.

    starts: int32 [agents + 1], an agent's acts are ``starts[a]`` to ``starts[a + 1]`` of *shared*. codes, shares, ages:
    [agents, feed length]. lengths, illegal: int32 [agents], messages and illegal messages in a feed. appeal: float32
    [messages]. recency: float64, by age. shared: int32 [acts], written: a message code or ``NEW``. written: int64
    [blocks], new messages. seen: int64 [blocks, 2], impressions and those of illegal messages: an acting agent sees
    its whole feed once a step.
    """
    agents = lengths.size
    width = codes.shape[1]
    for block in numba.prange((agents + BLOCK - 1) // BLOCK):
        running = np.empty(width, np.float64)
        fresh = 0
        read = 0
        read_illegal = 0
        for agent in range(np.int64(block) * BLOCK, min((np.int64(block) + 1) * BLOCK, agents)):
            first = starts[agent]
            last = starts[agent + 1]
            if first == last:
                continue
            held = lengths[agent]
            read += held
            read_illegal += illegal[agent]
            total = -1.0
            for act in range(first, last):
                u = uniforms(seed, ACT, agent, step, act - first)
                if held == 0 or u[0] < new_probability:
                    shared[act] = NEW
                    fresh += 1
                    continue
                if total < 0.0:
                    total = 0.0
                    for slot in range(held):
                        total += (
                            np.float64(appeal[codes[agent, slot] >> 1])
                            * shares[agent, slot]
                            * recency[ages[agent, slot]]
                        )
                        running[slot] = total
                aim = u[1] * total
                chosen = 0
                while chosen < held - 1 and running[chosen] <= aim:
                    chosen += 1
                shared[act] = codes[agent, chosen]
        written[block] = fresh
        seen[block, READ] = read
        seen[block, READ_ILLEGAL] = read_illegal


@kernel
def publish(
    seed: int,
    step: int,
    removal_probability: float,
    appeal_power: float,
    starts: NDArray[np.int32],
    rows: NDArray[np.int64],
    illegal_probability: NDArray[np.float64],
    shared: NDArray[np.int32],
    appeal: NDArray[np.float32],
    author: NDArray[np.int32],
    born: NDArray[np.int32],
    removal: NDArray[np.int32],
    is_illegal: NDArray[np.uint8],
    written_illegal: NDArray[np.int64],
) -> None:
    """Give each new message its row, appeal, legality and removal step, each a function of author, step and act.

    rows: int64 [blocks], first row for a block's messages; rows follow the order of agents and acts.
    removal_probability: share of illegal messages removed a step; 0 for no removal. appeal_power: 1 / 5 in the paper.
    illegal_probability: float64 [agents]. shared: int32 [acts], ``NEW`` replaced by the code. The message columns are
    written: appeal float32, author int32, born and removal int32 (steps), is_illegal uint8. written_illegal: int64
    [blocks], written.
    """
    agents = illegal_probability.size
    for block in numba.prange((agents + BLOCK - 1) // BLOCK):
        row = rows[block]
        count = 0
        for agent in range(np.int64(block) * BLOCK, min((np.int64(block) + 1) * BLOCK, agents)):
            first = starts[agent]
            for act in range(first, starts[agent + 1]):
                if shared[act] != NEW:
                    continue
                u = uniforms(seed, MESSAGE, agent, step, act - first)
                appeal[row] = 1.0 - (1.0 - u[0]) ** appeal_power
                author[row] = agent
                born[row] = step
                removal[row] = NEVER
                bit = np.int32(u[1] < illegal_probability[agent])
                is_illegal[row] = bit
                if bit == 1 and removal_probability > 0.0:
                    removal[row] = min(NEVER, step + geometric(u[2], removal_probability))
                count += bit
                shared[act] = np.int32(row * 2 + bit)
                row += 1
        written_illegal[block] = count


@device
def tally(shared: NDArray[np.int32], acts: int, shares: NDArray[np.int32]) -> None:
    """Count each of the first *acts* shares on its message. shares: int32 [messages]. Serial: messages repeat."""
    for act in range(acts):
        shares[shared[act] >> 1] += 1


@kernel
def deliver(
    seed: int,
    step: int,
    turn: float,
    offsets: NDArray[np.int64],
    friends: NDArray[np.int32],
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
    offsets, friends: the follow graph; a negative friend is an edge that is not there now. reach: float64 [agents],
    probability that an account's share arrives, read only if *any_limited*. removal: int32 [messages]. The feeds
    (codes, shares, ages: [agents, feed length]; lengths, illegal: int32 [agents]) are updated. entered: uint8
    [agents], illegal messages that entered the feed and stayed. live: uint8 [messages], set to 1 for messages in some
    feed. totals: int64 [blocks, 4], slots filled, slots holding illegal messages, agents with at least one of them, entries
    of illegal messages.
    """
    agents = lengths.size
    width = codes.shape[1]
    for block in numba.prange((agents + BLOCK - 1) // BLOCK):
        new_codes = np.empty(width, np.int32)
        new_shares = np.empty(width, np.int32)
        filled = 0
        filled_illegal = 0
        exposed = 0
        entries = 0
        for reader in range(np.int64(block) * BLOCK, min((np.int64(block) + 1) * BLOCK, agents)):
            first = offsets[reader]
            degree = offsets[reader + 1] - first
            held = np.int64(lengths[reader])
            new = 0
            arrived = False
            overlap = False
            place = first + np.int64(turn * degree)
            for _ in range(degree):
                friend = friends[place]
                place += 1
                if place == first + degree:
                    place = first
                if friend < 0:
                    continue
                start = starts[friend]
                for act in range(start, starts[friend + 1]):
                    if any_limited and reach[friend] < 1.0:
                        sender = np.int64(friend) + (np.int64(act - start) << 32)
                        if uniform(seed, REACH, sender, step, reader) >= reach[friend]:
                            continue
                    arrived = True
                    code = shared[act]
                    found = False
                    for slot in range(held):
                        if codes[reader, slot] == code:
                            shares[reader, slot] += 1
                            overlap = True
                            found = True
                            break
                    if found:
                        continue
                    for slot in range(new):
                        if new_codes[slot] == code:
                            new_shares[slot] += 1
                            found = True
                            break
                    if not found and new < width:
                        new_codes[new] = code
                        new_shares[new] = 1
                        new += 1
            entered[reader] = 0
            if arrived:
                kept = min(held, width - new)
                for slot in range(kept - 1, -1, -1):
                    codes[reader, slot + new] = codes[reader, slot]
                    shares[reader, slot + new] = shares[reader, slot]
                    ages[reader, slot + new] = min(ages[reader, slot] + 1, LONGEST_AGE) if overlap else 1
                for slot in range(new):
                    codes[reader, slot] = new_codes[slot]
                    shares[reader, slot] = new_shares[slot]
                    ages[reader, slot] = 0
                held = kept + new
            elif held == 0:
                continue
            kept = 0
            bad = 0
            for slot in range(held):
                code = codes[reader, slot]
                if code & 1 == 1:
                    if removal[code >> 1] <= step:
                        continue
                    bad += 1
                    if slot < new:
                        entered[reader] += 1
                live[code >> 1] = 1
                if kept < slot:
                    codes[reader, kept] = code
                    shares[reader, kept] = shares[reader, slot]
                    ages[reader, kept] = ages[reader, slot]
                kept += 1
            lengths[reader] = kept
            illegal[reader] = bad
            filled += kept
            filled_illegal += bad
            exposed += bad > 0
            entries += entered[reader]
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
        distinct = 0
        distinct_illegal = 0
        takedowns = 0
        takedown_age = 0
        for row in range(np.int64(block) * BLOCK, min((np.int64(block) + 1) * BLOCK, messages)):
            distinct += np.int64(live[row])
            distinct_illegal += np.int64(live[row] & is_illegal[row])
            if removal[row] == step:
                takedowns += 1
                takedown_age += step - born[row]
        totals[block, DISTINCT] = distinct
        totals[block, DISTINCT_ILLEGAL] = distinct_illegal
        totals[block, TAKEDOWNS] = takedowns
        totals[block, TAKEDOWN_AGE] = takedown_age
