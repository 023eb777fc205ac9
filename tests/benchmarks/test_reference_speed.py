"""Speed against the same model in plain Mesa agents, measured and printed, never asserted: `make bench`."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from rectify import RectificationModel, compose
from tests.reference.model import ReferenceModel

ROWS, DAYS = 20_000, 31
"""March 2023, the campaign's first three weeks in it: both models on the same configuration, in one run."""


def test_engine_against_plain_mesa(benchmark: Any) -> None:
    """Everything on: prints nanoseconds per account-day of both, on one thread, and their ratio."""
    config = compose(
        [f"population.accounts={ROWS}", "start=2023-03-01", "end=2023-03-31", "burn_in_days=0", "threads=1"]
    )
    RectificationModel(config).run()  # compiles

    def simulate(model: Any) -> float:
        started = perf_counter()
        for _ in range(DAYS):
            model.step()
        return perf_counter() - started

    plain = simulate(ReferenceModel(config))
    benchmark.pedantic(simulate, setup=lambda: ((RectificationModel(config),), {}), rounds=5, iterations=1)
    engine = benchmark.stats.stats.median
    per_account_day = [seconds / ROWS / DAYS * 1e9 for seconds in (plain, engine)]
    benchmark.extra_info["plain_mesa_ns_per_account_day"], benchmark.extra_info["ns_per_account_day"] = per_account_day
    print(
        f"\n{ROWS:,} rows x {DAYS} days: plain Mesa {per_account_day[0]:,.0f} ns per account-day, "
        f"Rectify {per_account_day[1]:,.1f}: {plain / engine:,.0f} times as fast"
    )
