"""Assembly: from a configuration to compiled policy and a world as it is on day 0."""

from __future__ import annotations

import numpy as np

from sim.config import RunConfig
from sim.policy.campaigns import compile_campaign
from sim.policy.kinds import compile_kinds
from sim.policy.rulebook import compile_rulebook
from sim.policy.sanctions import NAMES_BARRED, compile_sanctions
from sim.world.ledgers import Appeals, Cases, Decisions
from sim.world.platforms import Platforms
from sim.world.population import Archetypes, populate
from sim.world.world import Conditions, Policy, Tallies, World


def compile_policy(config: RunConfig, archetypes: tuple[str, ...]) -> Policy:
    """Kinds, sanctions, rulebook and campaigns as arrays; *archetypes* are the names of those in use."""
    kinds = compile_kinds(config.kinds, config.kinds_used)
    sanctions = compile_sanctions(config.sanctions)
    platforms = list(config.platforms)
    return Policy(
        kinds=kinds,
        sanctions=sanctions,
        rulebook=compile_rulebook(config.rulebook, kinds, sanctions),
        campaigns=tuple(
            compile_campaign(name, campaign, config.calendar.first, platforms, kinds)
            for name, campaign in config.campaigns.items()
        ),
        platform_names=tuple(platforms),
        archetype_names=archetypes,
        archetype_lawful=np.array([config.archetypes[name].lawful for name in archetypes], np.bool_),
    )


def build_world(config: RunConfig) -> tuple[World, Archetypes]:
    """The world on day 0, and the archetypes that it is peopled with."""
    kinds = compile_kinds(config.kinds, config.kinds_used)
    accounts, operators, archetypes = populate(
        config.population, config.archetypes, config.platforms, kinds, config.calendar, config.seed
    )
    platforms, kind_count = len(config.platforms), len(kinds.names)
    open_rows = max(1, int(np.count_nonzero(accounts.opened_on < 0)))
    world = World(
        seed=np.uint64(config.seed),
        calendar=config.calendar,
        policy=compile_policy(config, archetypes.names),
        accounts=accounts,
        operators=operators,
        platforms=Platforms(platforms),
        conditions=Conditions(platforms, kind_count),
        tallies=Tallies(platforms, kind_count),
        views_due=np.zeros((platforms, kind_count + 1)),
        cases=Cases(),
        appeals=Appeals(),
        register=Decisions(),
        scale=config.population.represents / open_rows,
        barred_names=np.zeros((platforms, len(NAMES_BARRED))),
        violators_around=np.zeros((platforms, kind_count)),
    )
    return world, archetypes
