"""What a sweep adds to its runs, and runs a second, against Hydra's own multirun: printed, never asserted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd
import pyarrow.dataset
from pytest_benchmark.fixture import BenchmarkFixture

from rectify.configuration.run_config import RunConfig
from rectify.study.cells import Plan, make_plan
from rectify.study.dataset import DatasetWriter
from rectify.study.design import build_experiment
from rectify.study.execute import Where
from rectify.study.sweep import design_of, rows_of, run_plan
from rectify.study.task import OK, Outcome, simulate

YEAR = ["campaign=none", "population.accounts=20000", "burn_in_days=0"]
"""20,000 rows and the 365 days of 2023."""
LEVELS = [2.5, 3.0, 3.5, 4.0]


def plan(name: str, replicates: int, *base: str) -> Plan:
    """A design of four classifier thresholds, two outcomes and one curve."""
    return make_plan(
        build_experiment(
            {
                "name": name, "question": "How fast?", "base": [*YEAR, *base], "replicates": replicates,
                "factors": {"threshold": {"keys": ["platforms.*.channels.classifier.threshold"], "levels": LEVELS}},
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
    """20,000 rows × 365 days: a sweep on all cores, and the same design through Hydra's multirun, starts apart."""
    simulate(plan("warm", 1, "population.accounts=500").values_of(plan("warm", 1).cells[0]), 1, ["harm_total"], [])

    def sweep(replicates: int) -> float:
        started = perf_counter()
        run_plan(plan(f"year_{replicates}", replicates), tmp_path, Where())
        return perf_counter() - started

    def multirun(*seeds: int) -> float:
        command = [
            sys.executable, "-m", "rectify", "run", "--multirun", *YEAR, f"output={tmp_path}",
            f"seed={','.join(map(str, seeds))}", 
            f"platforms.wechat.channels.classifier.threshold={','.join(map(str, LEVELS))}",
        ]  # fmt: skip
        started = perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return perf_counter() - started

    short = sweep(3)
    benchmark.pedantic(sweep, args=(33,), rounds=1, iterations=1)
    each = (benchmark.stats.stats.median - short) / (30 * len(LEVELS))
    each_alone = (multirun(1, 2, 3) - multirun(4)) / (2 * len(LEVELS))
    benchmark.extra_info["runs_per_second"], benchmark.extra_info["multirun_runs_per_second"] = 1 / each, 1 / each_alone
    print(
        f"\n20,000 rows x 365 days: {1 / each:.2f} runs/s in a sweep, "
        f"{(short + each * (1000 - 3 * len(LEVELS))) / 60:.1f} minutes for 1,000 with the start; "
        f"{1 / each_alone:.2f} runs/s by Hydra's multirun with figures: {each_alone / each:.1f} times as many"
    )


def test_opening_ten_thousand_runs(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """A dataset of 10,000 runs with a year's curve each: its runs in pandas, and its curves in Arrow."""
    design, run = plan("many", 2500), nothing()
    done = run(design.values_of(design.cells[0]), 1, design.experiment.outcomes, design.experiment.curves)
    with closing(DatasetWriter(tmp_path / "many", design.experiment, design_of(design))) as dataset:
        for seed in design.experiment.seeds:
            for cell in design.cells:
                dataset.add(rows_of(design, [cell], seed, done), done.curves)
        dataset.finish(1.0)
    folder = tmp_path / "many"

    def opened() -> pd.DataFrame:
        return pyarrow.dataset.dataset(sorted(folder.glob("runs-*.parquet"))).to_table().to_pandas()

    assert len(benchmark.pedantic(opened, rounds=5, iterations=1, warmup_rounds=1)) == 10_000
    started = perf_counter()
    curves = pyarrow.dataset.dataset(sorted(folder.glob("curves-*.parquet"))).to_table()
    print(
        f"\n10,000 runs in {len(list(folder.iterdir()))} files open in {1000 * benchmark.stats.stats.median:.0f} ms; "
        f"their {len(curves):,} rows of curves in {perf_counter() - started:.2f} s"
    )
