"""The follower network: who reads whom is a graph, posts are messages in feeds, and views are what readers come across.

It takes the place of the mean field: the same columns (real followers) and the same entries of the turn (views) come
from feeds. A row reads on its active days, and reshares for each message that it writes as many as in Truong et al.
(2025). It stands for ``people_per_row`` readers, so that followers and views are counted in people. What a day's
decisions take down leaves all feeds before anybody reads the next day: a delay of less than a day spares all views.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from rectify.audience.account_messages import count_reads, survey, take_down, write_and_reshare
from rectify.audience.follower_graph import FollowerNetworkParams, build_network
from rectify.audience.former_followers import FormerFollowers
from rectify.audience.network import MessageNetwork
from rectify.audience.network.recommendation import come_across, draw_newcomers, draw_readers, recovers
from rectify.audience.network.streams import NetworkStream
from rectify.core.draws import fill_uniforms
from rectify.core.state import State
from rectify.core.table import Array
from rectify.policy.sanctions import POSTS_REMOVED
from rectify.world.followers import FollowingParams
from rectify.world.setup import Setup
from rectify.world.turn import Turn
from rectify.world.world import World

REMOVES_OFFENDING = POSTS_REMOVED.index("offending")
REMOVES_ALL = POSTS_REMOVED.index("all")


def _draws(world: World, stream: NetworkStream, rows: Array, day: int) -> Array:
    out = np.empty((4, len(rows)))
    fill_uniforms(world.seed, int(stream), rows, day, 0, out)
    return out


def _open_rows(world: World, day: int) -> Array:
    accounts = world.accounts
    there = (accounts.opened_on < day) & (accounts.closed_on > day) & (accounts.left_on > day)
    return np.flatnonzero(there).astype(np.int32)


@dataclass(frozen=True)
class InheritingFollows:
    """An account that opens follows a few others; followers of a closed predecessor find it, the more by its name."""

    network: MessageNetwork
    former: FormerFollowers
    params: FollowerNetworkParams
    recovered: Array
    elsewhere: float
    """Share of those who find a successor that come along to another platform."""
    phase: ClassVar[str] = "joining"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.opened", "accounts.predecessor", "accounts.name_variant", "accounts.platform", "accounts.kind",
        "accounts.opened_on", "accounts.closed_on", "accounts.left_on",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "counters.audience_lost", "counters.audience_recovered", "counters.audience_moved",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self | None:
        """The process of a run; None where followers are numbers."""
        if setup.counts_followers:
            return None
        params = setup.params(FollowerNetworkParams)
        network = setup.once(build_network, params, setup.world.accounts, setup.config.seed)
        following = setup.params(FollowingParams)
        former = setup.once(FormerFollowers)
        return cls(network, former, params, following.recovered_by_variant(), following.followed_elsewhere)

    def step(self, world: World, turn: Turn) -> None:
        """Enter the follows of ``turn.opened``; tally the audience recovered by returns, in people."""
        accounts, opened, day = world.accounts, turn.opened.array, turn.day
        others = _open_rows(world, day)
        for row in opened.tolist():
            followed = draw_newcomers(world.seed, day, row, self.params.k, others)
            self.network.follows.add(day, np.full(len(followed), row, np.int32), followed)
        returned = opened[accounts.predecessor[opened] >= 0]
        moved = accounts.platform[returned] != accounts.platform[accounts.predecessor[returned]]
        lost, back = np.zeros(len(returned)), np.zeros(len(returned))
        for i, row in enumerate(returned.tolist()):
            audience = self.former.of_closed.get(int(accounts.predecessor[row]), np.zeros(0, np.int32))
            audience = audience[np.isin(audience, others)]
            finding = float(self.recovered[accounts.name_variant[row]]) * (self.elsewhere if moved[i] else 1.0)
            finds = recovers(world.seed, day, row, audience, finding)
            lost[i] = len(audience)
            back[i] = self.network.follows.add(day, audience[finds], np.full(int(finds.sum()), row, np.int32))
        where = (accounts.platform[returned], accounts.kind[returned])
        world.counters.count("audience_lost", *where, amount=lost * self.params.people_per_row)
        world.counters.count("audience_recovered", *where, amount=back * self.params.people_per_row)
        world.counters.count("audience_moved", *where, amount=back * moved * self.params.people_per_row)


@dataclass(frozen=True)
class FeedAttention:
    """Active accounts read their feeds, write and reshare; messages reach followers, and some are recommended."""

    network: MessageNetwork
    params: FollowerNetworkParams
    recommended: Array
    boost: float
    """Recommendations of posts that hired posters push, relative to others."""
    phase: ClassVar[str] = "attention"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.due", "turn.active", "turn.lawful_posts", "turn.violating_posts", "turn.hired", "accounts.platform",
        "accounts.kind", "accounts.opened_on", "accounts.closed_on", "accounts.left_on",
        "accounts.reach_limited_until", "accounts.reach_factor", "conditions.attention", "conditions.premium",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "accounts.lawful_views_due", "accounts.violating_views_due", "turn.lawful_views", "turn.violating_views",
        "turn.time_of_day", "turn.recommended", "world.message_views", "world.live_violating_messages",
        "counters.views", "counters.reshares", "counters.feed_slots", "counters.feed_messages",
        "counters.exposed_accounts", "counters.feed_shares",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self | None:
        """The process of a run; None where followers are numbers."""
        if setup.counts_followers:
            return None
        params = setup.params(FollowerNetworkParams)
        network = setup.once(build_network, params, setup.world.accounts, setup.config.seed)
        rows = len(setup.world.accounts)
        setup.world.message_views = np.zeros((2, rows))
        setup.world.live_violating_messages = np.zeros(rows, np.int64)
        return cls(network, params, setup.by_platform("recommended_views"), setup.boost)

    def step(self, world: World, turn: Turn) -> None:
        """Fill the turn's views and hours: views come from what has been written up to yesterday."""
        accounts, network, params, day = world.accounts, self.network, self.params, turn.day
        rows = turn.due[turn.active]
        draws = _draws(world, NetworkStream.RESHARING, rows, day)
        lawful, violating = turn.lawful_posts[turn.active], turn.violating_posts[turn.active]
        seen = count_reads(network, rows)
        readers, authors = self._recommend(world, turn, rows, lawful, violating, draws, seen)
        turn.recommended.append(reader=readers, author=authors)
        per_message = (1.0 - params.mu) / params.mu
        reshares = np.floor((lawful + violating) * per_message + draws[0]).astype(np.int32)
        reach = np.where(accounts.reach_limited_until > day, accounts.reach_factor, 1.0).astype(np.float64)
        reshared = write_and_reshare(network, day, rows, lawful, violating, reshares, reach)
        views = world.message_views
        views[...] = seen * (params.people_per_row * world.conditions.attention[accounts.platform])
        accounts.lawful_views_due[...] += views[0]
        accounts.violating_views_due[...] += views[1]
        # An account is paid, on its next active day, for the views it had since the last.
        paid = np.zeros(len(turn.due), np.bool_)
        paid[turn.active] = (lawful + violating) > 0
        turn.lawful_views[paid] = accounts.lawful_views_due[turn.due[paid]]
        turn.violating_views[paid] = accounts.violating_views_due[turn.due[paid]]
        accounts.lawful_views_due[turn.due[paid]] = 0.0
        accounts.violating_views_due[turn.due[paid]] = 0.0
        turn.time_of_day[turn.active] = draws[2]
        self._tally(world, turn, reshared)

    def get_state(self) -> State:
        """Feeds and follows, for a checkpoint."""
        return self.network.get_state()

    def set_state(self, state: State) -> None:
        """Set feeds and follows to what :meth:`get_state` gave."""
        self.network.set_state(state)

    def _recommend(
        self, world: World, turn: Turn, rows: Array, lawful: Array, violating: Array, draws: Array, seen: Array
    ) -> tuple[Array, Array]:
        """Show today's posts to readers at random, more for sensational kinds; those readers and the authors."""
        accounts = world.accounts
        platform = accounts.platform[rows]
        reach = np.where(accounts.reach_limited_until[rows] > turn.day, accounts.reach_factor[rows], 1.0)
        rate = self.recommended[platform] * reach / self.params.people_per_row
        rate = np.where(turn.hired[turn.active], rate * self.boost, rate)
        premium = world.conditions.premium[platform, accounts.kind[rows]]
        of_lawful = np.floor(rate * lawful + draws[3]).astype(np.int64)
        of_violating = np.floor(rate * premium * violating + draws[1]).astype(np.int64)
        seen[0, rows] += of_lawful
        seen[1, rows] += of_violating
        counts = of_lawful + of_violating
        readers = draw_readers(world.seed, turn.day, rows, counts, _open_rows(world, turn.day))
        return readers, np.repeat(rows, counts)[: len(readers)]

    def _tally(self, world: World, turn: Turn, reshared: Array) -> None:
        accounts, shape = world.accounts, world.counters.shape
        for bit, kind in enumerate((np.full(len(accounts), shape[1] - 1), accounts.kind.astype(np.int64))):
            places = accounts.platform.astype(np.int64) * shape[1] + kind
            for name, amount in (("views", world.message_views[bit]), ("reshares", reshared[bit])):
                counted = np.bincount(places, weights=amount, minlength=shape[0] * shape[1])
                world.counters.add(name, counted.reshape(shape))
        counts, world.live_violating_messages[...] = survey(self.network, accounts.platform, accounts.kind, shape)
        for name, count in counts.items():
            world.counters.add(name, count)


@dataclass(frozen=True)
class Discovering:
    """Readers follow some of those they come across, by recommendation or reshared; and drop others."""

    network: MessageNetwork
    params: FollowerNetworkParams
    churn_per_day: float
    phase: ClassVar[str] = "following"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.due", "turn.active", "turn.last_day", "turn.recommended", "accounts.growth_frozen_until",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def build(cls, setup: Setup) -> Self | None:
        """The process of a run; None where followers are numbers."""
        if setup.counts_followers:
            return None
        params = setup.params(FollowerNetworkParams)
        network = setup.once(build_network, params, setup.world.accounts, setup.config.seed)
        return cls(network, params, setup.params(FollowingParams).churn_per_day)

    def step(self, world: World, turn: Turn) -> None:
        """Change the follow graph; nobody wins followers while a sanction freezes them."""
        readers, authors = turn.recommended.column("reader"), turn.recommended.column("author")
        rows = turn.due[turn.active]
        network, frozen = self.network, world.accounts.growth_frozen_until > turn.day
        more_readers, more_authors = come_across(
            world.seed, turn.day, self.params.follow_per_view, readers, authors, rows, network.feeds.contents,
            network.messages.author,
        )  # fmt: skip
        free = ~frozen[more_authors]
        rate = self.churn_per_day * (turn.day - turn.last_day[turn.active]).astype(np.float64)
        network.follows.churn(turn.day, rows, rate)
        network.follows.add(turn.day, more_readers[free], more_authors[free])


@dataclass(frozen=True)
class FeedTakedown:
    """What decisions remove leaves all feeds; a closed account's messages and follows go with it."""

    network: MessageNetwork
    former: FormerFollowers
    phase: ClassVar[str] = "applying"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.decisions", "turn.closed", "turn.disposed", "accounts.platform", "accounts.kind",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "counters.messages_taken_down", "counters.takedown_age_sum",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self | None:
        """The process of a run; None where followers are numbers."""
        if setup.counts_followers:
            return None
        params = setup.params(FollowerNetworkParams)
        network = setup.once(build_network, params, setup.world.accounts, setup.config.seed)
        return cls(network, setup.once(FormerFollowers))

    def step(self, world: World, turn: Turn) -> None:
        """Apply the day's decisions to messages and follows; tally messages taken down and their ages."""
        decisions, sanctions, rows = turn.decisions, world.policy.sanctions, len(world.accounts)
        account, step = decisions.column("account"), decisions.column("step")
        chosen = world.policy.rulebook.steps[decisions.column("kind"), np.maximum(step, 0)]
        removal = np.where(chosen >= 0, sanctions.posts_removed[chosen], 0).max(axis=1, initial=0)
        removal = np.where(step < 0, np.minimum(removal, REMOVES_OFFENDING), removal)
        until, lawful_of = np.full(rows, -1, np.int32), np.full(rows, -1, np.int32)
        breach, flagged_on = decisions.column("breach"), decisions.column("flagged_on").astype(np.int32)
        offends = removal >= REMOVES_OFFENDING
        np.maximum.at(until, account[offends & breach], flagged_on[offends & breach])
        np.maximum.at(lawful_of, account[offends & ~breach], flagged_on[offends & ~breach])
        everything = np.zeros(rows, np.bool_)
        everything[account[removal == REMOVES_ALL]] = True
        gone = np.union1d(turn.closed.array, turn.disposed.array)
        everything[gone] = True
        if offends.any() or len(gone):
            removed, ages = take_down(self.network, turn.day, until, lawful_of, everything)
            authors = np.flatnonzero(removed)
            where = (world.accounts.platform[authors], world.accounts.kind[authors])
            world.counters.count("messages_taken_down", *where, amount=removed[authors])
            world.counters.count("takedown_age_sum", *where, amount=ages[authors])
        if len(gone):
            self.former.close(self.network, gone)

    def get_state(self) -> State:
        """Followers of closed accounts, and those that sanctions took, for a checkpoint."""
        return self.former.get_state()

    def set_state(self, state: State) -> None:
        """Set them to what :meth:`get_state` gave."""
        self.former.set_state(state)


@dataclass(frozen=True)
class FollowSanctions:
    """Sanctions end follows; a decision reversed on appeal brings them back. No gains of violating are told apart."""

    network: MessageNetwork
    former: FormerFollowers
    params: FollowerNetworkParams
    phase: ClassVar[str] = "applying"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.reversals", "accounts.platform", "accounts.kind", "accounts.opened_on", "accounts.closed_on",
        "accounts.left_on",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "turn.decisions", "accounts.real_followers", "counters.followers_taken", "counters.gains_erased",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self | None:
        """The process of a run; None where followers are numbers."""
        if setup.counts_followers:
            return None
        params = setup.params(FollowerNetworkParams)
        network = setup.once(build_network, params, setup.world.accounts, setup.config.seed)
        return cls(network, setup.once(FormerFollowers), params)

    def prepare(self, world: World) -> None:
        """Count the followers at the start."""
        self._count(world)

    def step(self, world: World, turn: Turn) -> None:
        """Apply the day's reversals, then its decisions; count every account's followers anew."""
        follows, decisions, sanctions = self.network.follows, turn.decisions, world.policy.sanctions
        others = _open_rows(world, turn.day)
        for row, closed in zip(turn.reversals.column("account"), turn.reversals.column("closed"), strict=True):
            store = self.former.of_closed if closed else self.former.taken
            readers = store.pop(int(row), np.zeros(0, np.int32))
            if row not in others:  # closed since, or again today
                continue
            readers = readers[np.isin(readers, others)]
            follows.add(turn.day, readers, np.full(len(readers), row, np.int32))
            if closed:
                followed = draw_newcomers(world.seed, turn.day, int(row), self.params.k, others)
                follows.add(turn.day, np.full(len(followed), row, np.int32), followed)
        account, step = decisions.column("account"), decisions.column("step")
        chosen = world.policy.rulebook.steps[decisions.column("kind"), np.maximum(step, 0)]
        kept = np.where(chosen >= 0, sanctions.followers_kept[chosen], 1.0).prod(axis=1)
        loses = (step >= 0) & (kept < 1.0) & ~decisions.column("closes")
        if loses.any():
            first = np.flatnonzero(loses)
            rows, place = np.unique(account[first], return_index=True)
            share = np.ones(len(world.accounts))
            np.minimum.at(share, account[first], kept[first])
            taken = self.former.take(self.network, turn.day, share)[rows] * self.params.people_per_row
            decisions.column("followers_taken")[first[place]] = taken
            where = (world.accounts.platform[rows], world.accounts.kind[rows])
            world.counters.count("followers_taken", *where, amount=taken)
        self._count(world)

    def _count(self, world: World) -> None:
        world.accounts.real_followers[:] = self.network.follows.follower_counts() * self.params.people_per_row
