"""Reports by users: of what breaks a rule, by mistake, and by agreement against the blameless.

Under numbers of followers they come with the views that today's posts will get; under a follower network, where
readers come across a message, on the day they do, whoever wrote today or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numpy as np

from rectify.core.draws import fill_uniforms
from rectify.core.groups import group
from rectify.core.params import Params, uncertainty
from rectify.core.table import Array
from rectify.detection.channel import Channel, Effort
from rectify.detection.post_reports import READS, WRITES, Reporting, take_reports
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World


class ReportsParams(Params):
    """Reports by a platform's users."""

    false_per_million_views: float = uncertainty("1/1e6 views", "Reports of lawful posts.", ge=0)
    coordinated_per_year: float = uncertainty(
        "1/year", "Rate at which a blameless account is reported by people who agreed to.", ge=0
    )


CHANNEL = Channel(
    "reports",
    "Reports by users",
    params=ReportsParams,
    effort=Effort("Rate of user reports, once the public is asked to take part.", most=1000.0),
)


class RatesToday(NamedTuple):
    """Reports per view of violating posts, [platforms, kinds], and of lawful ones; coordinated ones per account-day."""

    violating: Array
    lawful: Array
    coordinated: Array


@dataclass(frozen=True)
class ReportRates:
    """Rates of an ordinary day. false_per_view, coordinated_per_day: float64 [platforms]."""

    bit: int
    false_per_view: Array
    coordinated_per_day: Array

    @classmethod
    def of(cls, setup: Setup) -> Self:
        """Those of a run."""
        return cls(
            setup.bit("reports"),
            setup.of_channel("reports", "false_per_million_views") / 1e6,
            setup.of_channel("reports", "coordinated_per_year") / 365.0,
        )

    def today(self, world: World) -> RatesToday:
        """Today's, by the effort that is in force."""
        everyday = world.conditions.everyday
        reports = world.effort("reports") * everyday
        return RatesToday(
            world.policy.kinds.reports_per_view * reports[:, None],
            self.false_per_view * reports,
            self.coordinated_per_day * everyday,
        )


@dataclass(frozen=True)
class Reports:
    """Viewers report posts, the more the more they are seen; some reports are mistaken and some are agreed upon."""

    rates: ReportRates
    reporting: Reporting
    channel: ClassVar[Channel] = CHANNEL
    phase: ClassVar[str] = "detecting"
    reads: ClassVar[tuple[str, ...]] = (*READS, "conditions.everyday", "world.channel_effort")
    writes: ClassVar[tuple[str, ...]] = WRITES

    @classmethod
    def build(cls, setup: Setup) -> Self | None:
        """The process of a run; None under a follower network."""
        if not setup.counts_followers:
            return None
        rates, steered = ReportRates.of(setup), setup.config.behaviours.hiring.reports
        return cls(rates, group(Reporting, stream=Stream.REPORTS.value, bit=rates.bit, steered=steered))

    def step(self, world: World, turn: Turn) -> None:
        """Add the posts reported, and the channel's bit, to the turn's evidence."""
        now = self.rates.today(world)
        take_reports(world, turn, self.reporting, now.violating, now.lawful, now.coordinated)


@dataclass(frozen=True)
class FeedReports:
    """Readers report messages in their feeds, some by mistake and some by agreement, at the rates of the platform."""

    rates: ReportRates
    channel: ClassVar[Channel] = CHANNEL
    phase: ClassVar[str] = "detecting"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.due", "accounts.platform", "accounts.kind", "accounts.closed_on", "accounts.left_on",
        "conditions.everyday", "world.channel_effort", "world.message_views", "world.live_violating_messages",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "turn.evidence", "turn.breach", "turn.reported",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self | None:
        """The process of a run; None where followers are numbers."""
        return None if setup.counts_followers else cls(ReportRates.of(setup))

    def step(self, world: World, turn: Turn) -> None:
        """Add the channel's bit to the evidence of accounts flagged today, and a case about each of the others."""
        accounts, day, rates = world.accounts, turn.day, self.rates.today(world)
        there = (accounts.closed_on > day) & (accounts.left_on > day)
        rows = np.flatnonzero(there & (world.message_views.sum(axis=0) > 0)).astype(np.int32)
        platform, kind = accounts.platform[rows], accounts.kind[rows]
        lawful, violating = world.message_views[0, rows], world.message_views[1, rows]
        draws = np.empty((4, len(rows)))
        fill_uniforms(world.seed, int(Stream.REPORTS), rows, day, 0, draws)
        right = (world.live_violating_messages[rows] > 0) & (
            draws[0] < -np.expm1(-rates.violating[platform, kind] * violating)
        )
        mistaken = draws[1] < -np.expm1(-rates.lawful[platform] * lawful)
        mistaken |= (lawful > 0) & (draws[2] < rates.coordinated[platform])
        reported = right | mistaken
        place = np.minimum(np.searchsorted(turn.due, rows), max(0, len(turn.due) - 1))
        flagged = (
            (turn.due[place] == rows) & (turn.evidence[place] > 0) if len(turn.due) else np.zeros(len(rows), np.bool_)
        )
        known = place[reported & flagged]
        turn.evidence[known] |= self.rates.bit
        turn.breach[known] |= right[reported & flagged]
        new = reported & ~flagged
        true = right[new]
        turn.reported.append(
            account=rows[new],
            platform=platform[new],
            kind=kind[new],
            day=np.full(int(new.sum()), day, np.int16),
            time_of_day=draws[3, new],
            evidence=np.full(int(new.sum()), self.rates.bit, np.uint16),
            breach=true,
            # Reports name one message; a moderator who opens it finds the account's others of that kind beside it.
            posts=np.where(true, world.live_violating_messages[rows[new]], 1),
            violating_views=np.where(true, violating[new], 0.0),
            lawful_views=np.where(true, 0.0, lawful[new]),
            referred=np.zeros(int(new.sum()), np.bool_),
        )
