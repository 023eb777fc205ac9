"""Census: accounts and followers counted over all rows, every so many days."""

from __future__ import annotations

import math

import numba
import numpy as np

from rectify.core.kernel import Index, kernel
from rectify.core.table import Array
from rectify.metrics.metric import Metric, tally
from rectify.world.turn import Turn
from rectify.world.world import World

BLOCK = 65_536
OPEN, MUTED, UNPAID, IMPERSONATING, RETURNED, ORPHANED = range(6)


@kernel
def _count(  # type: ignore[no-untyped-def]
    day, operator, archetype, archetype_lawful, archetype_orphaned, platform, kind, opened_on, closed_on, left_on,
    muted_until, unpaid_until, impersonates_from, generation, last_day, purged, real, zombies, counts, followers,
):  # fmt: skip
    lawful = counts.shape[3] - 1
    rows = len(platform)
    for block in numba.prange(len(counts)):
        first, last = block * BLOCK, min(rows, (block + 1) * BLOCK)
        for j in range(last - first):
            row = Index(first + j)
            if opened_on[row] > day or closed_on[row] <= day or left_on[row] <= day:
                continue
            p, a = Index(platform[row]), Index(archetype[Index(operator[row])])
            k = Index(lawful) if archetype_lawful[a] else Index(kind[row])
            counts[block, OPEN, p, k] += 1
            # Most accounts are none of these: a branch foreseen is cheaper than adding zero.
            if muted_until[row] > day:
                counts[block, MUTED, p, k] += 1
            if unpaid_until[row] > day:
                counts[block, UNPAID, p, k] += 1
            if impersonates_from[row] <= day:
                counts[block, IMPERSONATING, p, k] += 1
            if generation[row] > 0:
                counts[block, RETURNED, p, k] += 1
            if archetype_orphaned[a]:
                counts[block, ORPHANED, p, k] += 1
            followers[block, 0, p, k] += real[row]
            passed = purged[p, day] - purged[p, last_day[row]]
            followers[block, 1, p, k] += zombies[row] * math.exp(passed) if passed < 0.0 else zombies[row]


def take_census(world: World, day: int) -> tuple[Array, Array]:
    """Count the accounts open at the end of *day*, by platform and by what they turn to (lawful authors last).

    Returns counts int64 [6, platforms, kinds + 1] of open, muted, unpaid, impersonating, returned and orphaned ones,
    and followers float64 [2, platforms, kinds + 1], real and zombie.
    """
    a = world.accounts
    blocks = -(-len(a) // BLOCK)
    counts = np.zeros((blocks, 6, *world.counters.shape), np.int64)
    followers = np.zeros((blocks, 2, *world.counters.shape))
    _count(
        day, a.operator, world.operators.archetype, world.policy.archetype_lawful, world.policy.archetype_orphaned,
        a.platform, a.kind, a.opened_on, a.closed_on, a.left_on, a.muted_until, a.unpaid_until, a.impersonates_from,
        a.generation, a.last_day, world.purged, a.real_followers, a.zombie_followers, counts, followers,
    )  # fmt: skip
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

    def table(self, world: World, day: int, place: int) -> Array:
        """One table of the census of *day*, [platforms, kinds + 1]."""
        if self.day != day:
            counts, followers = take_census(world, day)
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
