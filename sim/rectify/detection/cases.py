"""Cases: what any channel flagged today about one account joins the reviewers' queue as one case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from rectify.core.kernel import kernel
from rectify.world.ledgers import Cases
from rectify.world.setup import Setup
from rectify.world.turn import Turn
from rectify.world.world import World

COUNTED = ("cases", "right", "views")
"""What is counted of the day's new cases by channel: all, those about a real breach, and views at stake."""


@kernel
def _open(  # type: ignore[no-untyped-def]
    today, trusted_bits, popularity_bits, popularity, due, at, turns_to, written_at, bits, breaks, flagged_lawful,
    flagged_violating, lawful_posts, violating_posts, lawful_total, violating_total, account, platform, kind, day,
    time_of_day, evidence, breach, posts, violating_views, lawful_views, referred,
):  # fmt: skip
    case = 0
    for i in range(len(due)):
        if bits[i] == 0:
            continue
        account[case], platform[case], day[case], time_of_day[case] = due[i], at[i], today, written_at[i]
        alone = popularity >= 0 and bits[i] & popularity_bits == bits[i]
        kind[case] = popularity if alone else turns_to[i]
        evidence[case], breach[case], referred[case] = bits[i], breaks[i], bits[i] & trusted_bits > 0
        posts[case] = flagged_violating[i] + flagged_lawful[i]
        # Views at stake: of the posts flagged, out of all that the account wrote today.
        violating_views[case] = violating_total[i] * (flagged_violating[i] / max(1, violating_posts[i]))
        lawful_views[case] = lawful_total[i] * (flagged_lawful[i] / max(1, lawful_posts[i]))
        case += 1


@kernel
def _count(first, platform, kind, breach, referred, cases, false_cases, trusted_cases):  # type: ignore[no-untyped-def]
    for i in range(first, len(platform)):
        p, k = platform[i], kind[i]
        cases[p, k] += 1.0
        false_cases[p, k] += not breach[i]
        trusted_cases[p, k] += referred[i]


@kernel
def _count_by_channel(first, platform, kind, breach, evidence, views, places, block):  # type: ignore[no-untyped-def]
    """Count new cases, those about a breach, and views at stake under each channel that flagged them.

    places: of every channel's three counters in the block, int64 [channels, 3].

    outputs: block
    """
    for i in range(first, len(platform)):
        p, k = platform[i], kind[i]
        for channel in range(len(places)):
            if evidence[i] >> channel & 1:
                block[places[channel, 0], p, k] += 1.0
                block[places[channel, 1], p, k] += breach[i]
                block[places[channel, 2], p, k] += views[i]


WRITES = (
    "turn.new_cases", "world.cases", "counters.cases", "counters.false_cases",
    "counters.trusted_cases",
)  # fmt: skip


@dataclass(frozen=True)
class OpeningCases:
    """Everything flagged about an account today becomes one case, in row order behind those already waiting.

    trusted: bits of the channels whose cases are reviewed first; popularity: of those that allege faked popularity.
    """

    trusted: int
    popularity: int
    by_channel: tuple[str, ...]
    """Names of every channel's three counters, in the order of the bits."""
    writes: tuple[str, ...]
    """Names, with the channels' counters."""
    phase: ClassVar[str] = "detecting"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.due", "turn.platform", "turn.kind", "turn.time_of_day", "turn.evidence", "turn.breach",
        "turn.flagged_lawful", "turn.flagged_violating", "turn.lawful_posts", "turn.violating_posts",
        "turn.lawful_views", "turn.violating_views", "turn.reported",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        trusted = sum(setup.bit(each.name) for each in setup.channels if each.trusted)
        popularity = sum(setup.bit(each.name) for each in setup.channels if each.alleges == "popularity")
        by_channel = tuple(f"channel.{each.name}.{what}" for each in setup.channels for what in COUNTED)
        return cls(trusted, popularity, by_channel, (*WRITES, *(f"counters.{name}" for name in by_channel)))

    def step(self, world: World, turn: Turn) -> None:
        """Append to ``world.cases``; count cases and flagged posts."""
        cases, waiting = world.cases, len(world.cases)
        opened = Cases() if len(turn.reported) else cases
        _open.serial(
            turn.day, self.trusted, self.popularity, world.policy.kinds.popularity, turn.due, turn.platform, turn.kind,
            turn.time_of_day, turn.evidence, turn.breach, turn.flagged_lawful, turn.flagged_violating,
            turn.lawful_posts, turn.violating_posts, turn.lawful_views, turn.violating_views,
            *opened.add(int(np.count_nonzero(turn.evidence))),
        )  # fmt: skip
        if len(turn.reported):
            opened.extend(turn.reported)
            cases.extend(opened.take(np.argsort(opened.column("account"), kind="stable")))
        turn.new_cases.put(cases.column("account")[waiting:])
        _count.serial(
            waiting, cases.column("platform"), cases.column("kind"), cases.column("breach"), cases.column("referred"),
            *world.counters.several("cases", "false_cases", "trusted_cases"),
        )  # fmt: skip
        if len(cases) > waiting:
            places = world.counters.places(self.by_channel).reshape(-1, len(COUNTED))
            _count_by_channel.serial(
                waiting, cases.column("platform"), cases.column("kind"), cases.column("breach"),
                cases.column("evidence"), cases.column("violating_views") + cases.column("lawful_views"), places,
                world.counters.block,
            )  # fmt: skip
