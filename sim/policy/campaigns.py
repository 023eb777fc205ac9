"""Campaigns: dated programmes of an office, and the figures published about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from pydantic import Field, field_validator

from sim.core.params import Params, lever, uncertainty
from sim.core.table import Array
from sim.policy.kinds import Kinds


class PublishedFigure(Params):
    """One number that was published about a campaign, and what the simulation counts to set beside it."""

    value: float = uncertainty("count", "The published number.", gt=0)
    measure: Literal["closed", "lesser", "punished", "posts_removed"] = Field(
        description="Distinct accounts closed, punished less severely, either; or posts removed."
    )
    kinds: list[str] | None = Field(default=None, description="Only these kinds; all of them when not given.")
    platforms: list[str] | None = Field(default=None, description="Only these platforms; all when not given.")


class EffortParams(Params):
    """How much harder platforms work under full pressure: multipliers of their everyday rates."""

    review_capacity: float = lever("ratio", "Review capacity.", ge=0, le=1000)
    name_screening: float = lever("ratio", "Rate of name and profile checks.", ge=0, le=10000)
    qualification_check: float = lever("ratio", "Rate of qualification checks.", ge=0, le=10000)
    reports: float = lever("ratio", "Rate of user reports, once the public is asked to take part.", ge=0, le=1000)
    threshold_shift: float = lever("standard deviations", "How far the classifier's threshold is lowered.", ge=0, le=5)


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
    published: dict[str, PublishedFigure] = Field(default_factory=dict)

    @field_validator("opens", "closes", mode="before")
    @classmethod
    def _only_iso_dates(cls, value: object) -> object:
        if isinstance(value, (int, float)):
            raise ValueError("give a date as YYYY-MM-DD")
        return value


@dataclass(frozen=True)
class Campaign:
    """A compiled campaign. Days are day numbers of the run; arrays are [kinds] or [platforms]."""

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
    effort: EffortParams
    referral_hazard: Array
    zombie_purge_recall: float = 0.0
    zombie_purge_every_days: int | None = None

    def purges_on(self, day: int) -> bool:
        """Whether zombie followers are purged on that *day* of the run, while the campaign is under way."""
        if self.zombie_purge_recall == 0.0:
            return False
        since = day - max(0, self.opens)
        every = self.zombie_purge_every_days
        return since == 0 or (every is not None and since % every == 0)


def compile_campaign(name: str, params: CampaignParams, first: date, platforms: list[str], kinds: Kinds) -> Campaign:
    """Campaign *name* as arrays; *first* is the date of day 0. ``closes`` is its last day and belongs to it."""
    return Campaign(
        name=name,
        label=params.label,
        office=params.office,
        opens=(params.opens - first).days,
        closes=(params.closes - first).days,
        on_platform=np.array([params.platforms is None or p in params.platforms for p in platforms], np.bool_),
        on_kind=np.array([k in params.kinds for k in kinds.names], np.bool_),
        pressure=params.pressure,
        publicity=params.publicity,
        escalation=np.array([params.escalation.get(k, 0) for k in kinds.names], np.int64),
        effort=params.effort,
        referral_hazard=np.array([params.referrals_per_year.get(k, 0.0) for k in kinds.names]) / 365.0,
        zombie_purge_recall=params.zombie_purge_recall,
        zombie_purge_every_days=params.zombie_purge_every_days,
    )
