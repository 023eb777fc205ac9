"""Following: real followers come with views and go, zombies are bought and decay, and sanctions take both away."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numba
import numpy as np

from rectify.core.decay import decay_table, decayed
from rectify.core.draws import fill_first_uniforms
from rectify.core.due import WORK_BLOCK, work_blocks
from rectify.core.groups import group
from rectify.core.kernel import Index, kernel
from rectify.core.table import Array
from rectify.world.followers import FollowingParams
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Due, Posts, Turn
from rectify.world.world import World

BOUGHT, PURGED = 0, 1
SETTLED_AT_ONCE = 1 << 20
"""Rows whose followers at the start are worked out together, so that scratch does not grow with the population."""


class GrowingAccounts(NamedTuple):
    """Columns of accounts that real followers come by."""

    natural_audience: Array
    growth_frozen_until: Array
    reach_limited_until: Array
    reach_factor: Array


class Growth(NamedTuple):
    """How real followers come and go."""

    growth_per_post: float
    churn_table: Array
    """Share of followers who stay, by whole days (:mod:`rectify.core.decay`)."""
    boost: float
    """Exposure by posts that hired posters push, relative to others."""
    premium: Array
    """Exposure by a violating post relative to a lawful one today, by platform and kind."""


class BuyingAccounts(NamedTuple):
    """Columns of accounts that buying zombie followers reads."""

    natural_audience: Array
    growth_frozen_until: Array
    real_followers: Array


class ZombieMarket(NamedTuple):
    """Who buys zombie followers, and how long they last."""

    zombie_share: Array
    """Zombies that an archetype keeps, relative to the natural audience."""
    lawful: Array
    """By archetype."""
    decay_table: Array
    """Share of zombies left, by whole days."""
    purchase_table: Array
    """Chance that no purchase falls into so many whole days."""
    watched: bool
    """Whether some platform checks growth."""


@kernel
def _gain(day, due, posts, accounts, growth, real_followers, gained):  # type: ignore[no-untyped-def]
    """Bring the real followers of the active accounts up to date: some have left, and exposure today brings others.

    gained: those of them whom violating posts brought, or empty.

    outputs: real_followers, gained
    """
    for block in numba.prange(-(-len(due.rows) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due.rows), (block + 1) * WORK_BLOCK)
        for j in range(last - first):
            i = Index(first + j)
            if not due.active[i]:
                continue
            row = Index(due.rows[i])
            p, k = Index(due.platform[i]), Index(due.kind[i])
            stay = decayed(growth.churn_table, day - due.last_day[i])
            real = real_followers[row] * stay
            reach = accounts.reach_factor[row] if accounts.reach_limited_until[row] > day else 1.0
            violating = growth.premium[p, k] * posts.violating_posts[i]
            exposure = reach * (posts.lawful_posts[i] + violating)
            if posts.hired[i]:
                exposure *= growth.boost
            audience = accounts.natural_audience[row]
            if accounts.growth_frozen_until[row] <= day and exposure > 0.0 and real < audience:
                real += (audience - real) * (1.0 - math.exp(-growth.growth_per_post * exposure))
            if len(gained) > 0:
                came = real - real_followers[row] * stay
                by_violating = violating / (posts.lawful_posts[i] + violating) if violating > 0.0 else 0.0
                gained[row] = gained[row] * stay + came * by_violating
            real_followers[row] = real


@kernel
def _buy(  # type: ignore[no-untyped-def]
    day, seed, due, accounts, market, purged,
    last_day, zombie_followers, growth_excess, changes,
):  # fmt: skip
    """Bring the zombie followers of the active accounts up to date, and have those who want more buy them.

    purged: logarithm of the share of zombies past all purges up to a day, float64 [platforms, days]. changes: by work
    block, zombies bought and purged, float64 [blocks, 2, platforms, kinds + 1].

    outputs: last_day, zombie_followers, growth_excess, changes
    """
    lawful = changes.shape[3] - 1
    for block in numba.prange(-(-len(due.rows) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due.rows), (block + 1) * WORK_BLOCK)
        draws = np.empty(WORK_BLOCK)
        fill_first_uniforms(seed, Stream.FOLLOWING.value, due.rows[first:last], day, draws)
        for j in range(last - first):
            i = Index(first + j)
            if not due.active[i]:
                continue
            row = Index(due.rows[i])
            p, k, a = Index(due.platform[i]), Index(due.kind[i]), Index(due.archetype[i])
            days = day - due.last_day[i]
            wanted = market.zombie_share[a] * accounts.natural_audience[row]
            zombies = zombie_followers[row]
            place = Index(lawful) if market.lawful[a] else k
            zombies *= decayed(market.decay_table, days)
            passed = purged[p, day] - purged[p, day - days]
            if passed < 0.0 and zombies > 0.0:
                left = zombies * math.exp(passed)
                changes[block, PURGED, p, place] += zombies - left
                zombies = left
            buys = draws[j] < 1.0 - decayed(market.purchase_table, days)
            if buys and wanted > zombies and accounts.growth_frozen_until[row] <= day:
                changes[block, BOUGHT, p, place] += wanted - zombies
                if market.watched and wanted - zombies >= 1.0:
                    real = np.float64(accounts.real_followers[row])
                    growth_excess[i] = math.log((real + wanted + 1.0) / (real + zombies + 1.0))
                zombies = wanted
            zombie_followers[row] = zombies
            last_day[row] = day


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
    accounts: GrowingAccounts
    growth: Growth
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
        world, policy, params = setup.world, setup.policy, setup.params(FollowingParams)
        if policy.rulebook.uses(policy.sanctions.gains_kept < 1.0):
            world.gained_by_violating = np.zeros(len(world.accounts), np.float32)
        churn = decay_table(params.churn_per_day)
        growth = group(Growth, params, world.conditions, setup, churn_table=churn)
        return cls(params, group(GrowingAccounts, world.accounts), growth)

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
        _gain(
            turn.day, turn.group(Due), turn.group(Posts), self.accounts, self.growth, world.accounts.real_followers,
            world.gained_by_violating,
        )  # fmt: skip


@dataclass(frozen=True)
class FollowingZombies:
    """Bought followers decay and pass purges, and are bought again by those who keep some."""

    params: FollowingParams
    accounts: BuyingAccounts
    market: ZombieMarket
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
        params = setup.params(FollowingParams)
        market = group(
            ZombieMarket,
            setup.archetypes,
            decay_table=decay_table(math.log(2.0) / params.zombie_half_life),
            purchase_table=decay_table(params.zombie_purchases_per_year / 365.0),
            watched=any(platform.channels.growth_check.checked for platform in setup.config.platforms.values()),
        )
        return cls(params, group(BuyingAccounts, setup.world.accounts), market)

    def prepare(self, world: World) -> None:
        """Start accounts as old as they are: as many bought followers as they would have by now."""
        accounts, params = world.accounts, self.params
        decay, purchases = math.log(2.0) / params.zombie_half_life, params.zombie_purchases_per_year / 365.0
        for rows in _in_pieces(len(accounts)):
            filled = purchases / (purchases + decay) * (1.0 - np.exp(-purchases * _ages(world, rows)))
            wanted = self.market.zombie_share[world.operators.archetype[accounts.operator[rows]]]
            accounts.zombie_followers[rows] = wanted * accounts.natural_audience[rows] * filled

    def step(self, world: World, turn: Turn) -> None:
        """Bring the bought followers of the accounts due up to date; these have then been looked at today."""
        changes = np.zeros((work_blocks(len(turn.due)), 2, *world.counters.shape))
        _buy(
            turn.day, world.seed, turn.group(Due), self.accounts, self.market, world.purged, world.accounts.last_day,
            world.accounts.zombie_followers, turn.growth_excess, changes,
        )  # fmt: skip
        world.counters.add_parts(("zombies_bought", "zombies_purged"), changes)
        if self.market.watched:
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
    account, kind, step, steps, followers_kept, gains_kept,
    gained, real_followers, taken, erased,
):  # fmt: skip
    """Take real followers from those decided about, and of those whom violating posts brought a further share.

    account, kind, step: by decision; steps: the rulebook's; followers_kept, gains_kept: shares by sanction; gained: by
    account, or empty; taken, and erased for being gained by violating: by decision.

    outputs: gained, real_followers, taken, erased
    """
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
    """Take zombie followers from those decided about; parameters as of :func:`_take_real`.

    outputs: zombie_followers
    """
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
        accounts, sanctions, decisions, back = world.accounts, world.policy.sanctions, turn.decisions, turn.reversals
        if len(back):
            np.add.at(accounts.real_followers, back.column("account"), back.column("followers_taken"))
        if len(decisions) == 0:
            return
        erased = np.zeros(len(decisions))
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
        if len(decisions) == 0:
            return
        _take_zombies.serial(
            decisions.column("account"), decisions.column("kind"), decisions.column("step"),
            world.policy.rulebook.steps, world.policy.sanctions.zombies_kept, world.accounts.zombie_followers,
        )  # fmt: skip
