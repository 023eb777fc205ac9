"""Content: posts, views, prevalence and harm."""

from __future__ import annotations

import numpy as np

from sim.core.table import Array
from sim.metrics.metric import Metric, followed_by, tally
from sim.world.world import Turn, World


def harm_of(world: World, turn: Turn) -> Array:
    """Views of the day weighted by each kind's harm, [platforms, kinds + 1]."""
    return np.asarray(world.tallies["views"] * followed_by(world.policy.kinds.harm, 0.0))


def share_with_total(part: Array, whole: Array) -> Array:
    """part / whole by platform, and of the sums in a last place; 0 where there is nothing. [platforms + 1]."""
    parts, wholes = [*part.tolist(), float(part.sum())], [*whole.tolist(), float(whole.sum())]
    return np.array([one / all_ if all_ > 0 else 0.0 for one, all_ in zip(parts, wholes, strict=True)])


def prevalence(world: World, turn: Turn) -> Array:
    """Share of the day's views that fall on violating posts, by platform and over all."""
    views = world.tallies["views"]
    return share_with_total(views[:, :-1].sum(axis=1), views.sum(axis=1))


def harmful_prevalence(world: World, turn: Turn) -> Array:
    """Share of the day's views that fall on posts that do harm, whatever the rules target."""
    views = world.tallies["views"]
    harmful = views[:, :-1][:, world.policy.kinds.harm > 0]
    return share_with_total(harmful.sum(axis=1), views.sum(axis=1))


def hot_spots(world: World, turn: Turn) -> Array:
    """Hot-spot events under way by platform, and the mean."""
    number = world.policy.events.number[turn.day]
    return np.append(number, number.mean())


METRICS = (
    tally("posts", "posts", "Posts written."),
    tally("posts_unwritten", "posts", "Lawful posts not written for fear of punishment (chilling effect)."),
    tally("views", "views", "Views received."),
    Metric("harm", "harm", "Views weighted by the kind's harm.", harm_of),
    Metric("prevalence", "share", "Share of views on violating posts.", prevalence, by="platform", scales=False),
    Metric(
        "harmful_prevalence", "share", "Share of views on posts that do harm.", harmful_prevalence, by="platform",
        scales=False,
    ),
    Metric("hot_spots", "events", "Hot-spot events under way.", hot_spots, by="platform", scales=False),
)  # fmt: skip
