"""Messages written, reshared, forgotten and taken down on a follow graph that stays, step by step.

Source: Truong et al., "Delayed takedown of illegal content on social media makes moderation ineffective", 2025, with
feeds, appeal and recency from their simulator SimSoM. ``tests/scientific/test_network_takedown.py`` compares the two.
What is called illegal there, the message network calls violating, and an agent an account.

Points the paper leaves open, settled by the published code and the values it gives:

- A message that arrives again keeps its place and grows older by 1 with the other messages of the feed; only its
  share count gains. Feeds therefore stay sorted by age, and the youngest are the first. (Age 0 for such a message would
  raise the reductions by 0.0, 0.1 and 1.2 points at half-lives of 0.5, 2 and 8 steps.)
- An acting agent sees its whole feed once a step, however often it acts; impressions count these views, repeated ones
  included. Impressions per illegal message are those of a whole run by the illegal messages written in it.
- Prevalence divides by the slots filled.
- Where more new messages arrive than a feed holds, those of the first friends in order of arrival enter; each reader's
  order starts at a friend drawn anew each step.
- The probability of being illegal that is drawn for each message has no effect beyond its mean, so the mean is used.
- A takedown can fall in the step of writing, after delivery and before anybody has read the message.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from rectify.audience.diffusion.reached import Reached
from rectify.audience.diffusion.records import StepRecords
from rectify.audience.network import FeedRules, FollowGraph, MessageNetwork, NetworkStream
from rectify.audience.network.blocks import BLOCK, blocks_of, bounds
from rectify.audience.network.delivery import ENTERED
from rectify.audience.network.sharing import RESHARE, WRITE, order
from rectify.core.draws import fill_first_uniforms, uniform, uniforms
from rectify.core.kernel import device, kernel
from rectify.core.params import lever, uncertainty
from rectify.core.sampling import power_law

ACTIVITY = int(NetworkStream.ACTIVITY)
WAKE = int(NetworkStream.WAKE)
ACT = int(NetworkStream.ACT)

MOST_ACTS = 65535
"""Acts of one agent in a step at most: their number has 16 bits in the draws."""

WRITTEN, READ, READ_ILLEGAL = range(3)
"""Columns of what a block of agents does in a step: messages written, impressions, and those of illegal messages."""


class DiffusionParams(FeedRules):
    """What agents do in a step, and how fast illegal messages are taken down.

    ``mu``, ``feed_length`` and ``illegal_mean`` are named as in the publication that they come from.
    """

    mu: float = uncertainty("share", "Acts that write a message instead of resharing one.", ge=0, le=1)
    illegal_mean: float = uncertainty("share", "New messages that are illegal.", ge=0, le=1)
    takedown_half_life: float | None = lever(
        "steps", "Steps in which half of the illegal messages are taken down (tau); null: no takedown.", gt=0, le=1e6
    )
    activity_exponent: float = uncertainty("exponent", "Power law of acts a step across agents.", gt=1, le=100)
    activity_minimum: float = uncertainty("acts per step", "Smallest activity.", gt=0, le=1000)

    @property
    def removal_probability(self) -> float:
        """Share of illegal messages taken down a step: ``1 - 2 ** (-1 / takedown_half_life)``, 0 without takedown."""
        return 0.0 if self.takedown_half_life is None else float(-np.expm1(-np.log(2.0) / self.takedown_half_life))


@device
def _draw_activity(seed: np.uint64, exponent: float, minimum: float, activity: NDArray[np.float64]) -> None:
    for agent in range(activity.size):
        activity[agent] = min(MOST_ACTS, power_law(uniform(seed, ACTIVITY, agent, 0, 0), exponent, minimum))


@kernel
def count_acts(
    seed: np.uint64, step: int, agents: NDArray[np.int32], activity: NDArray[np.float64], acts: NDArray[np.int32]
) -> None:
    """Count how often each agent acts in a step: once with probability *activity* below 1, else its ceiling.

    agents: int32, 0, 1, 2, … activity: float64 [agents], acts a step. acts: int32 [agents].

    outputs: acts
    """
    for block in numba.prange(blocks_of(agents.size)):
        begin, end = bounds(block, agents.size)
        draws = np.empty(BLOCK, np.float64)
        fill_first_uniforms(seed, WAKE, agents[begin:end], step, draws)
        for agent in range(begin, end):
            level = activity[agent]
            acts[agent] = np.int32(np.ceil(level)) if level >= 1.0 else np.int32(draws[agent - begin] < level)


@kernel
def order_acts(
    seed: np.uint64,
    step: int,
    mu: float,
    starts: NDArray[np.int32],
    lengths: NDArray[np.int32],
    violating: NDArray[np.int32],
    orders: NDArray[np.int32],
    counts: NDArray[np.int64],
) -> None:
    """Let each acting agent read its feed and decide, for each act, whether it writes or reshares.

    starts: int32 [agents + 1], an agent's acts are ``starts[a]`` to ``starts[a + 1]`` of the *orders*. An agent with
    an empty feed writes. lengths, violating: int32 [agents], messages and illegal ones in each feed. counts: int64
    [blocks, 3], messages written, and those seen and illegal ones among them: an acting agent sees its whole feed once
    a step.

    outputs: orders, counts
    """
    agents = lengths.size
    for block in numba.prange(blocks_of(agents)):
        written = 0
        read = 0
        read_illegal = 0
        begin, end = bounds(block, agents)
        for agent in range(begin, end):
            first, last = starts[agent], starts[agent + 1]
            if first == last:
                continue
            held = lengths[agent]
            read += held
            read_illegal += violating[agent]
            for act in range(first, last):
                number = act - first
                if held > 0 and uniforms(seed, ACT, agent, step, number)[0] >= mu:
                    orders[act] = order(RESHARE, number)
                    continue
                orders[act] = order(WRITE, number)
                written += 1
        counts[block, WRITTEN] = written
        counts[block, READ] = read
        counts[block, READ_ILLEGAL] = read_illegal


@device
def survey(
    step: int,
    live: NDArray[np.uint8],
    is_violating: NDArray[np.uint8],
    born: NDArray[np.int32],
    removal: NDArray[np.int32],
) -> tuple[int, int, int, int]:
    """Distinct messages in feeds, illegal ones among them, takedowns of this step and their ages together (in steps).

    Columns of the rows in use of the message table.
    """
    # Narrow sums let the compiler count many rows at once.
    distinct = np.int32(0)
    distinct_illegal = np.int32(0)
    takedowns = np.int32(0)
    takedown_age = 0
    for row in range(live.size):
        distinct += np.int32(live[row])
        distinct_illegal += np.int32(live[row] & is_violating[row])
        takedowns += np.int32(removal[row] == step)
    if takedowns > 0:
        for row in range(live.size):
            if removal[row] == step:
                takedown_age += step - born[row]
    return int(distinct), int(distinct_illegal), int(takedowns), takedown_age


class MessageDiffusion:
    """Agents that act on the feeds of a follow graph, and illegal messages that are taken down.

    Two objects of one seed that differ in the takedown half-life share all other random draws: the same agents act, and
    a message that both write (same author, step and act) has the same appeal and legality, and under the longer
    half-life never the shorter life.

    graph: who follows whom. params: see :class:`DiffusionParams`. seed: from 0, below 2**64. Raises ``ValueError``
    where agents would act too often to be counted.
    """

    def __init__(self, graph: FollowGraph, params: DiffusionParams, seed: int) -> None:
        self.params = params
        self.step_count = 0
        self.records = StepRecords()
        self.network = MessageNetwork(
            graph, params, seed, violating_share=params.illegal_mean, removal_probability=params.removal_probability
        )
        self._reached = Reached()
        agents = graph.nodes
        self._activity = np.empty(agents)
        _draw_activity(self.network.seed, params.activity_exponent, params.activity_minimum, self._activity)
        if np.ceil(self._activity).sum() >= 2**31:
            raise ValueError("activity must sum to less than 2**31 acts a step")
        self._agents = np.arange(agents, dtype=np.int32)
        self._acts = np.zeros(agents, np.int32)
        self._starts = np.zeros(agents + 1, np.int32)
        self._counts = np.zeros((blocks_of(agents), 3), np.int64)

    def run(self, steps: int) -> StepRecords:
        """Make that many steps; returns :attr:`records`, which hold every step since the start."""
        for _ in range(steps):
            self.step()
        return self.records

    def step(self) -> None:
        """Let agents act on the feeds as they stand, deliver, take down, and record the step."""
        self.step_count += 1
        network, params, step = self.network, self.params, self.step_count
        count_acts(network.seed, step, self._agents, self._activity, self._acts)
        np.cumsum(self._acts, out=self._starts[1:])
        acts = int(self._starts[-1])
        order_acts(
            network.seed, step, params.mu, self._starts, network.feeds.lengths, network.feeds.violating,
            network.orders(acts), self._counts,
        )  # fmt: skip
        moved = network.act(step, self._agents, self._starts, self._counts[:, WRITTEN])
        if moved is not None:
            self._reached.renumber(moved)
        table, found = network.messages, np.add.reduce(network.totals).tolist()
        self._reached.add(network.entered, found[ENTERED], network.feeds.codes)
        written, read, read_illegal = np.add.reduce(self._counts).tolist()
        count = table.count
        illegal = int(np.count_nonzero(table.is_violating[count - written : count]))
        held = survey(step, table.live[:count], table.is_violating[:count], table.born[:count], table.removal[:count])
        self.records.append((acts, written, illegal, read, read_illegal, *found, *held))

    def reach(self) -> float:
        """Mean number of distinct agents whose feed held an illegal message, over all illegal messages written."""
        written = int(self.records.column("written_illegal").sum())
        return self._reached.count() / written if written else 0.0
