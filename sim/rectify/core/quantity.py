"""What a number is: its unit, how it adds up, whether it grows with the population, and its meaning.

It is declared once, where the number is made, and travels with it into the files that it ends in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict

Number = Literal["count", "stock", "level"]
NUMBERS: dict[Number, str] = {
    "count": "What happened, was done or could be done in a time. Adds up over days, and over parts.",
    "stock": "What there is at a time. Adds up over parts, but not over days.",
    "level": "A share, a mean or another intensity. Adds up over nothing.",
}
"""Kinds of numbers, and over what their values may be summed."""

Statistic = Literal["total", "mean", "first", "last"]
STATISTICS: dict[Statistic, str] = {
    "total": "Sum over the days of the run.",
    "mean": "Mean of the days of the run that have a value.",
    "first": "On the first day of the run.",
    "last": "On the last day of the run.",
}
"""How the daily values of a series become one number."""

SHARE = "share"
"""Unit of parts of a whole, from 0 to 1, which are shown in per cent."""


class Quantity(BaseModel):
    """What the numbers of a daily series are.

    by: what they are broken down by, as columns of the table that they stand in; empty: by nothing.
    scales_with_population: numbers of simulated rows, multiplied by what each row stands for.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    unit: str
    number: Number
    meaning: str
    by: tuple[str, ...] = ()
    scales_with_population: bool

    @property
    def adds_up_over(self) -> tuple[str, ...]:
        """Columns over which values may be summed."""
        return {"count": ("date", *self.by), "stock": self.by, "level": ()}[self.number]

    @property
    def is_share(self) -> bool:
        """Whether values are parts of a whole."""
        return self.unit == SHARE

    def described(self) -> dict[str, Any]:
        """All of it in plain values, for files: what is empty is left out, ``adds_up_over`` is written out."""
        plain = {name: value for name, value in self.model_dump(mode="json").items() if value not in ("", None)}
        return {**plain, "adds_up_over": list(self.adds_up_over)}


class Scalar(Quantity):
    """What one number about a whole run is.

    by: what it is known by, too: ``harm_total`` by platform is known as ``harm_total.weibo``. statistic: the total,
    mean, first or last value of a series, where it is that; metric: the series of that name. part: the one platform or
    kind that it is of; empty: of all. absent_when: why a run may not have it; empty: every run that has ended has it.
    """

    metric: str = ""
    statistic: Statistic | None = None
    part: str = ""
    absent_when: str = ""

    @property
    def adds_up_over(self) -> tuple[str, ...]:
        """What it may be summed over of that which it is known by."""
        return () if self.number == "level" else self.by

    def of_part(self, part: str) -> Self:
        """The same number of one *part*."""
        return self.model_copy(update={"part": part, "by": (), "meaning": f"{self.meaning} Of {part} alone."})


def reduced(metric: str, quantity: Quantity, statistic: Statistic) -> Scalar:
    """The outcome that is a *statistic* of the series of a *metric*."""
    units = {("count", "mean"): f"{quantity.unit} per day", ("stock", "total"): f"{quantity.unit} × days"}
    return Scalar(
        unit=units.get((quantity.number, statistic), quantity.unit),
        number=quantity.number,
        meaning=f"{quantity.meaning} {STATISTICS[statistic]}",
        by=quantity.by,
        scales_with_population=quantity.scales_with_population,
        metric=metric,
        statistic=statistic,
        absent_when="no day has a value" if statistic == "mean" else "",
    )


NOT_YET = "not so far"
"""How the reason begins why a run that goes on has no number."""


def present(
    numbers: Mapping[str, float], known: Mapping[str, Scalar], has_ended: bool = True
) -> tuple[dict[str, float], dict[str, str]]:
    """The *numbers* that are there, and why the others, which are NaN, are not: *known* says it of each."""
    unended = "the run has not come to its end"
    absent = {name: known[name].absent_when or unended for name, value in numbers.items() if math.isnan(value)}
    if not has_ended:
        absent = {name: f"{NOT_YET}: {why}" for name, why in absent.items()}
    return {name: value for name, value in numbers.items() if name not in absent}, absent
