"""Census: accounts and followers counted over all rows, every so many days."""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np

from rectify.core.groups import group
from rectify.core.kernel import Index, kernel
from rectify.core.table import Array
from rectify.metrics.metric import Metric, tally
from rectify.world.turn import Turn
from rectify.world.world import World

BLOCK = 65_536
OPEN, MUTED, UNPAID, IMPERSONATING, RETURNED, ORPHANED = range(6)


class CensusAccounts(NamedTuple):
    """Columns of accounts that a census reads."""

    operator: Array
    platform: Array
    kind: Array
    opened_on: Array
    closed_on: Array
    left_on: Array
    muted_until: Array
    unpaid_until: Array
    impersonates_from: Array
    generation: Array
    last_day: Array
    real_followers: Array
    zombie_followers: Array


class CensusArchetypes(NamedTuple):
    """The archetype of each operator, and what archetypes are."""

    archetype: Array
    archetype_lawful: Array
    archetype_orphaned: Array


@kernel
def _count(day, accounts, operators, purged, counts, followers):  # type: ignore[no-untyped-def]
    """Count the accounts open at the end of *day*, and their followers, BLOCK rows at a time.

    purged: logarithm of the share of zombies past all purges up to a day, float64 [platforms, days]. counts: int64
    [blocks, 6, platforms, kinds + 1]; followers: real and zombie, float64 [blocks, 2, platforms, kinds + 1].

    outputs: counts, followers
    """
    lawful = counts.shape[3] - 1
    rows = len(accounts.platform)
    for block in numba.prange(len(counts)):
        first, last = block * BLOCK, min(rows, (block + 1) * BLOCK)
        for j in range(last - first):
            row = Index(first + j)
            if accounts.opened_on[row] > day or accounts.closed_on[row] <= day or accounts.left_on[row] <= day:
                continue
            p, a = Index(accounts.platform[row]), Index(operators.archetype[Index(accounts.operator[row])])
            k = Index(lawful) if operators.archetype_lawful[a] else Index(accounts.kind[row])
            counts[block, OPEN, p, k] += 1
            # Most accounts are none of these: a branch foreseen is cheaper than adding zero.
            if accounts.muted_until[row] > day:
                counts[block, MUTED, p, k] += 1
            if accounts.unpaid_until[row] > day:
                counts[block, UNPAID, p, k] += 1
            if accounts.impersonates_from[row] <= day:
                counts[block, IMPERSONATING, p, k] += 1
            if accounts.generation[row] > 0:
                counts[block, RETURNED, p, k] += 1
            if operators.archetype_orphaned[a]:
                counts[block, ORPHANED, p, k] += 1
            followers[block, 0, p, k] += accounts.real_followers[row]
            zombies = accounts.zombie_followers[row]
            passed = purged[p, day] - purged[p, accounts.last_day[row]]
            followers[block, 1, p, k] += zombies * math.exp(passed) if passed < 0.0 else zombies


def census_groups(world: World) -> tuple[CensusAccounts, CensusArchetypes]:
    """What a census of this *world* reads, on whichever day."""
    return group(CensusAccounts, world.accounts), group(CensusArchetypes, world.operators, world.policy)


def take_census(
    world: World, day: int, groups: tuple[CensusAccounts, CensusArchetypes] | None = None
) -> tuple[Array, Array]:
    """Count the accounts open at the end of *day*, by platform and by what they turn to (lawful authors last).

    Returns counts int64 [6, platforms, kinds + 1] of open, muted, unpaid, impersonating, returned and orphaned ones,
    and followers float64 [2, platforms, kinds + 1], real and zombie. *groups*: of this world, where they are at hand.
    """
    accounts, archetypes = groups or census_groups(world)
    blocks = -(-len(world.accounts) // BLOCK)
    counts = np.zeros((blocks, 6, *world.counters.shape), np.int64)
    followers = np.zeros((blocks, 2, *world.counters.shape))
    _count(day, accounts, archetypes, world.purged, counts, followers)
    return counts.sum(axis=0), followers.sum(axis=0)


READS = (
    "accounts.operator", "accounts.platform", "accounts.kind", "accounts.opened_on", "accounts.closed_on",
    "accounts.left_on", "accounts.muted_until", "accounts.unpaid_until", "accounts.impersonates_from",
    "accounts.generation", "accounts.last_day", "accounts.real_followers", "accounts.zombie_followers",
    "operators.archetype", "world.purged",
)  # fmt: skip
NAMES = (
    ("open_accounts", "accounts", "Accounts open."),
    ("muted_accounts", "accounts", "Open accounts that may not post."),
    ("unpaid_accounts", "accounts", "Open accounts that may not earn."),
    ("impersonating_accounts", "accounts", "Open accounts whose name or profile breaks a rule."),
    ("returned_accounts", "accounts", "Open accounts that came back after a closure."),
    ("orphaned_accounts", "accounts", "Open accounts of public bodies that lost their office."),
    ("real_followers", "followers", "Followers who are people, of open accounts."),
    ("zombie_followers", "followers", "Bought followers of open accounts."),
)


class Census:
    """The last census; its metrics share one count of the day."""

    def __init__(self) -> None:
        self.day = -1
        self.tables: list[Array] = []
        self.groups: tuple[CensusAccounts, CensusArchetypes] | None = None

    def table(self, world: World, day: int, place: int) -> Array:
        """One table of the census of *day*, [platforms, kinds + 1]."""
        if self.day != day:
            self.groups = self.groups or census_groups(world)
            counts, followers = take_census(world, day, self.groups)
            self.day, self.tables = day, [*counts.astype(np.float64), *followers]
        return self.tables[place]

    def metrics(self) -> tuple[Metric, ...]:
        """The census's metrics."""

        def metric(place: int, name: str, unit: str, meaning: str) -> Metric:
            def observe(world: World, turn: Turn) -> Array:
                return self.table(world, turn.day, place)

            return Metric(name, unit, meaning, number="stock", observe=observe, every="census", reads=READS)

        return tuple(metric(place, *about) for place, about in enumerate(NAMES))


INCOME = (
    tally("income", "yuan", "Income of accounts, by what they turn to; lawful authors apart."),
    tally("proceeds", "yuan", "Of this, income from those whom a violation is used against."),
    tally("followers_taken", "followers", "Real followers taken by sanctions."),
    tally("gains_erased", "followers", "Of these, followers gained by violating, erased as such."),
    tally("zombies_bought", "followers", "Zombie followers bought."),
    tally("hired", "days", "Days on which authors had hired posters push their posts."),
    tally("hiring_costs", "yuan", "What they paid for it."),
    tally("zombies_purged", "followers", "Zombie followers lost to purges, counted when the account is next active."),
)
