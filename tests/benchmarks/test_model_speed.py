"""Speed of the whole model, measured and printed, never asserted: `make bench`."""

from __future__ import annotations

import resource
from typing import Any

import pytest

from sim import RectificationModel, compose
from sim.world.accounts import Accounts
from sim.world.operators import Operators

CASES = {"10 thousand": (10_000, 365), "100 thousand": (100_000, 365), "1 million": (1_000_000, 365)}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("case", CASES)
def test_year(benchmark: Any, case: str, threads: int) -> None:
    """The campaign's year without a burn-in; prints nanoseconds per account-day, bytes and peak memory."""
    rows, days = CASES[case]
    warm = compose([f"population.accounts={min(rows, 5000)}", "burn_in_days=0", f"threads={threads}"])
    RectificationModel(warm).run()
    config = compose([f"population.accounts={rows}", "burn_in_days=0", f"threads={threads}"])

    def simulate() -> None:
        model = RectificationModel(config)
        while model.running:
            model.step()

    benchmark.pedantic(simulate, rounds=3 if rows < 500_000 else 1, iterations=1)
    seconds = benchmark.stats.stats.median
    benchmark.extra_info["ns_per_account_day"] = seconds / rows / days * 1e9
    print(
        f"\n{case} rows x {days} days, {threads} thread(s): {seconds:.2f} s, "
        f"{seconds / rows / days * 1e9:.1f} ns per account-day, {Accounts.bytes_per_row()} bytes per account "
        f"and {Operators.bytes_per_row()} per operator, "
        f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB"
    )
