"""Messages on a follow graph: written, reshared, delivered to feeds and taken down. The engine of both its users.

The account model (:mod:`rectify.audience.follower_network`) says who writes and reshares how much, what is taken down,
and who follows whom from now on; the published model (:mod:`rectify.audience.diffusion.model`) draws who acts, on a
graph that stays, and when messages are taken down.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rectify.audience.network.blocks import blocks_of
from rectify.audience.network.delivery import deliver
from rectify.audience.network.feeds import Feeds
from rectify.audience.network.follows import Follows
from rectify.audience.network.graphs import FollowGraph
from rectify.audience.network.messages import MessageTable
from rectify.audience.network.rules import FeedRules
from rectify.audience.network.sharing import NOTHING, SharingRules, share
from rectify.audience.network.streams import NetworkStream
from rectify.audience.network.takedown import clear
from rectify.core.draws import uniform
from rectify.core.groups import read_only
from rectify.core.state import State

FIRST_ROWS = 4096
"""Rows of the message table at the start, where there are few accounts."""

ARRIVAL = int(NetworkStream.ARRIVAL)


class MessageNetwork:
    """Feeds and follows of accounts, and the messages in them.

    graph: who follows whom at the start. rules: how feeds work. seed: of the run. room: follows that each account can
    take up besides those that it starts with. violating_share, removal_probability: of new messages, and of violating
    ones taken down a day, where these are drawn; see :class:`~rectify.audience.network.sharing.SharingRules`.

    Memory: 10 bytes a feed slot, 4 a follow where follows change, and a table of 22 bytes for each message that is in
    some feed or due for takedown, with room for up to four times as many.
    """

    def __init__(
        self,
        graph: FollowGraph,
        rules: FeedRules,
        seed: int,
        room: int = 0,
        violating_share: float = 0.0,
        removal_probability: float = 0.0,
    ) -> None:
        accounts = graph.nodes
        self.seed = np.uint64(seed)
        self.follows = Follows(graph, room, self.seed)
        self.feeds = Feeds(accounts, rules.feed_length)
        self.messages = MessageTable(max(FIRST_ROWS, 4 * accounts))
        self.entered = np.zeros(accounts, np.uint8)
        """Violating messages that entered each feed in the last delivery and stayed, uint8 [accounts]."""
        self.totals = np.zeros((blocks_of(accounts), 4), np.int64)
        """Counts of the last delivery, see :func:`~rectify.audience.network.delivery.deliver`."""
        self._rules = SharingRules(
            1.0 / rules.appeal_exponent, read_only(rules.recency()), violating_share, removal_probability
        )
        self._outbox = np.zeros(accounts, np.int32)
        self._shared = np.zeros(accounts, np.int32)
        self._everywhere = np.zeros(0)
        self._never = np.zeros(0, np.int32)

    def get_state(self) -> State:
        """Everything that a day leaves to the next."""
        return {name: getattr(self, name).get_state() for name in ("follows", "feeds", "messages")}

    def set_state(self, state: State) -> None:
        """Set everything to what :meth:`get_state` gave."""
        for name, own in state.items():
            getattr(self, name).set_state(own)

    @property
    def accounts(self) -> int:
        """Number of accounts."""
        return int(self._outbox.size)

    def orders(self, acts: int) -> NDArray[np.int32]:
        """Where to put an order for each act, int32 [acts or more], before :meth:`act`; then what was shared."""
        if acts > self._shared.size:
            self._shared = np.zeros(acts + acts // 8, np.int32)
        return self._shared

    def act(
        self,
        day: int,
        rows: NDArray[np.int32],
        starts: NDArray[np.int32],
        written: NDArray[np.int64],
        reach: NDArray[np.float64] | None = None,
    ) -> NDArray[np.int32] | None:
        """Carry out the orders, and deliver what is shared to the followers.

        rows: int32, ascending, accounts that may act. starts: int32 [rows + 1], where in the orders each one's begin
        and the last one's end. written: int64 [blocks of rows], new messages among them. reach: float64 [accounts],
        chance that an account's share arrives at a follower, 1 for all by default; of what others reshare, theirs
        counts. Returns the new row of each old message where rows of the table moved, see
        :meth:`~rectify.audience.network.messages.MessageTable.make_room`.
        """
        table, feeds, acts = self.messages, self.feeds, int(starts[-1])
        new = int(np.add.reduce(written))
        moved = table.make_room(new, day, feeds)
        self._outbox.fill(NOTHING)
        share(
            self.seed, day, self._rules, rows, starts, table.count, written, feeds.contents,
            self._shared, self._outbox, table.appeal, table.author, table.born, table.removal, table.is_violating,
        )  # fmt: skip
        table.count += new
        table.add_shares(self._shared, acts)
        table.live[: table.count] = 0
        if reach is None or not (reach < 1.0).any():
            reach = self._everywhere
        deliver(
            self.seed, day, uniform(self.seed, ARRIVAL, 0, day, 0), self.follows.places, self._outbox, self._shared,
            reach, table.removal if self._rules.removal_probability else self._never,
            feeds.codes, feeds.shares, feeds.ages, feeds.lengths, feeds.violating, self.entered, table.live,
            self.totals,
        )  # fmt: skip
        return moved

    def take_down(self, day: int, messages: NDArray[np.int64]) -> None:
        """Delete *messages*, rows of the table, from all feeds."""
        table, feeds = self.messages, self.feeds
        table.removal[messages] = day
        table.live[messages] = 0
        clear(day, table.removal, feeds.codes, feeds.shares, feeds.ages, feeds.lengths, feeds.violating)
