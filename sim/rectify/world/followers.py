"""Followers, real and bought: how they come and go, whatever the audience is made of."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from rectify.core.params import Params, uncertainty
from rectify.core.table import Array
from rectify.naming.variants import VARIANTS

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

    def recovered_by_variant(self) -> Array:
        """``recovered_audience`` in the order of the name variants, float64 [variants]."""
        return np.array([self.recovered_audience[variant.name] for variant in VARIANTS])
