"""Messages written, reshared, forgotten and taken down on a follow graph, step by step.

Source: Truong et al., "Delayed takedown of illegal content on social media makes moderation ineffective", 2025, with
feeds, appeal and recency from their simulator SimSoM. ``tests/scientific/test_network_takedown.py`` compares the two.

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

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Field

from rectify.audience.network import acts, feeds, sanctions
from rectify.audience.network.blocks import blocks_of
from rectify.audience.network.graphs import FollowGraph
from rectify.audience.network.messages import MessageTable
from rectify.audience.network.records import StepRecords
from rectify.audience.network.streams import NetworkStream
from rectify.core.draws import uniform
from rectify.core.kernel import device
from rectify.core.sampling import power_law

ARRIVAL = int(NetworkStream.ARRIVAL)
ACTIVITY = int(NetworkStream.ACTIVITY)
FIRST_ROWS = 4096
"""Rows of the message table at the start, where the graph is small."""


class DiffusionParameters(BaseModel):
    """What agents do in a step, and how fast illegal messages are taken down. Values of Truong et al. by default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    new_message_probability: float = Field(default=0.5, ge=0, le=1)
    """Probability that an act writes a message instead of resharing one (mu)."""
    feed_length: int = Field(default=15, ge=1, le=255)
    """Messages a feed holds (sigma)."""
    illegal_mean: float = Field(default=0.05, ge=0, le=1)
    """Share of new messages that are illegal."""
    takedown_half_life: float | None = Field(default=None, gt=0)
    """Steps after which half of the illegal messages are taken down (tau); none: no takedown."""
    activity_exponent: float = Field(default=2.85, gt=1)
    """Exponent of the power-law density of acts a step."""
    activity_minimum: float = Field(default=0.2, gt=0)
    """Smallest number of acts a step."""
    appeal_exponent: float = Field(default=5.0, gt=0)
    """Appeal is ``1 - (1 - u) ** (1 / appeal_exponent)`` of a uniform u."""
    recency_rate: float = Field(default=0.4, ge=0)
    """Recency is ``exp(-recency_rate * age ** recency_power)``, age in steps."""
    recency_power: float = Field(default=0.4, gt=0)
    """See :attr:`recency_rate`."""
    follower_return_probability: float = Field(default=0.0, ge=0, le=1)
    """Probability a step that a removed follower follows again."""

    @property
    def removal_probability(self) -> float:
        """Share of illegal messages taken down a step: ``1 - 2 ** (-1 / takedown_half_life)``, 0 without takedown."""
        return 0.0 if self.takedown_half_life is None else float(-np.expm1(-np.log(2.0) / self.takedown_half_life))


@device
def _draw_activity(seed: np.uint64, exponent: float, minimum: float, activity: NDArray[np.float64]) -> None:
    for agent in range(activity.size):
        activity[agent] = min(feeds.MOST_ACTS, power_law(uniform(seed, ACTIVITY, agent, 0, 0), exponent, minimum))


class MessageDiffusion:
    """Feeds of all agents of a follow graph, and the messages in them.

    Two objects of one seed that differ in the takedown half-life share all other random draws: the same agents act, and
    a message that both write (same author, step and act) has the same appeal and legality, and under the longer
    half-life never the shorter life.

    graph: who follows whom. parameters: see :class:`DiffusionParameters`. seed: from 0, below 2**64. activity: float
    [agents], acts a step, at most 65,535, drawn from the power law by default. illegal_probability: float [agents],
    share of an agent's new messages that are illegal, ``illegal_mean`` for all by default. Raises ``ValueError`` for
    a seed or values out of bounds and for arrays of another length.

    Memory: 10 bytes a feed slot, 4 a follow besides the graph's own, and a table of 22 bytes for each message that is
    in some feed or due for takedown, with room for up to four times as many.
    """

    def __init__(
        self,
        graph: FollowGraph,
        parameters: DiffusionParameters | None = None,
        seed: int = 0,
        activity: ArrayLike | None = None,
        illegal_probability: ArrayLike | None = None,
    ) -> None:
        self.parameters = parameters or DiffusionParameters()
        self.step_count = 0
        self.records = StepRecords()
        if not 0 <= seed < 2**64:
            raise ValueError(f"seed must lie from 0 to 2**64 - 1, not at {seed}")
        self._seed = np.uint64(seed)
        p, agents = self.parameters, graph.nodes
        self._offsets, self._friends = graph.offsets, graph.friends.copy()
        if activity is None:
            self._activity = np.empty(agents)
            _draw_activity(self._seed, p.activity_exponent, p.activity_minimum, self._activity)
        else:
            self._activity = self._per_agent("activity", activity, feeds.MOST_ACTS)
        if np.ceil(self._activity).sum() >= 2**31:
            raise ValueError("activity must sum to less than 2**31 acts a step")
        chance = np.full(agents, p.illegal_mean) if illegal_probability is None else illegal_probability
        self._illegal_probability = self._per_agent("illegal_probability", chance, 1.0)
        self._new_probability = p.new_message_probability
        self._removal_probability = p.removal_probability
        self._appeal_power = 1.0 / p.appeal_exponent
        ages = np.arange(feeds.LONGEST_AGE + 1, dtype=np.float64)
        self._recency = np.exp(-p.recency_rate * ages**p.recency_power)
        self._codes = np.zeros((agents, p.feed_length), np.int32)
        self._shares = np.zeros((agents, p.feed_length), np.int32)
        self._ages = np.zeros((agents, p.feed_length), np.int16)
        self._lengths = np.zeros(agents, np.int32)
        self._illegal = np.zeros(agents, np.int32)
        self._acts = np.zeros(agents, np.int32)
        self._starts = np.zeros(agents + 1, np.int32)
        self._outbox = np.zeros(agents, np.int32)
        self._entered = np.zeros(agents, np.uint8)
        self._shared = np.zeros(agents, np.int32)
        self._closed = np.zeros(agents, np.bool_)
        self._reach = np.ones(agents)
        self._any_limited = False
        self._away: tuple[NDArray[np.int64], ...] = tuple(np.empty(0, np.int64) for _ in range(3))
        blocks = blocks_of(agents)
        self._written = np.zeros(blocks, np.int64)
        self._written_so_far = np.zeros(blocks, np.int64)
        self._totals = np.zeros((blocks, 7), np.int64)
        self.messages = MessageTable(max(FIRST_ROWS, 4 * agents))

    def _per_agent(self, name: str, values: ArrayLike, most: float) -> NDArray[np.float64]:
        array = np.array(values, np.float64)
        if array.shape != (self.agents,):
            raise ValueError(f"{name} must have one value for each of {self.agents} agents, not shape {array.shape}")
        if not bool(np.all((array >= 0.0) & (array <= most))):
            raise ValueError(f"{name} must lie in [0, {most:g}]")
        return array

    @property
    def agents(self) -> int:
        """Number of agents, closed ones included."""
        return int(self._offsets.size - 1)

    def run(self, steps: int) -> StepRecords:
        """Make that many steps; returns :attr:`records`, which hold every step since the start."""
        for _ in range(steps):
            self.step()
        return self.records

    def step(self) -> None:
        """Let agents act on the feeds as they stand, deliver, take down, and record the step."""
        seed, table = self._seed, self.messages
        self.step_count += 1
        step = self.step_count
        feed = (self._codes, self._shares, self._ages, self._lengths, self._illegal)
        acts.count_acts(seed, step, self._activity, self._acts)
        np.cumsum(self._acts, out=self._starts[1:])
        total = int(self._starts[-1])
        if total > self._shared.size:
            self._shared = np.zeros(total + total // 8, np.int32)
        table.make_room(total, step, self._codes, self._lengths)
        acts.choose(
            seed, step, self._new_probability, self._starts, *feed,
            table.appeal, self._recency, self._shared, self._written, self._totals,
        )  # fmt: skip
        np.cumsum(self._written, out=self._written_so_far)
        acts.publish(
            seed, step, self._removal_probability, self._appeal_power, self._starts,
            table.count, self._written, self._written_so_far, self._illegal_probability, self._shared,
            table.appeal, table.author, table.born, table.removal, table.is_illegal, self._outbox, self._totals,
        )  # fmt: skip
        written = int(self._written_so_far[-1])
        table.count += written
        table.add_shares(self._shared, total)
        table.live[: table.count] = 0
        turn = uniform(seed, ARRIVAL, 0, step, 0)
        feeds.deliver(
            seed, step, turn, self._offsets, self._friends, self._outbox, self._shared, self._reach,
            self._any_limited, self._removal_probability > 0.0, table.removal, *feed,
            self._entered, table.live, self._totals,
        )  # fmt: skip
        totals = self._totals.sum(axis=0).tolist()
        table.add_entries(self._entered, totals[feeds.ENTERED], self._codes)
        self._return_followers()
        self.records.append((total, written, *totals, *table.survey(step)))

    # Reading the state.

    def feed_of(self, agent: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int16]]:
        """Rows of :attr:`messages` in a feed, their share counts there and their ages, youngest first."""
        held = int(self._lengths[agent])
        return self._codes[agent, :held] >> 1, self._shares[agent, :held].copy(), self._ages[agent, :held].copy()

    def feeds_and_births(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """What all feeds hold, and when it was written; not to be changed.

        Message codes, int32 [agents, feed length], row of :attr:`messages` times two, plus 1 if illegal; how many of
        them are filled, int32 [agents]; and the step each row's message was written in, int32 [rows].
        """
        return self._codes, self._lengths, self.messages.born

    def feed_lengths(self) -> NDArray[np.int32]:
        """Messages in each feed, int32 [agents]."""
        return self._lengths.copy()

    def graph(self) -> FollowGraph:
        """The follows that are there now."""
        present = self._friends >= 0
        before = np.concatenate(([0], np.cumsum(present)))
        return FollowGraph(before[self._offsets].astype(np.int64), self._friends[present])

    def reach(self) -> float:
        """Mean number of distinct agents whose feed held an illegal message, over all illegal messages written."""
        written = int(self.records.column("written_illegal").sum())
        return self.messages.distinct_pairs() / written if written else 0.0

    # Sanctions. They take effect between steps: the next step is the first that knows them.

    def _mask(self, ids: Sequence[int] | NDArray[np.integer]) -> NDArray[np.bool_]:
        chosen = np.asarray(ids)
        if chosen.size and not np.issubdtype(chosen.dtype, np.integer):
            raise ValueError(f"account ids must be integers, not {chosen.dtype}")
        if chosen.size and (chosen.min() < 0 or chosen.max() >= self.agents):
            raise ValueError(f"account ids must lie from 0 to {self.agents - 1}")
        mask = np.zeros(self.agents, np.bool_)
        mask[chosen.astype(np.int64)] = True
        return mask

    def close_accounts(self, ids: Sequence[int] | NDArray[np.integer]) -> None:
        """Close accounts: they act no more, their messages leave all feeds and their follows end in both directions.

        Their messages do not count as takedowns. Raises ``ValueError`` for ids that are no accounts.
        """
        self._closed |= self._mask(ids)
        self._activity[self._closed] = 0.0
        table = self.messages
        sanctions.clear_authors(
            self._closed, table.author, self._codes, self._shares, self._ages, self._lengths, self._illegal
        )
        sanctions.cancel_takedowns(table.count, self._closed, table.author, table.removal, self.step_count)
        sanctions.take_edges_of(self._closed, self._offsets, self._friends)

    def remove_followers(self, ids: Sequence[int] | NDArray[np.integer]) -> int:
        """Take all followers from accounts; the number taken.

        Each returns in each later step with ``follower_return_probability``, unless one of the two has closed. What is
        already in their feeds stays. Raises ``ValueError`` for ids that are no accounts.
        """
        places = sanctions.edges_to(self._mask(ids), self._friends)
        readers = np.searchsorted(self._offsets, places, side="right") - 1
        chance = self.parameters.follower_return_probability
        back = sanctions.take_edges(self._seed, self.step_count, chance, places, readers, self._friends)
        returns = back < feeds.NEVER if chance > 0.0 else np.zeros(places.size, np.bool_)
        self._away = tuple(
            np.concatenate((old, new[returns])) for old, new in zip(self._away, (back, places, readers), strict=True)
        )
        return int(places.size)

    def _return_followers(self) -> None:
        if self._away[0].size:
            due = self._away[0] <= self.step_count
            sanctions.give_edges(self._closed, self._away[1][due], self._away[2][due], self._friends)
            self._away = tuple(column[~due] for column in self._away)

    def limit_reach(self, ids: Sequence[int] | NDArray[np.integer], factor: float) -> None:
        """Let each share by these accounts, new or reshared, arrive at each follower with probability *factor*.

        factor: in [0, 1]; 1 lifts the limit. What others reshare of their messages is not limited. Raises
        ``ValueError`` for a factor out of bounds and for ids that are no accounts.
        """
        if not 0.0 <= factor <= 1.0:
            raise ValueError(f"factor must lie in [0, 1], not {factor}")
        self._reach[self._mask(ids)] = factor
        self._any_limited = bool((self._reach < 1.0).any())
