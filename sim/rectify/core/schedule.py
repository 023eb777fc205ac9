"""The day as one ordered list of processes, checked when built and printable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

SHARED_COLUMNS = frozenset({"accounts.next_day"})
"""The wake-up day, which several processes may move: the one exception to one writer per column."""


class Process(Protocol):
    """What the day is made of: a frozen dataclass of parameters with these four, and no base class to call up to.

    phase: the step of the day it belongs to. reads, writes: ``table.column`` names. step: does the work of one day.
    """

    @property
    def phase(self) -> str:
        """Step of the day, such as ``posting``."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns read."""

    @property
    def writes(self) -> tuple[str, ...]:
        """Columns written."""

    def step(self, world: Any, turn: Any) -> None:
        """Do one day's work on the *world*, with the day's scratch in *turn*."""


class ScheduleError(ValueError):
    """The processes do not fit together: a column with two writers, or one that no table declares."""


def owner(process: Process) -> str:
    """The module that a process lives in: columns belong to modules, so one file holds all that writes a column."""
    return type(process).__module__


class Schedule:
    """Processes in the order in which they run. Raises :class:`ScheduleError` when two modules write one column."""

    def __init__(self, processes: Sequence[Process], columns: frozenset[str]) -> None:
        self.processes = tuple(processes)
        writers: dict[str, str] = {}
        for process in self.processes:
            for name in (*process.reads, *process.writes):
                if name not in columns:
                    raise ScheduleError(f"{type(process).__name__} names the column {name}, which no table declares")
            for name in process.writes:
                first = writers.setdefault(name, owner(process))
                if first != owner(process) and name not in SHARED_COLUMNS:
                    raise ScheduleError(f"{name} has two writers: {first} and {owner(process)}")
        self.writers = writers

    def __iter__(self) -> Iterator[Process]:
        return iter(self.processes)

    def run(self, world: Any, turn: Any) -> None:
        """Run every process once, in order."""
        for process in self.processes:
            process.step(world, turn)

    def plan(self) -> list[dict[str, str]]:
        """The day as rows of text: phase, process, what it does, what it reads, what it writes."""
        return [
            {
                "phase": process.phase,
                "process": type(process).__name__,
                "does": (type(process).__doc__ or "").strip().split("\n")[0],
                "reads": ", ".join(process.reads),
                "writes": ", ".join(process.writes),
            }
            for process in self.processes
        ]
