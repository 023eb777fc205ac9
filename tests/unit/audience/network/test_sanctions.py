"""Sanctions on the message-level audience, its parameters, and its table of messages."""

from __future__ import annotations

import numpy as np
import pydantic
import pytest

from rectify.audience.network import (
    DiffusionParameters,
    FollowGraph,
    MessageDiffusion,
    MessageTable,
    StepRecords,
    random_walk_growth,
)


def edges(diffusion: MessageDiffusion) -> set[tuple[int, int]]:
    graph = diffusion.graph()
    return set(zip(graph.followers().tolist(), graph.friends.tolist(), strict=True))


def authors_in_feeds(diffusion: MessageDiffusion) -> set[int]:
    return {
        int(diffusion.messages.author[row]) for agent in range(diffusion.agents) for row in diffusion.feed_of(agent)[0]
    }


def star(followers: int) -> FollowGraph:
    """Everybody follows account 0."""
    return FollowGraph.from_edges(np.arange(1, followers + 1), np.zeros(followers, np.int64))


def test_closed_account_is_gone() -> None:
    diffusion = MessageDiffusion(random_walk_growth(1, 80), seed=2)
    diffusion.run(10)
    assert {0, 1} <= authors_in_feeds(diffusion)
    before = edges(diffusion)
    diffusion.close_accounts([0, 1])
    assert not {0, 1} & authors_in_feeds(diffusion)
    assert edges(diffusion) == {edge for edge in before if not {0, 1} & set(edge)}
    assert diffusion.feed_lengths()[:2].tolist() == [0, 0]
    acts = diffusion.records.column("acts").copy()
    diffusion.run(10)
    assert not {0, 1} & authors_in_feeds(diffusion)
    assert diffusion.records.column("acts")[10:].sum() < acts.sum()


def test_takedowns_of_closed_accounts_are_not_counted() -> None:
    parameters = DiffusionParameters(illegal_mean=1.0, takedown_half_life=20.0)
    diffusion = MessageDiffusion(star(5), parameters, seed=1, activity=[4.0, 0, 0, 0, 0, 0])
    diffusion.run(5)
    diffusion.close_accounts([0])
    diffusion.run(60)
    assert diffusion.records.column("takedowns")[5:].sum() == 0


def test_removed_followers_stay_away_without_return() -> None:
    diffusion = MessageDiffusion(star(30), seed=1, activity=[1.0] + [0.0] * 30)
    diffusion.run(2)
    held = diffusion.feed_lengths().copy()
    assert diffusion.remove_followers([0]) == 30
    assert diffusion.remove_followers([0]) == 0
    diffusion.run(5)
    assert edges(diffusion) == set()
    assert (diffusion.feed_lengths() == held).all()


def test_removed_followers_return_at_their_rate() -> None:
    parameters = DiffusionParameters(follower_return_probability=0.2)
    diffusion = MessageDiffusion(star(4000), parameters, seed=1)
    diffusion.remove_followers([0])
    away = [len(edges(diffusion))]
    for _ in range(6):
        diffusion.step()
        away.append(4000 - len(edges(diffusion)))
    assert away[0] == 0
    for step, number in enumerate(away[1:], 1):
        assert number == pytest.approx(4000 * 0.8**step, abs=4 * np.sqrt(4000 * 0.8**step * (1 - 0.8**step)))


def test_certain_return_takes_one_step() -> None:
    parameters = DiffusionParameters(follower_return_probability=1.0)
    diffusion = MessageDiffusion(star(3), parameters, seed=1, activity=[1.0, 0, 0, 0])
    diffusion.remove_followers([0])
    diffusion.step()
    assert diffusion.feed_lengths().sum() == 0
    diffusion.step()
    assert diffusion.feed_lengths().tolist() == [0, 1, 1, 1]


def test_nobody_returns_to_or_from_a_closed_account() -> None:
    parameters = DiffusionParameters(follower_return_probability=0.5)
    diffusion = MessageDiffusion(star(20), parameters, seed=1)
    diffusion.remove_followers([0])
    diffusion.close_accounts([1, 2, 3])
    diffusion.run(60)
    assert edges(diffusion) == {(follower, 0) for follower in range(4, 21)}
    diffusion.remove_followers([0])
    diffusion.close_accounts([0])
    diffusion.run(60)
    assert edges(diffusion) == set()


def test_reach_scales_deliveries() -> None:
    def delivered(factor: float | None) -> int:
        diffusion = MessageDiffusion(star(2000), seed=3, activity=[1.0] + [0.0] * 2000)
        if factor is not None:
            diffusion.limit_reach([0], factor)
        diffusion.run(3)
        return int(diffusion.feed_lengths().sum())

    assert delivered(None) == delivered(1.0) == 6000
    assert delivered(0.0) == 0
    assert delivered(0.3) == pytest.approx(1800, abs=150)


def test_limit_can_be_lifted() -> None:
    diffusion = MessageDiffusion(star(10), seed=3, activity=[1.0] + [0.0] * 10)
    diffusion.limit_reach([0], 0.0)
    diffusion.step()
    diffusion.limit_reach([0], 1.0)
    diffusion.step()
    assert diffusion.feed_lengths().sum() == 10


def test_sanctions_refuse_what_are_no_accounts() -> None:
    diffusion = MessageDiffusion(star(3))
    for ids in ([4], [-1], [0.5]):
        with pytest.raises(ValueError, match="account ids"):
            diffusion.close_accounts(ids)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="account ids"):
            diffusion.remove_followers(ids)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="factor"):
        diffusion.limit_reach([0], 1.5)
    diffusion.close_accounts([])
    assert len(edges(diffusion)) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"feed_length": 0},
        {"feed_length": 256},
        {"new_message_probability": 1.1},
        {"illegal_mean": -0.1},
        {"takedown_half_life": 0.0},
        {"activity_exponent": 1.0},
        {"follower_return_probability": 2.0},
        {"half_life": 3.0},
    ],
)
def test_parameters_are_bounded(change: dict[str, float]) -> None:
    with pytest.raises(pydantic.ValidationError):
        DiffusionParameters(**change)  # type: ignore[arg-type]


def test_arguments_are_checked() -> None:
    graph = star(3)
    with pytest.raises(ValueError, match="one value for each of 4 agents"):
        MessageDiffusion(graph, activity=[1.0])
    with pytest.raises(ValueError, match="activity must lie"):
        MessageDiffusion(graph, activity=[-1.0, 0, 0, 0])
    with pytest.raises(ValueError, match="illegal_probability must lie"):
        MessageDiffusion(graph, illegal_probability=[2.0, 0, 0, 0])
    with pytest.raises(ValueError, match="seed"):
        MessageDiffusion(graph, seed=-1)


def test_illegal_probability_is_the_authors() -> None:
    diffusion = MessageDiffusion(star(50), seed=1, illegal_probability=[1.0] + [0.0] * 50, activity=np.ones(51))
    diffusion.run(5)
    table = diffusion.messages
    illegal = table.is_illegal[: table.count] == 1
    assert set(table.author[: table.count][illegal].tolist()) == {0}
    assert (table.author[: table.count][~illegal] != 0).all()


def test_reach_counts_an_agent_once() -> None:
    # Account 0's messages reach 1 and 2; with feeds of one message they push one another out and come back.
    graph = FollowGraph.from_edges(np.array([1, 2, 2, 1]), np.array([0, 0, 1, 2]))
    parameters = DiffusionParameters(feed_length=1, illegal_mean=1.0)
    diffusion = MessageDiffusion(graph, parameters, seed=5, activity=[1.0, 3.0, 3.0])
    seen: set[tuple[int, int]] = set()
    for _ in range(40):
        diffusion.step()
        for agent in range(3):
            seen |= {(int(row), agent) for row in diffusion.feed_of(agent)[0]}
    written = int(diffusion.records.column("written_illegal").sum())
    assert diffusion.reach() == len(seen) / written
    assert diffusion.records.column("entered_illegal").sum() > len(seen)


@pytest.mark.parametrize("half_life", [None, 3.0])
def test_a_small_table_changes_nothing(half_life: float | None) -> None:
    def run(rows: int) -> MessageDiffusion:
        parameters = DiffusionParameters(takedown_half_life=half_life, illegal_mean=0.2)
        diffusion = MessageDiffusion(random_walk_growth(1, 300), parameters, seed=4)
        diffusion.messages = MessageTable(rows)
        diffusion.run(20)
        diffusion.close_accounts(range(20, 40))
        diffusion.run(60)
        return diffusion

    small, large = run(1), run(20_000)
    assert small.messages.count < small.messages.capacity < large.messages.count
    assert (small.records.table() == large.records.table()).all()
    assert small.reach() == large.reach()
    assert (small.messages.cascade_sizes() == large.messages.cascade_sizes()).all()
    for agent in range(300):
        for mine, theirs in zip(small.feed_of(agent)[1:], large.feed_of(agent)[1:], strict=True):
            assert (mine == theirs).all()


def test_cascade_sizes_count_every_message() -> None:
    diffusion = MessageDiffusion(random_walk_growth(1, 200), seed=4)
    diffusion.run(50)
    sizes = diffusion.messages.cascade_sizes()
    written = diffusion.records.column("written").sum()
    illegal = diffusion.records.column("written_illegal").sum()
    assert sizes.sum(axis=1).tolist() == [written - illegal, illegal]


def test_records_name_their_columns() -> None:
    records = StepRecords()
    assert records.prevalence.size == 0
    with pytest.raises(ValueError, match="no column"):
        records.column("views")
    with pytest.raises(ValueError, match="counts"):
        records.append((1, 2))
