"""Write the reference results that are committed, after a change of the model that is meant to change them.

    python experiments/refresh.py                     # results/<name>/fast.csv of every experiment, by its fast form
    python experiments/refresh.py publicity           # of this one
    python experiments/refresh.py --from results/publicity results/rebound   # reference.csv, from finished datasets

``fast.csv`` holds the numbers of every run, and tests compare with it. ``reference.csv`` holds the numbers that an
experiment's page speaks of: read the page again when they change.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pandas as pd

import rectify
from rectify.core.paths import config_root
from rectify.study.tables import is_reproducible

RESULTS = config_root().parent / "results"


def write(table: pd.DataFrame, path: Path) -> None:
    """Replace a CSV file in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    table.to_csv(temporary, index=False)
    os.replace(temporary, path)
    print(path)


def refresh_fast(name: str) -> None:
    """Run an experiment's fast form, and keep its runs."""
    with tempfile.TemporaryDirectory() as folder:
        dataset = rectify.sweep(name, fast=True, output=folder, figures=False)
        if len(dataset.failed):
            raise SystemExit(f"{name}: some runs failed")
        runs = dataset.runs
    columns = [column for column in runs.columns if is_reproducible(column) and column != "identity"]
    write(runs[columns], RESULTS / name / "fast.csv")


def keep_reference(folder: Path) -> None:
    """Keep the outcomes of a finished dataset."""
    stored = rectify.Dataset.load(folder)
    columns = ["cell", "identity", "seed", *stored.factors, *stored.outcomes]
    table = stored.runs[columns].assign(identity=stored.runs["identity"].str[:12])
    write(table, RESULTS / stored.experiment["name"] / "reference.csv")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--from"]:
        for path in sys.argv[2:]:
            keep_reference(Path(path))
    else:
        for experiment in sys.argv[1:] or sorted(path.stem for path in (config_root() / "experiment").glob("*.yaml")):
            refresh_fast(experiment)
