"""Datasets: few files whatever the number of runs, and a table that any reader of Parquet opens."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.dataset
import pytest

from rectify.study.cells import Cell
from rectify.study.dataset import DatasetWriter
from rectify.study.design import Experiment, build_experiment
from rectify.study.stored import read_curves

CELLS = 400
DESIGN: dict[str, Any] = {"design_digest": "of these runs", "sources": "none", "cells": CELLS, "windows": []}


def experiment(seeds: int) -> Experiment:
    """A design of 400 cells, with two outcomes and a curve."""
    return build_experiment(
        {
            "name": "many", "question": "How many files?", "replicates": seeds,
            "factors": {"threshold": {"keys": ["a.b"], "range": [0, 1], "steps": CELLS}},
            "outcomes": ["harm_total", "prevalence_mean"], "curves": ["prevalence"],
        },
        "here",
    )  # fmt: skip


def write(folder: Path, seeds: int, days: int, order: list[int] | None = None) -> str:
    """Fill a dataset as a sweep does, run by run in the *order* of their numbers; its digest."""
    design = experiment(seeds)
    dates = pd.date_range("2023-01-01", periods=days)
    with closing(DatasetWriter(folder, design, DESIGN)) as dataset:
        for number in order or range(CELLS * seeds):
            seed, cell = 1 + number // CELLS, Cell(number % CELLS, {}, f"{number % CELLS:012x}")
            row = {
                "cell": cell.number, "identity": cell.identity, "seed": seed, "threshold": cell.number / CELLS,
                "status": "ok", "error": "", "harm_total": float(number), "prevalence_mean": 1.0 / (1 + number),
                "run_seconds": 0.5, "host": "here",
            }  # fmt: skip
            curves = pd.DataFrame({"date": dates, "metric": "prevalence", "value": np.arange(days) + number})
            dataset.add([row], curves)
        return str(dataset.finish(1.0)["digest"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of 10,000 runs."""
    path = tmp_path_factory.mktemp("many")
    write(path, seeds=25, days=2)
    return path


def test_ten_thousand_runs_are_few_files(folder: Path) -> None:
    """Fewer than 50, the manifest included, so that a shared file system has nothing to complain of."""
    assert 3 < len([path for path in folder.rglob("*") if path.is_file()]) < 50


def test_runs_open_as_one_table(folder: Path) -> None:
    """As one Parquet dataset, in order of cell and seed, with every run once."""
    runs = pyarrow.dataset.dataset(sorted(folder.glob("runs-*.parquet"))).to_table().to_pandas()
    assert len(runs) == 10_000
    assert runs[["cell", "seed"]].drop_duplicates().equals(runs[["cell", "seed"]])
    assert runs.equals(runs.sort_values(["cell", "seed"], ignore_index=True))
    assert (runs["harm_total"] == runs["cell"] + CELLS * (runs["seed"].astype(float) - 1)).all()


def test_curves_belong_to_their_runs(folder: Path) -> None:
    """The values of each curve are those that were written with its run."""
    parts = [{"curves": path.name} for path in sorted(folder.glob("curves-*.parquet"))]
    curves = read_curves(folder, parts, [f"{7:012x}"])
    first = curves[curves["date"] == pd.Timestamp("2023-01-01")]
    assert dict(zip(first["seed"], first["value"], strict=True)) == {s: 7 + CELLS * (s - 1) for s in range(1, 26)}


def test_order_in_which_runs_end_changes_nothing(tmp_path: Path) -> None:
    """Digest and tables are the same whichever run was done first."""
    shuffled = np.random.default_rng(1).permutation(CELLS * 4).tolist()
    assert write(tmp_path / "a", 4, 3) == write(tmp_path / "b", 4, 3, shuffled)
    for pattern in ("runs-*.parquet", "curves-*.parquet"):
        one, other = (
            pd.concat(map(pd.read_parquet, sorted((tmp_path / name).glob(pattern))), ignore_index=True)
            for name in ("a", "b")
        )
        assert len(one) >= CELLS * 4
        pd.testing.assert_frame_equal(one, other)
