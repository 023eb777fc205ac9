"""Content: posts, views, prevalence and harm."""

from __future__ import annotations

import numpy as np

from rectify.core.table import Array
from rectify.metrics.metric import Metric, followed_by, share, share_with_total, tally
from rectify.metrics.record import Record


def harm_of(record: Record) -> Array:
    """Views weighted by each kind's harm, [days, platforms, kinds + 1]."""
    return np.asarray(record.count("views") * np.append(record.policy.kinds.harm, 0.0))


def prevalence(record: Record) -> Array:
    """Share of the day's views that fall on violating posts, by platform and over all."""
    views = record.count("views")
    return share_with_total(views[:, :, :-1].sum(axis=2), views.sum(axis=2))


def harmful_prevalence(record: Record) -> Array:
    """Share of the day's views that fall on posts that do harm, whatever the rules target."""
    views = record.count("views")
    harmful = views[:, :, :-1][:, :, record.policy.kinds.harm > 0]
    return share_with_total(harmful.sum(axis=2), views.sum(axis=2))


def hot_spots(record: Record) -> Array:
    """Hot-spot events under way by platform, and the mean."""
    number = record.policy.events.number[record.first_day : record.first_day + record.days]
    return followed_by(number, number.mean(axis=1))


METRICS = (
    tally("posts", "posts", "Posts written."),
    tally("posts_unwritten", "posts", "Lawful posts not written for fear of punishment (chilling effect)."),
    tally("views", "views", "Views received."),
    Metric("harm", "harm", "Views weighted by the kind's harm.", harm_of, number="count", counters=("views",)),
    share("prevalence", "Share of views on violating posts.", prevalence, ("views",)),
    share("harmful_prevalence", "Share of views on posts that do harm.", harmful_prevalence, ("views",)),
    Metric("hot_spots", "events", "Hot-spot events under way.", hot_spots, number="level", by="platform", scales=False),
)
