"""A run that goes on from a checkpoint is the run that never stopped: every column, every digest."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rectify import RectificationModel, RunConfig, compose
from rectify.checkpoint import restore, save_state
from rectify.core.errors import UserError
from rectify.core.state import get_attributes, read_state, write_state
from rectify.store import series_digest, summary_digest

Configure = Callable[..., RunConfig]
SHORT = ["population.accounts=3000", "start=2023-02-25", "end=2023-04-05", "burn_in_days=5"]


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["campaign=none", "audience.attention=branching"],
        ["audience=follower_network", "population.accounts=1500"],
        ["rulebook=return_barred_there", "rulebook.registration.screens_closed_names=true"],
    ],
    ids=["campaign", "branching", "network", "closures"],
)
@pytest.mark.parametrize("day", [3, 25])
def test_every_column_goes_on_as_if_nothing_had_happened(tmp_path: Path, overrides: list[str], day: int) -> None:
    """Before the campaign and in the middle of it; the scenario's later days are compared one by one."""
    config = compose([*SHORT, *overrides])
    straight = RectificationModel(config)
    for _ in range(day):
        straight.step()
    save_state(straight, tmp_path / "state.npz")
    resumed = restore(config, tmp_path / "state.npz")
    assert resumed.day == day
    assert resumed.date == straight.date
    while straight.running:
        straight.step()
        resumed.step()
        for table in ("accounts", "operators", "platforms"):
            for name, column in getattr(straight.world, table).items():
                np.testing.assert_array_equal(getattr(getattr(resumed.world, table), name), column, f"{table}.{name}")
        for name, array in get_attributes(straight.world.conditions).items():
            np.testing.assert_array_equal(getattr(resumed.world.conditions, name), array, name)
    first, second = straight.result(), resumed.result()
    assert not resumed.running
    assert series_digest(first.series) == series_digest(second.series)
    assert summary_digest(first.summary) == summary_digest(second.summary)
    assert first.published.equals(second.published)


def test_a_checkpoint_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.npz"
    model = RectificationModel(compose(SHORT))
    model.step()
    save_state(model, path)
    with pytest.raises(UserError, match="another configuration or another seed"):
        restore(compose([*SHORT, "seed=2"]), path)
    with pytest.raises(UserError, match="another configuration"):
        restore(compose([*SHORT, "behaviours.posting.chilling=0.1"]), path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UserError, match="not a whole checkpoint"):
        restore(compose(SHORT), path)
    path.write_text("hello")
    with pytest.raises(UserError, match="not a whole checkpoint"):
        restore(compose(SHORT), path)


def test_what_cannot_be_taken_down_is_not_left_out_silently() -> None:
    class Holder:
        def __init__(self) -> None:
            self.good = np.arange(3)
            self.bad = object()

    with pytest.raises(TypeError, match=r"Holder\.bad"):
        get_attributes(Holder())


def test_state_files_hold_what_was_put_in(tmp_path: Path) -> None:
    state = {
        "number": 3, "share": 0.1, "none": None, "text": "ü", "yes": True,
        "list": [1, np.array([1.5, np.nan])], "nested": {"1": np.zeros((2, 0), np.int8), "b": {}},
    }  # fmt: skip
    write_state(tmp_path / "a.npz", state)
    found = read_state(tmp_path / "a.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]
    assert found.keys() == state.keys()
    assert {k: found[k] for k in ("number", "share", "none", "text", "yes")} == {
        k: state[k] for k in ("number", "share", "none", "text", "yes")
    }
    np.testing.assert_array_equal(found["list"][1], state["list"][1])  # type: ignore[index]
    assert found["nested"]["1"].shape == (2, 0)
    assert found["nested"]["b"] == {}


def test_what_killed_writers_left_is_removed_and_live_ones_are_left_alone(tmp_path: Path) -> None:
    """A temporary file of a process that is gone goes with the next write; that of one that lives stays."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    left = tmp_path / f".a.npz.{gone.pid}.part"
    alive = tmp_path / f".a.npz.{os.getppid()}.part"
    for path in (left, alive):
        path.write_bytes(b"half")
    write_state(tmp_path / "a.npz", {"number": 1})
    assert not left.exists()
    assert alive.exists()
    assert read_state(tmp_path / "a.npz") == {"number": 1}


COMMAND = [sys.executable, "-m", "rectify", "run"]


def digests(line: str) -> dict[str, str]:
    """Digests of the run whose folder is the last line printed."""
    found: dict[str, str] = json.loads((Path(line.strip().splitlines()[-1]) / "manifest.json").read_text())["digests"]
    return found


@pytest.mark.slow
def test_a_killed_run_ends_as_one_that_was_not(tmp_path: Path) -> None:
    """SIGKILL at random moments after a checkpoint, again and again; the same command goes on until it is through."""
    arguments = ["population.accounts=60000", "start=2023-02-01", "end=2023-05-10", "burn_in_days=5"]
    whole = subprocess.run(
        [*COMMAND, *arguments, f"output={tmp_path / 'whole'}"], capture_output=True, text=True, check=True, timeout=300
    )
    command = [*COMMAND, *arguments, f"output={tmp_path / 'killed'}", "checkpoint.every=10d"]
    draws = random.Random(5)

    def written() -> set[tuple[Path, int]]:
        return {(path, path.stat().st_mtime_ns) for path in (tmp_path / "killed").rglob("*.checkpoint.npz")}

    continued = 0
    for _ in range(5):
        before = written()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while process.poll() is None and written() == before:
                time.sleep(0.005)
            time.sleep(0.3 * draws.random())
            process.kill()
        continued += process.returncode == -signal.SIGKILL and bool(before)
    assert continued > 1
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert digests(done.stdout) == digests(whole.stdout)
    assert not list((tmp_path / "killed").rglob("*.checkpoint.npz"))
    assert not list((tmp_path / "killed").rglob("*.part"))


def test_the_command_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    """Stopped by the end of patience after a checkpoint, with the file kept; then the same command again."""
    arguments = [*SHORT, f"output={tmp_path}", "checkpoint.every=20d", "checkpoint.keep=true"]
    first = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=True, timeout=300)
    (checkpoint,) = tmp_path.rglob("*.checkpoint.npz")
    second = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=True, timeout=300)
    assert "going on after 2023-03-31" in " ".join(second.stderr.split())
    assert digests(second.stdout) == digests(first.stdout)
    checkpoint.write_bytes(b"broken")
    third = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=True, timeout=300)
    assert "starting anew" in third.stderr
    assert digests(third.stdout) == digests(first.stdout)


@pytest.mark.parametrize("value", ["0", "-3d", "often", "1.5"])
def test_bad_intervals_are_refused(value: str) -> None:
    done = subprocess.run(
        [*COMMAND, *SHORT, f"checkpoint.every={value}"], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 2
    assert "checkpoint.every" in done.stderr
    assert "Traceback" not in done.stderr
