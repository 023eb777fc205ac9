"""Hiring: sellers of traffic have paid posters push an author's posts for a day, and steer the comments below them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numba
import numpy as np

from rectify.behaviours.perception import Perception, perceived_certainty, remembered, shared_perception
from rectify.core.draws import fill_first_uniforms
from rectify.core.due import WORK_BLOCK, work_blocks
from rectify.core.groups import group
from rectify.core.kernel import kernel
from rectify.core.params import Params, uncertainty
from rectify.core.table import Array
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Due, Posts, Turn
from rectify.world.world import World

UNWANTED = 2.0
"""In place of a buyer's keenness: does not want to hire."""


class HiringParams(Params):
    """Hired posters: what an order for a day costs and does."""

    price_per_day: float = uncertainty("yuan", "Price of pushing an account's posts of a day.", ge=0, le=1e6)
    boost: float = uncertainty("ratio", "Views of pushed posts, relative to the same ones left alone.", ge=0, le=50)
    reports: float = uncertainty(
        "ratio", "Reports per view of pushed violating posts; below 1, posters drown out complaints.", ge=0, le=50
    )
    deterrence: float = uncertainty(
        "0 to 1", "How far perceived certainty lowers the wish to hire: (1 − deterrence · certainty).", ge=0, le=1
    )


class HiringAccounts(NamedTuple):
    """Columns of accounts that hiring reads."""

    operator: Array
    muted_until: Array
    unpaid_until: Array


class PosterMarket(NamedTuple):
    """Who buys and who sells, by archetype, and how far buyers are deterred."""

    hires: Array
    """Share of its writing days on which an archetype would hire, fearing nothing."""
    orders_served: Array
    """By each of its accounts that is about."""
    deterrence: float


@kernel
def _want(  # type: ignore[no-untyped-def]
    day, seed, due, posts, accounts, market, perception, social_certainty,
    keenness, served,
):  # fmt: skip
    """Find who of the accounts due wants to hire today, and add up what the sellers about would serve.

    social_certainty: perceived without own experience, by platform. keenness: lowest for the keenest buyer, left as it
    is where nobody wants to hire; served: orders by work block, float64 [blocks, platforms].

    outputs: keenness, served
    """
    for block in numba.prange(len(served)):
        first, last = block * WORK_BLOCK, min(len(due.rows), (block + 1) * WORK_BLOCK)
        # Few would hire: they are listed first, and random numbers are drawn for them alone.
        places, rows, draws = np.empty(WORK_BLOCK, np.int32), np.empty(WORK_BLOCK, np.int32), np.empty(WORK_BLOCK)
        count = 0
        for i in range(first, last):
            row, a = due.rows[i], due.archetype[i]
            if due.active[i] and accounts.muted_until[row] <= day:
                served[block, due.platform[i]] += market.orders_served[a]
            writes = due.active[i] and posts.lawful_posts[i] + posts.violating_posts[i] > 0
            places[count], rows[count] = i, row
            count += writes and market.hires[a] > 0.0 and accounts.unpaid_until[row] <= day
        fill_first_uniforms(seed, Stream.HIRING.value, rows[:count], day, draws)
        for j in range(count):
            i, o = places[j], accounts.operator[rows[j]]
            own = remembered(perception.experience[o], perception.learnt_on[o], day, perception.half_life)
            certainty = perceived_certainty(own, social_certainty[due.platform[i]], 0.0)
            chance = market.hires[due.archetype[i]] * (1.0 - market.deterrence * certainty)
            if draws[j] < chance:
                keenness[i] = draws[j] / chance


@dataclass(frozen=True)
class Hiring:
    """Authors hire posters from the sellers about today, who serve so many orders each, the keenest buyers first."""

    price_per_day: float
    accounts: HiringAccounts
    market: PosterMarket
    perception: Perception
    phase: ClassVar[str] = "posting"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.due", "turn.active", "turn.platform", "turn.kind", "turn.archetype", "turn.lawful_posts",
        "turn.violating_posts", "accounts.operator", "accounts.muted_until", "accounts.unpaid_until",
        "operators.experience", "operators.learnt_on", "conditions.observed", "conditions.announced",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "turn.hired", "counters.buyers", "counters.hired", "counters.hiring_costs",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        params = setup.params(HiringParams)
        return cls(
            params.price_per_day,
            group(HiringAccounts, setup.world.accounts),
            group(PosterMarket, setup.archetypes, params),
            setup.once(shared_perception, setup),
        )

    def step(self, world: World, turn: Turn) -> None:
        """Fill ``turn.hired``; tally buyers and what they pay."""
        if not np.count_nonzero(self.market.hires) or not np.count_nonzero(self.market.orders_served):
            return
        conditions = world.conditions
        kind, entries = world.policy.kinds.popularity, len(turn.due)
        observed, announced = conditions.observed[:, kind], conditions.announced[:, kind]
        keenness = np.full(entries, UNWANTED)
        served = np.zeros((work_blocks(entries), len(observed)))
        _want(
            turn.day, world.seed, turn.group(Due), turn.group(Posts), self.accounts, self.market, self.perception,
            1.0 - (1.0 - observed) * (1.0 - announced), keenness, served,
        )  # fmt: skip
        wanting = np.flatnonzero(keenness < UNWANTED)
        for row, orders in enumerate(np.floor(served.sum(axis=0)).astype(np.int64)):
            here = wanting[turn.platform[wanting] == row]
            turn.hired[here[np.argsort(keenness[here], kind="stable")[:orders]]] = True
        buyers = turn.platform[turn.hired], np.full(int(turn.hired.sum()), kind)
        world.counters.count("buyers", *buyers)
        where = turn.platform[turn.hired], turn.kind[turn.hired]
        world.counters.count("hired", *where)
        world.counters.count("hiring_costs", *where, amount=np.full(len(where[0]), self.price_per_day))
