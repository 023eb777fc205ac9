"""What share of the machine's memory bandwidth the daily scan reaches; measured in one run, printed, never asserted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from sim.core.due import due_rows
from sim.core.kernel import MOST_THREADS, use_threads
from sim.core.table import Array
from tests.benchmarks.tables import show

COPIED = 2**27
"""Numbers of float64 that are copied: 1 GiB, far more than any cache holds."""
SCANNED = (10**7, 10**8)
DUE = 0.23
"""Share of rows due on a day, as in the default scenario."""
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
            row = ("daily scan", f"{scanned:,} int16", threads, f"{reached / 1e9:.1f}", f"{reached / copied:.0%}")
            rows.append((*row, f"{moved / reached / scanned * 1e9:.2f}"))
            benchmark.extra_info[f"share of copy bandwidth, {scanned} rows, {threads} threads"] = reached / copied
    benchmark.pedantic(due_rows, args=(next_day, 0), rounds=ROUNDS)
    show(
        f"Memory bandwidth, and the daily scan with {DUE:.0%} of rows due",
        ("what", "column", "threads", "GB/s read and written", "share of copy", "ns per row"),
        rows,
    )
