"""Assembly: from a configuration to compiled policy and a world as it is on day 0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import psutil

from rectify.audience import follower_graph
from rectify.audience.follower_graph import FollowerNetworkParams
from rectify.audience.graph_file_params import graph_of_file
from rectify.configuration.run_config import RunConfig
from rectify.core.errors import UserError
from rectify.core.schedule import Prepares, Process, Schedule, ScheduleError, Store, built
from rectify.core.table import Column, RowList
from rectify.detection.catalogue import CHANNELS
from rectify.detection.channel import MOST_CHANNELS, Channel
from rectify.plugins.plugin import LoadedPlugin, PluginError
from rectify.policy.campaigns import Campaign, CampaignParams, compile_campaign
from rectify.policy.events import compile_events
from rectify.policy.kinds import compile_kinds
from rectify.policy.policy import Policy
from rectify.policy.rulebook import compile_rulebook
from rectify.policy.sanctions import NAMES_BARRED, compile_sanctions
from rectify.policy.seasons import compile_seasons
from rectify.world.accounts import Accounts
from rectify.world.conditions import Conditions
from rectify.world.counters import Counters
from rectify.world.ledgers import Appeals, Cases, Decisions
from rectify.world.operators import Operators
from rectify.world.platforms import Platforms
from rectify.world.population import Archetypes, populate, rows_with_open
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World

SHARED_COLUMNS = frozenset({"accounts.next_day"})
"""The wake-up day, which several processes may move: the one exception to one writer per column."""

DAY_BYTES_PER_ROW = 16
"""Scratch of a day, measured: arrays along the list of rows due, under a third of all; building needs less."""


def compile_policy(config: RunConfig, archetypes: tuple[str, ...]) -> Policy:
    """Kinds, sanctions, rulebook and campaigns as arrays; *archetypes* are the names of those in use."""
    kinds = compile_kinds(config.kinds, config.kinds_used)
    sanctions = compile_sanctions(config.sanctions, kinds)
    platforms = list(config.platforms)
    first, days = config.calendar.first, config.calendar.days
    events = compile_events(config.events, first, days, platforms, kinds, config.seed, int(Stream.EVENT))

    def compiled(name: str, campaign: CampaignParams) -> Campaign:
        office = config.offices[campaign.office]
        within_reach = np.array([office.reaches(platform) for platform in config.platforms.values()], np.bool_)
        planned = office.strategy == "calendar"
        return compile_campaign(name, campaign, first, platforms, kinds, within_reach, planned)

    return Policy(
        kinds=kinds,
        sanctions=sanctions,
        rulebook=compile_rulebook(config.rulebook, kinds, sanctions, first),
        campaigns=tuple(compiled(name, campaign) for name, campaign in config.campaigns.items()),
        attention=compile_seasons(config.seasons.values(), first, days, platforms) * events.attention,
        events=events,
        platform_names=tuple(platforms),
        archetype_names=archetypes,
        archetype_lawful=np.array([config.archetypes[name].lawful for name in archetypes], np.bool_),
        archetype_organisation=np.array([config.archetypes[name].organisation for name in archetypes], np.bool_),
        archetype_orphaned=np.array([config.archetypes[name].orphaned for name in archetypes], np.bool_),
    )


def sized(config: RunConfig) -> RunConfig:
    """*config* with the number of its rows, where a follow graph gives it.

    Raises :class:`UserError` for a graph that cannot be read.
    """
    if isinstance(config.population.accounts, int):
        return config
    assert isinstance(config.audience, FollowerNetworkParams)
    graph, _ = graph_of_file(config.audience)
    rows = rows_with_open(
        graph.nodes,
        config.population,
        config.archetypes,
        config.platforms,
        compile_kinds(config.kinds, config.kinds_used),
        config.calendar,
        config.seed,
    )
    return config.model_copy(update={"population": config.population.model_copy(update={"accounts": rows})})


def small(config: RunConfig, rows: int) -> RunConfig:
    """*config* with so many rows at most, and a grown follow graph in the place of one from a file."""
    accounts, audience = config.population.accounts, config.audience
    least = min(accounts, rows) if isinstance(accounts, int) else rows
    changes: dict[str, Any] = {"population": config.population.model_copy(update={"accounts": least})}
    if isinstance(audience, FollowerNetworkParams) and audience.graph == "file":
        changes["audience"] = audience.model_copy(update={"graph": "random_walk", "file": None})
    return config.model_copy(update=changes)


def memory_needed(config: RunConfig) -> int:
    """Bytes that the population of *config* will take at its peak: its columns, and what a day adds.

    *config* is as :func:`sized` gives it.
    """
    rows = config.population.accounts
    assert isinstance(rows, int), "see sized"
    shares = {name: share for name, share in config.population.shares.items() if share > 0}
    blocks = {name: config.archetypes[name].accounts + config.archetypes[name].spare_accounts for name in shares}
    operators_open = {name: share / config.archetypes[name].accounts for name, share in shares.items()}
    operators_per_row = sum(operators_open.values()) / sum(operators_open[name] * blocks[name] for name in shares)
    per_row = Accounts.bytes_per_row() + DAY_BYTES_PER_ROW + operators_per_row * Operators.bytes_per_row()
    needed = int(rows * per_row)
    if isinstance(config.audience, FollowerNetworkParams):
        needed += follower_graph.memory_needed(config.audience, rows)
    return needed


def check_memory(config: RunConfig) -> None:
    """Raise :class:`UserError` when this machine has too little memory at hand for the population of *config*."""
    needed, at_hand = memory_needed(config), psutil.virtual_memory().available
    if needed > at_hand:
        raise UserError(
            f"population.accounts: {config.population.accounts:,} rows need about {needed / 2**30:,.1f} GiB of memory, "
            f"and this machine has {at_hand / 2**30:,.1f} GiB at hand"
        )


def build_world(
    config: RunConfig, channels: Sequence[Channel] = CHANNELS, plugins: Sequence[LoadedPlugin] = ()
) -> tuple[World, Archetypes]:
    """The world on day 0, and the archetypes that it is peopled with. Raises :class:`UserError` for want of memory."""
    config = sized(config)
    check_memory(config)
    kinds = compile_kinds(config.kinds, config.kinds_used)
    accounts, operators, archetypes = populate(
        config.population,
        config.archetypes,
        config.platforms,
        kinds,
        config.calendar,
        config.seed,
        columns_of(plugins, "accounts"),
        columns_of(plugins, "operators"),
    )
    platforms, kind_count = len(config.platforms), len(kinds.names)
    open_rows = max(1, int(np.count_nonzero(accounts.opened_on < 0)))
    world = World(
        seed=np.uint64(config.seed),
        calendar=config.calendar,
        policy=compile_policy(config, archetypes.names),
        accounts=accounts,
        operators=operators,
        platforms=Platforms(platforms, columns_of(plugins, "platforms")),
        conditions=Conditions(platforms, kind_count),
        counters=Counters(platforms, kind_count),
        scale=config.population.represents / open_rows,
        views_due=np.zeros((platforms, kind_count + 1, 0)),
        cases=Cases(),
        appeals=Appeals(),
        register=Decisions(),
        barred_accounts=RowList(),
        barred_names=np.zeros((platforms, len(NAMES_BARRED))),
        active_violators=np.zeros((platforms, kind_count)),
        purged=np.zeros((platforms, config.calendar.days)),
        gained_by_violating=np.zeros(0, np.float32),
        message_views=np.zeros((2, 0)),
        live_violating_messages=np.zeros(0, np.int64),
        channel_effort=np.array([[channel.neutral_effort] * platforms for channel in channels]).reshape(-1, platforms),
        channel_rows={channel.name: row for row, channel in enumerate(channels)},
    )
    return world, archetypes


def columns_of(plugins: Sequence[LoadedPlugin], table: str) -> dict[str, Column]:
    """Columns that *plugins* add to a table, by their own names."""
    return {name: column for each in plugins for name, column in each.plugin.table_columns(table).items()}


def stores(plugins: Sequence[LoadedPlugin] = ()) -> dict[str, Store]:
    """Everything that processes may read and write, by the names that they give it, but for counters."""
    columns = {
        f"{table}.{name}": Store(shared=f"{table}.{name}" in SHARED_COLUMNS, unit=each.unit, meaning=each.meaning)
        for table, kind in (("accounts", Accounts), ("operators", Operators), ("platforms", Platforms))
        for name, each in kind.columns.items()
    }
    own = {
        name: Store(carried=not name.startswith("turn."), unit=column.unit, meaning=column.meaning)
        for each in plugins
        for name, column in each.plugin.columns.items()
    }
    return {**columns, **Turn.stores(), **Conditions.stores(), **World.stores(), **own}


def channels_of(day: Sequence[type[Process]]) -> tuple[Channel, ...]:
    """The detection channels of a day, each once, in the order of their processes. Raises ``ScheduleError``."""
    found = dict.fromkeys(process.channel for process in day if hasattr(process, "channel"))
    names = [channel.name for channel in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ScheduleError(f"two detection channels are called {twice[0]}")
    if len(found) > MOST_CHANNELS:
        raise ScheduleError(f"at most {MOST_CHANNELS} detection channels in a run, not {len(found)}")
    return tuple(found)


def build_schedule(day: Sequence[type[Process]], setup: Setup, plugins: Sequence[LoadedPlugin] = ()) -> Schedule:
    """The processes of *day* that the run has a use for, with their counters; what prepares is prepared.

    Raises :class:`ScheduleError`; :class:`PluginError` where it is a plug-in's process that does not fit.
    """
    try:
        schedule = Schedule(built(day, setup), stores(plugins))
    except ScheduleError as error:
        if plugins:
            raise PluginError(f"plugins: {', '.join(each.name for each in plugins)}: {error}") from None
        raise
    setup.world.counters.declare(schedule.counters)
    for process in schedule:
        if isinstance(process, Prepares):
            process.prepare(setup.world)
    return schedule
