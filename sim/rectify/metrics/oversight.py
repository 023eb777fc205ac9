"""Oversight: what offices demand, find and impose, what that costs, and how far what they believe is from the truth."""

from __future__ import annotations

import numpy as np

from rectify.core.table import Array
from rectify.metrics.content import prevalence
from rectify.metrics.metric import followed_by, of_platforms, share
from rectify.metrics.record import Record


def inspection_error(record: Record) -> Array:
    """Distance of the prevalence last found from today's true one, by platform, and the mean; NaN before the first."""
    apart = np.abs(record.level("inspected_prevalence") - prevalence(record)[:, :-1])
    return followed_by(apart, apart.mean(axis=1))


METRICS = (
    of_platforms(
        "demanded", "pressure_demanded", "pressure-days",
        "Pressure that campaigns demand; its sum over days and platforms is the budget spent.", number="count",
    ),
    of_platforms(
        "extra_slots", "extra_review", "cases", "Review capacity beyond that of an ordinary day.", number="count",
        scales=True,
    ),
    share(
        "inspection_error", "Distance of the prevalence last found by an inspection from the true one.",
        inspection_error, ("views",), ("inspected_prevalence",),
    ),
    of_platforms("questioned", "questioned", "questionings", "Questionings of platforms by offices.", number="count"),
    of_platforms("fines", "fines", "yuan", "Fines imposed on platforms.", number="count"),
    of_platforms(
        "rented_to_minors", "rented_to_minors", "accounts", "Game accounts that minors rent or have bought.",
        number="stock", scales=True,
    ),
    of_platforms(
        "rentals_found", "rentals_found", "accounts", "Rented game accounts taken back after a real-name check.",
        number="count", scales=True,
    ),
    of_platforms(
        "notices", "notices", "notices", "Notices in which platforms published what they did.", number="count"
    ),
)  # fmt: skip
