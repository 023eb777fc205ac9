"""Messages on a follow graph written a second time, in plain Python, message by message: the rules as the paper states
them, with lists and loops; the same draws, nothing else in common.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml

from rectify.audience.diffusion import DiffusionParams
from rectify.audience.network import FeedRules, FollowGraph, MessageNetwork, NetworkStream
from rectify.core.draws import uniform, uniforms
from rectify.core.paths import config_root
from rectify.core.sampling import power_law


def published(**changes: Any) -> DiffusionParams:
    """The published values, as they stand in the packaged configuration, with some set anew."""
    values = yaml.safe_load((config_root() / "audience" / "random_walk_feeds.yaml").read_text(encoding="utf-8"))
    known = {name: value for name, value in values.items() if name in DiffusionParams.model_fields}
    return DiffusionParams(**{**known, **changes})


@dataclass(eq=False)
class Message:
    """A message; *life*: days until it is taken down, infinite where that is not drawn."""

    author: int
    day: int
    appeal: float
    violating: bool
    life: float = math.inf
    shares: int = 0


@dataclass
class Entry:
    """A message in a feed."""

    message: Message
    shares: int
    age: int


@dataclass(frozen=True)
class Act:
    """What an account does: write a message, violating or not, or as its draws say where None; or reshare one.

    number: at which its draws stand.
    """

    number: int
    reshares: bool = False
    violating: bool | None = None


class PlainNetwork:
    """Feeds and follows. places: whom each account follows, -1 in empty places."""

    def __init__(
        self,
        places: list[list[int]],
        rules: FeedRules,
        seed: int,
        violating_share: float = 0.0,
        half_life: float | None = None,
    ) -> None:
        self.places, self.rules, self.seed = places, rules, np.uint64(seed)
        self.violating_share, self.half_life = violating_share, half_life
        self.feeds: list[list[Entry]] = [[] for _ in places]

    def write(self, author: int, day: int, act: Act) -> Message:
        """A new message."""
        u = uniforms(self.seed, NetworkStream.MESSAGE, author, day, act.number)
        appeal = float(np.float32(1 - (1 - u[0]) ** (1 / self.rules.appeal_exponent)))
        violating = u[1] < self.violating_share if act.violating is None else act.violating
        life = math.inf
        if violating and self.half_life is not None:
            # Days survived: a day is survived with probability 2 ** (-1 / half-life).
            life = math.floor(math.log(1 - u[2]) / math.log(2 ** (-1 / self.half_life)))
        return Message(author, day, appeal, violating, life)

    def choose(self, account: int, day: int, act: Act) -> Message:
        """A message from the account's feed, by appeal, shares and recency."""
        u = uniforms(self.seed, NetworkStream.ACT, account, day, act.number)
        feed, rules = self.feeds[account], self.rules
        weights = [
            entry.message.appeal * entry.shares * math.exp(-rules.recency_rate * entry.age**rules.recency_power)
            for entry in feed
        ]
        aim = u[1] * sum(weights)
        for entry, reached in zip(feed, np.cumsum(weights), strict=True):
            if aim < reached:
                return entry.message
        return feed[-1].message

    def act(
        self, day: int, acts: Mapping[int, Sequence[Act]], reach: Mapping[int, float]
    ) -> dict[int, list[tuple[Act, Message]]]:
        """Let accounts act on the feeds as they stand, deliver, and take down what is due; what each shared."""
        sent = {
            account: [
                (act, self.choose(account, day, act) if act.reshares else self.write(account, day, act)) for act in each
            ]
            for account, each in acts.items()
        }
        for each in sent.values():
            for _, message in each:
                message.shares += 1
        turn = uniform(self.seed, NetworkStream.ARRIVAL, 0, day, 0)
        messages = {account: [message for _, message in each] for account, each in sent.items()}
        self.feeds = [self.receive(reader, day, messages, reach, turn) for reader in range(len(self.places))]
        self.remove([e.message for feed in self.feeds for e in feed if day >= e.message.day + e.message.life])
        return sent

    def receive(
        self, reader: int, day: int, sent: Mapping[int, list[Message]], reach: Mapping[int, float], turn: float
    ) -> list[Entry]:
        """A reader's feed after delivery."""
        feed, friends = self.feeds[reader], self.places[reader]
        start = int(turn * len(friends))
        arriving = []
        for friend in friends[start:] + friends[:start]:
            for number, message in enumerate(sent.get(friend, ())):
                draw = uniform(self.seed, NetworkStream.REACH, friend + (number << 32), day, reader)
                if draw < reach.get(friend, 1.0):
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
        return sorted(new + feed, key=lambda entry: entry.age)[: self.rules.feed_length]

    def remove(self, messages: Sequence[Message]) -> None:
        """Take *messages* out of all feeds."""
        gone = {id(message) for message in messages}
        self.feeds = [[entry for entry in feed if id(entry.message) not in gone] for feed in self.feeds]

    def contents(self) -> list[list[tuple[Any, ...]]]:
        """What all feeds hold, in words that do not depend on how messages are numbered."""
        return [
            [
                (
                    e.message.author,
                    e.message.day,
                    e.message.appeal,
                    e.message.violating,
                    e.message.shares,
                    e.shares,
                    e.age,
                )
                for e in feed
            ]
            for feed in self.feeds
        ]


def contents(network: MessageNetwork) -> list[list[tuple[Any, ...]]]:
    """The same of the fast network."""
    table = network.messages
    columns = (table.author, table.born, table.appeal, table.is_violating, table.shares)
    found = []
    for account in range(network.accounts):
        rows, shares, ages = feed_of(network, account)
        own = [column[rows].tolist() for column in columns]
        found.append(list(zip(*own, shares.tolist(), ages.tolist(), strict=True)))
    return found


def feed_of(network: MessageNetwork, account: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of the message table in a feed, their share counts there and their ages, youngest first."""
    feeds, held = network.feeds, int(network.feeds.lengths[account])
    return feeds.codes[account, :held] >> 1, feeds.shares[account, :held].copy(), feeds.ages[account, :held].copy()


class PlainDiffusion:
    """The published model on a :class:`PlainNetwork`."""

    def __init__(self, graph: FollowGraph, params: DiffusionParams, seed: int) -> None:
        self.params, self.step_count = params, 0
        places = [graph.friends_of(agent).tolist() for agent in range(graph.nodes)]
        self.network = PlainNetwork(places, params, seed, params.illegal_mean, params.takedown_half_life)
        self.activity = [
            power_law(
                uniform(np.uint64(seed), NetworkStream.ACTIVITY, agent, 0, 0),
                params.activity_exponent, params.activity_minimum,
            )
            for agent in range(graph.nodes)
        ]  # fmt: skip

    def step(self) -> dict[str, int]:
        """Make a step; its counts, by column of the records."""
        self.step_count += 1
        network, seed, step = self.network, self.network.seed, self.step_count
        acts = {}
        for agent, level in enumerate(self.activity):
            count = math.ceil(level)
            if level < 1:
                count = int(uniform(seed, NetworkStream.WAKE, agent, step, 0) < level)
            if count:
                acts[agent] = [self.decide(agent, number) for number in range(count)]
        read = [entry.message.violating for agent in acts for entry in network.feeds[agent]]
        sent = network.act(step, acts, {})
        written = [message for each in sent.values() for act, message in each if not act.reshares]
        feeds = [[entry.message for entry in feed] for feed in network.feeds]
        distinct = {id(message): message.violating for feed in feeds for message in feed}
        return {
            "acts": sum(map(len, sent.values())),
            "written": len(written),
            "written_illegal": sum(message.violating for message in written),
            "impressions": len(read),
            "impressions_illegal": sum(read),
            "slots": sum(map(len, feeds)),
            "slots_illegal": sum(message.violating for feed in feeds for message in feed),
            "exposed": sum(any(message.violating for message in feed) for feed in feeds),
            "distinct": len(distinct),
            "distinct_illegal": sum(distinct.values()),
        }

    def decide(self, agent: int, number: int) -> Act:
        """Whether an act writes or reshares."""
        u = uniforms(self.network.seed, NetworkStream.ACT, agent, self.step_count, number)
        return Act(number, reshares=bool(u[0] >= self.params.mu and self.network.feeds[agent]))
