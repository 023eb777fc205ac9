"""The first run on a machine, which compiles the kernels, and the second; printed, never asserted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from pytest_benchmark.fixture import BenchmarkFixture

from tests.benchmarks.tables import show

RUN = ("run", "population.accounts=2000", "end=2023-01-31", "burn_in_days=0")


def test_first_and_second_run(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Seconds of ``rectify run`` on a month of 2,000 rows, figures included, with an empty kernel cache and a warm one.

    The sources' bytecode is there already, as it is after an installation by pip.
    """
    environment = {**os.environ, "RECTIFY_KERNEL_CACHE": str(tmp_path / "kernels")}
    command = [sys.executable, "-m", "rectify", *RUN, f"output={tmp_path / 'results'}"]

    def run() -> float:
        started = perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=environment)
        return perf_counter() - started

    cold = run()
    benchmark.pedantic(run, rounds=3)
    warm = benchmark.stats.stats.median
    benchmark.extra_info["cold_seconds"] = cold
    rows = [("empty", f"{cold:.1f}"), ("warm", f"{warm:.2f}")]
    show(f"rectify {' '.join(RUN)}", ("kernel cache", "seconds"), rows)
