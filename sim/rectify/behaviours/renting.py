"""Renting: game accounts let or sold to minors, through listings that are seen, until a real-name check ends it.

Minors are no accounts of the model: what is kept is how many game accounts are in their hands, by platform.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rectify.core.params import Params, uncertainty
from rectify.core.table import Array
from rectify.world.world import Turn, World


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
    phase: str = "renting"
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ("platforms.rented_to_minors", "platforms.rentals_found")

    def step(self, world: World, turn: Turn) -> None:
        """Bring the stock of rented accounts up to date; tally rentals and those refused, by platform and kind."""
        table, per_view = world.platforms, world.policy.kinds.rentals_per_view
        if not np.count_nonzero(per_view):
            return
        wanted = world.tallies["views"][:, :-1] * per_view
        made = wanted * (1.0 - self.rigour)[:, None]
        world.tallies.add("rentals", made)
        world.tallies.add("rentals_refused", wanted - made)
        hazard = self.checks * world.conditions.player_check_effort
        found = table.rented_to_minors * -np.expm1(-hazard)
        kept = (table.rented_to_minors - found) * math.exp(-1.0 / self.params.rental_days)
        table.rentals_found[:] = found
        table.rented_to_minors[:] = kept + made.sum(axis=1)
