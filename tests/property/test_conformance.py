"""Each process reads and writes only the columns that it declares, over weeks in which everything happens."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from rectify import RectificationModel
from rectify.core.schedule import Process
from rectify.core.table import Array, Table
from rectify.policy.kinds import BASES
from rectify.world.platforms import Platforms
from rectify.world.turn import Turn
from rectify.world.world import World

TABLES = ("accounts", "operators", "platforms")

EVENTFUL: dict[str, Any] = {
    "population.accounts": 4000,
    **{f"platforms.{name}.channels.classifier.threshold": 1.5 for name in ("wechat", "douyin", "weibo")},
    **{f"platforms.{name}.review_capacity": 20_000 for name in ("wechat", "douyin", "weibo")},
    **{f"platforms.{name}.willingness": 0.9 for name in ("wechat", "douyin", "weibo")},
    "rulebook.ladders": {
        **{basis: [["content_removal", "monetisation_suspension"], ["closure_with_ban"]] for basis in BASES},
        "rumours": [["posting_ban", "reach_limit", "removal_of_followers"], ["closure_with_ban_everywhere"]],
        "fake_media": [["profile_correction", "zombie_purge"], ["closure"]],
    },
    "rulebook.appeals.hearing_days": 2,
    "rulebook.appeals.reversed_if_right": 0.3,
    "rulebook.registration.screens_closed_names": True,
    "rulebook.registration.cap_changes": [
        {"since": "2023-01-20", "persons": 1, "organisations": 1, "sources": {"*": "assumption"}}
    ],
    "rulebook.registration.grandfathering": False,
    "archetypes.marketing_matrix.return_days": 2,
    "archetypes.rumour_monger.return_days": 2,
    "archetypes.rumour_monger.propensity": 1,
    "archetypes.marketing_matrix.hires": 0.3,
    "platforms.weibo.channels.poster_search.searched": 0.1,
    "platforms.weibo.channels.growth_check.checked": 0.1,
    "campaigns.selfmedia_2023.opens": "2023-01-03",
    "campaigns.selfmedia_2023.disposal_per_day": 0.05,
    "campaigns.selfmedia_2023.effort.player_checks": 5,
    "archetypes.hobbyist.orphaned": True,
    "kinds.rumours.rentals_per_million_views": 1000,
    **{f"platforms.{name}.player_checks_per_year": 1 for name in ("wechat", "douyin", "weibo")},
}
DAYS = 24


class Recording:
    """A table that notes which columns are asked for, and which are replaced whole."""

    def __init__(self, name: str, table: Table, touched: set[str]) -> None:
        self.__dict__.update(_name=name, _table=table, _touched=touched)

    def __getattr__(self, column: str) -> Any:
        if column in self._table.columns:
            self._touched.add(f"{self._name}.{column}")
        elif column == "items":
            self._touched.update(f"{self._name}.{each}" for each in self._table.columns)
        return getattr(self._table, column)

    def __setattr__(self, column: str, value: Any) -> None:
        setattr(self._table, column, value)

    def __len__(self) -> int:
        return len(self._table)


def recorded(world: World, touched: set[str]) -> World:
    """The same world, with tables that note what is asked for."""
    seen = copy.copy(world)
    for name in TABLES:
        setattr(seen, name, Recording(name, getattr(world, name), touched))
    return seen


def columns_of(world: World) -> dict[str, Array]:
    """Copies of all columns."""
    return {f"{name}.{column}": array.copy() for name in TABLES for column, array in getattr(world, name).items()}


class Log:
    """What each process did over the run."""

    def __init__(self) -> None:
        self.read: dict[str, set[str]] = {}
        self.written: dict[str, set[str]] = {}
        self.declared: dict[str, tuple[set[str], set[str]]] = {}


@pytest.fixture(scope="module")
def log(build: Callable[..., RectificationModel], watch: Callable[..., None]) -> Log:
    """An eventful run, with every process watched."""
    model, log = build(EVENTFUL), Log()
    for process in model.schedule:
        name = type(process).__name__
        log.read[name], log.written[name] = set(), set()
        log.declared[name] = set(process.reads), set(process.writes)
        prepare = getattr(process, "prepare", None)
        if prepare is not None:
            before = columns_of(model.world)
            prepare(recorded(model.world, log.read[name]))
            log.written[name] |= changed(before, model.world)

    def around(process: Process, world: World, turn: Turn) -> None:
        name = type(process).__name__
        before, seen = columns_of(world), recorded(world, log.read[name])
        process.step(seen, turn)
        for field in fields(world):
            if field.name not in TABLES:
                setattr(world, field.name, getattr(seen, field.name))
        log.written[name] |= changed(before, world)

    watch(model, around=around)
    for _ in range(DAYS):
        model.step()
    accounts = model.world.accounts
    assert (accounts.closed_on < DAYS).sum() > 20, "the run is eventful"
    assert np.isin(accounts.opened_on[accounts.predecessor >= 0], range(DAYS)).sum() > 5
    assert model.world.register.column("lesser").sum() > 20
    assert len(model.world.cases) or len(model.world.appeals)
    return log


def changed(before: dict[str, Array], world: World) -> set[str]:
    """Columns whose bytes are no longer those."""
    return {name for name, array in columns_of(world).items() if array.tobytes() != before[name].tobytes()}


def test_processes_write_only_what_they_declare(log: Log) -> None:
    """No byte of another column differs after a process's step."""
    undeclared = {name: sorted(log.written[name] - log.declared[name][1]) for name in log.declared}
    assert {name: columns for name, columns in undeclared.items() if columns} == {}


def test_processes_read_only_what_they_declare(log: Log) -> None:
    """No column is asked for that is declared neither as read nor as written."""
    undeclared = {name: sorted(log.read[name] - reads - writes) for name, (reads, writes) in log.declared.items()}
    assert {name: columns for name, columns in undeclared.items() if columns} == {}


def test_nothing_is_declared_in_vain(log: Log) -> None:
    """Every column declared is asked for, so that the plan of the day does not overstate who depends on what."""
    idle = {name: sorted((reads | writes) - log.read[name]) for name, (reads, writes) in log.declared.items()}
    assert {name: columns for name, columns in idle.items() if columns} == {}


def test_declared_writes_do_happen(log: Log) -> None:
    """In an eventful run every column that has a writer is written by its module at some time."""
    written = set().union(*log.written.values())
    declared = set().union(*(writes for _, writes in log.declared.values()))
    assert written == declared


def test_the_recording_table_sees_reads_and_replacements() -> None:
    """The instrument itself works: a column asked for is noted, and one replaced whole reaches the table."""

    table, touched = Platforms(3), set[str]()
    proxy: Any = Recording("platforms", table, touched)
    proxy.slots = np.arange(3)
    assert len(proxy) == 3
    assert touched == set()
    assert proxy.slots.tolist() == [0, 1, 2]
    assert touched == {"platforms.slots"}
    assert table.slots.tolist() == [0, 1, 2]
    assert len(proxy.items()) == len(Platforms.columns)
    assert touched == {f"platforms.{name}" for name in Platforms.columns}
