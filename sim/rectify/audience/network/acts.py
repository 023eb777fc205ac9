"""What agents do in a step: whether they act, what they reshare, and what they write.

All acts of a step read the feeds as they stand at its start. The shares of a step form one list, in the order of agents
and of each agent's acts; ``starts`` says where an agent's begin. Blocks of agents are fixed, and what is summed over
them is whole numbers, so that the number of threads changes nothing.

Source of the rules: Truong et al., "Delayed takedown of illegal content on social media makes moderation
ineffective", 2025; points the paper leaves open are settled in :mod:`rectify.audience.network.diffusion`.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from rectify.audience.network.blocks import blocks_of, bounds
from rectify.audience.network.feeds import NEVER, NOTHING, READ, READ_ILLEGAL, WRITTEN_ILLEGAL
from rectify.audience.network.streams import NetworkStream
from rectify.core.draws import uniform, uniforms
from rectify.core.kernel import device, kernel
from rectify.core.sampling import geometric

NEW = -1
"""Code of a message that an act writes, before it has a row in the message table."""

WAKE = int(NetworkStream.WAKE)
ACT = int(NetworkStream.ACT)
MESSAGE = int(NetworkStream.MESSAGE)


@kernel
def count_acts(seed: np.uint64, step: int, activity: NDArray[np.float64], acts: NDArray[np.int32]) -> None:
    """Write how often each agent acts in a step: once with probability *activity* below 1, else its ceiling.

    activity: float64 [agents], acts a step; 0 for closed accounts. acts: int32 [agents], written.
    """
    agents = activity.size
    for block in numba.prange(blocks_of(agents)):
        begin, end = bounds(block, agents)
        for agent in range(begin, end):
            level = activity[agent]
            if level >= 1.0:
                acts[agent] = np.int32(np.ceil(level))
            else:
                acts[agent] = np.int32(level > 0.0 and uniform(seed, WAKE, agent, step, 0) < level)


@kernel
def choose(
    seed: np.uint64,
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
    totals: NDArray[np.int64],
) -> None:
    """Let each acting agent read its feed and, for each act, reshare from it or write: fill *shared*.

    starts: int32 [agents + 1], an agent's acts are ``starts[a]`` to ``starts[a + 1]`` of *shared*. codes, shares, ages:
    [agents, feed length]. lengths, illegal: int32 [agents], messages and illegal messages in a feed. appeal: float32
    [messages]. recency: float64, by age. shared: int32 [acts], written: a message code or ``NEW``. written: int64
    [blocks], new messages. totals: int64 [blocks, 7], impressions and those of illegal messages written: an acting
    agent sees its whole feed once a step.
    """
    agents = lengths.size
    width = codes.shape[1]
    for block in numba.prange(blocks_of(agents)):
        running = np.empty(width, np.float64)
        fresh = 0
        read = 0
        read_illegal = 0
        begin, end = bounds(block, agents)
        for agent in range(begin, end):
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
        totals[block, READ] = read
        totals[block, READ_ILLEGAL] = read_illegal


@kernel
def publish(
    seed: np.uint64,
    step: int,
    removal_probability: float,
    appeal_power: float,
    starts: NDArray[np.int32],
    first_row: int,
    written: NDArray[np.int64],
    written_so_far: NDArray[np.int64],
    illegal_probability: NDArray[np.float64],
    shared: NDArray[np.int32],
    appeal: NDArray[np.float32],
    author: NDArray[np.int32],
    born: NDArray[np.int32],
    removal: NDArray[np.int32],
    is_illegal: NDArray[np.uint8],
    outbox: NDArray[np.int32],
    totals: NDArray[np.int64],
) -> None:
    """Give each new message its row, appeal, legality and removal step, each a function of author, step and act.

    removal_probability: share of illegal messages removed a step; 0 for no removal. appeal_power: 1 / 5 in the paper.
    starts: as in :func:`choose`. first_row: row of the step's first message; rows follow the order of agents and acts.
    written, written_so_far: int64 [blocks], new messages of a block, and of it and all before. illegal_probability:
    float64 [agents]. shared: int32 [acts], ``NEW`` replaced by the code; the last of an agent's shares becomes
    ``~code``. The message columns are written: appeal float32, author int32, born and removal int32 (steps),
    is_illegal uint8. outbox: int32 [agents], written: the code of an agent's only share, or ``NOTHING``, or, of several
    shares, ``NOTHING + ~place`` of the first in *shared*. totals: int64 [blocks, 7], illegal messages written.
    """
    agents = illegal_probability.size
    for block in numba.prange(blocks_of(agents)):
        row = first_row + written_so_far[block] - written[block]
        count = 0
        begin, end = bounds(block, agents)
        for agent in range(begin, end):
            first = starts[agent]
            for act in range(first, starts[agent + 1]):
                if shared[act] != NEW:
                    continue
                u = uniforms(seed, MESSAGE, agent, step, act - first)
                appeal[row] = 1.0 - (1.0 - u[0]) ** appeal_power
                author[row] = agent
                born[row] = step
                removal[row] = NEVER
                bit = 1 if u[1] < illegal_probability[agent] else 0
                is_illegal[row] = bit
                if bit == 1 and removal_probability > 0.0:
                    removal[row] = min(NEVER, step + geometric(u[2], removal_probability))
                count += bit
                shared[act] = np.int32(row * 2 + bit)
                row += 1
            sent = starts[agent + 1] - first
            outbox[agent] = NOTHING
            if sent == 1:
                outbox[agent] = shared[first]
            elif sent > 1:
                outbox[agent] = NOTHING + ~first
            if sent > 0:
                shared[first + sent - 1] = ~shared[first + sent - 1]
        totals[block, WRITTEN_ILLEGAL] = count


@device
def tally(shared: NDArray[np.int32], acts: int, shares: NDArray[np.int32]) -> None:
    """Count each of the first *acts* shares on its message. shares: int32 [messages]. Serial: messages repeat."""
    for act in range(acts):
        code = shared[act]
        shares[(code if code >= 0 else ~code) >> 1] += 1
