"""A small life cycle in plain Mesa, NumPy columns and kernels, measured in one run; printed, never asserted."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from time import perf_counter

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from rectify.core.kernel import MOST_THREADS, use_threads
from tests.benchmarks.life_cycle.agents import AgentLifeCycle
from tests.benchmarks.life_cycle.columns import ColumnLifeCycle
from tests.benchmarks.life_cycle.kernels import KernelLifeCycle
from tests.benchmarks.life_cycle.rules import LifeCycle, Rules
from tests.benchmarks.tables import show

SMALL, LARGE, DAYS = 5_000, 1_000_000, 30


@pytest.fixture(autouse=True)
def one_thread_afterwards() -> Iterator[None]:
    yield
    use_threads(1)


def month(model: LifeCycle) -> float:
    """Seconds for DAYS days of *model*."""
    started = perf_counter()
    for _ in range(DAYS):
        model.step()
    return perf_counter() - started


def nanoseconds(kind: type[LifeCycle], rows: int, threads: int = 1, rounds: int = 3) -> float:
    """Nanoseconds per account-day: the median of some months that start anew."""
    use_threads(threads)
    return median(month(kind(Rules(), rows)) for _ in range(rounds)) / rows / DAYS * 1e9


def test_life_cycle_three_ways(benchmark: BenchmarkFixture) -> None:
    """Prints nanoseconds per account-day, and how many times those of the kernels on one thread at a million rows."""
    for threads in (MOST_THREADS, 1):
        use_threads(threads)
        month(KernelLifeCycle(Rules(), 100))  # compiles
    benchmark.pedantic(month, setup=lambda: ((KernelLifeCycle(Rules(), LARGE),), {}), rounds=3)
    kernels = benchmark.stats.stats.median / LARGE / DAYS * 1e9
    measured = [
        ("plain Mesa agents", SMALL, 1, nanoseconds(AgentLifeCycle, SMALL)),
        ("NumPy, full columns", SMALL, 1, nanoseconds(ColumnLifeCycle, SMALL)),
        ("NumPy, full columns", LARGE, 1, nanoseconds(ColumnLifeCycle, LARGE, rounds=1)),
        ("Rectify's kernels", SMALL, 1, nanoseconds(KernelLifeCycle, SMALL)),
        ("Rectify's kernels", LARGE, 1, kernels),
        ("Rectify's kernels", LARGE, MOST_THREADS, nanoseconds(KernelLifeCycle, LARGE, MOST_THREADS)),
    ]
    benchmark.extra_info["ns_per_account_day"] = {
        f"{way}, {rows}, {threads}": ns for way, rows, threads, ns in measured
    }
    show(
        f"A small life cycle, {DAYS} days",
        ("way", "rows", "threads", "ns per account-day", "times the kernels'"),
        ((way, f"{rows:,}", threads, f"{ns:,.1f}", f"{ns / kernels:,.2f}") for way, rows, threads, ns in measured),
    )
