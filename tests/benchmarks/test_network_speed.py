"""Microseconds an agent and step of messages in feeds: ``pytest tests/benchmarks --benchmark-only -s``.

The published simulator takes about 222 microseconds an agent and step on the reference graph.
"""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from rectify import RectificationModel, compose
from rectify.audience.diffusion import MessageDiffusion
from rectify.audience.network import random_walk_growth
from rectify.core.kernel import use_threads
from tests.reference.messages import published

PEER = 222.0


def measure(
    benchmark: BenchmarkFixture, nodes: int, follows: int, half_life: float | None, rounds: int, threads: int = 1
) -> float:
    graph = random_walk_growth(1, nodes, follows)
    params = published(takedown_half_life=half_life)
    use_threads(threads)

    def start() -> tuple[tuple[MessageDiffusion], dict[str, object]]:
        return (MessageDiffusion(graph, params, seed=1),), {}

    try:
        # Far enough for the message table to be compacted once, so that every kernel is compiled.
        MessageDiffusion(graph, params, seed=1).run(20 if nodes < 10**6 else 2)
        benchmark.pedantic(lambda diffusion: diffusion.run(60), setup=start, rounds=rounds)
    finally:
        use_threads(1)
    each = benchmark.stats.stats.min / nodes / 60 * 1e6
    benchmark.extra_info["microseconds_per_agent_step"] = each
    print(
        f"\n{nodes:,} agents, k = {follows}, {threads} threads: {each:.3f} µs per agent-step, {PEER / each:,.0f} x peer"
    )
    return each


@pytest.mark.parametrize("half_life", [None, 2.0])
def test_reference_graph(benchmark: BenchmarkFixture, half_life: float | None) -> None:
    measure(benchmark, 1000, 3, half_life, rounds=30)


def test_ten_thousand_agents(benchmark: BenchmarkFixture) -> None:
    measure(benchmark, 10_000, 20, 2.0, rounds=5)


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
def test_a_million_agents(benchmark: BenchmarkFixture, threads: int) -> None:
    measure(benchmark, 1_000_000, 20, 2.0, rounds=1, threads=threads)


def test_accounts_on_a_network(benchmark: BenchmarkFixture) -> None:
    """The account model with a follower network, a month: all its processes, most of the time spent in feeds."""
    config = compose(["audience=follower_network", "population.accounts=20000", "end=2023-01-31", "burn_in_days=0"])
    RectificationModel(config).run()
    benchmark.pedantic(lambda model: model.run(), setup=lambda: ((RectificationModel(config),), {}), rounds=3)
    each = benchmark.stats.stats.min / 20_000 / 31 * 1e6
    benchmark.extra_info["microseconds_per_account_day"] = each
    print(f"\n20,000 accounts on a follower network: {each:.3f} µs per account-day")
