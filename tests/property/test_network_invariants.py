"""What holds for the message-level audience whatever its parameters, graph and seed."""

from __future__ import annotations

from collections.abc import Iterator

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rectify.audience.network import DiffusionParameters, MessageDiffusion, configuration_model, random_walk_growth
from rectify.core.kernel import use_threads

SEEDS = st.integers(0, 2**64 - 1)
HALF_LIVES = st.none() | st.floats(0.1, 50.0)
STEPS = st.integers(1, 12)


@st.composite
def diffusions(draw: st.DrawFn) -> MessageDiffusion:
    """A diffusion on a small grown graph, some of whose accounts have limited reach."""
    nodes = draw(st.integers(2, 60))
    graph = random_walk_growth(draw(SEEDS), nodes, draw(st.integers(1, 8)), draw(st.floats(0.0, 1.0)))
    parameters = DiffusionParameters(
        new_message_probability=draw(st.floats(0.0, 1.0)),
        feed_length=draw(st.integers(1, 20)),
        illegal_mean=draw(st.floats(0.0, 1.0)),
        takedown_half_life=draw(HALF_LIVES),
        activity_minimum=draw(st.floats(0.05, 3.0)),
        follower_return_probability=draw(st.floats(0.0, 1.0)),
    )
    diffusion = MessageDiffusion(graph, parameters, draw(SEEDS))
    diffusion.limit_reach(draw(st.lists(st.integers(0, nodes - 1), max_size=3)), draw(st.floats(0.0, 1.0)))
    return diffusion


@settings(max_examples=40, deadline=None)
@given(diffusions(), STEPS)
def test_feeds_are_short_sorted_and_free_of_removed_messages(diffusion: MessageDiffusion, steps: int) -> None:
    table = diffusion.messages
    for _ in range(steps):
        diffusion.step()
        for agent in range(diffusion.agents):
            rows, shares, ages = diffusion.feed_of(agent)
            assert rows.size <= diffusion.parameters.feed_length
            assert np.unique(rows).size == rows.size
            assert (rows < table.count).all()
            assert (np.diff(ages) >= 0).all()
            assert (shares >= 1).all()
            assert (shares <= table.shares[rows]).all()
            assert (table.removal[rows] > diffusion.step_count).all()


@settings(max_examples=40, deadline=None)
@given(diffusions(), STEPS)
def test_shares_are_conserved(diffusion: MessageDiffusion, steps: int) -> None:
    records = diffusion.run(steps)
    table = diffusion.messages
    assert records.column("acts").sum() == table.shares[: table.count].sum()
    assert (records.column("written") <= records.column("acts")).all()
    assert records.column("written").sum() == table.count
    assert records.column("written_illegal").sum() == table.is_illegal[: table.count].sum()


@settings(max_examples=40, deadline=None)
@given(diffusions(), STEPS)
def test_records_are_what_the_feeds_hold(diffusion: MessageDiffusion, steps: int) -> None:
    records = diffusion.run(steps)
    illegal = diffusion.messages.is_illegal
    feeds = [diffusion.feed_of(agent)[0] for agent in range(diffusion.agents)]
    everything = np.concatenate(feeds)
    last = dict(zip(("slots", "slots_illegal", "exposed", "distinct", "distinct_illegal"), range(5), strict=True))
    found = (
        everything.size,
        illegal[everything].sum(),
        sum(illegal[feed].any() for feed in feeds),
        np.unique(everything).size,
        illegal[np.unique(everything)].sum(),
    )
    assert [records.column(name)[-1] for name in last] == list(found)


@settings(max_examples=40, deadline=None)
@given(diffusions(), STEPS, st.data())
def test_closed_accounts_leave_nothing(diffusion: MessageDiffusion, steps: int, data: st.DataObject) -> None:
    diffusion.run(steps)
    diffusion.remove_followers(data.draw(st.lists(st.integers(0, diffusion.agents - 1), max_size=3)))
    closed = data.draw(st.lists(st.integers(0, diffusion.agents - 1), min_size=1, max_size=5))
    diffusion.close_accounts(closed)
    for _ in range(4):
        graph = diffusion.graph()
        assert not np.isin(graph.friends, closed).any()
        assert not np.isin(graph.followers(), closed).any()
        held = np.concatenate([diffusion.feed_of(agent)[0] for agent in range(diffusion.agents)])
        assert not np.isin(diffusion.messages.author[held], closed).any()
        assert not diffusion.feed_lengths()[closed].any()
        diffusion.step()


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.floats(0.1, 50.0), st.floats(1.0, 10.0), STEPS)
def test_a_longer_half_life_never_shortens_a_life(seed: int, half_life: float, factor: float, steps: int) -> None:
    graph = random_walk_growth(1, 40)
    lives = []
    for each in (half_life, half_life * factor):
        # Without resharing, both runs write the same messages, in the same rows.
        parameters = DiffusionParameters(new_message_probability=1.0, illegal_mean=0.5, takedown_half_life=each)
        diffusion = MessageDiffusion(graph, parameters, seed)
        diffusion.run(steps)
        lives.append(diffusion.messages)
    count = lives[0].count
    assert lives[1].count == count
    for column in ("author", "born", "appeal", "is_illegal"):
        assert (getattr(lives[0], column)[:count] == getattr(lives[1], column)[:count]).all()
    assert (lives[0].removal[:count] <= lives[1].removal[:count]).all()


@settings(max_examples=30, deadline=None)
@given(SEEDS, HALF_LIVES, STEPS)
def test_takedown_changes_neither_activity_nor_what_a_message_is(
    seed: int, half_life: float | None, steps: int
) -> None:
    def run(takedown: float | None) -> MessageDiffusion:
        diffusion = MessageDiffusion(random_walk_growth(2, 50), DiffusionParameters(takedown_half_life=takedown), seed)
        diffusion.run(steps)
        return diffusion

    free, moderated = run(None), run(half_life)
    assert (free.records.column("acts") == moderated.records.column("acts")).all()
    drawn = [
        {
            (author, born, appeal): bad
            for author, born, appeal, bad in zip(
                t.author[: t.count], t.born[: t.count], t.appeal[: t.count], t.is_illegal[: t.count], strict=True
            )
        }
        for t in (free.messages, moderated.messages)
    ]
    for key in drawn[0].keys() & drawn[1].keys():
        assert drawn[0][key] == drawn[1][key]


@pytest.fixture
def two_threads() -> Iterator[None]:
    if int(numba.config.NUMBA_NUM_THREADS) < 2:
        pytest.skip("one processor")
    use_threads(2)
    yield
    use_threads(1)


def digest(diffusion: MessageDiffusion) -> list[bytes]:
    table = diffusion.messages
    feeds = [part.tobytes() for agent in range(diffusion.agents) for part in diffusion.feed_of(agent)]
    columns = (table.appeal, table.author, table.born, table.removal, table.is_illegal, table.live, table.shares)
    return [diffusion.records.table().tobytes(), *feeds, *(column[: table.count].tobytes() for column in columns)]


def eventful_run() -> list[bytes]:
    graph = configuration_model(7, 5000, 8.0)
    parameters = DiffusionParameters(takedown_half_life=3.0, follower_return_probability=0.1)
    diffusion = MessageDiffusion(graph, parameters, seed=8)
    diffusion.limit_reach(range(50), 0.4)
    diffusion.run(8)
    diffusion.close_accounts(range(100, 200))
    diffusion.remove_followers(range(300, 400))
    diffusion.run(30)
    return [*digest(diffusion), diffusion.graph().friends.tobytes(), str(diffusion.reach()).encode()]


def test_two_threads_give_the_same_bytes(two_threads: None) -> None:
    threaded = eventful_run()
    use_threads(1)
    assert eventful_run() == threaded
