"""The small life cycle of the benchmarks is the same model three times: in agents, in full columns and in kernels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from rectify.core.kernel import use_threads
from tests.benchmarks.life_cycle.agents import AgentLifeCycle
from tests.benchmarks.life_cycle.columns import ColumnLifeCycle
from tests.benchmarks.life_cycle.kernels import KernelLifeCycle
from tests.benchmarks.life_cycle.rules import COUNTERS, LifeCycle, Rules

ROWS, DAYS = 400, 60


def simulated(kind: type[LifeCycle], rows: int = ROWS, days: int = DAYS) -> LifeCycle:
    model = kind(Rules(), rows)
    for _ in range(days):
        model.step()
    return model


def assert_same(one: LifeCycle, other: LifeCycle) -> None:
    """Whole numbers are equal; a day's decay multiplied n times differs from its power n in the last digits."""
    assert one.counted == other.counted
    here, there = one.columns(), other.columns()
    for name in here.keys() & there.keys():
        np.testing.assert_allclose(here[name], there[name], rtol=1e-12 if here[name].dtype.kind == "f" else 0)


@pytest.fixture(scope="module")
def agents() -> LifeCycle:
    return simulated(AgentLifeCycle)


@pytest.fixture
def two_threads() -> Iterator[None]:
    use_threads(2)
    yield
    use_threads(1)


def test_columns_end_as_agents_do(agents: LifeCycle) -> None:
    assert_same(agents, simulated(ColumnLifeCycle))


def test_kernels_end_as_agents_do(agents: LifeCycle) -> None:
    assert_same(agents, simulated(KernelLifeCycle))


@pytest.mark.usefixtures("two_threads")
def test_kernels_end_the_same_over_many_blocks_on_two_threads() -> None:
    assert_same(simulated(ColumnLifeCycle, 30_000), simulated(KernelLifeCycle, 30_000))


def test_everything_happens(agents: LifeCycle) -> None:
    """Equal numbers mean something only where every operation of the day takes place."""
    total = dict(zip(COUNTERS, np.sum(agents.counted, axis=0), strict=True))
    assert min(total.values()) > 0
    assert 0.25 < total["active"] / ROWS / DAYS < 0.35
    assert total["wrongly_upheld"] < total["upheld"] < total["reviewed"] < total["cases"]
    state = agents.columns()
    assert all(len(np.unique(values)) > 1 for values in state.values())
