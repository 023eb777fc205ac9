"""Assembly: from a configuration to compiled policy and a world as it is on day 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import psutil

from rectify.audience import follower_graph
from rectify.audience.follower_graph import FollowerNetworkParams
from rectify.audience.graph_file_params import graph_of_file
from rectify.audience.mean_field import fading_of
from rectify.configuration.run_config import RunConfig
from rectify.core.errors import UserError
from rectify.policy.campaigns import Campaign, CampaignParams, compile_campaign
from rectify.policy.events import compile_events
from rectify.policy.kinds import compile_kinds
from rectify.policy.rulebook import compile_rulebook
from rectify.policy.sanctions import NAMES_BARRED, compile_sanctions
from rectify.policy.seasons import compile_seasons
from rectify.world.accounts import Accounts
from rectify.world.ledgers import Appeals, Cases, Decisions
from rectify.world.operators import Operators
from rectify.world.platforms import Platforms
from rectify.world.population import Archetypes, populate, rows_with_open
from rectify.world.streams import Stream
from rectify.world.world import Conditions, Policy, Tallies, World

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


def build_world(config: RunConfig) -> tuple[World, Archetypes]:
    """The world on day 0, and the archetypes that it is peopled with. Raises :class:`UserError` for want of memory."""
    config = sized(config)
    check_memory(config)
    kinds = compile_kinds(config.kinds, config.kinds_used)
    accounts, operators, archetypes = populate(
        config.population, config.archetypes, config.platforms, kinds, config.calendar, config.seed
    )
    platforms, kind_count = len(config.platforms), len(kinds.names)
    open_rows = max(1, int(np.count_nonzero(accounts.opened_on < 0)))
    policy = compile_policy(config, archetypes.names)
    erases = policy.rulebook.uses(policy.sanctions.gains_kept < 1.0)
    parts = 1 if isinstance(config.audience, FollowerNetworkParams) else len(fading_of(config.audience).rates)
    world = World(
        seed=np.uint64(config.seed),
        calendar=config.calendar,
        policy=policy,
        accounts=accounts,
        operators=operators,
        platforms=Platforms(platforms),
        conditions=Conditions(platforms, kind_count),
        tallies=Tallies(platforms, kind_count),
        views_due=np.zeros((platforms, kind_count + 1, parts)),
        cases=Cases(),
        appeals=Appeals(),
        register=Decisions(),
        scale=config.population.represents / open_rows,
        barred_accounts=np.zeros(0, np.int64),
        barred_names=np.zeros((platforms, len(NAMES_BARRED))),
        active_violators=np.zeros((platforms, kind_count)),
        purged=np.zeros((platforms, config.calendar.days)),
        gained_by_violating=np.zeros(len(accounts) if erases else 0, np.float32),
    )
    return world, archetypes
