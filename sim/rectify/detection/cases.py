"""Cases: what any channel flagged today about one account joins the reviewers' queue as one case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numpy as np

from rectify.core.groups import group
from rectify.core.kernel import kernel
from rectify.world.ledgers import Cases
from rectify.world.setup import Setup
from rectify.world.turn import Due, Flags, Posts, Turn
from rectify.world.world import World

COUNTED = ("cases", "right", "views")
"""What is counted of the day's new cases by channel: all, those about a real breach, and views at stake."""


class CaseRules(NamedTuple):
    """What cases say beyond what was flagged."""

    trusted: int
    """Bits of the channels whose cases are reviewed first."""
    alleging: int
    """Bits of the channels that allege faked popularity."""
    popularity: int
    """The kind that is about; -1: not in use."""


@kernel
def _open(day, due, posts, flags, rules, opened):  # type: ignore[no-untyped-def]
    """Write a case about each of those due whom a channel flagged, in their order.

    outputs: opened
    """
    case = 0
    for i in range(len(due.rows)):
        bits = flags.evidence[i]
        if bits == 0:
            continue
        lawful, violating = flags.flagged_lawful[i], flags.flagged_violating[i]
        alone = rules.popularity >= 0 and bits & rules.alleging == bits
        opened.account[case], opened.platform[case] = due.rows[i], due.platform[i]
        opened.kind[case] = rules.popularity if alone else due.kind[i]
        opened.day[case], opened.time_of_day[case] = day, posts.time_of_day[i]
        opened.evidence[case], opened.breach[case] = bits, flags.breach[i]
        opened.referred[case] = bits & rules.trusted > 0
        opened.posts[case] = violating + lawful
        # Views at stake: of the posts flagged, out of all that the account wrote today.
        opened.violating_views[case] = posts.violating_views[i] * (violating / max(1, posts.violating_posts[i]))
        opened.lawful_views[case] = posts.lawful_views[i] * (lawful / max(1, posts.lawful_posts[i]))
        case += 1


@kernel
def _count(opened, cases, false_cases, trusted_cases):  # type: ignore[no-untyped-def]
    """Count new cases, those without a breach, and those that are reviewed first.

    outputs: cases, false_cases, trusted_cases
    """
    for i in range(len(opened)):
        p, k = opened.platform[i], opened.kind[i]
        cases[p, k] += 1.0
        false_cases[p, k] += not opened.breach[i]
        trusted_cases[p, k] += opened.referred[i]


@kernel
def _count_by_channel(opened, places, block):  # type: ignore[no-untyped-def]
    """Count new cases, those about a breach, and views at stake under each channel that flagged them.

    places: of every channel's three counters in the block, int64 [channels, 3].

    outputs: block
    """
    for i in range(len(opened)):
        p, k = opened.platform[i], opened.kind[i]
        views = opened.violating_views[i] + opened.lawful_views[i]
        for channel in range(len(places)):
            if opened.evidence[i] >> channel & 1:
                block[places[channel, 0], p, k] += 1.0
                block[places[channel, 1], p, k] += opened.breach[i]
                block[places[channel, 2], p, k] += views


WRITES = (
    "turn.new_cases", "world.cases", "counters.cases", "counters.false_cases",
    "counters.trusted_cases",
)  # fmt: skip


@dataclass(frozen=True)
class OpeningCases:
    """Everything flagged about an account today becomes one case, in row order behind those already waiting."""

    rules: CaseRules
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
        rules = group(
            CaseRules,
            setup.policy.kinds,
            trusted=sum(setup.bit(each.name) for each in setup.channels if each.trusted),
            alleging=sum(setup.bit(each.name) for each in setup.channels if each.alleges == "popularity"),
        )
        by_channel = tuple(f"channel.{each.name}.{what}" for each in setup.channels for what in COUNTED)
        return cls(rules, by_channel, (*WRITES, *(f"counters.{name}" for name in by_channel)))

    def step(self, world: World, turn: Turn) -> None:
        """Append to ``world.cases``; count cases and flagged posts."""
        cases, waiting = world.cases, len(world.cases)
        opened = Cases() if len(turn.reported) else cases
        _open.serial(
            turn.day, turn.group(Due), turn.group(Posts), turn.group(Flags), self.rules,
            opened.add(int(np.count_nonzero(turn.evidence))),
        )  # fmt: skip
        if len(turn.reported):
            opened.extend(turn.reported)
            cases.extend(opened.take(np.argsort(opened.column("account"), kind="stable")))
        if len(cases) > waiting:
            turn.new_cases.put(cases.column("account")[waiting:])
            new = cases.records[waiting:]
            _count.serial(new, *world.counters.several("cases", "false_cases", "trusted_cases"))
            places = world.counters.places(self.by_channel).reshape(-1, len(COUNTED))
            _count_by_channel.serial(new, places, world.counters.block)
