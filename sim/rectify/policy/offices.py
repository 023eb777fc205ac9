"""Offices: what they are allowed to do, how they inspect, and how far they reach."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rectify.core.params import Params, lever, uncertainty
from rectify.policy.platforms import PlatformParams


class PenaltyParams(Params):
    """What happens to a platform that goes on being found above what is tolerated."""

    after: int = lever("count", "Questionings in a row after which a platform is fined.", ge=1, le=1000)
    fine: float = lever("yuan", "Amount of a fine.", ge=0, le=1e12)
    lesson: float = uncertainty(
        "0 to 1", "Share of its missing willingness that a platform gains by a fine.", ge=0, le=1
    )


class EmbeddedParams(Params):
    """Staff of the office who work inside platforms."""

    platforms: list[str] | None = Field(default=None, description="Where; all within reach when not given.")
    looked_at: float = lever("share", "Author-days whose posts they look at.", ge=0, le=1)
    sensitivity: float = uncertainty("share", "Breaches among them that they object to.", ge=0, le=1)
    false_alarm: float = uncertainty("share", "Lawful author-days among them that they object to.", ge=0, le=1)


class CopyParams(Params):
    """Copying another office's campaigns once they are over."""

    office: str = Field(description="Whose campaigns are copied.")
    delay_days: int = lever("days", "Days from the end of theirs to the start of its own.", ge=1, le=3650)
    days: int = lever("days", "Length of its own; 0: it copies nothing.", ge=0, le=3650)


class OfficeParams(Params):
    """One office."""

    label: str
    level: Literal["national", "local"]
    seat: str | None = Field(
        default=None, description="A local office reaches the platforms that have their seat or a branch here."
    )
    strategy: Literal["calendar", "reactive", "continuous"] = "calendar"
    reaction_days: int = lever("days", "Days that a reactive office's campaign lasts.", ge=1, le=3650, default=14)
    inspection_every_days: int = lever("days", "Days between inspections of a platform.", ge=1, le=3650)
    inspection_sample: int = lever("views", "Views that an inspection samples on each platform.", ge=0, le=10_000_000)
    tolerated_prevalence: float = lever("share", "Found prevalence above which a platform is questioned.", ge=0, le=1)
    question_pressure: float = lever("0 to 1", "Share of the missing pressure that a questioning adds.", ge=0, le=1)
    penalty: PenaltyParams | None = None
    embedded: EmbeddedParams | None = None
    copies: CopyParams | None = None

    def reaches(self, platform: PlatformParams) -> bool:
        """Whether *platform* is within reach: all are of a national office, those in its place of a local one."""
        return self.level == "national" or self.seat in (platform.seat, *platform.branches)

    def embeds(self, name: str, platform: PlatformParams) -> bool:
        """Whether its staff look at what is written on *platform*, called *name*."""
        staff = self.embedded
        there = staff is not None and (staff.platforms is None or name in staff.platforms)
        return there and staff is not None and staff.looked_at > 0 and self.reaches(platform)
