"""The follower network from the command line: a run, graphs from files, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

SMALL = ["audience=follower_network", "population.accounts=1000", "end=2023-01-20", "burn_in_days=0"]


def rectify(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``rectify run`` of a small network in a process of its own."""
    command = [
        sys.executable,
        "-c",
        "from rectify.cli import main; main()",
        "run",
        *SMALL,
        f"output={tmp_path / 'out'}",
    ]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=300, check=False)


def test_a_run_writes_message_level_metrics(tmp_path: Path) -> None:
    done = rectify(tmp_path)
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.strip().splitlines()[-1])
    series = pd.read_parquet(folder / "series.parquet")
    for metric in ("feed_prevalence", "unique_prevalence", "exposed_accounts", "views", "cascade_size", "takedown_age"):
        assert (series.metric == metric).any(), metric
    assert 0.0 < json.loads((folder / "summary.json").read_text())["prevalence_mean"] < 1.0


def test_a_graph_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "graph.csv"
    pd.DataFrame({"follower": np.arange(1, 101), "followed": np.zeros(100, np.int64)}).to_csv(path, index=False)
    done = rectify(tmp_path, "audience.graph=file", f"audience.file={path}", "audience.follow_per_view=0")
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.strip().splitlines()[-1])
    series = pd.read_parquet(folder / "series.parquet")
    first = series[(series.metric == "real_followers") & (series.platform == "all")].value.iloc[0]
    scale = 50 * 15_000_000 / 1000
    assert first < 300 * scale, "a hundred follows, and those of newcomers"


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("audience.k=0", ["audience.k", "greater than or equal to 1"]),
        ("+audience.feed_lenght=3", ["audience.feed_lenght", "feed_length"]),
        ("audience.form=telepathy", ["audience", "mean_field", "follower_network"]),
        ("audience.graph=file", ["audience", "file"]),
        ("audience.file=nowhere.csv", ["audience.file", "there is no file", "nowhere.csv"]),
        ("audience.delimiter=;", ["audience", "delimiter", "graph is 'random_walk'"]),
        ("population.accounts=graph", ["population.accounts", "audience.graph=file"]),
        ("audience.attention_half_life=2", ["attention_half_life"]),
        ("population.accounts=2000000000", ["population.accounts", "memory"]),
    ],
)
def test_what_is_refused(tmp_path: Path, override: str, words: list[str]) -> None:
    done = rectify(tmp_path, override)
    assert done.returncode == 2
    for word in words:
        assert word in done.stderr
    assert "Traceback" not in done.stderr
