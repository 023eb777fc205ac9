"""Sanctioning: decisions in the units the documents use, and the work that goes into them."""

from __future__ import annotations

import numpy as np

from rectify.core.table import Array
from rectify.metrics.metric import Metric, of_platforms, share_with_total, tally
from rectify.metrics.record import Record
from rectify.policy.sanctions import Sanctions
from rectify.world.counters import count_events
from rectify.world.turn import Turn
from rectify.world.world import World


def backlog(world: World, turn: Turn) -> Array:
    """Cases waiting for a reviewer at the end of the day, [platforms, kinds + 1]."""
    waiting = np.zeros(world.counters.shape)
    count_events.serial(world.cases.column("platform"), world.cases.column("kind"), waiting)
    return waiting


def takedown_delay(record: Record) -> Array:
    """Mean days from writing to takedown of the posts removed today."""
    delays, posts = record.count("takedown_delay_sum"), record.count("posts_removed")
    return share_with_total(delays.sum(axis=2), posts.sum(axis=2))


METRICS = (
    tally("closed", "accounts", "Accounts closed."),
    tally("disposed", "accounts", "Accounts of public bodies without an office, disposed of centrally."),
    tally("rentals", "accounts", "Game accounts that minors took from listings."),
    tally("rentals_refused", "accounts", "Game accounts that a real-name check kept minors from taking."),
    tally("closed_surplus", "accounts", "Accounts closed because a cap per identity was lowered below their number."),
    tally("lesser", "decisions", "Decisions that punish less severely than closure."),
    tally("posts_removed", "posts", "Posts removed."),
    tally("cases", "cases", "Cases opened by any detection channel."),
    tally("trusted_cases", "cases", "Cases pointed out by departments, trusted flaggers or embedded staff."),
    tally("reviewed", "cases", "Cases closed by reviewers: the cost of review."),
    of_platforms(
        "slots", "review_slots", "cases", "Cases that reviewers have time for that day: the budget of review.",
        number="count", scales=True,
    ),
    tally("upheld", "cases", "Cases upheld by reviewers."),
    Metric(
        "backlog", "cases", "Cases waiting for a reviewer.", number="stock", observe=backlog, reads=("world.cases",)
    ),
    Metric(
        "takedown_delay", "days", "Mean time from writing to takedown of posts removed that day.", takedown_delay,
        number="level", counters=("takedown_delay_sum", "posts_removed"), by="platform", scales=False,
    ),
)  # fmt: skip


def sanction_metrics(sanctions: Sanctions) -> tuple[Metric, ...]:
    """One metric for each sanction: how often it was applied."""
    return tuple(
        tally(counter, "sanctions", f"Applied: {label}.")
        for counter, label in zip(sanctions.counters, sanctions.labels, strict=True)
    )
