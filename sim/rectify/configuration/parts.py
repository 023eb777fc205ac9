"""Parts of a run of the account model: when, who, where, by which rules, and what is written down."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator

from rectify.behaviours.evading import EvadingParams
from rectify.behaviours.hiring import HiringParams
from rectify.behaviours.joining import JoiningParams
from rectify.behaviours.perception import LearningParams
from rectify.behaviours.posting import PostingParams
from rectify.behaviours.renting import RentingParams
from rectify.configuration.audience import AudienceParams
from rectify.configuration.channels import PlatformWithChannels, campaign_params, platform_params
from rectify.configuration.settings import Settings
from rectify.core.params import Params, only_iso_dates, size
from rectify.detection.catalogue import CHANNELS
from rectify.enforcement.apply import RelapseParams
from rectify.policy.campaigns import CampaignParams
from rectify.policy.events import EventParams
from rectify.policy.kinds import KindParams
from rectify.policy.offices import OfficeParams
from rectify.policy.platforms import PressureParams
from rectify.policy.rulebook import RulebookParams
from rectify.policy.sanctions import SanctionParams
from rectify.policy.seasons import SeasonParams
from rectify.world.calendar import Calendar
from rectify.world.followers import FollowingParams
from rectify.world.operators import ArchetypeParams
from rectify.world.population import PopulationParams

if TYPE_CHECKING:
    type PlatformOfRun = PlatformWithChannels
    type CampaignOfRun = CampaignParams
else:
    PlatformOfRun, CampaignOfRun = platform_params(CHANNELS), campaign_params(CHANNELS)


def alleges_popularity(platform: PlatformWithChannels) -> bool:
    """Whether a platform looks for faked popularity."""
    channels: Any = platform.channels
    return bool(channels.poster_search.searched or channels.growth_check.checked)


class BehaviourParams(Params):
    """All behaviours' parameters."""

    posting: PostingParams
    renting: RentingParams
    joining: JoiningParams
    evading: EvadingParams
    learning: LearningParams
    following: FollowingParams
    hiring: HiringParams
    relapse: RelapseParams
    pressure: PressureParams


class RecordingParams(Params):
    """What is written down how often."""

    census_every_days: int = size("days", "Days between censuses of accounts and followers.", ge=1, le=3650)


class CheckpointParams(Params):
    """How often the state of a run is written, so that a run that was killed can go on."""

    every: int | None = Field(default=None, description="Days between checkpoints, as 30 or 30d; null: none.", ge=1)
    keep: bool = Field(default=False, description="Keep the last checkpoint of a run that has ended.")

    @field_validator("every", mode="before")
    @classmethod
    def _days(cls, value: object) -> object:
        return value[:-1] if isinstance(value, str) and value[-1:] == "d" and value[:-1].isdigit() else value


class RunParts(Settings):
    """The parts of a run of the account model, each valid by itself; held together by :class:`RunConfig`."""

    model: Literal["accounts"] = "accounts"
    start: date
    end: date
    burn_in_days: int = Field(ge=0, le=3650)
    recording: RecordingParams
    checkpoint: CheckpointParams = CheckpointParams()
    population: PopulationParams
    archetypes: dict[str, ArchetypeParams]
    platforms: dict[str, PlatformOfRun]
    kinds: dict[str, KindParams]
    sanctions: dict[str, SanctionParams]
    rulebook: RulebookParams
    campaigns: dict[str, CampaignOfRun]
    offices: dict[str, OfficeParams]
    seasons: dict[str, SeasonParams] = Field(default_factory=dict)
    events: dict[str, EventParams] = Field(default_factory=dict)
    behaviours: BehaviourParams
    audience: AudienceParams
    plugins: dict[str, str] = Field(
        default_factory=dict, description="Plug-ins by name, with digests of their sources."
    )

    _only_iso_dates = field_validator("start", "end", mode="before")(only_iso_dates)

    @property
    def calendar(self) -> Calendar:
        """The days of the run."""
        return Calendar(self.start, self.end, self.burn_in_days)

    @property
    def kinds_used(self) -> tuple[str, ...]:
        """Violation kinds that some archetype with a share turns to, in alphabetical order.

        The kind about faked popularity is one where posters are hired or searched for, or growth is checked.
        """
        present = [self.archetypes[name] for name, share in self.population.shares.items() if share > 0]
        used = {kind for archetype in present for kind, weight in archetype.kinds.items() if weight > 0}
        hiring = any(each.hires for each in present) and any(each.orders_served for each in present)
        if hiring or any(map(alleges_popularity, self.platforms.values())):
            used |= {name for name, kind in self.kinds.items() if kind.basis == "popularity"}
        return tuple(sorted(used))
