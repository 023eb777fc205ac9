"""Detection by channel: how much each finds, how often it is right, and what share of all views it is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rectify.core.table import Array
from rectify.metrics.metric import Metric, share, share_with_total, tally
from rectify.metrics.record import Record


def counter(channel: str, what: str) -> str:
    """Name of a channel's counter."""
    return f"channel.{channel}.{what}"


def _share_of(part: str, whole: str) -> Callable[[Record], Array]:
    def derive(record: Record) -> Array:
        return share_with_total(record.count(part).sum(axis=2), record.count(whole).sum(axis=2))

    return derive


def channel_metrics(channels: Sequence[tuple[str, str]]) -> tuple[Metric, ...]:
    """Three metrics of each detection channel; *channels*: name and label."""
    found: list[Metric] = []
    for name, label in channels:
        cases, right, views = (counter(name, what) for what in ("cases", "right", "views"))
        found += [
            tally(cases, "cases", f"New cases that this channel flagged, alone or with others: {label}."),
            share(
                counter(name, "precision"),
                f"Of the channel's new cases, share that were about a real breach: {label}.",
                _share_of(right, cases),
                (right, cases),
            ),
            share(
                counter(name, "views_share"),
                f"Views at stake in the channel's new cases, as a share of the day's views: {label}.",
                _share_of(views, "views"),
                (views, "views"),
            ),
        ]
    return tuple(found)
