"""What holds for accounts on a follower network, on every day and whatever the graph, the seed and the rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rectify import RectificationModel, RunConfig, compose
from rectify.audience.account_messages import count_reads, survey, take_down, write_and_reshare
from rectify.audience.former_followers import FormerFollowers
from rectify.audience.network import FollowGraph, MessageNetwork
from rectify.audience.network.follows import EMPTY, Follows, with_room
from rectify.core.table import NEVER
from rectify.policy.kinds import BASES
from rectify.store import series_digest
from rectify.world.turn import Turn
from rectify.world.world import World
from tests.reference.messages import published

Watch = Callable[..., None]
NETWORK = ["audience=follower_network", "start=2023-03-01", "burn_in_days=0"]


@pytest.fixture(scope="module")
def network() -> Callable[..., RunConfig]:
    """``network({"audience.k": 5})``: a small run with a follower network, with some key paths set anew."""
    plain = compose([*NETWORK, "population.accounts=1500", "end=2023-04-10"]).model_dump(mode="json")

    def build(changes: dict[str, Any] | None = None) -> RunConfig:
        values = RunConfig.load(plain).model_dump(mode="json")
        for path, value in (changes or {}).items():
            *folders, name = path.split(".")
            place = values
            for folder in folders:
                place = place[folder]
            place[name] = value
        return RunConfig.load(values)

    return build


def network_of(model: RectificationModel) -> MessageNetwork:
    """The message network of a model with a follower network."""
    return next(process.network for process in model.schedule if hasattr(process, "network"))


def check_state(model: RectificationModel, day: int, length: int, people: float) -> None:
    """Feeds and follows at the end of a day."""
    network, accounts = network_of(model), model.world.accounts
    feeds, follows, table = network.feeds, network.follows, network.messages
    closed = accounts.closed_on <= day
    assert feeds.lengths.max() <= length
    filled = np.arange(length) < feeds.lengths[:, None]
    held = feeds.codes[filled] >> 1
    assert (held < table.count).all()
    assert (table.removal[held] > day).all(), "a message taken down is still in a feed"
    assert not closed[table.author[held]].any(), "a message of a closed account is still in a feed"
    assert (feeds.shares[filled] <= table.shares[held]).all()
    assert (feeds.codes[filled] & 1 == table.is_violating[held]).all()
    assert (feeds.violating == (feeds.codes & 1).sum(axis=1, where=filled)).all()
    assert (feeds.lengths[closed] == 0).all()
    readers = np.repeat(np.arange(len(accounts)), np.diff(follows.offsets))
    there = follows.friends != EMPTY
    pairs = np.stack((readers[there], follows.friends[there]))
    assert not closed[pairs].any(), "a follow of, or by, a closed account"
    assert (pairs[0] != pairs[1]).all()
    assert np.unique(pairs, axis=1).shape == pairs.shape, "the same account followed twice"
    assert (accounts.opened_on[pairs] <= day).all(), "a follow of, or by, an account that is not open yet"
    assert accounts.real_followers == pytest.approx(follows.follower_counts() * people)


@settings(max_examples=8)
@given(
    seed=st.integers(0, 2**32),
    graph=st.sampled_from(["random_walk", "configuration_model"]),
    k=st.integers(1, 20),
    length=st.integers(1, 30),
    mu=st.floats(0.1, 1.0),
    people=st.floats(1.0, 1000.0),
    follow=st.floats(0.0, 0.2),
    willingness=st.floats(0.2, 1.0),
)
def test_feeds_and_follows_are_in_order_every_day(
    network: Callable[..., RunConfig], watch: Watch, seed: int, graph: str, k: int, length: int, mu: float,
    people: float, follow: float, willingness: float,
) -> None:  # fmt: skip
    config = network(
        {
            "seed": seed,
            "population.accounts": 600,
            "audience.graph": graph,
            "audience.k": k,
            "audience.feed_length": length,
            "audience.mu": mu,
            "audience.people_per_row": people,
            "audience.follow_per_view": follow,
            **{f"platforms.{name}.willingness": willingness for name in ("wechat", "douyin", "weibo")},
            **{f"platforms.{name}.channels.classifier.threshold": 1.0 for name in ("wechat", "douyin", "weibo")},
            **{f"platforms.{name}.review_capacity": 100000 for name in ("wechat", "douyin", "weibo")},
        }
    )
    model = RectificationModel(config)
    watch(model, after=lambda world, turn: check_state(model, turn.day, length, people))
    model.run()
    assert (model.world.accounts.closed_on < NEVER).any(), "nobody was closed: the example shows nothing"


def test_accounts_disposed_of_leave_the_network(network: Callable[..., RunConfig], watch: Watch) -> None:
    """Central disposal takes messages and follows as closure does."""
    config = network(
        {"population.accounts": 600, "archetypes.hobbyist.orphaned": True, "population.shares": {"hobbyist": 1.0},
         "campaigns.selfmedia_2023.opens": "2023-01-02", "campaigns.selfmedia_2023.disposal_per_day": 0.1}
    )  # fmt: skip
    model = RectificationModel(config)
    length, people = config.audience.feed_length, config.audience.people_per_row  # type: ignore[union-attr]
    watch(model, after=lambda world, turn: check_state(model, turn.day, length, people))
    summary = model.run().summary
    assert summary["disposed_total"] / model.world.scale > 100
    assert summary["returned_total"] == 0


def test_views_are_what_active_readers_have_in_their_feeds_and_recommendations(
    network: Callable[..., RunConfig], watch: Watch
) -> None:
    config = network({f"platforms.{name}.recommended_views": 0.0 for name in ("wechat", "douyin", "weibo")})
    model = RectificationModel(config)
    expected: list[int] = []

    def around(process: Any, world: World, turn: Turn) -> None:
        if type(process).__name__ == "FeedAttention":
            expected.append(int(process.network.feeds.lengths[turn.due[turn.active]].sum()))
        process.step(world, turn)

    watch(model, around=around)
    model.run()
    assert max(expected) > 1000
    scaled = np.array(expected) * config.audience.people_per_row * model.world.scale  # type: ignore[union-attr]
    assert model.recorder.total("views") == pytest.approx(scaled)


def test_thread_count_changes_nothing(network: Callable[..., RunConfig]) -> None:
    digests = {
        series_digest(RectificationModel(network({"threads": threads, "population.accounts": 4000})).run().series)
        for threads in (1, 2)
    }
    assert len(digests) == 1


def test_more_of_the_audience_finds_a_successor_where_more_may(network: Callable[..., RunConfig]) -> None:
    """The same closures and returns: only what finds the new account differs."""
    found = []
    for share in (0.0, 1.0):
        config = network()
        variants = dict.fromkeys(config.behaviours.following.recovered_audience, share)
        ladders = {basis: [["closure"]] for basis in BASES}
        changes = {
            "behaviours.following.recovered_audience": variants,
            "behaviours.following.followed_elsewhere": 1,
            "rulebook.ladders": ladders,
        }
        config = network({**changes, "population.accounts": 4000, "end": "2023-05-31"})
        summary = RectificationModel(config).run().summary
        assert summary["audience_lost_total"] > 0
        found.append(summary["audience_recovered_total"] / summary["audience_lost_total"])
    assert found[0] == 0.0
    assert found[1] > 0.9


def test_followers_removed_grow_back_by_being_seen_only(network: Callable[..., RunConfig], watch: Watch) -> None:
    """Where nobody follows what it sees, an account that lost its followers stays without."""
    left = {}
    for follow in (0.0, 0.2):
        config = network({"audience.follow_per_view": follow, "behaviours.following.churn_per_day": 0.0})
        model = RectificationModel(config)
        follows = network_of(model).follows
        rows = np.flatnonzero(follows.follower_counts() >= 5)[:50].astype(np.int32)

        def take(world: World, turn: Turn, follows: Follows = follows, rows: np.ndarray = rows) -> None:
            if turn.day == 3:
                kept = np.ones(len(world.accounts))
                kept[rows] = 0.0
                _, authors = follows.thin(turn.day, kept)
                assert set(authors.tolist()) == set(rows.tolist())
                assert follows.follower_counts()[rows].sum() == 0

        watch(model, before=take)
        model.run()
        closed = model.world.accounts.closed_on[rows] < NEVER
        left[follow] = follows.follower_counts()[rows[~closed]].sum()
    assert left[0.0] < 30, "accounts that open follow a few at random"
    assert left[0.2] > 5 * left[0.0]


def test_a_campaign_lowers_what_feeds_hold(network: Callable[..., RunConfig]) -> None:
    means = {}
    for name, changes in {"campaign": {}, "none": {"campaigns": {}}}.items():
        config = network({"population.accounts": 6000, "end": "2023-05-20", **changes})
        series = RectificationModel(config).run().series
        total = series[(series.platform == "all") & (series.date >= "2023-04-20")].groupby("metric").value.mean()
        means[name] = total
    for metric in ("feed_prevalence", "prevalence"):
        assert means["campaign"][metric] < 0.9 * means["none"][metric]
    assert means["campaign"]["messages_taken_down"] > means["none"]["messages_taken_down"]


RULES = published(feed_length=5)


def ring(accounts: int, seed: int = 1) -> MessageNetwork:
    """Each account follows the one before it."""
    graph = FollowGraph.from_edges(np.arange(accounts), (np.arange(accounts) - 1) % accounts, accounts)
    return MessageNetwork(graph, RULES, seed, room=2)


def one(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


def act(
    network: MessageNetwork, day: int, row: int, lawful: int = 0, violating: int = 0, reshares: int = 0,
    reach: np.ndarray | None = None,
) -> None:  # fmt: skip
    """Let one account act."""
    reach = np.ones(network.accounts) if reach is None else reach
    write_and_reshare(network, day, one(row), one(lawful), one(violating), one(reshares), reach)


def test_a_message_reaches_the_followers_and_no_others() -> None:
    network = ring(10)
    feeds = network.feeds
    act(network, 1, 3, lawful=1, violating=1)
    assert feeds.lengths.tolist() == [0, 0, 0, 0, 2, 0, 0, 0, 0, 0]
    assert feeds.violating[4] == 1
    _, up = survey(network, np.zeros(10, np.int8), np.zeros(10, np.int8), (1, 2))
    assert up.tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    act(network, 2, 4, reshares=20)
    assert feeds.lengths[5] == 2
    assert count_reads(network, one(5))[:, 3].tolist() == [1, 1]
    assert network.follows.add(2, one(0), one(3)) == 1
    assert network.follows.add(2, one(0, 0), one(3, 0)) == 0, "known already, and itself"


def test_limited_reach_lets_that_share_arrive() -> None:
    accounts = 4000
    followers = np.arange(1, accounts)
    graph = FollowGraph.from_edges(followers, np.zeros(accounts - 1, np.int64), accounts)
    network = MessageNetwork(graph, RULES, 1, room=1)
    reach = np.ones(accounts)
    reach[0] = 0.3
    act(network, 1, 0, lawful=1, reach=reach)
    assert network.feeds.lengths.sum() / (accounts - 1) == pytest.approx(0.3, abs=0.03)


def test_resharing_is_by_appeal_shares_and_recency() -> None:
    """Chances of two messages of ages 0 and 1, over many days of draws, against the rule worked out by hand."""
    counts = np.zeros(2)
    expected = np.zeros(2)
    for seed in range(400):
        network = ring(3, seed)
        feeds = network.feeds
        act(network, 1, 0, lawful=1)
        act(network, 2, 0, lawful=1)
        held = feeds.codes[1, :2] >> 1
        weight = network.messages.appeal[held] * feeds.shares[1, :2] * np.exp(-0.4 * feeds.ages[1, :2] ** 0.4)
        expected += weight / weight.sum()
        act(network, 3, 1, reshares=1)
        counts[np.flatnonzero(held == feeds.codes[2, 0] >> 1)[0]] += 1
    assert counts[0] / 400 == pytest.approx(expected[0] / 400, abs=3 * (0.25 / 400) ** 0.5)


@pytest.mark.parametrize(
    ("violating_until", "lawful_of", "everything", "left"),
    [(1, -1, False, 3), (2, -1, False, 2), (-1, 2, False, 3), (-1, -1, True, 0), (-1, -1, False, 4)],
)
def test_takedown_takes_what_it_should(violating_until: int, lawful_of: int, everything: bool, left: int) -> None:
    """One violating and one lawful message on each of days 1 and 2."""
    network = ring(4)
    for day in (1, 2):
        act(network, day, 0, lawful=1, violating=1)
    until, lawful = np.full(4, -1, np.int32), np.full(4, -1, np.int32)
    until[0], lawful[0] = violating_until, lawful_of
    chosen = np.array([everything, False, False, False])
    removed, ages = take_down(network, 2, until, lawful, chosen)
    assert network.feeds.lengths[1] == left
    assert removed[0] == 4 - left
    assert ages[0] == {3: 1 if violating_until == 1 else 0, 2: 1, 0: 2, 4: 0}[left]
    again, _ = take_down(network, 2, until, lawful, chosen)
    assert again.sum() == 0


def test_a_closed_account_is_gone_and_its_followers_are_remembered() -> None:
    network, former = ring(6), FormerFollowers()
    assert network.follows.add(1, one(0, 2), one(3, 3)) == 2
    act(network, 1, 2, lawful=2)
    former.close(network, np.array([3]))
    assert former.of_closed[3].tolist() == [0, 2, 4]
    assert network.feeds.lengths[3] == 0
    there = network.follows.friends[network.follows.friends != EMPTY]
    assert not (there == 3).any()
    assert network.follows.follower_counts().sum() == 8 - 4, "those three, and its own"
    former.close(network, np.array([3]))
    assert former.of_closed[3].size == 0, "closed again: nobody followed it"


def test_followers_taken_twice_are_remembered_together() -> None:
    network, former = ring(50), FormerFollowers()
    network.follows.add(1, np.arange(2, 50, dtype=np.int32), np.zeros(48, np.int32))
    kept = np.ones(50)
    kept[0] = 0.5
    first, second = former.take(network, 1, kept), former.take(network, 2, kept)
    assert first.sum() == first[0] > 0
    assert 10 < first[0] < 39
    assert len(set(former.taken[0].tolist())) == former.taken[0].size == first[0] + second[0]
    assert network.follows.follower_counts()[0] == 49 - former.taken[0].size


def test_churn_drops_follows_at_its_rate() -> None:
    accounts, follows = 5000, 4
    readers = np.repeat(np.arange(accounts), follows)
    authors = (readers + np.tile(np.arange(1, follows + 1), accounts)) % accounts
    network = MessageNetwork(FollowGraph.from_edges(readers, authors, accounts), RULES, 3, room=1)
    network.follows.churn(1, np.arange(accounts, dtype=np.int32), np.full(accounts, 0.05))
    lost = readers.size - int(network.follows.follower_counts().sum())
    assert lost / readers.size == pytest.approx(0.05, abs=0.007)


def test_room_is_added_to_every_account() -> None:
    offsets, friends = with_room(FollowGraph.from_edges([0, 0, 2], [1, 2, 1]), 2)
    assert offsets.tolist() == [0, 4, 6, 9]
    assert friends.tolist() == [1, 2, EMPTY, EMPTY, EMPTY, EMPTY, 1, EMPTY, EMPTY]


def test_full_places_are_given_to_the_newest_follow() -> None:
    follows = ring(6).follows
    assert follows.add(1, one(0, 0), one(2, 3)) == 2
    assert follows.add(1, one(0), one(4)) == 1
    places = follows.friends[follows.offsets[0] : follows.offsets[1]]
    assert 4 in places
    assert len(places) == 3
    assert (places != EMPTY).all()
