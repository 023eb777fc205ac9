"""What a metric is: a declared series, counted by platform and kind, or measured by platform."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.core.table import Array
from sim.world.world import Turn, World

Observe = Callable[[World, Turn], Array]


@dataclass(frozen=True)
class Metric:
    """One series.

    by: ``kind``, an array [platforms, kinds + 1] with lawful in the last place, adding up over both; or ``platform``,
    [platforms], a level that does not add up, followed by its value over all platforms: [platforms + 1].
    scales: the numbers are of simulated rows, and are multiplied by the real accounts a row stands for.
    every: observed on each day, or only on census days.
    """

    name: str
    unit: str
    meaning: str
    observe: Observe
    by: Literal["kind", "platform"] = "kind"
    scales: bool = True
    every: Literal["day", "census"] = "day"
    counter: str | None = None
    """The day's counter that the values are, where they are one: all such are recorded at once."""


def tally(name: str, unit: str, meaning: str, counter: str | None = None) -> Metric:
    """A metric that is a day's counter, taken as it is."""
    key = counter or name

    def observe(world: World, turn: Turn) -> Array:
        return world.tallies[key]

    return Metric(name, unit, meaning, observe, counter=key)


def followed_by(values: Array, whole: float) -> Array:
    """Values by platform, float64 [platforms], with that over all platforms in a last place."""
    series = np.empty(len(values) + 1)
    series[:-1], series[-1] = values, whole
    return series
