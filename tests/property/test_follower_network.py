"""What holds for accounts on a follower network, on every day and whatever the graph, the seed and the rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rectify import RectificationModel, RunConfig, compose
from rectify.audience.network.account_feeds import AccountFeeds, FeedRules
from rectify.audience.network.follows import EMPTY, with_room
from rectify.audience.network.graphs import FollowGraph
from rectify.core.table import NEVER
from rectify.policy.kinds import BASES
from rectify.store import series_digest
from rectify.world.turn import Turn
from rectify.world.world import World

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


def feeds_of(model: RectificationModel) -> AccountFeeds:
    """The feeds of a model with a follower network."""
    return next(process.feeds for process in model.schedule if hasattr(process, "feeds"))


def check_state(model: RectificationModel, day: int, length: int, people: float) -> None:
    """Feeds and follows at the end of a day."""
    feeds, accounts = feeds_of(model), model.world.accounts
    table = feeds.messages
    closed = accounts.closed_on <= day
    assert feeds.lengths.max() <= length
    filled = np.arange(length) < feeds.lengths[:, None]
    held = feeds.codes[filled] >> 1
    assert (held < table.count).all()
    assert (table.removal[held] > day).all(), "a message taken down is still in a feed"
    assert not closed[table.author[held]].any(), "a message of a closed account is still in a feed"
    assert (feeds.shares[filled] <= table.shares[held]).all()
    assert (feeds.codes[filled] & 1 == table.is_illegal[held]).all()
    assert (feeds.violating == (feeds.codes & 1).sum(axis=1, where=filled)).all()
    assert (feeds.lengths[closed] == 0).all()
    readers = np.repeat(np.arange(len(accounts)), np.diff(feeds.offsets))
    there = feeds.friends != EMPTY
    pairs = np.stack((readers[there], feeds.friends[there]))
    assert not closed[pairs].any(), "a follow of, or by, a closed account"
    assert (pairs[0] != pairs[1]).all()
    assert np.unique(pairs, axis=1).shape == pairs.shape, "the same account followed twice"
    assert (accounts.opened_on[pairs] <= day).all(), "a follow of, or by, an account that is not open yet"
    assert accounts.real_followers == pytest.approx(feeds.follower_counts() * people)


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
            expected.append(int(process.feeds.lengths[turn.due[turn.active]].sum()))
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
        feeds, rows = feeds_of(model), np.arange(50, dtype=np.int32)
        rows = np.flatnonzero(feeds.follower_counts() >= 5)[:50].astype(np.int32)

        def take(world: World, turn: Turn, feeds: AccountFeeds = feeds, rows: np.ndarray = rows) -> None:
            if turn.day == 3:
                taken = feeds.remove_followers(turn.day, rows, np.zeros(len(rows)))
                assert (taken > 0).all()
                assert feeds.follower_counts()[rows].sum() == 0

        watch(model, before=take)
        model.run()
        closed = model.world.accounts.closed_on[rows] < NEVER
        left[follow] = feeds.follower_counts()[rows[~closed]].sum()
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


RULES = FeedRules(length=5, appeal_exponent=5.0, recency_rate=0.4, recency_power=0.4)


def ring(accounts: int, seed: int = 1) -> AccountFeeds:
    """Each account follows the one before it."""
    graph = FollowGraph.from_edges(np.arange(accounts), (np.arange(accounts) - 1) % accounts, accounts)
    return AccountFeeds(graph, RULES, 2, seed)


def one(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


def test_a_message_reaches_the_followers_and_no_others() -> None:
    feeds = ring(10)
    feeds.act(1, one(3), one(1), one(1), one(0), np.ones(10))
    assert feeds.lengths.tolist() == [0, 0, 0, 0, 2, 0, 0, 0, 0, 0]
    assert feeds.violating[4] == 1
    assert feeds.live_violating_messages().tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    feeds.act(2, one(4), one(0), one(0), one(20), np.ones(10))
    assert feeds.lengths[5] == 2
    assert feeds.count_reads(one(5))[:, 3].tolist() == [1, 1]
    assert feeds.follow(2, one(0), one(3)) == 1
    assert feeds.follow(2, one(0, 0), one(3, 0)) == 0, "known already, and itself"


def test_limited_reach_lets_that_share_arrive() -> None:
    accounts = 4000
    followers = np.arange(1, accounts)
    graph = FollowGraph.from_edges(followers, np.zeros(accounts - 1, np.int64), accounts)
    feeds = AccountFeeds(graph, RULES, 1, 1)
    reach = np.ones(accounts)
    reach[0] = 0.3
    feeds.act(1, one(0), one(1), one(0), one(0), reach)
    assert feeds.lengths.sum() / (accounts - 1) == pytest.approx(0.3, abs=0.03)


def test_resharing_is_by_appeal_shares_and_recency() -> None:
    """Chances of two messages of ages 0 and 1, over many days of draws, against the rule worked out by hand."""
    counts = np.zeros(2)
    expected = np.zeros(2)
    for seed in range(400):
        feeds = ring(3, seed)
        feeds.act(1, one(0), one(1), one(0), one(0), np.ones(3))
        feeds.act(2, one(0), one(1), one(0), one(0), np.ones(3))
        held = feeds.codes[1, :2] >> 1
        weight = feeds.messages.appeal[held] * feeds.shares[1, :2] * np.exp(-0.4 * feeds.ages[1, :2] ** 0.4)
        expected += weight / weight.sum()
        feeds.act(3, one(1), one(0), one(0), one(1), np.ones(3))
        counts[np.flatnonzero(held == feeds.codes[2, 0] >> 1)[0]] += 1
    assert counts[0] / 400 == pytest.approx(expected[0] / 400, abs=3 * (0.25 / 400) ** 0.5)


@pytest.mark.parametrize(
    ("violating_until", "lawful_of", "everything", "left"),
    [(1, -1, False, 3), (2, -1, False, 2), (-1, 2, False, 3), (-1, -1, True, 0), (-1, -1, False, 4)],
)
def test_takedown_takes_what_it_should(violating_until: int, lawful_of: int, everything: bool, left: int) -> None:
    """One violating and one lawful message on each of days 1 and 2."""
    feeds = ring(4)
    for day in (1, 2):
        feeds.act(day, one(0), one(1), one(1), one(0), np.ones(4))
    until, lawful = np.full(4, -1, np.int32), np.full(4, -1, np.int32)
    until[0], lawful[0] = violating_until, lawful_of
    removed, ages = feeds.take_down(2, until, lawful, np.array([everything, False, False, False]))
    assert feeds.lengths[1] == left
    assert removed[0] == 4 - left
    assert ages[0] == {3: 1 if violating_until == 1 else 0, 2: 1, 0: 2, 4: 0}[left]
    again, _ = feeds.take_down(2, until, lawful, np.array([everything, False, False, False]))
    assert again.sum() == 0


def test_churn_drops_follows_at_its_rate() -> None:
    accounts, follows = 5000, 4
    readers = np.repeat(np.arange(accounts), follows)
    authors = (readers + np.tile(np.arange(1, follows + 1), accounts)) % accounts
    feeds = AccountFeeds(FollowGraph.from_edges(readers, authors, accounts), RULES, 1, 3)
    feeds.churn(1, np.arange(accounts, dtype=np.int32), np.full(accounts, 0.05))
    lost = readers.size - int(feeds.follower_counts().sum())
    assert lost / readers.size == pytest.approx(0.05, abs=0.007)


def test_room_is_added_to_every_account() -> None:
    offsets, friends = with_room(FollowGraph.from_edges([0, 0, 2], [1, 2, 1]), 2)
    assert offsets.tolist() == [0, 4, 6, 9]
    assert friends.tolist() == [1, 2, EMPTY, EMPTY, EMPTY, EMPTY, 1, EMPTY, EMPTY]


def test_full_places_are_given_to_the_newest_follow() -> None:
    feeds = ring(6)
    assert feeds.follow(1, one(0, 0), one(2, 3)) == 2
    assert feeds.follow(1, one(0), one(4)) == 1
    places = feeds.friends[feeds.offsets[0] : feeds.offsets[1]]
    assert 4 in places
    assert len(places) == 3
    assert (places != EMPTY).all()
