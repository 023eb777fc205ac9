"""A dataset's page: its numbers are those of the dataset, and it says what cannot be told."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rectify.report.page import MOST_ROWS, number, page, results, write_page
from rectify.study.stored import StoredSweep

OUTCOMES = {
    "harm_total": {"unit": "harm", "number": "count", "meaning": "Harm.", "statistic": "total",
                   "scales_with_population": True},
    "prevalence_mean": {"unit": "share", "number": "level", "meaning": "Prevalence.", "statistic": "mean",
                        "scales_with_population": False},
}  # fmt: skip


def stored(cells: int = 3, reference: int | None = 0, folder: Path = Path("anywhere")) -> StoredSweep:
    """Cell c has harm 1000 (c + 1) + 10 · seed and prevalence (c + 1) / 100, over seeds 1 to 4."""
    runs = pd.DataFrame(
        [
            {"cell": cell, "seed": seed, "length": float(cell), "status": "ok",
             "harm_total": 1000.0 * (cell + 1) + 10 * seed, "prevalence_mean": (cell + 1) / 100}
            for cell in range(cells) for seed in (1, 2, 3, 4)
        ]
    )  # fmt: skip
    experiment = {
        "name": "how_long", "question": "How long?", "replicates": 4, "outcomes": ["harm_total", "prevalence_mean"],
        "factors": {"length": {"label": "Length", "unit": "days", "levels": [1, 2]}},
    }  # fmt: skip
    manifest = {
        "experiment": experiment, "reference": reference, "labels": {"0": "reference"}, "cells": cells,
        "outcomes": OUTCOMES,
        "rows": {"all": 4 * cells, "failed": 1}, "last_session_seconds": 12.3, "busy_seconds": 20.0,
        "host": {"cores": 2},
    }  # fmt: skip
    return StoredSweep(folder, manifest, runs)


def test_means_and_paired_differences_are_those_of_the_runs() -> None:
    """Twins differ by 1000 in every seed: the interval of the difference has no width, that of the mean has."""
    text = results(stored())
    lines = [line for line in text.splitlines() if line.startswith("| Length 1 ")]
    assert len(lines) == 2
    means, apart = lines
    harm = means.split("|")[2].strip()
    assert harm.startswith("2.02 k [")
    low, high = harm[harm.index("[") + 1 : -1].split(", ")
    assert low < high
    assert means.split("|")[3].strip() == "2 % [2 %, 2 %]"
    assert apart.split("|")[2].strip() == f"+{100 * 1000 / 1025:.3g} [+97.6, +97.6]"
    assert "| cell | Harm | Prevalence mean (share) |" in text


def test_a_page_says_what_was_asked_and_how_long_it_took() -> None:
    text = page(stored(), "rectify sweep experiment=how_long", [Path("figures/forest.png")])
    for part in ("# How long\n", "**Question.** How long?", "    rectify sweep experiment=how_long\n",
                 "12 runs: 3 cells, each over the same 4 seeds; 1 failed. 12 s", "| Length (days) | 1, 2 |",
                 "![forest](figures/forest.png)"):  # fmt: skip
        assert part in text


def test_many_cells_are_summed_up() -> None:
    text = results(stored(MOST_ROWS + 1, reference=None))
    assert "| Harm | 21 k | 1.02 k | 41 k |" in text
    assert len(text.splitlines()) < 10


def test_without_a_reference_there_are_no_differences() -> None:
    assert "Differences" not in results(stored(reference=None))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.1234, "share", "12.3 %"), (-0.5, "share", "−50 %"), (-1_234_567, "", "−1.23 M"), (0.5, "", "0.5"),
     (math.nan, "share", "–"), (np.inf, "", "–")],
)  # fmt: skip
def test_numbers_are_short(value: float, unit: str, text: str) -> None:
    assert number(value, unit) == text


def test_writing_replaces_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rectify.report.page.load_sweep", lambda folder: stored(folder=folder))
    write_page(tmp_path, "first")
    path = write_page(tmp_path, "second")
    assert "    second\n" in path.read_text(encoding="utf-8")
    assert [each.name for each in tmp_path.iterdir()] == ["README.md"]
