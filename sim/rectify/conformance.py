"""Holding processes to what they declare: one step alone, and whole runs.

A process's ``reads`` and ``writes`` name all that it touches. Here its step is done twice from the same state: as it
is, when nothing but what it says it writes may change; and with everything that it does not say it reads put into
another order, when the same must come out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rectify.configuration.run_config import RunConfig
from rectify.core.schedule import Process
from rectify.core.table import Array, Ledger
from rectify.model import RectificationModel
from rectify.store import series_digest
from rectify.world.turn import Turn
from rectify.world.world import World

EVERY_DAYS = 3
"""A process's step is examined on one of so many days: it is done several times over."""


def arrays_of(world: World, turn: Turn) -> dict[str, Array]:
    """Every array that processes share, by the name that they declare it under; rows of ledgers field by field."""
    found: dict[str, Array] = {}
    for table in ("accounts", "operators", "platforms"):
        found |= {f"{table}.{name}": array for name, array in getattr(world, table).items()}
    found |= {f"conditions.{name}": array for name, array in vars(world.conditions).items()}
    found |= {f"counters.{name}": array for name, array in world.counters.by_name.items()}
    found |= {f"turn.{name}": array for name, array in turn.items()}
    for name in type(world).stores():
        own = getattr(world, name.partition(".")[2])
        if isinstance(own, np.ndarray):
            found[name] = own
    return found


def ledgers_of(world: World, turn: Turn) -> dict[str, Ledger]:
    """Every list and queue that processes share, by the name that they declare it under."""
    found = {f"turn.{name}": getattr(turn, name) for name in turn.LISTS}
    for name in type(world).stores():
        own = getattr(world, name.partition(".")[2])
        if isinstance(own, Ledger):
            found[name] = own
    return found


def _taken_down(ledgers: Mapping[str, Ledger]) -> dict[str, Any]:
    return {name: ledger.take(np.arange(len(ledger))) for name, ledger in ledgers.items()}


def _text(ledger: Ledger) -> bytes:
    return b"".join(column.tobytes() for _, column in ledger.items())


@dataclass
class _Snapshot:
    """What processes share, copied."""

    arrays: dict[str, Array]
    ledgers: dict[str, Any]

    @classmethod
    def of(cls, world: World, turn: Turn) -> _Snapshot:
        arrays = {name: array.copy() for name, array in arrays_of(world, turn).items()}
        return cls(arrays, _taken_down(ledgers_of(world, turn)))

    def put_back(self, world: World, turn: Turn) -> None:
        for name, array in arrays_of(world, turn).items():
            array[...] = self.arrays[name]
        for name, ledger in ledgers_of(world, turn).items():
            ledger.clear()
            ledger.extend(self.ledgers[name])

    def differences(self, other: _Snapshot) -> list[str]:
        """Names of what is not the same, byte by byte."""
        found = [name for name, array in self.arrays.items() if array.tobytes() != other.arrays[name].tobytes()]
        return found + [name for name, each in self.ledgers.items() if _text(each) != _text(other.ledgers[name])]


def examine_step(process: Process, world: World, turn: Turn) -> list[str]:
    """Do one step of *process*; what it touches without saying so, one line each. The step has then been done."""
    name, declared = type(process).__name__, {*process.reads, *process.writes}
    before = _Snapshot.of(world, turn)
    guarded = [array for each, array in arrays_of(world, turn).items() if each not in process.writes]
    guarded = [array for array in guarded if array.flags.writeable]
    for array in guarded:
        array.flags.writeable = False
    try:
        process.step(world, turn)
    except (ValueError, TypeError) as error:
        if "read-only" not in str(error) and "readonly" not in str(error):
            raise
        return [f"{name} writes to something that it does not declare as written: {' '.join(str(error).split())[:200]}"]
    finally:
        for array in guarded:
            array.flags.writeable = True
    after = _Snapshot.of(world, turn)
    lines = [
        f"{name} changes {each} and does not declare it as written"
        for each in after.differences(before)
        if each not in process.writes
    ]

    def same_with(permuted: Sequence[str]) -> bool:
        before.put_back(world, turn)
        arrays = arrays_of(world, turn)
        for each in permuted:
            # Turned round and moved on: nothing of more than one entry stays in its place.
            arrays[each][...] = np.roll(arrays[each][::-1], 1, axis=0)
        process.step(world, turn)
        now = _Snapshot.of(world, turn)
        return not any(each in process.writes for each in after.differences(now))

    others = [each for each, array in arrays_of(world, turn).items() if each not in declared and len(array) > 1]
    if not same_with(others):
        lines += [f"{name} reads {each} and does not declare it as read" for each in others if not same_with([each])]
    after.put_back(world, turn)
    return lines


def examine_run(
    model: RectificationModel, watched: Callable[[Process], bool], progress: Callable[[RectificationModel], None]
) -> list[str]:
    """Run *model* to its end, examining steps of the *watched* processes; what they touch unsaid, each line once."""
    lines: dict[str, None] = {}

    def run(world: World, turn: Turn) -> None:
        for process in model.schedule:
            if watched(process) and turn.day % EVERY_DAYS == 0:
                lines.update(dict.fromkeys(examine_step(process, world, turn)))
            else:
                process.step(world, turn)

    model.schedule.run = run  # type: ignore[method-assign]
    while model.day < model.world.calendar.days and not lines:
        model.step()
        progress(model)
    return list(lines)


def same_on_threads(config: RunConfig) -> bool:
    """Whether one thread and two give the same series, to the byte."""
    digests = [
        series_digest(RectificationModel(config.model_copy(update={"threads": threads})).run().series)
        for threads in (1, 2)
    ]
    return digests[0] == digests[1]


UNCOUPLED = {
    "behaviours.learning.observed_weight": 0,
    "rulebook.registration.screens_closed_names": False,
    "offices.*.question_pressure": 0,
    "platforms.*.review_capacity": 1e11,
}
"""Keys with values at which accounts share nothing on a platform: nobody waits for a reviewer or looks at others."""


def changed_by_one_more(config: RunConfig, rows: int, more: int) -> Iterator[str]:
    """Columns of accounts that differ when *more* rows are added to *rows*, for the accounts that both runs have.

    *config* must be one in which accounts share nothing, see :data:`UNCOUPLED`.
    """
    models = [
        RectificationModel(
            config.model_copy(update={"population": config.population.model_copy(update={"accounts": count})})
        )
        for count in (rows, rows + more)
    ]
    small, large = (model.world for model in models)
    shared = int(small.operators.first_account[-1])  # the last operator's block is cut at the end of the table
    for _ in range(small.calendar.days):
        for model in models:
            model.step()
    for name, column in small.accounts.items():
        if column[:shared].tobytes() != getattr(large.accounts, name)[:shared].tobytes():
            yield name


def digest(arrays: Mapping[str, Array]) -> str:
    """SHA-256 of arrays by name."""
    found = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        found.update(name.encode() + array.tobytes())
    return found.hexdigest()
