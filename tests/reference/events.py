"""Hot spots: on which days which events are under way, and what they change there."""

from __future__ import annotations

import math
import zlib
from typing import Any

from tests.reference import draws


class HotSpots:
    """The events of a run."""

    def __init__(self, config: Any, first_date: Any) -> None:
        self.events = []
        days = config.calendar.days
        for name, params in sorted(config.events.items()):
            entity = zlib.crc32(name.encode())
            chance = 1.0 - math.exp(-params.per_year / 365.0)
            begins = [(day - first_date).days for day in params.dates]
            begins += [day for day in range(days) if draws.uniform(config.seed, draws.EVENT, entity, day, 0) < chance]
            under_way = {day + after for day in begins for after in range(params.days)}
            self.events.append((params, {day for day in under_way if 0 <= day < days}))

    def here(self, platform: str, day: int) -> list[Any]:
        """Those under way on a platform."""
        return [
            params
            for params, under_way in self.events
            if day in under_way and (params.platforms is None or platform in params.platforms)
        ]

    def attention(self, platform: str, day: int) -> float:
        """Views of any post, relative to other days."""
        return math.prod(params.attention for params in self.here(platform, day))

    def topical(self, platform: str, kind: str, day: int) -> float:
        """Views of a violating post, relative to others of the day."""
        return math.prod(params.topical_attention for params in self.here(platform, day) if kind in params.kinds)

    def extra_posts(self, platform: str, kind: str, day: int) -> float:
        """Posts beyond the usual by those who chase fully."""
        return float(sum(params.chasing_posts for params in self.here(platform, day) if kind in params.kinds))

    def gain(self, platform: str, kind: str, day: int) -> float:
        """What violating is worth more to those who chase fully."""
        return float(sum(params.chasing_gain for params in self.here(platform, day) if kind in params.kinds))
