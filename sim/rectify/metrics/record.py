"""The record: what is written down of every reported day, from which metrics are worked out for all days at once."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from rectify.core.table import Array
from rectify.policy.policy import Policy
from rectify.world.calendar import Calendar
from rectify.world.world import World


class Record:
    """The day's counters, and the columns of the platforms' table, as they stood at the end of each reported day.

    *counters*, *columns*: the names of those that are kept. ``days``: reported days so far.
    """

    def __init__(self, world: World, calendar: Calendar, counters: Iterable[str], columns: Iterable[str]) -> None:
        self.policy: Policy = world.policy
        self.first_day = calendar.burn_in
        self.days = 0
        self.counter_places = {name: place for place, name in enumerate(dict.fromkeys(counters))}
        self.column_places = {name: place for place, name in enumerate(dict.fromkeys(columns))}
        self.in_block = np.zeros(0, np.int64)
        self.counts = np.zeros((calendar.reported_days, len(self.counter_places), *world.counters.shape))
        self.levels = np.zeros((calendar.reported_days, len(self.column_places), len(world.platforms)))

    def find_counters(self, world: World) -> None:
        """Look up where the counters lie, which some process must have declared. Raises ``KeyError`` otherwise."""
        self.in_block = world.counters.places(tuple(self.counter_places))

    def take_down(self, world: World) -> None:
        """Write down the next day."""
        world.counters.block.take(self.in_block, axis=0, out=self.counts[self.days], mode="clip")  # unbuffered
        levels = self.levels[self.days]
        for name, place in self.column_places.items():
            levels[place] = getattr(world.platforms, name)
        self.days += 1

    def count(self, counter: str) -> Array:
        """A counter of the days so far, in simulated rows: float64 [days, platforms, kinds + 1]."""
        return self.counts[: self.days, self.counter_places[counter]]

    def level(self, column: str) -> Array:
        """A column of the platforms' table on the days so far: float64 [days, platforms]."""
        return self.levels[: self.days, self.column_places[column]]
