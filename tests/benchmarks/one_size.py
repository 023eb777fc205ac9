"""The model at one size, in a process of its own, so that the peak of memory is its own.

``python -m tests.benchmarks.one_size ROWS END THREADS`` prints a :class:`Measured` as JSON.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from rectify import RectificationModel, RunConfig, compose

WARM_ROWS = 5_000
SMALL_ROWS = 300_000
"""Smaller populations are measured three times."""


@dataclass(frozen=True)
class Measured:
    """What a run took: seconds of building the population and of its days, bytes, peak of resident memory."""

    rows: int
    days: int
    threads: int
    build_seconds: float
    seconds: float
    bytes_per_account: float
    peak_bytes: int

    @property
    def nanoseconds(self) -> float:
        """Nanoseconds per account-day, building apart."""
        return self.seconds / self.rows / self.days * 1e9


def configuration(rows: int, end: str, threads: int) -> RunConfig:
    """The default scenario from 1 January 2023 to *end*, without a burn-in."""
    return compose([f"population.accounts={rows}", f"end={end}", "burn_in_days=0", f"threads={threads}"])


def peak_bytes() -> int:
    """Peak of this process's resident memory. What is said of its use of resources is its parent's, if that is more."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return 1024 * int(line.split()[1])
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measure(rows: int, end: str, threads: int) -> Measured:
    """Run in this process, once a small run has loaded every kernel."""
    RectificationModel(configuration(min(rows, WARM_ROWS), "2023-12-31", threads)).run()
    config = configuration(rows, end, threads)
    building, stepping = [], []
    for _ in range(3 if rows < SMALL_ROWS else 1):
        started = perf_counter()
        model = RectificationModel(config)
        built = perf_counter()
        while model.running:
            model.step()
        building.append(built - started)
        stepping.append(perf_counter() - built)
    tables = (*model.world.accounts.items(), *model.world.operators.items())
    return Measured(
        rows=rows,
        days=model.day,
        threads=model.threads,
        build_seconds=median(building),
        seconds=median(stepping),
        bytes_per_account=sum(column.nbytes for _, column in tables) / rows,
        peak_bytes=peak_bytes(),
    )


def measure_apart(rows: int, end: str, threads: int) -> Measured:
    """As :func:`measure`, in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.one_size", str(rows), end, str(threads)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Measured(**json.loads(done.stdout))


if __name__ == "__main__":
    print(json.dumps(asdict(measure(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))))
