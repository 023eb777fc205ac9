"""The schedule: order, one writer per column, and columns that exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from rectify.core.schedule import SHARED_COLUMNS, Process, Schedule, ScheduleError, owner
from rectify.day import COLUMNS

Steps = list[tuple[str, Any, Any]]


@dataclass(frozen=True)
class Grazing:
    """Eats grass.

    More about it, which the plan leaves out.
    """

    log: Steps
    phase: str = "morning"
    reads: tuple[str, ...] = ("field.grass",)
    writes: tuple[str, ...] = ("animals.weight",)

    def step(self, world: Any, turn: Any) -> None:
        """Note that it ran."""
        self.log.append((type(self).__name__, world, turn))


@dataclass(frozen=True)
class Moving(Grazing):
    """Moves on."""

    writes: tuple[str, ...] = ("animals.weight", "accounts.next_day")


class Elsewhere(Moving):
    """As if from another module."""


Elsewhere.__module__ = "another.module"
KNOWN = frozenset({"field.grass", "animals.weight", "accounts.next_day"})


def test_runs_in_order_with_the_days_objects() -> None:
    """Processes run once each, in the order given, on the world and the turn that were handed in."""
    log: Steps = []
    schedule = Schedule([Moving(log), Grazing(log), Grazing(log)], KNOWN)
    world, turn = object(), object()
    schedule.run(world, turn)
    assert log == [("Moving", world, turn), ("Grazing", world, turn), ("Grazing", world, turn)]
    assert [type(process) for process in schedule] == [Moving, Grazing, Grazing]


def test_plan_is_the_documentation_of_the_day() -> None:
    """Each row of the plan tells phase, name, first line of the docstring, and the columns."""
    (row,) = Schedule([Grazing([])], KNOWN).plan()
    assert row == {
        "phase": "morning",
        "process": "Grazing",
        "does": "Eats grass.",
        "reads": "field.grass",
        "writes": "animals.weight",
    }


@pytest.mark.parametrize("names", [{"reads": ("field.gras",)}, {"writes": ("field.gras",)}])
def test_a_column_that_no_table_declares_is_refused(names: dict[str, tuple[str, ...]]) -> None:
    """A misspelt column is named, with the process."""
    with pytest.raises(ScheduleError, match=r"Grazing names the column field\.gras, which no table declares"):
        Schedule([Grazing([], **names)], KNOWN)


def test_two_modules_may_not_write_one_column() -> None:
    """The column and both modules are named; several processes of one module may share it."""
    with pytest.raises(ScheduleError, match=r"animals\.weight has two writers: .*test_schedule and another\.module"):
        Schedule([Grazing([]), Elsewhere([])], KNOWN)
    assert Schedule([Grazing([]), Moving([])], KNOWN).writers["animals.weight"] == owner(Moving([]))


def test_the_wake_up_day_may_have_several_writers() -> None:
    """The one shared column is exempt."""
    assert {"accounts.next_day"} == SHARED_COLUMNS
    Schedule([Moving([], writes=("accounts.next_day",)), Elsewhere([], writes=("accounts.next_day",))], KNOWN)


def test_every_process_of_the_real_day_is_complete(build: Any) -> None:
    """Each has a phase, a step, a first line for the plan, and names only columns of the world, each once."""
    schedule = build().schedule
    for process in schedule:
        name = type(process).__name__
        assert process.phase, name
        assert callable(process.step), name
        for columns in (process.reads, process.writes):
            assert set(columns) <= COLUMNS, name
            assert len(set(columns)) == len(columns), name
    assert all(all(row[key] for key in ("phase", "process", "does")) for row in schedule.plan())
    phases = [process.phase for process in schedule]
    assert phases.index("joining") < phases.index("posting") < phases.index("attention") < phases.index("detecting")
    assert phases.index("detecting") < phases.index("reviewing") < phases.index("deciding") < phases.index("applying")


def test_a_frozen_dataclass_meets_the_protocol() -> None:
    """What the schedule needs of a process is only its four names."""
    process: Process = Grazing([])
    assert (process.phase, process.writes) == ("morning", ("animals.weight",))
