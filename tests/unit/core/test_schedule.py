"""The schedule: order, one writer of each thing, names that are declared, and producers before readers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import pytest

from rectify.assembly import SHARED_COLUMNS, channels_of, stores
from rectify.core.schedule import Process, Schedule, ScheduleError, Store, built, owner
from rectify.day import DAY
from rectify.detection.catalogue import CHANNELS

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

    @classmethod
    def build(cls, setup: Any) -> Self | None:
        """None where nothing is to be grazed."""
        return None if setup is None else cls(setup)

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
KNOWN = {
    "field.grass": Store(),
    "animals.weight": Store(),
    "accounts.next_day": Store(shared=True),
    "turn.milk": Store(carried=False),
    "turn.guests": Store(carried=False, optional=True),
}


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


@pytest.mark.parametrize(("field", "verb"), [("reads", "reads"), ("writes", "writes")])
def test_a_name_that_nothing_declares_is_refused(field: str, verb: str) -> None:
    """A misspelt name is told with the process and the nearest names."""
    with pytest.raises(ScheduleError, match=rf"Grazing {verb} field\.gras, which nothing declares.*'field\.grass'"):
        Schedule([Grazing([], **{field: ("field.gras",)})], KNOWN)


def test_what_starts_anew_is_not_read_before_it_is_written() -> None:
    """A reader before its producer is refused; after it, and with a list that nobody fills, all is well."""
    giving, drinking = Moving([], writes=("turn.milk",)), Grazing([], reads=("turn.milk",), writes=())
    with pytest.raises(ScheduleError, match=r"Grazing reads turn\.milk before anything has written it that day"):
        Schedule([drinking, giving], KNOWN)
    with pytest.raises(ScheduleError, match=r"Grazing reads turn\.milk before"):
        Schedule([drinking], KNOWN)
    Schedule([giving, drinking], KNOWN)
    Schedule([Grazing([], reads=("turn.guests",))], KNOWN)
    inviting = Moving([], writes=("turn.guests",))
    with pytest.raises(ScheduleError, match=r"turn\.guests before"):
        Schedule([Grazing([], reads=("turn.guests",)), inviting], KNOWN)


def test_a_counter_that_nobody_fills_is_refused() -> None:
    """Counters are declared by those who fill them; one that is read must be, and earlier that day."""
    counting = Moving([], writes=("counters.steps",))
    assert Schedule([counting], KNOWN).counters == ("steps",)
    with pytest.raises(
        ScheduleError, match=r"reads counters\.stepps, which nothing fills; did you mean 'counters.steps'"
    ):
        Schedule([counting, Grazing([], reads=("counters.stepps",))], KNOWN)
    with pytest.raises(ScheduleError, match=r"reads counters\.steps before anything has counted it"):
        Schedule([Grazing([], reads=("counters.steps",)), counting], KNOWN)


def test_a_process_that_a_run_has_no_use_for_is_left_out() -> None:
    assert built([Grazing, Moving], None) == []
    assert [type(process) for process in built([Grazing, Moving], [])] == [Grazing, Moving]


def test_a_process_is_found_by_its_class() -> None:
    grazing = Grazing([])
    assert Schedule([grazing, Moving([])], KNOWN).find(Moving).log == []
    with pytest.raises(LookupError, match="2 processes of the class Grazing"):
        Schedule([grazing, Moving([])], KNOWN).find(Grazing)


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
        for names in (process.reads, process.writes):
            assert all(each in stores() or each.startswith("counters.") for each in names), name
            assert len(set(names)) == len(names), name
        assert process.reads or process.writes, name
    assert all(all(row[key] for key in ("phase", "process", "does")) for row in schedule.plan())
    phases = [process.phase for process in schedule]
    assert phases.index("joining") < phases.index("posting") < phases.index("attention") < phases.index("detecting")
    assert phases.index("detecting") < phases.index("reviewing") < phases.index("deciding") < phases.index("applying")


def test_a_frozen_dataclass_meets_the_protocol() -> None:
    """What the schedule needs of a process is only its four names."""
    process: Process = Grazing([])
    assert (process.phase, process.writes) == ("morning", ("animals.weight",))


def test_the_days_channels_are_those_that_configurations_have() -> None:
    """One list is of processes and one of declarations: they are the same, in the order of the bits."""
    assert channels_of(DAY) == CHANNELS
    assert {channel.name for channel in CHANNELS} >= {"classifier", "reports", "trusted_flaggers"}
