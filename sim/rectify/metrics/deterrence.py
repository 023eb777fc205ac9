"""Deterrence: how certain punishment seems, and the pressure that platforms feel."""

from __future__ import annotations

from rectify.core.table import Array
from rectify.metrics.metric import of_platforms, share, share_with_total, tally
from rectify.metrics.record import Record


def perceived_certainty(record: Record) -> Array:
    """Mean certainty of punishment that the day's active violators believe in, by platform and over all."""
    sums, authors = record.count("certainty_sum")[:, :, :-1], record.count("authors")[:, :, :-1]
    return share_with_total(sums.sum(axis=2), authors.sum(axis=2))


def perceived_by_lawful(record: Record) -> Array:
    """The same among lawful authors."""
    return share_with_total(record.count("certainty_sum")[:, :, -1], record.count("authors")[:, :, -1])


METRICS = (
    tally("authors", "accounts", "Accounts due to write that day, by what they turn to; lawful authors apart."),
    share(
        "perceived_certainty", "Certainty of punishment that active violators believe in.", perceived_certainty,
        ("certainty_sum", "authors"),
    ),
    share(
        "perceived_certainty_lawful", "The same among lawful authors.", perceived_by_lawful,
        ("certainty_sum", "authors"),
    ),
    of_platforms("pressure", "pressure", "0 to 1", "Pressure felt by the platform.", number="level"),
    of_platforms(
        "inspected_prevalence", "inspected_prevalence", "share", "Prevalence found by the last inspection.",
        number="level",
    ),
)  # fmt: skip
