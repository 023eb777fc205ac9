"""Where a day's time goes, process by process in the order of the day; printed, never asserted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from time import perf_counter

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from rectify import RectificationModel
from rectify.core.due import due_rows
from rectify.core.kernel import use_threads
from rectify.core.schedule import Process
from rectify.core.table import Array
from rectify.world.turn import Turn
from rectify.world.world import World
from tests.benchmarks.one_size import WARM_ROWS, configuration
from tests.benchmarks.tables import show

ROWS, END = 10**6, "2023-05-22"
CONDITIONS = "before: platforms' conditions"
SCAN = "before: scan for the rows due"
SCRATCH = "before: the day's scratch"
EVENING = "after: notices, offices, recorder"


@pytest.fixture(autouse=True)
def one_thread_afterwards() -> Iterator[None]:
    yield
    use_threads(1)


@pytest.mark.parametrize("threads", [1, 2])
def test_profile(
    benchmark: BenchmarkFixture, watch: Callable[..., None], monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    """Seconds, share, and nanoseconds per account-day of each process, of what comes before them, and after."""
    RectificationModel(configuration(WARM_ROWS, "2023-12-31", threads)).run()
    model = RectificationModel(configuration(ROWS, END, threads))
    seconds: dict[str, float] = defaultdict(float)
    mark, due = perf_counter(), 0

    def lap(name: str) -> None:
        nonlocal mark
        now = perf_counter()
        seconds[name] += now - mark
        mark = now

    def scan(next_day: Array, day: int) -> Array:
        nonlocal due
        lap(CONDITIONS)
        found = due_rows(next_day, day)
        lap(SCAN)
        due += len(found)
        return found

    def around(process: Process, world: World, turn: Turn) -> None:
        process.step(world, turn)
        lap(type(process).__name__)

    def simulate() -> None:
        nonlocal mark
        while model.running:
            mark = perf_counter()
            model.step()
            lap(EVENING)

    monkeypatch.setattr("rectify.model.due_rows", scan)
    watch(model, before=lambda world, turn: lap(SCRATCH), around=around)
    benchmark.pedantic(simulate, rounds=1)
    account_days, total = ROWS * model.day, sum(seconds.values())

    def row(name: str, taken: float) -> tuple[str, ...]:
        each = taken / account_days * 1e9
        return name, f"{taken:.2f}", f"{taken / total:.1%}", f"{each:.2f}", f"{taken / due * 1e9:.1f}"

    benchmark.extra_info["seconds_by_process"] = dict(seconds)
    show(
        f"A day of {ROWS:,} rows, {due / account_days:.1%} of them due, over {model.day} days on {threads} thread(s)",
        ("process", "seconds", "share", "ns per account-day", "ns per row due"),
        [*(row(name, taken) for name, taken in seconds.items()), row("all", total)],
    )
