"""What a metric is: a declared series, counted by platform and kind, or measured by platform."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rectify.core.table import Array
from rectify.metrics.record import Record
from rectify.world.turn import Turn
from rectify.world.world import World


@dataclass(frozen=True)
class Metric:
    """One series, either *derived* from the record of all days at once, or *observed* as the days go by.

    by: ``kind``, an array [platforms, kinds + 1] a day with lawful in the last place, adding up over both; or
    ``platform``, [platforms], a level that does not add up, followed by its value over all platforms: [platforms + 1].
    scales: the numbers are of simulated rows, and are multiplied by the real accounts a row stands for.
    """

    name: str
    unit: str
    meaning: str
    derive: Callable[[Record], Array] | None = None
    """From the record to the series of its days, [days, …]."""
    counters: tuple[str, ...] = ()
    """The day's counters that it is derived from."""
    columns: tuple[str, ...] = ()
    """Columns of the platforms' table that it is derived from."""
    observe: Callable[[World, Turn], Array] | None = None
    """The day's values, where the record does not hold what they are made of."""
    reads: tuple[str, ...] = ()
    """Names of what it is observed from, as processes name it."""
    every: Literal["day", "census"] = "day"
    """Observed on each day, or only on census days."""
    by: Literal["kind", "platform"] = "kind"
    scales: bool = True


def tally(name: str, unit: str, meaning: str) -> Metric:
    """A metric that is a day's counter, of the same name, taken as it is."""
    return Metric(name, unit, meaning, lambda record: record.count(name), counters=(name,))


def followed_by(values: Array, whole: Array) -> Array:
    """Values by platform, float64 [days, platforms], with those over all platforms, [days], in a last place."""
    return np.concatenate((values, whole[:, None]), axis=1)


def share_with_total(part: Array, whole: Array) -> Array:
    """part / whole by platform, [days, platforms], and of the sums in a last place; 0 where there is nothing."""
    parts, wholes = followed_by(part, part.sum(axis=1)), followed_by(whole, whole.sum(axis=1))
    return np.divide(parts, wholes, out=np.zeros_like(parts), where=wholes > 0)


def level(
    column: str, name: str, unit: str, meaning: str, whole: Literal["sum", "mean"] = "sum", scales: bool = False
) -> Metric:
    """A metric that is a column of the platforms' table, followed by its sum or mean over all platforms."""

    def derive(record: Record) -> Array:
        values = record.level(column)
        return followed_by(values, values.sum(axis=1) if whole == "sum" else values.mean(axis=1))

    return Metric(name, unit, meaning, derive, columns=(column,), by="platform", scales=scales)
