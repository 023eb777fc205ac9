"""The message network and the published model on it: parameters, the table of messages, and what records hold."""

from __future__ import annotations

import numpy as np
import pydantic
import pytest

from rectify.audience.diffusion import MessageDiffusion, StepRecords
from rectify.audience.network import FollowGraph, MessageNetwork, random_walk_growth
from rectify.audience.network.messages import MOST_ROWS, MessageTable
from rectify.audience.network.sharing import WRITE_LAWFUL, WRITE_VIOLATING, order
from tests.reference.messages import contents, feed_of, published


@pytest.mark.parametrize(
    "change",
    [
        {"feed_length": 0},
        {"feed_length": 256},
        {"mu": 1.1},
        {"illegal_mean": -0.1},
        {"takedown_half_life": 0.0},
        {"activity_exponent": 1.0},
        {"half_life": 3.0},
    ],
)
def test_parameters_are_bounded(change: dict[str, float]) -> None:
    with pytest.raises(pydantic.ValidationError):
        published(**change)


def test_agents_that_act_too_often_to_be_counted_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rectify.audience.diffusion.model._draw_activity", lambda *given: given[-1].fill(2.0**30))
    with pytest.raises(ValueError, match=r"less than 2\*\*31 acts a step"):
        MessageDiffusion(random_walk_growth(1, 10), published(), 1)


def test_reach_counts_an_agent_once() -> None:
    # Account 0's messages reach 1 and 2; with feeds of one message they push one another out and come back.
    graph = FollowGraph.from_edges(np.array([1, 2, 2, 1]), np.array([0, 0, 1, 2]))
    params = published(feed_length=1, illegal_mean=1.0, activity_minimum=2.5, activity_exponent=100.0)
    diffusion = MessageDiffusion(graph, params, seed=5)
    seen: set[tuple[int, int]] = set()
    for _ in range(40):
        diffusion.step()
        for agent in range(3):
            seen |= {(int(row), agent) for row in feed_of(diffusion.network, agent)[0]}
    written = int(diffusion.records.column("written_illegal").sum())
    assert diffusion.reach() == len(seen) / written
    assert diffusion.records.column("entered_illegal").sum() > len(seen)


@pytest.mark.parametrize("half_life", [None, 3.0])
def test_a_small_table_changes_nothing(half_life: float | None) -> None:
    def run(rows: int) -> MessageDiffusion:
        params = published(takedown_half_life=half_life, illegal_mean=0.2)
        diffusion = MessageDiffusion(random_walk_growth(1, 300), params, seed=4)
        diffusion.network.messages = MessageTable(rows)
        diffusion.run(80)
        return diffusion

    small, large = run(1), run(20_000)
    table = small.network.messages
    assert table.count < table.capacity < large.network.messages.count
    assert (small.records.table() == large.records.table()).all()
    assert small.reach() == large.reach()
    assert contents(small.network) == contents(large.network)


def test_more_messages_than_codes_have_room_for_are_refused() -> None:
    network = MessageNetwork(random_walk_growth(1, 10), published(), 1)
    with pytest.raises(MemoryError, match="has room for"):
        network.messages.make_room(MOST_ROWS, 1, network.feeds)


def test_a_graph_that_stays_is_not_copied_and_cannot_be_changed() -> None:
    """Runs of a study share the graph of a file."""
    graph = random_walk_growth(1, 50)
    network = MessageNetwork(graph, published(), 1)
    assert np.shares_memory(network.follows.friends, graph.friends)
    assert not network.follows.friends.flags.writeable


def test_the_state_is_all_that_a_day_leaves_to_the_next() -> None:
    def network() -> MessageNetwork:
        return MessageNetwork(random_walk_growth(1, 200), published(), 7, room=3)

    def live(fast: MessageNetwork, days: range) -> None:
        rows = np.arange(200, dtype=np.int32)
        for day in days:
            fast.follows.add(day, rows[:100], rows[100:])
            fast.follows.churn(day, rows, np.full(200, 0.05))
            orders = fast.orders(200)
            orders[:200] = order(WRITE_VIOLATING if day % 2 else WRITE_LAWFUL, 0)
            fast.act(day, rows, np.arange(201, dtype=np.int32), np.array([200]))
            fast.take_down(day, np.flatnonzero(fast.messages.live)[::7])

    straight, resumed = network(), network()
    live(straight, range(30))
    assert straight.messages.count < 30 * 200, "the table has been made room in"
    resumed.set_state(straight.get_state())
    for each in (straight, resumed):
        live(each, range(30, 40))
    assert contents(resumed) == contents(straight)
    assert (resumed.follows.friends == straight.follows.friends).all()


def test_records_name_their_columns() -> None:
    records = StepRecords()
    assert records.prevalence.size == 0
    with pytest.raises(ValueError, match="no column"):
        records.column("views")
    with pytest.raises(ValueError, match="counts"):
        records.append((1, 2))
