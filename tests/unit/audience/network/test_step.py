"""One step of the message-level audience against a second writing of its rules, in plain Python, message by message."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pytest

from rectify.audience.network import (
    DiffusionParameters,
    FollowGraph,
    MessageDiffusion,
    NetworkStream,
    random_walk_growth,
)
from rectify.core.draws import uniform, uniforms
from rectify.core.sampling import power_law


@dataclass
class Message:
    author: int
    step: int
    act: int
    appeal: float
    illegal: bool
    life: float


@dataclass
class Entry:
    message: Message
    shares: int
    age: int


@dataclass
class PlainDiffusion:
    """The rules as the paper states them, with lists and loops; same draws, nothing else in common."""

    graph: FollowGraph
    parameters: DiffusionParameters
    seed: np.uint64
    reach: dict[int, float] = field(default_factory=dict)
    step_count: int = 0

    def __post_init__(self) -> None:
        self.feeds: list[list[Entry]] = [[] for _ in range(self.graph.nodes)]
        self.activity = [
            power_law(uniform(self.seed, NetworkStream.ACTIVITY, agent, 0, 0), 2.85, 0.2)
            for agent in range(self.graph.nodes)
        ]

    def new_message(self, author: int, act: int) -> Message:
        p = self.parameters
        u = uniforms(self.seed, NetworkStream.MESSAGE, author, self.step_count, act)
        life = math.inf
        if p.takedown_half_life is not None:
            # Steps survived: a step is survived with probability 2 ** (-1 / half-life).
            life = math.floor(math.log(1 - u[2]) / math.log(2 ** (-1 / p.takedown_half_life)))
        appeal = float(np.float32(1 - (1 - u[0]) ** (1 / 5)))
        return Message(author, self.step_count, act, appeal, u[1] < p.illegal_mean, life)

    def act(self, agent: int, act: int) -> Message:
        u = uniforms(self.seed, NetworkStream.ACT, agent, self.step_count, act)
        feed = self.feeds[agent]
        if u[0] < self.parameters.new_message_probability or not feed:
            return self.new_message(agent, act)
        weights = [entry.message.appeal * entry.shares * math.exp(-0.4 * entry.age**0.4) for entry in feed]
        aim = u[1] * sum(weights)
        for entry, reached in zip(feed, np.cumsum(weights), strict=True):
            if aim < reached:
                return entry.message
        return feed[-1].message

    def step(self) -> dict[str, int]:
        self.step_count += 1
        sent: list[list[Message]] = []
        impressions = impressions_illegal = 0
        for agent, level in enumerate(self.activity):
            count = math.ceil(level)
            if level < 1:
                count = int(uniform(self.seed, NetworkStream.WAKE, agent, self.step_count, 0) < level)
            if count:
                impressions += len(self.feeds[agent])
                impressions_illegal += sum(entry.message.illegal for entry in self.feeds[agent])
            sent.append([self.act(agent, act) for act in range(count)])
        turn = uniform(self.seed, NetworkStream.ARRIVAL, 0, self.step_count, 0)
        for reader in range(self.graph.nodes):
            self.feeds[reader] = self.receive(reader, sent, turn)
        for feed in self.feeds:
            gone = [e for e in feed if e.message.illegal and self.step_count >= e.message.step + e.message.life]
            for entry in gone:
                feed.remove(entry)
        written = {id(m): m for shares in sent for m in shares if m.step == self.step_count}
        return {
            "acts": sum(map(len, sent)),
            "written": len(written),
            "written_illegal": sum(m.illegal for m in written.values()),
            "impressions": impressions,
            "impressions_illegal": impressions_illegal,
            "slots": sum(map(len, self.feeds)),
            "slots_illegal": sum(entry.message.illegal for feed in self.feeds for entry in feed),
            "exposed": sum(any(entry.message.illegal for entry in feed) for feed in self.feeds),
            "distinct": len({id(entry.message) for feed in self.feeds for entry in feed}),
        }

    def receive(self, reader: int, sent: list[list[Message]], turn: float) -> list[Entry]:
        feed = self.feeds[reader]
        friends = self.graph.friends_of(reader).tolist()
        start = int(turn * len(friends))
        arriving = []
        for friend in friends[start:] + friends[:start]:
            for number, message in enumerate(sent[friend]):
                sender = friend + (number << 32)
                draws = uniform(self.seed, NetworkStream.REACH, sender, self.step_count, reader)
                if draws < self.reach.get(friend, 1.0):
                    arriving.append(message)
        if not arriving:
            return feed
        copies = Counter(map(id, arriving))
        messages = {id(message): message for message in arriving}
        known = {id(entry.message) for entry in feed}
        overlap = bool(known & copies.keys())
        for entry in feed:
            entry.age = entry.age + 1 if overlap else 1
            entry.shares += copies.get(id(entry.message), 0)
        new = [Entry(messages[key], copies[key], 0) for key in copies if key not in known]
        return sorted(new + feed, key=lambda entry: entry.age)[: self.parameters.feed_length]


def contents(diffusion: MessageDiffusion) -> list[list[tuple[int, int, int, float, bool, int, int]]]:
    """Feeds in terms of what identifies a message: author, step and how many of theirs came before in that step."""
    table = diffusion.messages
    order: Counter[tuple[int, int]] = Counter()
    numbers = []
    for row in range(table.count):
        key = int(table.author[row]), int(table.born[row])
        numbers.append(order[key])
        order[key] += 1
    return [
        [
            (
                int(table.author[row]),
                int(table.born[row]),
                numbers[row],
                float(table.appeal[row]),
                bool(table.is_illegal[row]),
                int(shares),
                int(age),
            )
            for row, shares, age in zip(*diffusion.feed_of(agent), strict=True)
        ]
        for agent in range(diffusion.agents)
    ]


def plain_contents(plain: PlainDiffusion, numbers: dict[tuple[int, int, int], int]) -> list[list[tuple[object, ...]]]:
    return [
        [
            (
                e.message.author,
                e.message.step,
                numbers[e.message.author, e.message.step, e.message.act],
                e.message.appeal,
                e.message.illegal,
                e.shares,
                e.age,
            )
            for e in feed
        ]
        for feed in plain.feeds
    ]


@pytest.mark.parametrize(
    ("nodes", "follows", "feed_length", "half_life", "new", "limited"),
    [
        (12, 3, 15, None, 0.5, {}),
        (30, 4, 5, 2.0, 0.3, {}),
        (40, 8, 3, 0.5, 0.5, {0: 0.0, 1: 0.5, 5: 0.7}),
        (1500, 3, 15, 4.0, 0.5, {}),
        (150, 80, 10, 8.0, 0.4, {3: 0.9}),
    ],
)
def test_each_step_equals_the_plain_one(
    nodes: int, follows: int, feed_length: int, half_life: float | None, new: float, limited: dict[int, float]
) -> None:
    graph = random_walk_growth(3, nodes, follows)
    parameters = DiffusionParameters(
        feed_length=feed_length, takedown_half_life=half_life, new_message_probability=new, illegal_mean=0.3
    )
    fast = MessageDiffusion(graph, parameters, seed=9)
    for agent, factor in limited.items():
        fast.limit_reach([agent], factor)
    plain = PlainDiffusion(graph, parameters, np.uint64(9), limited)
    numbers: dict[tuple[int, int, int], int] = {}
    write = plain.new_message

    def numbered(author: int, act: int) -> Message:
        message = write(author, act)
        earlier = sum(key[:2] == (author, message.step) for key in list(numbers)[-200:])
        numbers[author, message.step, act] = earlier
        return message

    plain.new_message = numbered  # type: ignore[method-assign]
    for step in range(6 if nodes > 1000 else 12):
        expected = plain.step()
        fast.step()
        for name, value in expected.items():
            assert fast.records.column(name)[step] == value, (step, name)
        assert contents(fast) == plain_contents(plain, numbers), step
