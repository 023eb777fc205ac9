"""Feeds of accounts whose life is simulated elsewhere: who writes and reads is told from outside, and follows change.

Where :class:`~rectify.audience.network.diffusion.MessageDiffusion` decides itself who acts and what is illegal, here a
day's authors, their posts and the readers are given, and accounts open, close, lose followers and win them. Delivery,
the message table and the sharing rule (appeal x shares x recency) are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rectify.audience.network import account_acts, follows
from rectify.audience.network.blocks import blocks_of
from rectify.audience.network.feeds import LONGEST_AGE, deliver
from rectify.audience.network.graphs import FollowGraph
from rectify.audience.network.messages import MessageTable
from rectify.audience.network.streams import NetworkStream
from rectify.core.draws import uniform
from rectify.core.state import State, get_attributes, set_attributes
from rectify.core.table import Array

FIRST_ROWS = 4096
"""Rows of the message table at the start, where there are few accounts."""


@dataclass(frozen=True)
class FeedRules:
    """How a feed works. Values and sources: ``configs/audience/follower_network.yaml``."""

    length: int
    appeal_exponent: float
    recency_rate: float
    recency_power: float


class AccountFeeds:
    """Feeds and follows of *accounts* rows; a row without follows or followers is an account not open.

    graph: who follows whom at the start, over all rows. room: follows that each account can take up besides those that
    it starts with; past them a new follow replaces an old one. seed: of the run.

    Memory: 10 bytes a feed slot, 4 a follow, 22 a message that is in some feed.
    """

    def __init__(self, graph: FollowGraph, rules: FeedRules, room: int, seed: int) -> None:
        accounts = graph.nodes
        self.seed = np.uint64(seed)
        self.offsets, self.friends = follows.with_room(graph, room)
        self.codes = np.zeros((accounts, rules.length), np.int32)
        self.shares = np.zeros((accounts, rules.length), np.int32)
        self.ages = np.zeros((accounts, rules.length), np.int16)
        self.lengths = np.zeros(accounts, np.int32)
        self.violating = np.zeros(accounts, np.int32)
        """Violating messages in each feed, int32 [accounts]."""
        self.messages = MessageTable(max(FIRST_ROWS, 4 * accounts))
        self._outbox = np.zeros(accounts, np.int32)
        self._entered = np.zeros(accounts, np.uint8)
        self._shared = np.zeros(0, np.int32)
        self._totals = np.zeros((blocks_of(accounts), 7), np.int64)
        ages = np.arange(LONGEST_AGE + 1, dtype=np.float64)
        self._recency = np.exp(-rules.recency_rate * ages**rules.recency_power)
        self._appeal_power = 1.0 / rules.appeal_exponent
        self.lost_audience: dict[int, Array] = {}
        """Followers that a closed account had, int32, by its row: some find its successor."""
        self.taken_followers: dict[int, Array] = {}
        """Followers that sanctions took from an account, int32, by its row: given back on reversal."""

    def get_state(self) -> State:
        """Everything that a day can have changed, for a checkpoint."""
        return get_attributes(self, ["messages"]) | {"messages": get_attributes(self.messages)}

    def set_state(self, state: State) -> None:
        """Set everything to what :meth:`state` gave."""
        own = dict(state)
        set_attributes(self.messages, own.pop("messages"))
        set_attributes(self, own)

    @property
    def accounts(self) -> int:
        """Rows, open or not."""
        return int(self.lengths.size)

    def follower_counts(self) -> Array:
        """Followers of each account, int64 [accounts]."""
        return np.bincount(self.friends[self.friends >= 0], minlength=self.accounts)

    def count_reads(self, readers: Array) -> Array:
        """Messages of each author in the feeds of *readers* (int32 rows), int64 [2, accounts]; row 1: violating."""
        seen = np.zeros((2, self.accounts), np.int64)
        account_acts.count_reads(readers, self.lengths, self.codes, self.messages.author, seen)
        return seen

    def act(self, day: int, rows: Array, lawful: Array, violating: Array, reshares: Array, reach: Array) -> Array:
        """Write and reshare, and deliver to the followers. Returns reshares by author, int64 [2, accounts].

        rows: int32, ascending, who acts. lawful, violating, reshares: int32 [rows], messages each writes and reshares;
        those with an empty feed reshare nothing. reach: float64 [accounts], chance that a share arrives at a follower.
        """
        table, accounts = self.messages, self.accounts
        reshares = np.where(self.lengths[rows] > 0, reshares, 0)
        new, acts = lawful + violating, lawful + violating + reshares
        written, total = int(new.sum()), int(acts.sum())
        if total > self._shared.size:
            self._shared = np.zeros(total + total // 8, np.int32)
        table.make_room(written, day, self.codes, self.lengths)
        account_acts.write_and_reshare(
            self.seed, day, self._appeal_power, rows, lawful, violating, reshares, np.cumsum(acts) - acts,
            table.count + np.cumsum(new) - new, self.codes, self.shares, self.ages, self.lengths, self._recency,
            table.appeal, table.author, table.born, table.removal, table.is_illegal, self._shared,
        )  # fmt: skip
        table.count += written
        account_acts.fill_outbox(rows, acts, np.cumsum(acts) - acts, self._shared, self._outbox)
        reshared = np.zeros((2, accounts), np.int64)
        account_acts.count_reshares(rows, new, acts, np.cumsum(acts) - acts, self._shared, table.author, reshared)
        table.add_shares(self._shared, total)
        table.live[: table.count] = 0
        turn = uniform(self.seed, int(NetworkStream.ARRIVAL), 0, day, 0)
        deliver(
            self.seed, day, turn, self.offsets, self.friends, self._outbox, self._shared, reach,
            bool((reach < 1.0).any()), False, table.removal, self.codes, self.shares, self.ages, self.lengths,
            self.violating, self._entered, table.live, self._totals,
        )  # fmt: skip
        return reshared

    def survey(self, platform: Array, kind: Array, shape: tuple[int, int]) -> dict[str, Array]:
        """What feeds hold, by the authors' platform and kind (lawful messages last), float64 *shape* each.

        ``feed_slots``: slots filled; ``feed_messages``: distinct messages; ``feed_shares``: how often these have been
        shared, their writing included; ``exposed_accounts``: accounts with such a message in the feed.
        """
        names = ("feed_slots", "feed_messages", "feed_shares", "exposed_accounts")
        counts = np.zeros((4, *shape))
        table = self.messages
        account_acts.survey(
            self.codes, self.lengths, table.count, table.live, table.is_illegal, table.author, table.shares, platform,
            kind, counts,
        )  # fmt: skip
        return dict(zip(names, counts, strict=True))

    def live_violating_messages(self) -> Array:
        """Violating messages of each author that some feed holds, int64 [accounts]."""
        table = self.messages
        up = (table.live[: table.count] > 0) & (table.is_illegal[: table.count] > 0)
        return np.bincount(table.author[: table.count][up], minlength=self.accounts)

    def take_down(self, day: int, until: Array, lawful_of: Array, everything: Array) -> tuple[Array, Array]:
        """Delete messages from all feeds; how many of each author, and their ages in days together: int64 [accounts].

        until: int32 [accounts], violating messages written up to that day go, none where it is -1. lawful_of: int32
        [accounts], the day whose lawful messages go, -1 for none. everything: bool [accounts], all messages go.
        """
        table = self.messages
        removed, ages = np.zeros(self.accounts, np.int64), np.zeros(self.accounts, np.int64)
        account_acts.mark_removed(
            day, table.count, until, lawful_of, everything, table.author, table.born, table.is_illegal, table.live,
            table.removal, removed, ages,
        )  # fmt: skip
        if removed.any():
            account_acts.purge(
                day, table.removal, self.codes, self.shares, self.ages, self.lengths, self.violating, table.live
            )
        return removed, ages

    def close(self, rows: Array) -> None:
        """End all follows of and by these accounts, and empty their feeds; who followed them is remembered."""
        mask = np.zeros(self.accounts, np.bool_)
        mask[rows] = True
        readers, authors = follows.followers_of(mask, self.offsets, self.friends)
        for row in rows.tolist():
            self.lost_audience[row] = readers[authors == row]
        follows.end_follows(mask, self.offsets, self.friends)
        self.lengths[rows] = 0
        self.violating[rows] = 0

    def remove_followers(self, day: int, rows: Array, kept: Array) -> Array:
        """Take followers from *rows*, each staying with the probability *kept* (float [rows]); how many, int64 [rows].

        What is in their feeds already stays there.
        """
        share = np.ones(self.accounts)
        share[rows] = kept
        readers, authors = follows.thin(self.seed, day, share, self.offsets, self.friends)
        for row in np.unique(authors).tolist():
            gone = readers[authors == row]
            self.taken_followers[row] = np.concatenate((self.taken_followers.get(row, gone[:0]), gone))
        return np.bincount(authors, minlength=self.accounts)[rows]

    def follow(self, day: int, readers: Array, authors: Array) -> int:
        """Let readers follow authors, in that order, where they do not already; how many new follows."""
        return int(
            follows.add(
                self.seed, day, np.asarray(readers, np.int32), np.asarray(authors, np.int32), self.offsets, self.friends
            )
        )

    def churn(self, day: int, readers: Array, rate: Array) -> None:
        """Let each of *readers* drop one follow with the probability *rate*, float64 [readers], times their number."""
        follows.churn(self.seed, day, readers, rate, self.offsets, self.friends)
