"""What a plug-in brings, and how that fits into a day, its tables and its parameters."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rectify.core.errors import UserError, nearest
from rectify.core.params import Params
from rectify.core.quantity import Number, Scalar
from rectify.core.schedule import Process
from rectify.core.table import Column, Table
from rectify.detection.channel import Channel
from rectify.metrics.metric import Metric
from rectify.world.accounts import Accounts
from rectify.world.operators import Operators
from rectify.world.platforms import Platforms
from rectify.world.turn import Turn

API = 1
"""Version of what plug-ins rely on. It is raised when something that they may use goes or changes its meaning; what is
to go is named in the changelog, and warns when it is used, one version of Rectify before."""

FIRST_STREAM, STREAMS = 1024, 65_536
"""Streams of plug-ins are numbered from the first on: all of Rectify's own lie below it."""

TABLES: dict[str, type[Table]] = {"accounts": Accounts, "operators": Operators, "platforms": Platforms, "turn": Turn}
"""Tables that a plug-in may add columns to, by the name that processes give them."""


class PluginError(UserError):
    """A plug-in cannot be used; the message names its module and the cause."""


@dataclass(frozen=True)
class Placed:
    """A process with its place in the day: before, after or instead of the process of that class name."""

    where: Literal["before", "after", "instead of"]
    named: str
    process: type[Process]


def before(named: str, process: type[Any]) -> Placed:
    """*process* runs just before the one of the class *named*."""
    return Placed("before", named, process)


def after(named: str, process: type[Any]) -> Placed:
    """*process* runs just after the one of the class *named*."""
    return Placed("after", named, process)


def instead_of(named: str, process: type[Any]) -> Placed:
    """*process* takes the place of the one of the class *named*, which does not run."""
    return Placed("instead of", named, process)


def stream(name: str) -> int:
    """The number of a plug-in's random stream, by its full name ``plugin.stream``: always the same for a name."""
    return FIRST_STREAM + zlib.crc32(name.encode()) % (STREAMS - FIRST_STREAM)


@dataclass(frozen=True)
class Outcome:
    """A number of a run's summary: name, unit, meaning, and the function that works it out from the recorder.

    NaN stands for a number that this run does not have: *absent_when* says why. *number*, *scales*: as of a
    :class:`Metric`.
    """

    name: str
    unit: str
    meaning: str
    work_out: Callable[[Any], float]
    number: Number = "level"
    scales: bool = False
    absent_when: str = "there is nothing to work it out from"

    @property
    def scalar(self) -> Scalar:
        """What it is, for the files that it ends in."""
        return Scalar(
            unit=self.unit, number=self.number, meaning=self.meaning, scales_with_population=self.scales,
            absent_when=self.absent_when,
        )  # fmt: skip


@dataclass(frozen=True)
class Plugin:
    """What a module brings.

    processes: with their places, see :func:`before`, :func:`after`, :func:`instead_of`. params: parameters, found in
    configurations under ``behaviours.<plug-in>``, with a default for each; a detection channel's own are declared with
    the channel. sources: where their values come from, by parameter, or ``*`` for all. columns: of a table, by
    ``table.name``. streams: names of random streams, see :func:`stream`. metrics, outcomes: what is measured. figures:
    functions that draw a stored run, by name. api: the version of this interface that the module was written for.
    """

    processes: Sequence[Placed] = ()
    params: type[Params] | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Column] = field(default_factory=dict)
    streams: Sequence[str] = ()
    metrics: Sequence[Metric] = ()
    outcomes: Sequence[Outcome] = ()
    figures: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    api: int = API

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Detection channels among its processes."""
        return tuple(placed.process.channel for placed in self.processes if hasattr(placed.process, "channel"))

    def table_columns(self, table: str) -> dict[str, Column]:
        """Its columns of a *table*, by their own names."""
        return {
            name.partition(".")[2]: column for name, column in self.columns.items() if name.partition(".")[0] == table
        }


@dataclass(frozen=True)
class LoadedPlugin:
    """A plug-in that has been loaded: its name, the first 16 digits of the SHA-256 of its sources, and its content."""

    name: str
    digest: str
    plugin: Plugin


def check_plugin(name: str, plugin: Any) -> Plugin:
    """*plugin* as found in the module *name*. Raises :class:`PluginError` for what is not sound by itself."""
    if not isinstance(plugin, Plugin):
        raise PluginError(f"plugins: {name} has no PLUGIN = Plugin(...), so it is not a plug-in of Rectify")
    if plugin.api != API:
        raise PluginError(f"plugins: {name} was written for version {plugin.api} of the plug-in interface, not {API}")
    for placed in plugin.processes:
        for what in ("phase", "reads", "writes", "build", "step"):
            if not hasattr(placed.process, what):
                raise PluginError(f"plugins: {name}: the process {placed.process.__name__} has no {what!r}")
    if plugin.params is not None:
        lacking = [each for each, about in plugin.params.model_fields.items() if about.is_required()]
        if lacking:
            raise PluginError(f"plugins: {name}: the parameter {lacking[0]!r} has no default")
        unsourced = [each for each in plugin.params.parameters() if not {each, "*"} & plugin.sources.keys()]
        if unsourced:
            raise PluginError(f"plugins: {name}: no source is given for the parameter {unsourced[0]!r} (sources=...)")
    for column in plugin.columns:
        table, _, own = column.partition(".")
        if table not in TABLES or not re.fullmatch(r"[a-z]\w*", own):
            raise PluginError(
                f"plugins: {name}: the column {column!r} is in no table{nearest(table, TABLES)} "
                f"Name it TABLE.COLUMN; tables: {', '.join(TABLES)}"
            )
        if own in TABLES[table].columns or own in getattr(TABLES[table], "LISTS", {}):
            raise PluginError(f"plugins: {name}: the column {column} is there already; choose another name")
    return plugin


def check_together(plugins: Sequence[LoadedPlugin]) -> None:
    """Raise :class:`PluginError` where plug-ins claim the same name: a column, a stream, a metric, a process."""
    kinds: dict[str, Callable[[LoadedPlugin], Iterable[str]]] = {
        "column": lambda each: each.plugin.columns,
        "random stream": lambda each: (str(stream(f"{each.name}.{own}")) for own in each.plugin.streams),
        "metric": lambda each: (metric.name for metric in each.plugin.metrics),
        "outcome": lambda each: (outcome.name for outcome in each.plugin.outcomes),
        "channel": lambda each: (channel.name for channel in each.plugin.channels),
        "process": lambda each: (placed.process.__name__ for placed in each.plugin.processes),
    }
    for what, names_of in kinds.items():
        owners: dict[str, str] = {}
        for each in plugins:
            for name in names_of(each):
                if name in owners:
                    raise PluginError(f"plugins: {owners[name]} and {each.name} both bring the {what} {name}")
                owners[name] = each.name


def plugged_day(day: Sequence[type[Process]], plugins: Sequence[LoadedPlugin]) -> tuple[type[Process], ...]:
    """The *day* with the processes of *plugins* in their places, in the order in which the plug-ins are named.

    Raises :class:`PluginError` for a place beside a process that is not there, or a class name that is there already.
    """
    listed = list(day)
    for each in plugins:
        for placed in each.plugin.processes:
            names = [process.__name__ for process in listed]
            if placed.process.__name__ in names:
                raise PluginError(f"plugins: {each.name}: a process {placed.process.__name__} is there already")
            if placed.named not in names:
                raise PluginError(
                    f"plugins: {each.name}: {placed.process.__name__} asks for a place {placed.where} "
                    f"{placed.named}, which is not in the day{nearest(placed.named, names)}"
                )
            place = names.index(placed.named)
            if placed.where == "instead of":
                listed[place] = placed.process
            else:
                listed.insert(place + (placed.where == "after"), placed.process)
    return tuple(listed)
