"""Messages in feeds, under a follower network: what is in them, who meets it, how far it spreads, how old it gets."""

from __future__ import annotations

from rectify.core.table import Array
from rectify.metrics.metric import Metric, share, share_with_total, tally
from rectify.metrics.record import Record


def _violating_share(counter: str, name: str, meaning: str) -> Metric:
    """Share of a counter that is violating, by the authors' platform and over all."""

    def derive(record: Record) -> Array:
        counts = record.count(counter)
        return share_with_total(counts[:, :, :-1].sum(axis=2), counts.sum(axis=2))

    return share(name, meaning, derive, (counter,))


def cascade_size(record: Record) -> Array:
    """Mean number of times that a violating message in some feed has been shared so far, its writing included."""
    shares, messages = record.count("feed_shares")[:, :, :-1], record.count("feed_messages")[:, :, :-1]
    return share_with_total(shares.sum(axis=2), messages.sum(axis=2))


def takedown_age(record: Record) -> Array:
    """Mean age of the messages taken down today, days; 0 where none was."""
    ages, messages = record.count("takedown_age_sum"), record.count("messages_taken_down")
    return share_with_total(ages.sum(axis=2), messages.sum(axis=2))


METRICS = (
    tally("feed_slots", "slots", "Feed slots filled, by the author's platform and kind.", "stock"),
    tally("feed_messages", "messages", "Distinct messages in feeds.", "stock"),
    tally(
        "exposed_accounts", "accounts",
        "Accounts with such a message in the feed (reach); with messages of several kinds, once for each.", "stock",
    ),
    tally("reshares", "reshares", "Messages reshared, by the author of the message."),
    tally("messages_taken_down", "messages", "Messages taken out of feeds, by the author."),
    _violating_share("feed_slots", "feed_prevalence", "Share of filled feed slots that hold violating messages."),
    _violating_share(
        "feed_messages", "unique_prevalence", "Share of the distinct messages in feeds that are violating."
    ),
    Metric(
        "cascade_size", "times shared", "Mean shares so far of a violating message in some feed.", cascade_size,
        number="level", counters=("feed_shares", "feed_messages"), by="platform", scales=False,
    ),
    Metric(
        "takedown_age", "days", "Mean age of the messages taken down.", takedown_age,
        number="level", counters=("takedown_age_sum", "messages_taken_down"), by="platform", scales=False,
    ),
)  # fmt: skip
