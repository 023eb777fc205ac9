"""Campaigns: dated programmes of an office, and the figures published about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import numpy as np
from pydantic import Field, field_validator

from rectify.core.params import Params, lever, only_iso_dates, uncertainty
from rectify.core.table import Array
from rectify.policy.kinds import Kinds
from rectify.policy.targets import TargetParams

Measure = Literal["closed", "lesser", "punished", "posts_removed"]
MEASURES: dict[Measure, tuple[str, str]] = {
    "closed": ("accounts", "Accounts closed"),
    "lesser": ("accounts", "Accounts punished less severely"),
    "punished": ("accounts", "Accounts punished"),
    "posts_removed": ("posts", "Posts removed"),
}
"""What published figures count: unit, and what it is in words. Accounts are counted once."""


class PublishedFigure(Params):
    """One number that was published about a campaign, and what the simulation counts to set beside it."""

    value: float = uncertainty("count", "The published number.", gt=0)
    measure: Measure = Field(description="Distinct accounts closed, punished less severely, either; or posts removed.")
    kinds: list[str] | None = Field(default=None, description="Only these kinds; all of them when not given.")
    platforms: list[str] | None = Field(default=None, description="Only these platforms; all when not given.")
    until: date | None = Field(default=None, description="Counted to this day; to the campaign's last when not given.")

    _only_iso_dates = field_validator("until", mode="before")(only_iso_dates)


class EffortParams(Params):
    """How much harder platforms work under full pressure; detection channels add their own, by name."""

    review_capacity: float = lever("ratio", "Review capacity.", ge=0, le=1000, default=1.0)
    player_checks: float = lever("ratio", "Real-name checks of players.", ge=0, le=10000, default=1.0)

    def by_name(self) -> dict[str, float]:
        """Every effort by its name."""
        return {name: float(getattr(self, name)) for name in self.parameters()}


class MeetingParams(Params):
    """A meeting of the office with platforms' executives: it raises the pressure on them at once."""

    held: date
    platforms: list[str] | None = Field(default=None, description="Who is called in; all of the campaign's by default.")
    pressure: float = lever("0 to 1", "Share of the missing pressure that the meeting adds.", ge=0, le=1)

    _only_iso_dates = field_validator("held", mode="before")(only_iso_dates)


class NoticeParams(Params):
    """Notices in which platforms publish what they did, as the campaign goes and on its last day."""

    every_days: int = lever("days", "Days between a platform's notices.", ge=1, le=3650)
    belief: float = uncertainty(
        "ratio", "Weight of the share of active violators that a notice says were punished.", ge=0, le=1000
    )
    platforms: list[str] | None = Field(default=None, description="Who publishes; all of the campaign's by default.")


class TermsParams(Params):
    """What is different about a campaign on one platform."""

    delay_days: int = lever("days", "Days after its first on which the campaign begins here.", ge=0, le=3650, default=0)
    extra_steps: int = lever(
        "steps", "Further steps of the ladder skipped here, by all its kinds.", ge=0, le=100, default=0
    )
    extra_steps_from_anger: float = lever(
        "reports",
        "Public anger from which these further steps are skipped: reports that the posts' views provoke; 0: always.",
        ge=0,
        le=1e9,
        default=0.0,
    )


class CampaignParams(Params):
    """A campaign: when, by whom, on which platforms, against which kinds, and how hard."""

    label: str
    office: str
    opens: date
    closes: date
    platforms: list[str] | None = Field(default=None, description="Only these; all within reach when not given.")
    kinds: list[str]
    pressure: float = lever("0 to 1", "Pressure that meetings build up on platforms.", ge=0, le=1)
    publicity: float = lever("0 to 1", "Certainty of punishment that announcements make people believe in.", ge=0, le=1)
    escalation: dict[str, int] = Field(
        default_factory=dict, description="Steps of the ladder skipped while it lasts, by kind."
    )
    effort: EffortParams
    referrals_per_year: dict[str, float] = Field(
        default_factory=dict, description="Yearly rate at which other departments refer an active violator, by kind."
    )
    zombie_purge_recall: float = lever(
        "share",
        "Zombie followers that a purge on the campaign's platforms finds; 0: no purge.",
        default=0.0,
        ge=0,
        lt=1,
    )
    zombie_purge_every_days: int | None = lever(
        "days", "Days between its purges; null: one, on its first day.", default=None, ge=1, le=3650
    )
    disposal_per_day: float = lever(
        "share",
        "Accounts of public bodies that lost their office, and cannot be cancelled, disposed of centrally each day.",
        default=0.0,
        ge=0,
        le=1,
    )
    joint_action: bool = Field(default=True, description="Other departments take part: they refer violators.")
    self_regulation: bool = Field(
        default=True, description="Platforms work harder and skip steps of the ladder; else they only feel pressure."
    )
    meetings: dict[str, MeetingParams] = Field(default_factory=dict)
    terms: dict[str, TermsParams] = Field(default_factory=dict, description="By platform, where they differ.")
    notices: NoticeParams | None = None
    published: dict[str, PublishedFigure] = Field(default_factory=dict)
    targets: dict[str, TargetParams] = Field(default_factory=dict, description="What it says it is against.")

    _only_iso_dates = field_validator("opens", "closes", mode="before")(only_iso_dates)


@dataclass(frozen=True)
class Meeting:
    """A compiled meeting: day number of the run, bool [platforms], share of the missing pressure."""

    day: int
    on_platform: Array
    pressure: float


@dataclass(frozen=True, eq=False)
class Campaign:
    """A compiled campaign. Days are day numbers of the run; arrays are [platforms], [kinds] or [platforms, kinds].

    ``escalation`` is skipped by every case, ``extra_steps`` by those whose posts provoke ``extra_steps_from`` reports
    [platforms] or more. ``opens`` is its first day anywhere, ``opens_on`` that on each platform; ``closes`` is its last
    and belongs to it. ``publishes``: platforms that publish notices. ``planned``: held on these dates, because its
    office goes by the calendar.
    """

    name: str
    label: str
    office: str
    opens: int
    closes: int
    on_platform: Array
    on_kind: Array
    pressure: float
    publicity: float
    escalation: Array
    extra_steps: Array
    extra_steps_from: Array
    effort: Mapping[str, float]
    """By the name of what works harder; what is not named works as on an ordinary day."""
    referral_hazard: Array
    opens_on: Array
    meetings: tuple[Meeting, ...]
    notices: NoticeParams | None
    publishes: Array
    planned: bool
    zombie_purge_recall: float = 0.0
    zombie_purge_every_days: int | None = None
    disposal_per_day: float = 0.0

    def under_way(self, day: int) -> Array:
        """Platforms on which it is under way on *day*, bool [platforms]."""
        return np.asarray(self.on_platform & (self.opens_on <= day) & (day <= self.closes))

    def moved(self, opens: int, closes: int, **changes: Any) -> Campaign:
        """The same campaign on other days, with each platform's delay kept."""
        return replace(
            self, opens=opens, closes=closes, opens_on=self.opens_on - self.opens + opens, planned=False, **changes
        )

    def purges_on(self, day: int, platform: int) -> bool:
        """Whether zombie followers are purged there on that *day* of the run, while the campaign is under way."""
        if self.zombie_purge_recall == 0.0:
            return False
        since = day - max(0, int(self.opens_on[platform]))
        every = self.zombie_purge_every_days
        return since == 0 or (every is not None and since % every == 0)


def compile_campaign(
    name: str,
    params: CampaignParams,
    first: date,
    platforms: list[str],
    kinds: Kinds,
    within_reach: Array,
    planned: bool = True,
) -> Campaign:
    """Campaign *name* as arrays; *first* is the date of day 0, *within_reach* bool [platforms] of its office."""

    def among(chosen: list[str] | None) -> Array:
        return np.array([chosen is None or platform in chosen for platform in platforms], np.bool_)

    on_platform = among(params.platforms) & within_reach
    on_kind = np.array([k in params.kinds for k in kinds.names], np.bool_)
    terms = [params.terms.get(platform) for platform in platforms]
    delays = np.array([0 if own is None else own.delay_days for own in terms], np.int64)
    extra = np.array([0 if own is None else own.extra_steps for own in terms], np.int64)
    anger = np.array([0.0 if own is None else own.extra_steps_from_anger for own in terms])
    always = np.where(anger == 0.0, extra, 0)
    escalation = np.array([params.escalation.get(k, 0) for k in kinds.names], np.int64) + np.outer(always, on_kind)
    opens = (params.opens - first).days
    return Campaign(
        name=name,
        label=params.label,
        office=params.office,
        opens=opens,
        closes=(params.closes - first).days,
        on_platform=on_platform,
        on_kind=on_kind,
        pressure=params.pressure,
        publicity=params.publicity,
        escalation=escalation * params.self_regulation,
        extra_steps=np.outer(extra - always, on_kind) * params.self_regulation,
        extra_steps_from=anger,
        effort=params.effort.by_name() if params.self_regulation else {},
        referral_hazard=np.array([params.referrals_per_year.get(k, 0.0) for k in kinds.names])
        / 365.0
        * params.joint_action,
        opens_on=opens + delays,
        meetings=tuple(
            Meeting((meeting.held - first).days, on_platform & among(meeting.platforms), meeting.pressure)
            for meeting in params.meetings.values()
        ),
        notices=params.notices,
        publishes=on_platform & among(params.notices.platforms if params.notices else []),
        planned=planned,
        zombie_purge_recall=params.zombie_purge_recall,
        zombie_purge_every_days=params.zombie_purge_every_days,
        disposal_per_day=params.disposal_per_day,
    )
