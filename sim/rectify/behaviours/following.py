"""Following: real followers come with views and go, zombies are bought and decay, and sanctions take both away."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

import numba
import numpy as np

from rectify.core.decay import decay_table, decayed
from rectify.core.draws import fill_first_uniforms
from rectify.core.due import WORK_BLOCK, work_blocks
from rectify.core.kernel import Index, kernel
from rectify.core.table import Array
from rectify.world.followers import FollowingParams
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World

BOUGHT, PURGED = 0, 1
SETTLED_AT_ONCE = 1 << 20
"""Rows whose followers at the start are worked out together, so that scratch does not grow with the population."""


@kernel
def _gain(  # type: ignore[no-untyped-def]
    day, due, active, kind, platform, natural_audience, growth_frozen_until, reach_limited_until, reach_factor, premium,
    growth, churn_table, hired, boost, lawful_posts, violating_posts, last_day, real_followers, gained,
):  # fmt: skip
    for block in numba.prange(-(-len(due) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due), (block + 1) * WORK_BLOCK)
        for j in range(last - first):
            i = Index(first + j)
            if not active[i]:
                continue
            row = Index(due[i])
            p, k = Index(platform[i]), Index(kind[i])
            stay = decayed(churn_table, day - last_day[i])
            real = real_followers[row] * stay
            reach = reach_factor[row] if reach_limited_until[row] > day else 1.0
            violating = premium[p, k] * violating_posts[i]
            exposure = reach * (lawful_posts[i] + violating)
            if hired[i]:
                exposure *= boost
            if growth_frozen_until[row] <= day and exposure > 0.0 and real < natural_audience[row]:
                real += (natural_audience[row] - real) * (1.0 - math.exp(-growth * exposure))
            if len(gained) > 0:
                came = real - real_followers[row] * stay
                by_violating = violating / (lawful_posts[i] + violating) if violating > 0.0 else 0.0
                gained[row] = gained[row] * stay + came * by_violating
            real_followers[row] = real


@kernel
def _buy(  # type: ignore[no-untyped-def]
    day, seed, due, active, kind, platform, archetype, natural_audience, growth_frozen_until, real_followers, last_day,
    zombie_share, zombie_table, purchase_table, purged, archetype_lawful, watched, zombie_followers, growth_excess,
    changes,
):  # fmt: skip
    lawful = changes.shape[3] - 1
    for block in numba.prange(-(-len(due) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due), (block + 1) * WORK_BLOCK)
        draws = np.empty(WORK_BLOCK)
        fill_first_uniforms(seed, Stream.FOLLOWING.value, due[first:last], day, draws)
        for j in range(last - first):
            i = Index(first + j)
            if not active[i]:
                continue
            row = Index(due[i])
            p, k, a = Index(platform[i]), Index(kind[i]), Index(archetype[i])
            days = day - last_day[i]
            wanted = zombie_share[a] * natural_audience[row]
            zombies = zombie_followers[row]
            group = Index(lawful) if archetype_lawful[a] else k
            zombies *= decayed(zombie_table, days)
            passed = purged[p, day] - purged[p, day - days]
            if passed < 0.0 and zombies > 0.0:
                left = zombies * math.exp(passed)
                changes[block, PURGED, p, group] += zombies - left
                zombies = left
            buys = draws[j] < 1.0 - decayed(purchase_table, days)
            if buys and wanted > zombies and growth_frozen_until[row] <= day:
                changes[block, BOUGHT, p, group] += wanted - zombies
                if watched and wanted - zombies >= 1.0:
                    real = np.float64(real_followers[row])
                    growth_excess[i] = math.log((real + wanted + 1.0) / (real + zombies + 1.0))
                zombies = wanted
            zombie_followers[row] = zombies


def _ages(world: World, rows: slice) -> Array:
    """Days for which accounts have been open at the start, float32; 0 for those not yet open."""
    opened = world.accounts.opened_on[rows]
    return np.where(opened < 0, -opened.astype(np.float32), np.float32(0.0))


def _in_pieces(rows: int) -> Iterator[slice]:
    """All rows, a piece at a time: scratch does not grow with the population."""
    for first in range(0, rows, SETTLED_AT_ONCE):
        yield slice(first, first + SETTLED_AT_ONCE)


@dataclass(frozen=True)
class FollowingReal:
    """Real followers come with exposure, up to an account's natural audience, and leave at a steady rate."""

    params: FollowingParams
    boost: float
    """Exposure by posts that hired posters push, relative to others."""
    phase: ClassVar[str] = "following"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.due", "turn.last_day", "turn.active", "turn.platform", "turn.kind", "turn.lawful_posts",
        "turn.violating_posts", "turn.hired", "accounts.activity", "accounts.opened_on", "accounts.natural_audience",
        "accounts.growth_frozen_until", "accounts.reach_limited_until", "accounts.reach_factor", "conditions.premium",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "accounts.real_followers", "world.gained_by_violating",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self | None:
        """The process of a run; None where a follow graph has the real followers."""
        if not setup.counts_followers:
            return None
        policy = setup.policy
        if policy.rulebook.uses(policy.sanctions.gains_kept < 1.0):
            setup.world.gained_by_violating = np.zeros(len(setup.world.accounts), np.float32)
        return cls(setup.params(FollowingParams), setup.boost)

    def prepare(self, world: World) -> None:
        """Start accounts as old as they are: followers on their way to where growth and churn balance."""
        accounts, params = world.accounts, self.params
        for rows in _in_pieces(len(accounts)):
            gain = params.growth_per_post * accounts.activity[rows]
            pace = gain + params.churn_per_day
            balance = np.divide(gain, pace, out=np.zeros_like(gain), where=pace > 0)
            arrived = accounts.natural_audience[rows] * balance * (1.0 - np.exp(-pace * _ages(world, rows)))
            accounts.real_followers[rows] = arrived

    def step(self, world: World, turn: Turn) -> None:
        """Bring the real followers of the accounts due up to date."""
        accounts, params = world.accounts, self.params
        _gain(
            turn.day, turn.due, turn.active, turn.kind, turn.platform, accounts.natural_audience,
            accounts.growth_frozen_until, accounts.reach_limited_until, accounts.reach_factor,
            world.conditions.premium, params.growth_per_post, decay_table(params.churn_per_day), turn.hired, self.boost,
            turn.lawful_posts, turn.violating_posts, turn.last_day, accounts.real_followers, world.gained_by_violating,
        )  # fmt: skip


@dataclass(frozen=True)
class FollowingZombies:
    """Bought followers decay and pass purges, and are bought again by those who keep some."""

    params: FollowingParams
    zombie_share: Array
    watched: bool
    """Whether some platform checks growth."""
    phase: ClassVar[str] = "following"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.due", "turn.last_day", "turn.active", "turn.platform", "turn.kind", "turn.archetype",
        "accounts.operator", "accounts.opened_on", "accounts.natural_audience", "accounts.growth_frozen_until",
        "accounts.real_followers", "operators.archetype", "world.purged",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "accounts.last_day", "accounts.zombie_followers", "turn.growth_excess", "counters.zombies_bought",
        "counters.zombies_purged", "counters.buyers",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        watched = any(platform.channels.growth_check.checked for platform in setup.config.platforms.values())
        return cls(setup.params(FollowingParams), setup.archetypes.zombie_share, watched)

    def prepare(self, world: World) -> None:
        """Start accounts as old as they are: as many bought followers as they would have by now."""
        accounts, params = world.accounts, self.params
        decay, purchases = math.log(2.0) / params.zombie_half_life, params.zombie_purchases_per_year / 365.0
        for rows in _in_pieces(len(accounts)):
            filled = purchases / (purchases + decay) * (1.0 - np.exp(-purchases * _ages(world, rows)))
            wanted = self.zombie_share[world.operators.archetype[accounts.operator[rows]]]
            accounts.zombie_followers[rows] = wanted * accounts.natural_audience[rows] * filled

    def step(self, world: World, turn: Turn) -> None:
        """Bring the bought followers of the accounts due up to date; these have then been looked at today."""
        accounts, params = world.accounts, self.params
        changes = np.zeros((work_blocks(len(turn.due)), 2, *world.counters.shape))
        _buy(
            turn.day, world.seed, turn.due, turn.active, turn.kind, turn.platform, turn.archetype,
            accounts.natural_audience, accounts.growth_frozen_until, accounts.real_followers, turn.last_day,
            self.zombie_share, decay_table(math.log(2.0) / params.zombie_half_life),
            decay_table(params.zombie_purchases_per_year / 365.0), world.purged, world.policy.archetype_lawful,
            self.watched, accounts.zombie_followers, turn.growth_excess, changes,
        )  # fmt: skip
        accounts.last_day[turn.due[turn.active]] = turn.day
        world.counters.add_parts(("zombies_bought", "zombies_purged"), changes)
        if self.watched:
            buyers = turn.platform[np.flatnonzero(turn.growth_excess)]
            world.counters.count("buyers", buyers, np.full(len(buyers), world.policy.kinds.popularity))


@dataclass(frozen=True)
class OpeningUnfollowed:
    """An account that opens today begins without followers; it is brought up to date from now on."""

    phase: ClassVar[str] = "joining"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.opened",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "accounts.last_day",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        return cls()

    def step(self, world: World, turn: Turn) -> None:
        """Note the day for ``turn.opened``."""
        world.accounts.last_day[turn.opened.array] = turn.day


@dataclass(frozen=True)
class InheritingFollowers:
    """An account that opens today starts with those followers of its closed predecessor who find it."""

    recovered: Array
    elsewhere: float
    """Share of those who find a successor that come along to another platform."""
    phase: ClassVar[str] = "joining"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.opened", "accounts.predecessor", "accounts.name_variant", "accounts.platform", "accounts.kind",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "accounts.real_followers", "counters.audience_lost", "counters.audience_recovered", "counters.audience_moved",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self | None:
        """The process of a run; None where a follow graph has the real followers."""
        if not setup.counts_followers:
            return None
        params = setup.params(FollowingParams)
        return cls(params.recovered_by_variant(), params.followed_elsewhere)

    def step(self, world: World, turn: Turn) -> None:
        """Set the real followers of ``turn.opened``; count the audience recovered by returns."""
        accounts, opened = world.accounts, turn.opened.array
        returned = opened[accounts.predecessor[opened] >= 0]
        if len(returned) == 0:
            return
        old = accounts.real_followers[accounts.predecessor[returned]]
        moved = accounts.platform[returned] != accounts.platform[accounts.predecessor[returned]]
        finding = self.recovered[accounts.name_variant[returned]] * np.where(moved, self.elsewhere, 1.0)
        accounts.real_followers[returned] = old * finding
        where = (accounts.platform[returned], accounts.kind[returned])
        world.counters.count("audience_lost", *where, amount=old)
        world.counters.count("audience_recovered", *where, amount=accounts.real_followers[returned])
        world.counters.count("audience_moved", *where, amount=accounts.real_followers[returned] * moved)


@kernel
def _take_real(  # type: ignore[no-untyped-def]
    account, kind, step, steps, followers_kept, gains_kept, gained, real_followers, taken, erased,
):  # fmt: skip
    for i in range(len(account)):
        row = account[i]
        for place in range(steps.shape[2] if step[i] >= 0 else 0):
            sanction = steps[kind[i], step[i], place]
            if sanction < 0:
                continue
            left = real_followers[row] * followers_kept[sanction]
            if len(gained) > 0:
                still = gained[row] * followers_kept[sanction]
                lost = min(left, still * (1.0 - gains_kept[sanction]))
                gained[row] = still * gains_kept[sanction]
                left -= lost
                erased[i] += lost
            taken[i] += real_followers[row] - left
            real_followers[row] = left


@kernel
def _take_zombies(account, kind, step, steps, zombies_kept, zombie_followers):  # type: ignore[no-untyped-def]
    for i in range(len(account)):
        for place in range(steps.shape[2] if step[i] >= 0 else 0):
            sanction = steps[kind[i], step[i], place]
            if sanction >= 0:
                zombie_followers[account[i]] *= zombies_kept[sanction]


@dataclass(frozen=True)
class TakingRealFollowers:
    """Sanctions take real followers away; a decision reversed on appeal gives them back."""

    phase: ClassVar[str] = "applying"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.reversals",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "turn.decisions", "accounts.real_followers", "world.gained_by_violating", "counters.followers_taken",
        "counters.gains_erased",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self | None:
        """The process of a run; None where a follow graph has the real followers."""
        return cls() if setup.counts_followers else None

    def step(self, world: World, turn: Turn) -> None:
        """Apply the day's reversals, then its decisions; note in each decision what it took."""
        accounts, sanctions, decisions = world.accounts, world.policy.sanctions, turn.decisions
        erased = np.zeros(len(decisions))
        np.add.at(accounts.real_followers, turn.reversals.column("account"), turn.reversals.column("followers_taken"))
        _take_real.serial(
            decisions.column("account"), decisions.column("kind"), decisions.column("step"),
            world.policy.rulebook.steps, sanctions.followers_kept, sanctions.gains_kept, world.gained_by_violating,
            accounts.real_followers, decisions.column("followers_taken"), erased,
        )  # fmt: skip
        where, taken = (decisions.column("platform"), decisions.column("kind")), decisions.column("followers_taken")
        world.counters.count("followers_taken", *where, amount=taken)
        world.counters.count("gains_erased", *where, amount=erased)


@dataclass(frozen=True)
class TakingZombies:
    """Sanctions take bought followers away."""

    phase: ClassVar[str] = "applying"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.decisions",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "accounts.zombie_followers",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        return cls()

    def step(self, world: World, turn: Turn) -> None:
        """Apply the day's decisions."""
        decisions = turn.decisions
        _take_zombies.serial(
            decisions.column("account"), decisions.column("kind"), decisions.column("step"),
            world.policy.rulebook.steps, world.policy.sanctions.zombies_kept, world.accounts.zombie_followers,
        )  # fmt: skip
