"""The day as one ordered list of processes, checked when built and printable.

What a process touches, it declares by name, and the schedule holds the names against each other:

``accounts.x``, ``operators.x``, ``platforms.x``
    columns of the tables; what a day leaves in them, the next finds.
``turn.x``
    the day's scratch, empty every morning.
``conditions.x``
    what is the same for everybody on a platform today.
``counters.x``
    the day's counters, zero every morning; metrics read them.
``world.x``
    queues, lists and stocks of the world that are no columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, runtime_checkable

from rectify.core.errors import nearest


class Process(Protocol):
    """What the day is made of: a class with these, and no base class to call up to.

    phase: the step of the day that it belongs to. reads, writes: names of all that it touches, see above. build: from
    a run's configuration and compiled policy to a process; None where the run has no use for it. step: one day's work.
    """

    @property
    def phase(self) -> str:
        """Step of the day, such as ``posting``."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of what it reads."""

    @property
    def writes(self) -> tuple[str, ...]:
        """Names of what it writes; it may read them too."""

    @classmethod
    def build(cls, setup: Any) -> Self | None:
        """The process of a run, from its :class:`rectify.world.setup.Setup`; None where it is not needed."""

    def step(self, world: Any, turn: Any) -> None:
        """Do one day's work on the *world*, with the day's scratch in *turn*."""


@runtime_checkable
class Prepares(Protocol):
    """A process that sets something up on day 0, when all processes have been built."""

    def prepare(self, world: Any) -> None:
        """Set up what it writes, before the first day."""


@runtime_checkable
class KeepsState(Protocol):
    """A process that keeps something from day to day which is not in the world: checkpoints ask for it."""

    def get_state(self) -> dict[str, Any]:
        """All that it keeps, in plain values and arrays."""

    def set_state(self, state: dict[str, Any]) -> None:
        """Set what it keeps to what :meth:`get_state` gave."""


@dataclass(frozen=True)
class Store:
    """One thing that processes share. carried: what a day leaves in it, the next finds; else it starts anew.

    shared: several modules may write it. optional: a list that may stay empty, where no process fills it. meaning,
    unit, shape: for people.
    """

    carried: bool = True
    shared: bool = False
    optional: bool = False
    unit: str = ""
    shape: str = ""
    meaning: str = ""


class ScheduleError(ValueError):
    """The processes do not fit together: two writers, a reader before its producer, or a name that nobody declares."""


def owner(process: Process) -> str:
    """The module that a process lives in: what it writes belongs to it, so that one file holds all that writes it."""
    return type(process).__module__


COUNTERS = "counters."


class Schedule:
    """Processes in the order in which they run.

    Raises :class:`ScheduleError` when a name is not declared, when two modules write what is not shared, when what
    starts anew every day is read before anything has written it, and when a counter is read that nobody fills.
    """

    def __init__(self, processes: Sequence[Process], stores: Mapping[str, Store]) -> None:
        self.processes = tuple(processes)
        self.stores = stores
        counters = {name for process in self.processes for name in process.writes if name.startswith(COUNTERS)}
        self.counters = tuple(sorted(name.removeprefix(COUNTERS) for name in counters))
        """Names of the counters that some process fills."""
        known = {*stores, *counters}
        self.writers: dict[str, str] = {}
        written = {name for process in self.processes for name in process.writes}
        produced: set[str] = set()
        for process in self.processes:
            who = type(process).__name__
            for name in process.writes:
                if name not in known:
                    raise ScheduleError(f"{who} writes {name}, which nothing declares{nearest(name, known)}")
                first = self.writers.setdefault(name, owner(process))
                if first != owner(process) and not self._is_shared(name):
                    raise ScheduleError(f"{name} has two writers: {first} and {owner(process)}")
            for name in process.reads:
                if name in counters and name not in produced:
                    raise ScheduleError(f"{who} reads {name} before anything has counted it that day")
                if name.startswith(COUNTERS) and name not in counters:
                    raise ScheduleError(f"{who} reads {name}, which nothing fills{nearest(name, counters)}")
                if name not in known:
                    raise ScheduleError(f"{who} reads {name}, which nothing declares{nearest(name, known)}")
                if name in stores and not stores[name].carried and name not in produced:
                    if name not in written and stores[name].optional:
                        continue
                    raise ScheduleError(f"{who} reads {name} before anything has written it that day")
            produced |= set(process.writes)

    def _is_shared(self, name: str) -> bool:
        return name.startswith(COUNTERS) or self.stores[name].shared

    def __iter__(self) -> Iterator[Process]:
        return iter(self.processes)

    def __len__(self) -> int:
        return len(self.processes)

    def find[P](self, kind: type[P]) -> P:
        """The one process of that class. Raises ``LookupError`` when there is none, or more than one."""
        found = [process for process in self.processes if isinstance(process, kind)]
        if len(found) != 1:
            raise LookupError(f"{len(found)} processes of the class {kind.__name__} in this day")
        return found[0]

    def run(self, world: Any, turn: Any) -> None:
        """Run every process once, in order."""
        for process in self.processes:
            process.step(world, turn)

    def plan(self) -> list[dict[str, str]]:
        """The day as rows of text: phase, process, what it does, what it reads, what it writes.

        Families of names, as of a counter for each sanction, are one word with a star.
        """
        return [
            {
                "phase": process.phase,
                "process": type(process).__name__,
                "does": (type(process).__doc__ or "").strip().split("\n")[0],
                "reads": _families(process.reads),
                "writes": _families(process.writes),
            }
            for process in self.processes
        ]


def _families(names: Iterable[str]) -> str:
    short = (".".join([*parts[:2], "*"]) if len(parts := name.split(".")) > 2 else name for name in names)
    return ", ".join(dict.fromkeys(short))


def built(kinds: Iterable[type[Process]], setup: Any) -> list[Process]:
    """The processes of a run, in order: those of *kinds* that it has a use for."""
    return [process for kind in kinds if (process := kind.build(setup)) is not None]
