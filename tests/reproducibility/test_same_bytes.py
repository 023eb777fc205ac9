"""Same configuration, same bytes: on one thread and two, in one process and another, on a second run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ARGUMENTS = [
    "population.accounts=30000", "start=2023-03-01", "end=2023-04-15", "burn_in_days=5",
]  # fmt: skip


def run(output: Path, *arguments: str) -> dict[str, str]:
    """Digests of a run from the command line, in a process of its own."""
    command = [sys.executable, "-m", "rectify", "run", *ARGUMENTS, f"output={output}"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, env=os.environ, timeout=300)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((Path(done.stdout.strip().splitlines()[-1]) / "manifest.json").read_text())
    digests: dict[str, str] = manifest["digests"]
    assert manifest["threads"] == (2 if "threads=2" in arguments else 1)
    return digests


def test_threads_and_processes_do_not_matter(tmp_path: Path) -> None:
    """One thread twice, then two threads; another seed for contrast."""
    first = run(tmp_path / "a", "threads=1")
    assert run(tmp_path / "b", "threads=1") == first
    assert run(tmp_path / "c", "threads=2") == first
    assert run(tmp_path / "d", "threads=1", "seed=2") != first


def test_two_models_side_by_side_do_not_disturb_each_other() -> None:
    """Stepping two models in turn gives what each gives alone."""
    from rectify import RectificationModel, compose
    from rectify.store import series_digest

    configs = [compose([*ARGUMENTS, "population.accounts=3000", f"seed={seed}"]) for seed in (1, 2)]
    alone = [series_digest(RectificationModel(config).run().series) for config in configs]
    models = [RectificationModel(config) for config in configs]
    for _ in range(configs[0].calendar.days):
        for model in models:
            model.step()
    assert [series_digest(model.result().series) for model in models] == alone
