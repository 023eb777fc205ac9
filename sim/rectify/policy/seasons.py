"""Seasons: dated times of the year in which people spend more time on platforms, or less."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
from pydantic import Field, field_validator

from rectify.core.params import Params, only_iso_dates, uncertainty
from rectify.core.table import Array


class SeasonParams(Params):
    """One season. Posts written in it are seen so much more; seasons at the same time multiply."""

    label: str
    opens: date
    closes: date
    attention: float = uncertainty("ratio", "Views of a post relative to the rest of the year.", ge=0, le=100)
    platforms: list[str] | None = Field(default=None, description="Only these; all when not given.")

    _only_iso_dates = field_validator("opens", "closes", mode="before")(only_iso_dates)


def compile_seasons(seasons: Iterable[SeasonParams], first: date, days: int, platforms: list[str]) -> Array:
    """Views relative to the rest of the year, float64 [days, platforms]; *first* is the date of day 0."""
    attention = np.ones((days, len(platforms)))
    for season in seasons:
        on = np.array([season.platforms is None or platform in season.platforms for platform in platforms], np.bool_)
        opens, closes = ((when - first).days for when in (season.opens, season.closes))
        attention[max(0, opens) : max(0, closes + 1), on] *= season.attention
    return attention
