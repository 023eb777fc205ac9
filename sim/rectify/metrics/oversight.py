"""Oversight: what offices demand, find and impose, what that costs, and how far what they believe is from the truth."""

from __future__ import annotations

import numpy as np

from rectify.core.table import Array
from rectify.metrics.content import prevalence
from rectify.metrics.metric import Metric, followed_by, level
from rectify.metrics.record import Record


def inspection_error(record: Record) -> Array:
    """Distance of the prevalence last found from today's true one, by platform, and the mean; NaN before the first."""
    apart = np.abs(record.level("inspected_prevalence") - prevalence(record)[:, :-1])
    return followed_by(apart, apart.mean(axis=1))


METRICS = (
    level(
        "demanded", "pressure_demanded", "0 to 1",
        "Pressure that campaigns demand; its sum over days and platforms is the budget spent, in pressure-days.",
    ),
    level(
        "extra_slots", "extra_review", "cases", "Review capacity beyond that of an ordinary day.", scales=True,
    ),
    Metric(
        "inspection_error", "share", "Distance of the prevalence last found by an inspection from the true one.",
        inspection_error, counters=("views",), columns=("inspected_prevalence",), by="platform", scales=False,
    ),
    level("questioned", "questioned", "count", "Questionings of platforms by offices."),
    level("fines", "fines", "yuan", "Fines imposed on platforms."),
    level(
        "rented_to_minors", "rented_to_minors", "accounts", "Game accounts that minors rent or have bought.",
        scales=True,
    ),
    level(
        "rentals_found", "rentals_found", "accounts", "Rented game accounts taken back after a real-name check.",
        scales=True,
    ),
    level("notices", "notices", "count", "Notices in which platforms published what they did."),
)  # fmt: skip
