"""The kernel cache cannot go stale, and both forms of a kernel agree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core import caching

from rectify.core import kernel as compiling
from rectify.core.kernel import FOLDERS_KEPT, PACKAGE, kernel, source_digest, use_threads

PRINT_HEARINGS = """
import numpy as np
from rectify.core.kernel import CACHE_FOLDER
from rectify.enforcement.appeal import _hear
from rectify.world.ledgers import Appeals
appeals, reversed_ = Appeals(), np.zeros(8, np.bool_)
appeals.append(**{**dict.fromkeys(Appeals.columns, 0), "account": np.arange(8)})
_hear.serial(np.uint64(1), appeals.records, 0.5, 0.5, reversed_)
print(int(reversed_.sum()), CACHE_FOLDER.name, len(list(CACHE_FOLDER.rglob("*.nbi"))))
"""
"""Calls a kernel of one module whose draws come from a function of another, and tells the result and the cache."""


def run_in(folder: Path, cache: Path) -> tuple[int, str, int]:
    """Result, name of the cache folder, and kernels cached, in a process of its own with the package in *folder*."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "RECTIFY_KERNEL_CACHE": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", PRINT_HEARINGS], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    result, name, kernels = done.stdout.split()
    return int(result), name, int(kernels)


def test_editing_a_callee_in_another_module_takes_effect(tmp_path: Path) -> None:
    """After an edit of the draws, a kernel of the appeals gives the new result, from a new cache folder."""
    shutil.copytree(PACKAGE, tmp_path / "rectify", ignore=shutil.ignore_patterns("__pycache__"))
    cache = tmp_path / "cache"
    before, folder_before, kernels = run_in(tmp_path, cache)
    assert 0 < before < 8
    assert kernels > 0
    draws = tmp_path / "rectify" / "core" / "draws.py"
    text = draws.read_text(encoding="utf-8")
    edited = text.replace("TO_UNIT = 1.0 / 4294967296.0", "TO_UNIT = 0.25 / 4294967296.0")
    assert edited != text
    draws.write_text(edited, encoding="utf-8")
    after, folder_after, _ = run_in(tmp_path, cache)
    assert after == 8, "all draws lie below one half now"
    assert folder_after != folder_before


def test_the_digest_follows_contents_and_paths(tmp_path: Path) -> None:
    """Any edit, new, renamed or removed source changes it; touching, moving or other files do not."""
    package = tmp_path / "package"
    (package / "inner").mkdir(parents=True)
    first, second = package / "a.py", package / "inner" / "b.py"
    first.write_text("x = 1\n")
    second.write_text("y = 2\n")
    start = source_digest(package)
    assert len(start) == 16
    assert int(start, 16) >= 0
    os.utime(first, (1, 1))
    (package / "notes.txt").write_text("not a source")
    assert source_digest(package) == start
    moved = tmp_path / "elsewhere"
    shutil.copytree(package, moved)
    assert source_digest(moved) == start
    second.write_text("y = 3\n")
    edited = source_digest(package)
    second.rename(package / "inner" / "c.py")
    renamed = source_digest(package)
    (package / "inner" / "c.py").unlink()
    removed = source_digest(package)
    assert len({start, edited, renamed, removed}) == 4


def test_old_folders_are_pruned_and_the_current_one_is_kept(tmp_path: Path) -> None:
    """Only the current folder and the latest few others stay."""
    folders = [tmp_path / f"folder{number}" for number in range(7)]
    for age, folder in enumerate(folders):
        folder.mkdir()
        (folder / "kernel.nbi").write_text("machine code")
        os.utime(folder, (1000 + age, 1000 + age))
    compiling._prune(tmp_path, keep=folders[0])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder0", "folder4", "folder5", "folder6"]
    assert FOLDERS_KEPT == 4


def test_numba_uses_the_folder_of_these_sources() -> None:
    """The cache in force is named after the sources that are running."""
    assert compiling.CACHE_FOLDER.name.startswith(source_digest())
    assert str(compiling.CACHE_FOLDER) == numba.config.CACHE_DIR


def who_works(workers):  # type: ignore[no-untyped-def]
    """Note which thread does which part, with enough work in each that all threads get some."""
    for part in numba.prange(len(workers)):
        total = 0.0
        for i in range(200_000):
            total += np.sqrt(float(i))
        workers[part] = numba.get_thread_id() + (total < 0.0)


@pytest.mark.usefixtures("one_thread_after")
@pytest.mark.parametrize("order", [(1, 2, 1), (2, 1, 2)])
def test_each_form_keeps_its_own_machine_code(order: tuple[int, ...]) -> None:
    """A form compiled and cached first does not stand in for the other: one thread is one, and two are two."""
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("the machine has one core")
    numba.get_num_threads()  # starts the threads, without which the number of one cannot be asked for
    for threads in order:
        use_threads(threads)
        workers = np.full(64, -1)
        kernel(who_works)(workers)  # a kernel made anew looks for its machine code in the cache, as a new process does
        assert set(workers.tolist()) == set(range(threads))


@kernel
def squares(out):  # type: ignore[no-untyped-def]
    """Fill with squares, block by block."""
    for block in numba.prange(4):
        for i in range(block * 5, block * 5 + 5):
            out[i] = i * i


@pytest.fixture
def one_thread_after() -> Iterator[None]:
    """Leave kernels on one thread."""
    yield
    use_threads(1)


@pytest.mark.usefixtures("one_thread_after")
def test_serial_and_threaded_forms_come_from_one_function() -> None:
    """Both give the same numbers, and the number of threads picks one, never more than there are."""
    results = []
    for threads in (1, 2, 10_000):
        assert use_threads(threads) == min(threads, numba.config.NUMBA_NUM_THREADS)
        out = np.zeros(20, np.int64)
        squares(out)
        results.append(out.tolist())
    assert results == [[i * i for i in range(20)]] * 3
    assert squares.__name__ == "squares"
    assert use_threads(0) == 1


def test_processes_that_compile_at_once_do_not_mix_their_code_up(tmp_path: Path) -> None:
    """One is cut in upon between writing its index and its code by another that had read the same, empty index."""

    class Late(caching.IndexDataCacheFile):
        def _load_index(self) -> dict[str, str]:
            return {}

        def _save_index(self, overloads: dict[str, str]) -> None:
            super()._save_index(overloads)
            if "ours" in overloads:
                Late(str(tmp_path), "function", "stamp").save("theirs", "their code")

    Late(str(tmp_path), "function", "stamp").save("ours", "our code")
    assert caching.IndexDataCacheFile(str(tmp_path), "function", "stamp").load("theirs") == "their code"
