"""Renting: game accounts let or sold to minors, through listings that are seen, until a real-name check ends it.

Minors are no accounts of the model: what is kept is how many game accounts are in their hands, by platform.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from rectify.core.params import Params, uncertainty
from rectify.core.table import Array
from rectify.world.setup import Setup
from rectify.world.turn import Turn
from rectify.world.world import World


class RentingParams(Params):
    """Game accounts in minors' hands (document E, fifth target)."""

    rental_days: float = uncertainty("days", "Mean time for which a minor keeps a rented account.", ge=1, le=36500)


@dataclass(frozen=True)
class Renting:
    """Minors take game accounts that listings offer, where no real-name check stops them; later checks end rentals."""

    params: RentingParams
    rigour: Array
    """Share of players whose identity is really checked when they begin, float [platforms]."""
    checks: Array
    """Daily rate at which players are checked again, without pressure, float [platforms]."""
    phase: ClassVar[str] = "renting"
    reads: ClassVar[tuple[str, ...]] = (
        "counters.views", "conditions.player_check_effort",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "platforms.rented_to_minors", "platforms.rentals_found", "counters.rentals", "counters.rentals_refused",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        checks = setup.by_platform("player_checks_per_year") / 365.0
        return cls(setup.params(RentingParams), setup.by_platform("real_name_rigour"), checks)

    def step(self, world: World, turn: Turn) -> None:
        """Bring the stock of rented accounts up to date; tally rentals and those refused, by platform and kind."""
        table, per_view = world.platforms, world.policy.kinds.rentals_per_view
        if not np.count_nonzero(per_view):
            return
        wanted = world.counters["views"][:, :-1] * per_view
        made = wanted * (1.0 - self.rigour)[:, None]
        world.counters.add("rentals", made)
        world.counters.add("rentals_refused", wanted - made)
        hazard = self.checks * world.conditions.player_check_effort
        found = table.rented_to_minors * -np.expm1(-hazard)
        kept = (table.rented_to_minors - found) * math.exp(-1.0 / self.params.rental_days)
        table.rentals_found[:] = found
        table.rented_to_minors[:] = kept + made.sum(axis=1)
