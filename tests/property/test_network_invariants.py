"""What holds for messages on a graph that stays, whatever the parameters, the graph and the seed."""

from __future__ import annotations

from collections.abc import Iterator

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rectify.audience.diffusion import MessageDiffusion
from rectify.audience.network import configuration_model, random_walk_growth
from rectify.core.kernel import use_threads
from tests.reference.messages import feed_of, published

SEEDS = st.integers(0, 2**64 - 1)
HALF_LIVES = st.none() | st.floats(0.1, 50.0)
STEPS = st.integers(1, 12)


@st.composite
def diffusions(draw: st.DrawFn) -> MessageDiffusion:
    """A diffusion on a small grown graph."""
    nodes = draw(st.integers(2, 60))
    graph = random_walk_growth(draw(SEEDS), nodes, draw(st.integers(1, 8)), draw(st.floats(0.0, 1.0)))
    params = published(
        mu=draw(st.floats(0.0, 1.0)),
        feed_length=draw(st.integers(1, 20)),
        illegal_mean=draw(st.floats(0.0, 1.0)),
        takedown_half_life=draw(HALF_LIVES),
        activity_minimum=draw(st.floats(0.05, 3.0)),
    )
    return MessageDiffusion(graph, params, draw(SEEDS))


@settings(max_examples=40, deadline=None)
@given(diffusions(), STEPS)
def test_feeds_are_short_sorted_and_free_of_removed_messages(diffusion: MessageDiffusion, steps: int) -> None:
    table = diffusion.network.messages
    for _ in range(steps):
        diffusion.step()
        for agent in range(diffusion.network.accounts):
            rows, shares, ages = feed_of(diffusion.network, agent)
            assert rows.size <= diffusion.params.feed_length
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
    table = diffusion.network.messages
    assert records.column("acts").sum() == table.shares[: table.count].sum()
    assert (records.column("written") <= records.column("acts")).all()
    assert records.column("written").sum() == table.count
    assert records.column("written_illegal").sum() == table.is_violating[: table.count].sum()


@settings(max_examples=40, deadline=None)
@given(diffusions(), STEPS)
def test_records_are_what_the_feeds_hold(diffusion: MessageDiffusion, steps: int) -> None:
    records = diffusion.run(steps)
    illegal = diffusion.network.messages.is_violating
    feeds = [feed_of(diffusion.network, agent)[0] for agent in range(diffusion.network.accounts)]
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
@given(SEEDS, st.floats(0.1, 50.0), st.floats(1.0, 10.0), STEPS)
def test_a_longer_half_life_never_shortens_a_life(seed: int, half_life: float, factor: float, steps: int) -> None:
    graph = random_walk_growth(1, 40)
    lives = []
    for each in (half_life, half_life * factor):
        # Without resharing, both runs write the same messages, in the same rows.
        diffusion = MessageDiffusion(graph, published(mu=1.0, illegal_mean=0.5, takedown_half_life=each), seed)
        diffusion.run(steps)
        lives.append(diffusion.network.messages)
    count = lives[0].count
    assert lives[1].count == count
    for column in ("author", "born", "appeal", "is_violating"):
        assert (getattr(lives[0], column)[:count] == getattr(lives[1], column)[:count]).all()
    assert (lives[0].removal[:count] <= lives[1].removal[:count]).all()


@settings(max_examples=30, deadline=None)
@given(SEEDS, HALF_LIVES, STEPS)
def test_takedown_changes_neither_activity_nor_what_a_message_is(
    seed: int, half_life: float | None, steps: int
) -> None:
    def run(takedown: float | None) -> MessageDiffusion:
        diffusion = MessageDiffusion(random_walk_growth(2, 50), published(takedown_half_life=takedown), seed)
        diffusion.run(steps)
        return diffusion

    free, moderated = run(None), run(half_life)
    assert (free.records.column("acts") == moderated.records.column("acts")).all()
    drawn = [
        {
            (author, born, appeal): bad
            for author, born, appeal, bad in zip(
                t.author[: t.count], t.born[: t.count], t.appeal[: t.count], t.is_violating[: t.count], strict=True
            )
        }
        for t in (free.network.messages, moderated.network.messages)
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
    table = diffusion.network.messages
    feeds = [
        part.tobytes() for agent in range(diffusion.network.accounts) for part in feed_of(diffusion.network, agent)
    ]
    columns = (table.appeal, table.author, table.born, table.removal, table.is_violating, table.live, table.shares)
    return [diffusion.records.table().tobytes(), *feeds, *(column[: table.count].tobytes() for column in columns)]


def run() -> list[bytes]:
    diffusion = MessageDiffusion(configuration_model(7, 5000, 8.0), published(takedown_half_life=3.0), seed=8)
    diffusion.run(38)
    return [*digest(diffusion), str(diffusion.reach()).encode()]


def test_two_threads_give_the_same_bytes(two_threads: None) -> None:
    threaded = run()
    use_threads(1)
    assert run() == threaded
