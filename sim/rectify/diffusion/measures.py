"""What the numbers of a run of messages are: those of its series, and those of its summary, by name."""

from __future__ import annotations

from typing import Any

from rectify.core.quantity import SHARE, Quantity, Scalar

OF_MESSAGES: dict[str, Any] = {"by": ("platform", "kind"), "scales_with_population": False}
LEVEL: dict[str, Any] = {"number": "level", "by": ("platform",), "scales_with_population": False}

METRICS = {
    "posts": Quantity(unit="messages", number="count", meaning="Messages written.", **OF_MESSAGES),
    "views": Quantity(
        unit="views", number="count", meaning="Messages in the feeds of agents that acted.", **OF_MESSAGES
    ),
    "messages_in_feeds": Quantity(
        unit="messages", number="stock", meaning="Messages in at least one feed.", **OF_MESSAGES
    ),
    "posts_removed": Quantity(unit="messages", number="count", meaning="Messages taken down.", **OF_MESSAGES),
    "exposed_agents": Quantity(
        unit="agents", number="stock", meaning="Agents with an illegal message in the feed.", **OF_MESSAGES
    ),
    "prevalence": Quantity(unit=SHARE, meaning="Share of views that fall on illegal messages.", **LEVEL),
    "feed_prevalence": Quantity(
        unit=SHARE, meaning="Share of filled feed slots that hold illegal messages.", **LEVEL
    ),
    "takedown_delay": Quantity(
        unit="days", meaning="Mean age of the messages taken down; a day without any has no value.", **LEVEL
    ),
}  # fmt: skip
"""One step is one day."""

_RATIO: dict[str, Any] = {"number": "level", "scales_with_population": False}
_TOTAL: dict[str, Any] = {"number": "count", "scales_with_population": False}

OUTCOMES = {
    "prevalence_mean": Scalar(
        unit=SHARE, meaning="Share of filled feed slots that hold illegal messages. Mean of all steps.", **_RATIO
    ),
    "impressions_per_illegal_message": Scalar(
        unit="views", meaning="Views of illegal messages for each one written; 0 where none was written.", **_RATIO
    ),
    "agents_reached_per_illegal_message": Scalar(
        unit="agents", meaning="Agents in whose feed an illegal message has been, for each one written.", **_RATIO
    ),
    "attention_half_life": Scalar(
        unit="steps", meaning="Half-life of the exponential fading with the mean age at which messages are seen.",
        **_RATIO,
    ),
    "messages_total": Scalar(unit="messages", meaning="Messages written.", **_TOTAL),
    "illegal_messages_total": Scalar(unit="messages", meaning="Illegal messages written.", **_TOTAL),
    "impressions_total": Scalar(unit="views", meaning="Messages in the feeds of agents that acted.", **_TOTAL),
    "illegal_impressions_total": Scalar(unit="views", meaning="Of these, illegal ones.", **_TOTAL),
    "takedowns_total": Scalar(unit="messages", meaning="Illegal messages taken down.", **_TOTAL),
}  # fmt: skip


def outcomes(first: int, last: int) -> dict[str, Scalar]:
    """All numbers that the summary can have, with the published mean of steps *first* to *last*."""
    published = Scalar(
        unit=SHARE,
        meaning=f"Share of filled feed slots that hold illegal messages. Mean of steps {first} to {last}.",
        absent_when=f"the run has fewer than {last} steps",
        **_RATIO,
    )
    return {f"prevalence_{first}_{last}": published, **OUTCOMES}
