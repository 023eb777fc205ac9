"""Following: real followers come with views and go, zombies are bought and decay, and sanctions take both away."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numba
import numpy as np
from pydantic import Field

from rectify.core.decay import decay_table, decayed
from rectify.core.draws import fill_first_uniforms
from rectify.core.due import WORK_BLOCK, work_blocks
from rectify.core.kernel import Index, kernel
from rectify.core.params import Params, uncertainty
from rectify.core.table import Array
from rectify.world.streams import Stream
from rectify.world.world import Turn, World

BOUGHT, PURGED = 0, 1
SETTLED_AT_ONCE = 1 << 20
"""Rows whose followers at the start are worked out together, so that scratch does not grow with the population."""
Share = Annotated[float, Field(ge=0, le=1)]


class FollowingParams(Params):
    """Followers, real and bought."""

    growth_per_post: float = uncertainty(
        "share", "Share of the gap to its natural audience that an ordinary lawful post closes.", ge=0, le=1
    )
    churn_per_day: float = uncertainty("1/day", "Rate at which real followers leave.", ge=0, le=1)
    zombie_half_life: float = uncertainty(
        "days", "Half-life of bought followers in everyday clean-ups.", gt=0, le=36500
    )
    zombie_purchases_per_year: float = uncertainty(
        "1/year", "Rate at which a buyer fills its zombies up.", ge=0, le=365
    )
    recovered_audience: dict[str, Share] = uncertainty(
        "share", "Share of the closed account's followers who find its successor, by name variant."
    )
    followed_elsewhere: float = uncertainty(
        "share", "Of these, share who come along when the successor opens on another platform.", ge=0, le=1
    )


@kernel
def _follow(  # type: ignore[no-untyped-def]
    day, seed, due, active, kind, natural_audience, growth_frozen_until, reach_limited_until, reach_factor, archetype,
    zombie_share, premium, growth, churn_table, zombie_table, purchase_table, platform, purged, archetype_lawful,
    hiring, hired, boost, lawful_posts, violating_posts, last_day, real_followers, zombie_followers, gained,
    growth_excess, changes,
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
            days = day - last_day[row]
            last_day[row] = day
            stay = decayed(churn_table, days)
            real = real_followers[row] * stay
            reach = reach_factor[row] if reach_limited_until[row] > day else 1.0
            violating = premium[p, k] * violating_posts[i]
            exposure = reach * (lawful_posts[i] + violating)
            if hiring and hired[i]:
                exposure *= boost
            if growth_frozen_until[row] <= day and exposure > 0.0 and real < natural_audience[row]:
                real += (natural_audience[row] - real) * (1.0 - math.exp(-growth * exposure))
            if len(gained) > 0:
                came = real - real_followers[row] * stay
                by_violating = violating / (lawful_posts[i] + violating) if violating > 0.0 else 0.0
                gained[row] = gained[row] * stay + came * by_violating
            real_followers[row] = real
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
                if len(growth_excess) > 0 and wanted - zombies >= 1.0:
                    growth_excess[i] = math.log((real + wanted + 1.0) / (real + zombies + 1.0))
                zombies = wanted
            zombie_followers[row] = zombies


@dataclass(frozen=True)
class Following:
    """Real followers come with exposure and leave at a steady rate; bought ones decay and are bought again."""

    params: FollowingParams
    zombie_share: Array
    counts_real: bool = True
    """Real followers are numbers kept here; else the follow graph has them, and only zombies come and go here."""
    boost: float = 1.0
    """Exposure by posts that hired posters push, relative to others."""
    watched: bool = False
    """Whether some platform checks growth."""
    phase: str = "following"
    reads: tuple[str, ...] = (
        "accounts.operator", "accounts.activity", "accounts.natural_audience", "accounts.growth_frozen_until",
        "accounts.reach_limited_until", "accounts.reach_factor", "operators.archetype", "accounts.opened_on",
    )  # fmt: skip
    writes: tuple[str, ...] = ("accounts.last_day", "accounts.real_followers", "accounts.zombie_followers")

    def __post_init__(self) -> None:
        """Without real followers to keep, do not claim their column."""
        if not self.counts_real:
            object.__setattr__(self, "writes", tuple(name for name in self.writes if name != "accounts.real_followers"))

    def prepare(self, world: World) -> None:
        """Start accounts as old as they are: followers on their way to where growth and churn balance."""
        for first in range(0, len(world.accounts), SETTLED_AT_ONCE):
            self._settle(world, slice(first, first + SETTLED_AT_ONCE))

    def _settle(self, world: World, rows: slice) -> None:
        accounts, params = world.accounts, self.params
        opened, audience = accounts.opened_on[rows], accounts.natural_audience[rows]
        age = np.where(opened < 0, -opened.astype(np.float32), 0.0)
        if self.counts_real:
            gain = params.growth_per_post * accounts.activity[rows]
            pace = gain + params.churn_per_day
            balance = np.divide(gain, pace, out=np.zeros_like(gain), where=pace > 0)
            accounts.real_followers[rows] = audience * balance * (1.0 - np.exp(-pace * age))
        decay, purchases = math.log(2.0) / params.zombie_half_life, params.zombie_purchases_per_year / 365.0
        filled = purchases / (purchases + decay) * (1.0 - np.exp(-purchases * age))
        wanted = self.zombie_share[world.operators.archetype[accounts.operator[rows]]]
        accounts.zombie_followers[rows] = wanted * audience * filled

    def step(self, world: World, turn: Turn) -> None:
        """Bring the followers of the accounts due up to date."""
        accounts, params = world.accounts, self.params
        changes = np.zeros((work_blocks(len(turn.due)), 2, *world.tallies.shape))
        turn.growth_excess = np.zeros(len(turn.due) if self.watched else 0)
        growth, churn = (params.growth_per_post, params.churn_per_day) if self.counts_real else (0.0, 0.0)
        _follow(
            turn.day, world.seed, turn.due, turn.active, turn.kind, accounts.natural_audience,
            accounts.growth_frozen_until, accounts.reach_limited_until, accounts.reach_factor, turn.archetype,
            self.zombie_share, world.conditions.premium, growth, decay_table(churn),
            decay_table(math.log(2.0) / params.zombie_half_life), decay_table(params.zombie_purchases_per_year / 365.0),
            turn.platform, world.purged, world.policy.archetype_lawful, len(turn.hired) > 0, turn.hired, self.boost,
            turn.lawful_posts, turn.violating_posts, accounts.last_day, accounts.real_followers,
            accounts.zombie_followers, world.gained_by_violating, turn.growth_excess, changes,
        )  # fmt: skip
        world.tallies.add_parts(("zombies_bought", "zombies_purged"), changes)
        if self.watched:
            buyers = turn.platform[np.flatnonzero(turn.growth_excess)]
            world.tallies.count("buyers", buyers, np.full(len(buyers), world.policy.kinds.popularity))


@dataclass(frozen=True)
class InheritingFollowers:
    """An account that opens today starts with those followers of its closed predecessor who find it."""

    recovered: Array
    elsewhere: float = 1.0
    """Share of those who find a successor that come along to another platform."""
    counts_real: bool = True
    """As of :class:`Following`: else only the day is noted."""
    phase: str = "joining"
    reads: tuple[str, ...] = (
        "accounts.predecessor", "accounts.name_variant", "accounts.platform", "accounts.kind",
    )  # fmt: skip
    writes: tuple[str, ...] = ("accounts.last_day", "accounts.real_followers")

    def __post_init__(self) -> None:
        """Without real followers to keep, do not claim their column."""
        if not self.counts_real:
            object.__setattr__(self, "writes", ("accounts.last_day",))

    def step(self, world: World, turn: Turn) -> None:
        """Set the real followers of ``turn.opened``; tally the audience recovered by returns."""
        accounts, opened = world.accounts, turn.opened
        accounts.last_day[opened] = turn.day
        if not self.counts_real:
            return
        returned = opened[accounts.predecessor[opened] >= 0]
        if len(returned) == 0:
            return
        old = accounts.real_followers[accounts.predecessor[returned]]
        moved = accounts.platform[returned] != accounts.platform[accounts.predecessor[returned]]
        finding = self.recovered[accounts.name_variant[returned]] * np.where(moved, self.elsewhere, 1.0)
        accounts.real_followers[returned] = old * finding
        where = (accounts.platform[returned], accounts.kind[returned])
        world.tallies.count("audience_lost", *where, amount=old)
        world.tallies.count("audience_recovered", *where, amount=accounts.real_followers[returned])
        world.tallies.count("audience_moved", *where, amount=accounts.real_followers[returned] * moved)


@kernel
def _take_followers(  # type: ignore[no-untyped-def]
    account, kind, step, steps, followers_kept, gains_kept, zombies_kept, gained, real_followers, zombie_followers,
    taken, erased,
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
            zombie_followers[row] *= zombies_kept[sanction]


@dataclass(frozen=True)
class FollowerSanctions:
    """Sanctions take followers away; a decision reversed on appeal gives them back."""

    counts_real: bool = True
    """As of :class:`Following`: else real followers are left alone."""
    phase: str = "applying"
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ("accounts.real_followers", "accounts.zombie_followers")

    def __post_init__(self) -> None:
        """Without real followers to keep, do not claim their column."""
        if not self.counts_real:
            object.__setattr__(self, "writes", ("accounts.zombie_followers",))

    def step(self, world: World, turn: Turn) -> None:
        """Apply the day's reversals, then its decisions; note in each decision what it took."""
        accounts, sanctions, decisions = world.accounts, world.policy.sanctions, turn.decisions
        erased = np.zeros(len(decisions))
        if not self.counts_real:
            kept = np.ones_like(sanctions.followers_kept)
            _take_followers.serial(
                decisions.column("account"), decisions.column("kind"), decisions.column("step"),
                world.policy.rulebook.steps, kept, kept, sanctions.zombies_kept, np.zeros(0, np.float32),
                accounts.real_followers, accounts.zombie_followers, np.zeros(len(decisions), np.float32), erased,
            )  # fmt: skip
            return
        np.add.at(accounts.real_followers, turn.reversals.column("account"), turn.reversals.column("followers_taken"))
        _take_followers.serial(
            decisions.column("account"), decisions.column("kind"), decisions.column("step"),
            world.policy.rulebook.steps, sanctions.followers_kept, sanctions.gains_kept, sanctions.zombies_kept,
            world.gained_by_violating, accounts.real_followers, accounts.zombie_followers,
            decisions.column("followers_taken"), erased,
        )  # fmt: skip
        where, taken = (decisions.column("platform"), decisions.column("kind")), decisions.column("followers_taken")
        world.tallies.count("followers_taken", *where, amount=taken)
        world.tallies.count("gains_erased", *where, amount=erased)
