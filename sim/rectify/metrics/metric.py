"""What a metric is: a declared series, by platform and kind or by platform, with its unit, number and meaning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from rectify.core.quantity import SHARE, Number, Quantity, Statistic
from rectify.core.table import Array
from rectify.metrics.record import Record
from rectify.world.turn import Turn
from rectify.world.world import World


@dataclass(frozen=True)
class Metric:
    """One series, either *derived* from the record of all days at once, or *observed* as the days go by.

    number: a ``count`` adds up over days, platforms and kinds, a ``stock`` over platforms and kinds, a ``level`` over
    nothing; see :data:`rectify.core.quantity.NUMBERS`. by: ``kind``, an array [platforms, kinds + 1] a day with lawful
    in the last place; or ``platform``, [platforms], followed by the value over all platforms: [platforms + 1]. scales:
    the numbers are of simulated rows, and are multiplied by the real accounts a row stands for.

    Raises ``ValueError`` for a level that is said to be by kind, over which it would be summed, or to scale.
    """

    name: str
    unit: str
    meaning: str
    number: Number = field(kw_only=True)
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
    in_summary: tuple[Statistic, ...] = ()
    """What the summary holds of it, where that is not what :attr:`statistics` would choose."""

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.number == "level" and (self.by == "kind" or self.scales):
            raise ValueError(
                f"{self.name}: a level adds up over nothing and does not scale: by='platform', scales=False"
            )

    @property
    def quantity(self) -> Quantity:
        """What its numbers are, for the files that they end in."""
        return Quantity(
            unit=self.unit,
            number=self.number,
            meaning=self.meaning,
            by=("platform", "kind") if self.by == "kind" else ("platform",),
            scales_with_population=self.scales,
        )

    @property
    def statistics(self) -> tuple[Statistic, ...]:
        """What the summary holds of it.

        The first and the last census; the total of a count by platform and kind; the mean of stocks and levels, and of
        what is counted of platforms alone.
        """
        if self.in_summary:
            return self.in_summary
        if self.every == "census":
            return ("first", "last")
        return ("total",) if self.number == "count" and self.by == "kind" else ("mean",)


def tally(name: str, unit: str, meaning: str, number: Number = "count") -> Metric:
    """A metric that is a day's counter, of the same name, taken as it is; the summary holds its total."""
    return Metric(
        name, unit, meaning, lambda record: record.count(name), number=number, counters=(name,), in_summary=("total",)
    )


def followed_by(values: Array, whole: Array) -> Array:
    """Values by platform, float64 [days, platforms], with those over all platforms, [days], in a last place."""
    return np.concatenate((values, whole[:, None]), axis=1)


def share_with_total(part: Array, whole: Array) -> Array:
    """part / whole by platform, [days, platforms], and of the sums in a last place; 0 where there is nothing."""
    parts, wholes = followed_by(part, part.sum(axis=1)), followed_by(whole, whole.sum(axis=1))
    return np.divide(parts, wholes, out=np.zeros_like(parts), where=wholes > 0)


def share(
    name: str, meaning: str, derive: Callable[[Record], Array], counters: tuple[str, ...], columns: tuple[str, ...] = ()
) -> Metric:
    """A level by platform that is a part of a whole."""
    return Metric(
        name, SHARE, meaning, derive, number="level", counters=counters, columns=columns, by="platform", scales=False
    )


def of_platforms(column: str, name: str, unit: str, meaning: str, number: Number, scales: bool = False) -> Metric:
    """A metric that is a *column* of the platforms' table, followed by its sum over them, or a level's mean."""

    def derive(record: Record) -> Array:
        values = record.level(column)
        return followed_by(values, values.mean(axis=1) if number == "level" else values.sum(axis=1))

    return Metric(name, unit, meaning, derive, number=number, columns=(column,), by="platform", scales=scales)
