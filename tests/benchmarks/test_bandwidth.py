"""What share of the machine's memory bandwidth the daily scan reaches; measured in one run, printed, never asserted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from rectify.core.due import SCAN_BLOCK, WORD, _mark_due, due_rows
from rectify.core.kernel import MOST_THREADS, use_threads
from rectify.core.table import Array
from tests.benchmarks.tables import show

COPIED = 2**27
"""Numbers of float64 that are copied: 1 GiB, far more than any cache holds."""
SCANNED = (10**7, 10**8)
DUE = 0.23
"""Share of rows due on a day, as in the default scenario."""
BITS_AND_COLUMN = 2 + 1 / 8
"""Bytes per row of the column that is read, and of the bits that are written."""
ROUNDS = 9


@pytest.fixture(autouse=True)
def one_thread_afterwards() -> Iterator[None]:
    yield
    use_threads(1)


def seconds(work: Callable[[], object]) -> float:
    """The best of some rounds, as is usual for bandwidth (McCalpin's STREAM), after one that is not counted."""
    work()

    def once() -> float:
        started = perf_counter()
        work()
        return perf_counter() - started

    return min(once() for _ in range(ROUNDS))


def copy_bandwidth(threads: int) -> float:
    """Bytes read and written per second by a copy of a large array, a piece to each thread."""
    source, target = np.ones(COPIED), np.zeros(COPIED)
    pieces = list(zip(np.array_split(target, threads), np.array_split(source, threads), strict=True))
    with ThreadPoolExecutor(threads) as pool:
        taken = seconds(lambda: list(pool.map(lambda piece: np.copyto(*piece), pieces)))
    return (source.nbytes + target.nbytes) / taken


def wake_ups(rows: int) -> Array:
    """A column of next days with a share of DUE on day 0, in no order."""
    return np.where(np.random.default_rng(1).random(rows, np.float32) < DUE, 0, 1).astype(np.int16)


def scanning(next_day: Array) -> float:
    """Bytes read and written per second by the scan of the column alone, which marks the rows due."""
    blocks = -(-len(next_day) // SCAN_BLOCK)
    marks, counts = np.zeros((blocks, SCAN_BLOCK // WORD), np.uint64), np.zeros(blocks, np.int64)
    taken = seconds(lambda: _mark_due(next_day, np.int16(0), marks, counts))
    return BITS_AND_COLUMN * len(next_day) / taken


def test_daily_scan_against_copy(benchmark: BenchmarkFixture) -> None:
    """Prints bytes read and written per second, of a large copy and of the scan for the rows due, and their ratio."""
    rows = []
    for threads in dict.fromkeys((1, MOST_THREADS)):
        copied = copy_bandwidth(threads)
        rows.append(("copy", f"{COPIED:,} float64", threads, f"{copied / 1e9:.1f}", "", ""))
        use_threads(threads)
        for scanned in SCANNED:
            next_day = wake_ups(scanned)
            moved = next_day.nbytes + due_rows(next_day, 0).nbytes
            reached = moved / seconds(lambda column=next_day: due_rows(column, 0))
            marked = scanning(next_day)
            for what, speed, touched in (
                ("scan of the column: a bit for each row", marked, BITS_AND_COLUMN * scanned),
                ("the same, and the list of those due", reached, moved),
            ):
                row = (what, f"{scanned:,} int16", threads, f"{speed / 1e9:.1f}", f"{speed / copied:.0%}")
                rows.append((*row, f"{touched / speed / scanned * 1e9:.2f}"))
            benchmark.extra_info[f"share of copy bandwidth, {scanned} rows, {threads} threads"] = marked / copied
            benchmark.extra_info[f"the same with the list, {scanned} rows, {threads} threads"] = reached / copied
    benchmark.pedantic(due_rows, args=(next_day, 0), rounds=ROUNDS)
    show(
        f"Memory bandwidth, and the daily scan with {DUE:.0%} of rows due",
        ("what", "column", "threads", "GB/s read and written", "share of copy", "ns per row"),
        rows,
    )
