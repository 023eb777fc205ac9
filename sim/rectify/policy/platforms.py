"""Platforms: what they offer, how they look for violations, and how they come under pressure."""

from __future__ import annotations

from pydantic import Field

from rectify.core.params import Params, lever, uncertainty


class PlatformParams(Params):
    """One platform, but for its detection channels, whose parameters each channel's own file declares."""

    label: str
    sector: str
    seat: str
    branches: list[str] = Field(
        default_factory=list, description="Places besides its seat where a local office can call it in."
    )
    kind_weights: dict[str, float] = Field(
        default_factory=dict, description="How common kinds are here, relative to operators' own mix; 1 if not named."
    )
    account_share: float = uncertainty("weight", "Share of all accounts that are here, relative to the others.", gt=0)
    advertising_rate: float = uncertainty("yuan per 1000 views", "Advertising paid to authors.", ge=0, le=1000)
    deal_rate: float = uncertainty("yuan per 1000 followers", "Deals, by displayed followers, per active day.", ge=0)
    recommended_views: float = uncertainty("views per post", "Median views that recommendation gives any post.", ge=0)
    review_capacity: float = lever("cases per day per 1e6 accounts", "Cases that reviewers close in a day.", ge=0)
    reviewer_sensitivity: float = uncertainty("share", "Breaches that a reviewer upholds.", ge=0, le=1)
    reviewer_specificity: float = uncertainty("share", "Lawful cases that a reviewer dismisses.", ge=0, le=1)
    willingness: float = uncertainty("share", "Upheld cases acted on without any pressure.", ge=0, le=1)
    real_name_rigour: float = lever("share", "Registrations whose identity is really checked.", ge=0, le=1)
    audience: float = uncertainty(
        "ratio", "Natural audience of accounts here, relative to their operators'.", gt=0, le=1e6, default=1.0
    )
    year_round: float = lever(
        "share", "Everyday search and review that goes on when no pressure is felt.", ge=0, le=1, default=1.0
    )
    player_checks_per_year: float = lever(
        "1/year", "Rate at which a player's identity is checked again.", ge=0, le=3650, default=0.0
    )
    handling_hours: float = uncertainty("hours", "Mean time from a flag to a takedown without a queue.", gt=0, le=2400)
    zombie_purge_every_days: int | None = lever(
        "days", "Days between regular purges of zombie followers; null: none.", default=None, ge=1, le=3650
    )
    zombie_purge_recall: float = lever("share", "Zombies that a regular purge finds.", default=0.0, ge=0, lt=1)


class PressureParams(Params):
    """How platforms come under pressure, and lose it again."""

    rise_half_life: float = uncertainty(
        "days", "Half of the gap to a campaign's pressure closes in so long.", gt=0, le=365
    )
    decay_half_life: float = uncertainty("days", "Pressure halves in so long once nobody presses.", gt=0, le=3650)
