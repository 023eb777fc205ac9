"""Oversight: what offices demand, find and impose, what that costs, and how far what they believe is from the truth."""

from __future__ import annotations

import numpy as np

from sim.core.table import Array
from sim.metrics.content import prevalence
from sim.metrics.metric import Metric, followed_by
from sim.world.world import Turn, World


def inspection_error(world: World, turn: Turn) -> Array:
    """Distance of the prevalence last found from today's true one, by platform, and the mean; NaN before the first."""
    apart = np.abs(world.platforms.inspected_prevalence - prevalence(world, turn)[:-1])
    return followed_by(apart, apart.mean())


def _platform_column(column: str, name: str, unit: str, meaning: str, scales: bool = False) -> Metric:
    """A column of the platforms' table as a metric, followed by its sum."""

    def observe(world: World, turn: Turn) -> Array:
        values = np.asarray(getattr(world.platforms, column), np.float64)
        return followed_by(values, values.sum())

    return Metric(name, unit, meaning, observe, by="platform", scales=scales)


METRICS = (
    _platform_column(
        "demanded", "pressure_demanded", "0 to 1",
        "Pressure that campaigns demand; its sum over days and platforms is the budget spent, in pressure-days.",
    ),
    _platform_column("extra_slots", "extra_review", "cases", "Review capacity beyond that of an ordinary day.", True),
    Metric(
        "inspection_error", "share", "Distance of the prevalence last found by an inspection from the true one.",
        inspection_error, by="platform", scales=False,
    ),
    _platform_column("questioned", "questioned", "count", "Questionings of platforms by offices."),
    _platform_column("fines", "fines", "yuan", "Fines imposed on platforms."),
    _platform_column(
        "rented_to_minors", "rented_to_minors", "accounts", "Game accounts that minors rent or have bought.", True
    ),
    _platform_column(
        "rentals_found", "rentals_found", "accounts", "Rented game accounts taken back after a real-name check.", True
    ),
    _platform_column("notices", "notices", "count", "Notices in which platforms published what they did."),
)  # fmt: skip
