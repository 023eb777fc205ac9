"""What a sweep adds to its runs, and runs a second, against Hydra's own multirun: printed, never asserted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd
from pytest_benchmark.fixture import BenchmarkFixture

from sim.config import RunConfig
from sim.study.cells import Plan, make_plan
from sim.study.design import build_experiment
from sim.study.execute import Where
from sim.study.sweep import run_plan
from sim.study.task import OK, Outcome, simulate

YEAR = ["campaign=none", "population.accounts=20000", "burn_in_days=0"]
"""20,000 rows and the 365 days of 2023."""
LEVELS = [2.5, 3.0, 3.5, 4.0]


def plan(name: str, replicates: int, *base: str) -> Plan:
    """A design of four classifier thresholds, two outcomes and one curve."""
    return make_plan(
        build_experiment(
            {
                "name": name, "question": "How fast?", "base": [*YEAR, *base], "replicates": replicates,
                "factors": {"threshold": {"keys": ["platforms.*.classifier_threshold"], "levels": LEVELS}},
                "outcomes": ["harm_total", "prevalence_mean"], "curves": ["prevalence"],
            },
            "here",
        )
    )  # fmt: skip


def nothing() -> Callable[..., Outcome]:
    """A run without a model: its configuration is read, and a year's curve handed back. Nested, to travel by value."""

    def run(values: dict[str, Any], seed: int, outcomes: list[str], curves: list[str]) -> Outcome:
        RunConfig.load({**values, "seed": seed})
        days = pd.date_range("2023-01-01", "2023-12-31")
        kept = pd.DataFrame({"date": days, "metric": curves[0], "value": float(seed)})
        return Outcome(OK, outcomes=dict.fromkeys(outcomes, 0.0), curves=kept, seconds=0.0)

    return run


def test_overhead_of_a_run(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Everything but the model: the slope between a short sweep and a long one, workers' start apart."""
    cores = os.cpu_count() or 1

    def sweep(replicates: int) -> float:
        started = perf_counter()
        run_plan(plan(f"nothing_{replicates}", replicates), tmp_path, Where(workers=cores), function=nothing())
        return perf_counter() - started

    short = sweep(20)
    benchmark.pedantic(sweep, args=(520,), rounds=1, iterations=1)
    each = (benchmark.stats.stats.median - short) / (500 * len(LEVELS))
    benchmark.extra_info["overhead_milliseconds"] = 1000 * each
    print(
        f"\na run of a sweep adds {1000 * each:.2f} ms on {cores} cores; workers and plan start in "
        f"{short - 20 * len(LEVELS) * each:.1f} s"
    )


def test_runs_a_second(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """20,000 rows × 365 days: a sweep on all cores, and the same design through Hydra's multirun."""
    simulate(plan("warm", 1, "population.accounts=500").values_of(plan("warm", 1).cells[0]), 1, ["harm_total"], [])
    runs = 12 * len(LEVELS)
    design = plan("year", 12)
    benchmark.pedantic(lambda: run_plan(design, tmp_path, Where()), rounds=1, iterations=1)
    sweep = runs / benchmark.stats.stats.median
    levels = ",".join(map(str, LEVELS))
    few = 2 * len(LEVELS)
    command = [
        sys.executable, "-c", "from sim.cli import main; main()", "run", "--multirun", *YEAR, f"output={tmp_path}",
        "seed=1,2", f"platforms.wechat.classifier_threshold={levels}",
    ]  # fmt: skip
    started = perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    multirun = few / (perf_counter() - started)
    benchmark.extra_info["runs_per_second"], benchmark.extra_info["multirun_runs_per_second"] = sweep, multirun
    print(
        f"\n20,000 rows x 365 days: {sweep:.2f} runs/s in a sweep of {runs}, "
        f"{1000 / sweep / 60:.1f} minutes for 1,000; "
        f"{multirun:.2f} runs/s by Hydra's multirun with figures: {sweep / multirun:.1f} times as many"
    )
