"""Messages in feeds, under a follower network: what is in them, who meets it, how far it spreads, how old it gets."""

from __future__ import annotations

from sim.core.table import Array
from sim.metrics.content import share_with_total
from sim.metrics.metric import Metric, tally
from sim.world.world import Turn, World


def _violating_share(counter: str, world: World) -> Array:
    counts = world.tallies[counter]
    return share_with_total(counts[:, :-1].sum(axis=1), counts.sum(axis=1))


def feed_prevalence(world: World, turn: Turn) -> Array:
    """Share of filled feed slots that hold violating messages, by the authors' platform and over all."""
    return _violating_share("feed_slots", world)


def unique_prevalence(world: World, turn: Turn) -> Array:
    """Share of the distinct messages in feeds that are violating."""
    return _violating_share("feed_messages", world)


def cascade_size(world: World, turn: Turn) -> Array:
    """Mean number of times that a violating message in some feed has been shared so far, its writing included."""
    tallies = world.tallies
    return share_with_total(tallies["feed_shares"][:, :-1].sum(axis=1), tallies["feed_messages"][:, :-1].sum(axis=1))


def takedown_age(world: World, turn: Turn) -> Array:
    """Mean age of the messages taken down today, days; 0 where none was."""
    tallies = world.tallies
    return share_with_total(tallies["takedown_age_sum"].sum(axis=1), tallies["messages_taken_down"].sum(axis=1))


METRICS = (
    tally("feed_slots", "slots", "Feed slots filled, by the author's platform and kind."),
    tally("feed_messages", "messages", "Distinct messages in feeds."),
    tally("exposed_accounts", "accounts", "Accounts with such a message in the feed (reach)."),
    tally("reshares", "reshares", "Messages reshared, by the author of the message."),
    tally("messages_taken_down", "messages", "Messages taken out of feeds, by the author."),
    Metric(
        "feed_prevalence", "share", "Share of filled feed slots that hold violating messages.", feed_prevalence,
        by="platform", scales=False,
    ),
    Metric(
        "unique_prevalence", "share", "Share of the distinct messages in feeds that are violating.", unique_prevalence,
        by="platform", scales=False,
    ),
    Metric(
        "cascade_size", "shares", "Mean shares so far of a violating message in some feed.", cascade_size,
        by="platform", scales=False,
    ),
    Metric(
        "takedown_age", "days", "Mean age of the messages taken down.", takedown_age, by="platform", scales=False,
    ),
)  # fmt: skip
