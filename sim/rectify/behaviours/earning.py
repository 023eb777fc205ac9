"""Earning: advertising by views, deals by displayed followers (which is why zombies are bought), and proceeds.

Proceeds come from those a violation is used against, such as firms that pay for silence; the platform cannot stop them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numba
import numpy as np

from rectify.behaviours.hiring import HiringParams
from rectify.core.due import WORK_BLOCK, work_blocks
from rectify.core.kernel import Index, kernel
from rectify.core.table import Array
from rectify.world.setup import Setup
from rectify.world.turn import Turn
from rectify.world.world import World

EARNED, PROCEEDS = 0, 1


@kernel
def _earn(  # type: ignore[no-untyped-def]
    day, due, active, platform, kind, unpaid_until, real_followers, zombie_followers, archetype, archetype_lawful,
    advertising, deals, proceeds, hiring, hired, price, lawful_posts, violating_posts, lawful_views, violating_views,
    income, sums,
):  # fmt: skip
    lawful = sums.shape[3] - 1
    for block in numba.prange(len(sums)):
        first, last = block * WORK_BLOCK, min(len(due), (block + 1) * WORK_BLOCK)
        for j in range(last - first):
            i = Index(first + j)
            row = Index(due[i])
            if not active[i] or lawful_posts[i] + violating_posts[i] == 0:
                continue
            p, k = Index(platform[i]), Index(kind[i])
            group = Index(lawful) if archetype_lawful[Index(archetype[i])] else k
            if unpaid_until[row] <= day:
                displayed = real_followers[row] + zombie_followers[row]
                earned = advertising[p] * (lawful_views[i] + violating_views[i]) + deals[p] * displayed
                if hiring and hired[i]:
                    earned -= price
                income[row] += earned
                sums[block, EARNED, p, group] += earned
            if proceeds[k] > 0.0:
                paid = proceeds[k] * violating_views[i]
                income[row] += paid
                sums[block, EARNED, p, group] += paid
                sums[block, PROCEEDS, p, group] += paid


@dataclass(frozen=True)
class Earning:
    """Authors who may earn are paid for today's views and displayed followers; proceeds come to all.

    Whoever hired posters pays *price*, which the sellers about on its platform share: archetypes that *sell*, bool.
    """

    advertising: Array
    deals: Array
    price: float
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
        return cls(
            setup.by_platform("advertising_rate") / 1000.0,
            setup.by_platform("deal_rate") / 1000.0,
            setup.params(HiringParams).price_per_day,
            setup.archetypes.orders_served > 0.0,
        )

    def step(self, world: World, turn: Turn) -> None:
        """Add to ``accounts.income``; tally all income, and proceeds, lawful authors in the last place."""
        accounts = world.accounts
        sums = np.zeros((work_blocks(len(turn.due)), 2, *world.counters.shape))
        _earn(
            turn.day, turn.due, turn.active, turn.platform, turn.kind, accounts.unpaid_until, accounts.real_followers,
            accounts.zombie_followers, turn.archetype, world.policy.archetype_lawful, self.advertising, self.deals,
            world.policy.kinds.proceeds_per_view, True, turn.hired, self.price, turn.lawful_posts,
            turn.violating_posts, turn.lawful_views, turn.violating_views, accounts.income, sums,
        )  # fmt: skip
        world.counters.add_parts(("income", "proceeds"), sums)
        if turn.hired.any():
            self._pay_sellers(world, turn)

    def _pay_sellers(self, world: World, turn: Turn) -> None:
        """Share today's fees out: off the platform's books, so that no suspension of income stops them."""
        accounts, policy = world.accounts, world.policy
        about = turn.active & self.sell[turn.archetype] & (accounts.muted_until[turn.due] <= turn.day)
        rows, platform, archetype = turn.due[about], turn.platform[about], turn.archetype[about]
        platforms = len(policy.platform_names)
        sellers = np.bincount(platform, minlength=platforms)
        fees = np.bincount(turn.platform[turn.hired], minlength=platforms) * self.price
        share = (fees / np.maximum(1, sellers))[platform]
        accounts.income[rows] += share
        group = np.where(policy.archetype_lawful[archetype], policy.kinds.lawful, turn.kind[about])
        world.counters.count("income", platform, group, share)
