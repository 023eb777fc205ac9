"""The whole model from ten thousand rows to a hundred million, a table at the end; printed, never asserted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from rectify.assembly import check_memory
from rectify.core.errors import UserError
from tests.benchmarks.one_size import Measured, configuration, measure_apart
from tests.benchmarks.tables import show

CAMPAIGN, YEAR = "2023-05-22", "2023-12-31"
"""Ends of runs that begin on 1 January 2023: the campaigns' last day, and the year's."""
SIZES = [
    (10**4, CAMPAIGN), (10**5, CAMPAIGN), (10**6, CAMPAIGN), (10**7, CAMPAIGN), (10**5, YEAR), (10**6, YEAR),
]  # fmt: skip
REAL_SIZE = pytest.param(10**8, CAMPAIGN, 2, marks=pytest.mark.slow)
BASE = 10**5
"""Rows whose cost per account-day the others are compared with, over the same days on as many threads."""


@pytest.fixture(scope="module")
def measured() -> Iterator[list[Measured]]:
    """What was measured so far; printed as one table when the last size is done."""
    done: list[Measured] = []
    yield done
    cost = {(each.rows, each.days, each.threads): each.nanoseconds for each in done}

    def row(each: Measured) -> Iterator[str]:
        base, alone = cost.get((BASE, each.days, each.threads)), cost.get((each.rows, each.days, 1))
        yield from (f"{each.rows:,}", str(each.days), str(each.threads))
        yield from (f"{each.build_seconds:.2f}", f"{each.seconds:.2f}", f"{each.nanoseconds:.1f}")
        yield f"{each.nanoseconds / base:.2f}" if base else ""
        yield f"{alone / each.nanoseconds:.2f}" if alone else ""
        yield from (f"{each.bytes_per_account:.0f}", f"{each.peak_bytes / 2**20:,.0f}")

    headings = (
        "rows", "days", "threads", "build, s", "days, s", "ns per account-day", f"cost over {BASE:,} rows'",
        "speed over one thread's", "bytes per account and operator", "peak, MiB",
    )  # fmt: skip
    show("The model with everything on, each size in a process of its own", headings, map(row, done))


@pytest.mark.parametrize(("rows", "end", "threads"), [*((*size, n) for size in SIZES for n in (1, 2)), REAL_SIZE])
def test_size(benchmark: BenchmarkFixture, measured: list[Measured], rows: int, end: str, threads: int) -> None:
    """The campaigns of spring 2023, and the whole year."""
    try:
        check_memory(configuration(rows, end, threads))
    except UserError as error:
        pytest.skip(str(error))
    each = benchmark.pedantic(measure_apart, args=(rows, end, threads))
    benchmark.extra_info["ns_per_account_day"] = each.nanoseconds
    measured.append(each)
