"""Deterrence: how certain punishment seems, and the pressure that platforms feel."""

from __future__ import annotations

from sim.core.table import Array
from sim.metrics.content import share_with_total
from sim.metrics.metric import Metric, followed_by, tally
from sim.world.world import Turn, World


def perceived_certainty(world: World, turn: Turn) -> Array:
    """Mean certainty of punishment that the day's active violators believe in, by platform and over all."""
    sums, authors = world.tallies["certainty_sum"][:, :-1], world.tallies["authors"][:, :-1]
    return share_with_total(sums.sum(axis=1), authors.sum(axis=1))


def perceived_by_lawful(world: World, turn: Turn) -> Array:
    """The same among lawful authors."""
    return share_with_total(world.tallies["certainty_sum"][:, -1], world.tallies["authors"][:, -1])


def pressure(world: World, turn: Turn) -> Array:
    """Pressure on each platform, and the mean."""
    felt = world.platforms.pressure
    return followed_by(felt, felt.mean())


def inspected_prevalence(world: World, turn: Turn) -> Array:
    """Prevalence found by the last inspection, and the mean; NaN before the first."""
    found = world.platforms.inspected_prevalence
    return followed_by(found, found.mean())


METRICS = (
    tally("authors", "accounts", "Accounts due to write that day, by what they turn to; lawful authors apart."),
    Metric(
        "perceived_certainty", "share", "Certainty of punishment that active violators believe in.",
        perceived_certainty, by="platform", scales=False,
    ),
    Metric(
        "perceived_certainty_lawful", "share", "The same among lawful authors.", perceived_by_lawful, by="platform",
        scales=False,
    ),
    Metric("pressure", "0 to 1", "Pressure felt by the platform.", pressure, by="platform", scales=False),
    Metric(
        "inspected_prevalence", "share", "Prevalence found by the last inspection.", inspected_prevalence,
        by="platform", scales=False,
    ),
)  # fmt: skip
