"""Earning: advertising by views, deals by displayed followers (which is why zombies are bought), and proceeds.

Proceeds come from those a violation is used against, such as firms that pay for silence; the platform cannot stop them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numba
import numpy as np

from rectify.behaviours.hiring import HiringParams
from rectify.core.due import WORK_BLOCK, work_blocks
from rectify.core.groups import group
from rectify.core.kernel import Index, kernel
from rectify.core.table import Array
from rectify.world.setup import Setup
from rectify.world.turn import Due, Posts, Turn
from rectify.world.world import World

EARNED, PROCEEDS = 0, 1


class EarningAccounts(NamedTuple):
    """Columns of accounts that earning reads."""

    unpaid_until: Array
    real_followers: Array
    zombie_followers: Array


class Rates(NamedTuple):
    """What is paid, in yuan: by platform, by kind, and for hired posters; and which archetypes are lawful."""

    advertising: Array
    """Per view, by platform."""
    deals: Array
    """Per displayed follower on a day with posts, by platform."""
    proceeds_per_view: Array
    """By kind."""
    price_per_day: float
    lawful: Array


@kernel
def _earn(day, due, posts, accounts, rates, income, sums):  # type: ignore[no-untyped-def]
    """Pay the authors among the accounts due, platforms only those who may earn.

    sums: by work block, income and proceeds, yuan, float64 [blocks, 2, platforms, kinds + 1].

    outputs: income, sums
    """
    lawful = sums.shape[3] - 1
    for block in numba.prange(len(sums)):
        first, last = block * WORK_BLOCK, min(len(due.rows), (block + 1) * WORK_BLOCK)
        for j in range(last - first):
            i = Index(first + j)
            row = Index(due.rows[i])
            if not due.active[i] or posts.lawful_posts[i] + posts.violating_posts[i] == 0:
                continue
            p, k = Index(due.platform[i]), Index(due.kind[i])
            place = Index(lawful) if rates.lawful[Index(due.archetype[i])] else k
            if accounts.unpaid_until[row] <= day:
                displayed = accounts.real_followers[row] + accounts.zombie_followers[row]
                views = posts.lawful_views[i] + posts.violating_views[i]
                earned = rates.advertising[p] * views + rates.deals[p] * displayed
                if posts.hired[i]:
                    earned -= rates.price_per_day
                income[row] += earned
                sums[block, EARNED, p, place] += earned
            if rates.proceeds_per_view[k] > 0.0:
                paid = rates.proceeds_per_view[k] * posts.violating_views[i]
                income[row] += paid
                sums[block, EARNED, p, place] += paid
                sums[block, PROCEEDS, p, place] += paid


@dataclass(frozen=True)
class Earning:
    """Authors who may earn are paid for today's views and displayed followers; proceeds come to all.

    Whoever hired posters pays a price, which the sellers about on its platform share: archetypes that *sell*, bool.
    """

    accounts: EarningAccounts
    rates: Rates
    sell: Array
    phase: ClassVar[str] = "earning"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.due", "turn.active", "turn.platform", "turn.kind", "turn.archetype", "turn.lawful_posts",
        "turn.violating_posts", "turn.lawful_views", "turn.violating_views", "turn.hired", "accounts.unpaid_until",
        "accounts.real_followers", "accounts.zombie_followers", "accounts.muted_until",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "accounts.income", "counters.income", "counters.proceeds",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        rates = group(
            Rates,
            setup.params(HiringParams),
            advertising=setup.by_platform("advertising_rate") / 1000.0,
            deals=setup.by_platform("deal_rate") / 1000.0,
            proceeds_per_view=setup.policy.kinds.proceeds_per_view,
            lawful=setup.policy.archetype_lawful,
        )
        return cls(group(EarningAccounts, setup.world.accounts), rates, setup.archetypes.orders_served > 0.0)

    def step(self, world: World, turn: Turn) -> None:
        """Add to ``accounts.income``; tally all income, and proceeds, lawful authors in the last place."""
        sums = np.zeros((work_blocks(len(turn.due)), 2, *world.counters.shape))
        _earn(turn.day, turn.group(Due), turn.group(Posts), self.accounts, self.rates, world.accounts.income, sums)
        world.counters.add_parts(("income", "proceeds"), sums)
        if np.count_nonzero(turn.hired):
            self._pay_sellers(world, turn)

    def _pay_sellers(self, world: World, turn: Turn) -> None:
        """Share today's fees out: off the platform's books, so that no suspension of income stops them."""
        accounts, policy = world.accounts, world.policy
        about = turn.active & self.sell[turn.archetype] & (accounts.muted_until[turn.due] <= turn.day)
        rows, platform, archetype = turn.due[about], turn.platform[about], turn.archetype[about]
        platforms = len(policy.platform_names)
        sellers = np.bincount(platform, minlength=platforms)
        fees = np.bincount(turn.platform[turn.hired], minlength=platforms) * self.rates.price_per_day
        share = (fees / np.maximum(1, sellers))[platform]
        accounts.income[rows] += share
        place = np.where(policy.archetype_lawful[archetype], policy.kinds.lawful, turn.kind[about])
        world.counters.count("income", platform, place, share)
