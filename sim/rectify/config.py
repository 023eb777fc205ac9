"""RunConfig: the one frozen, validated object that a run is built from; Settings: what it shares with other models'."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, Discriminator, Field, Tag, ValidationError, field_validator, model_validator

from rectify.actors.office import OfficeParams
from rectify.actors.platform import PressureParams
from rectify.audience.follower_graph import FollowerNetworkParams
from rectify.audience.mean_field import MeanFieldParams
from rectify.behaviours.evading import EvadingParams
from rectify.behaviours.following import FollowingParams
from rectify.behaviours.hiring import HiringParams
from rectify.behaviours.joining import JoiningParams
from rectify.behaviours.learning import LearningParams
from rectify.behaviours.posting import PostingParams
from rectify.behaviours.renting import RentingParams
from rectify.campaign_faults import (
    campaign_faults,
    event_faults,
    office_faults,
    popularity_faults,
    rulebook_faults,
    unknown_platforms,
)
from rectify.core.errors import ConfigError, nearest, unknown
from rectify.core.params import Params, groups, only_iso_dates, size
from rectify.core.table import NEVER
from rectify.enforcement.apply import RelapseParams
from rectify.policy.campaigns import CampaignParams
from rectify.policy.events import EventParams
from rectify.policy.kinds import KindParams
from rectify.policy.name_variants import VARIANT_INDEX
from rectify.policy.paths import config_root
from rectify.policy.rulebook import RulebookParams
from rectify.policy.sanctions import SanctionParams
from rectify.policy.seasons import SeasonParams
from rectify.world.calendar import Calendar
from rectify.world.operators import ArchetypeParams
from rectify.world.platforms import PlatformParams
from rectify.world.population import PopulationParams

NOT_PART_OF_IDENTITY = {"name", "title", "seed", "threads", "output", "checkpoint"}
"""Fields that name a run or say how to run it; they never change what comes out, but for the seed."""


MOST_ENTRIES = 100
"""Entries of a group: columns hold their places in one byte."""

ORDER_COUNTS = ("platforms", "offices", "campaigns")
"""Groups whose order decides results; entries of the others are sorted by name before anything is drawn."""


@lru_cache(maxsize=1)
def source_keys() -> frozenset[str]:
    """Keys of ``configs/sources.yaml``, which every number's source starts with."""
    return frozenset(yaml.safe_load((config_root() / "sources.yaml").read_text(encoding="utf-8")))


AUDIENCES: dict[str, type[Params]] = {"mean_field": MeanFieldParams, "follower_network": FollowerNetworkParams}
"""Representations of the audience by their ``form``."""


def _form_of(audience: Any) -> Any:
    return audience.get("form") if isinstance(audience, Mapping) else getattr(audience, "form", None)


AudienceParams = Annotated[
    Annotated[MeanFieldParams, Tag("mean_field")] | Annotated[FollowerNetworkParams, Tag("follower_network")],
    Discriminator(
        _form_of,
        custom_error_type="audience_form",
        custom_error_message=f"form must be one of {', '.join(AUDIENCES)}",
    ),
]


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


class Settings(Params):
    """What every run has, whatever it simulates: a name, luck, and where its results go."""

    name: str = Field(min_length=1, pattern=r"^[A-Za-z0-9_.-]+$")
    title: str
    seed: int = Field(ge=0, lt=2**64)
    threads: int | None = Field(default=None, ge=1, le=1024)
    output: str = "results"

    @classmethod
    def load(cls, values: Mapping[str, Any]) -> Self:
        """Validate plain *values* (as from YAML). Raises :class:`ConfigError` naming every fault by its key path."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise ConfigError([describe(cls, fault) for fault in error.errors()]) from None

    @classmethod
    def decisive_fields(cls) -> set[str]:
        """Names of the fields that decide the results."""
        return set(cls.model_fields) - NOT_PART_OF_IDENTITY - {"sources"}

    @property
    def identity(self) -> str:
        """Hash of all that decides the results but the seed, names and sources: 12 hexadecimal digits."""
        plain = {name: _decisive(name, getattr(self, name)) for name in sorted(self.decisive_fields())}
        return hashlib.sha256(json.dumps(plain).encode()).hexdigest()[:12]


class RunConfig(Settings):
    """Everything that decides what a run of the account model is. Made by :func:`rectify.compose` or ``load``."""

    model: Literal["accounts"] = "accounts"
    start: date
    end: date
    burn_in_days: int = Field(ge=0, le=3650)
    recording: RecordingParams
    checkpoint: CheckpointParams = CheckpointParams()
    population: PopulationParams
    archetypes: dict[str, ArchetypeParams]
    platforms: dict[str, PlatformParams]
    kinds: dict[str, KindParams]
    sanctions: dict[str, SanctionParams]
    rulebook: RulebookParams
    campaigns: dict[str, CampaignParams]
    offices: dict[str, OfficeParams]
    seasons: dict[str, SeasonParams] = Field(default_factory=dict)
    events: dict[str, EventParams] = Field(default_factory=dict)
    behaviours: BehaviourParams
    audience: AudienceParams

    _only_iso_dates = field_validator("start", "end", mode="before")(only_iso_dates)

    @model_validator(mode="after")
    def _parts_fit_together(self) -> RunConfig:
        faults = list(cross_faults(self))
        if faults:
            raise ConfigError(faults)
        return self

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
        if hiring or any(platform.poster_search or platform.growth_checks for platform in self.platforms.values()):
            used |= {name for name, kind in self.kinds.items() if kind.basis == "popularity"}
        return tuple(sorted(used))


def _decisive(name: str, value: Any) -> Any:
    """Plain form of a field's value, without sources and labels, in an order that is its own only where it counts."""
    if isinstance(value, BaseModel):
        fields = sorted(set(type(value).model_fields) - {"sources", "label"})
        return [[field, _decisive(field, getattr(value, field))] for field in fields]
    if isinstance(value, dict):
        keys = list(value) if name in ORDER_COUNTS else sorted(value)
        return [[key, _decisive(key, value[key])] for key in keys]
    if isinstance(value, list):
        return [_decisive(name, item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _without_none(annotation: Any) -> Any:
    """The type that is given where none need be."""
    options = [option for option in getattr(annotation, "__args__", ()) if option is not type(None)]
    return options[0] if isinstance(annotation, UnionType) and len(options) == 1 else annotation


def _model_at(model: type[BaseModel], path: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model whose field the last part of *path* names, when it can be told."""
    current: Any = model
    for part in path[:-1]:
        if part in AUDIENCES:
            current = AUDIENCES[str(part)]
            continue
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(str(part))
            current = _without_none(field.annotation) if field else None
        arguments = getattr(current, "__args__", None)
        if getattr(current, "__origin__", None) is dict and arguments:
            # A dict's value type stands in for every key: step into it with the next part.
            current = _DictOf(arguments[1])
        elif isinstance(current, _DictOf):
            current = current.item
    if isinstance(current, _DictOf):
        current = current.item
    return current if isinstance(current, type) and issubclass(current, BaseModel) else None


def _without_tags(path: tuple[int | str, ...]) -> list[int | str]:
    """A fault's place without the audience's form, which pydantic puts between ``audience`` and the key."""
    return [
        part for before, part in zip(("", *path), path, strict=False) if before != "audience" or part not in AUDIENCES
    ]


class _DictOf:
    def __init__(self, item: Any) -> None:
        self.item = item


def describe(model: type[BaseModel], fault: Any) -> str:
    """One line about one of pydantic's faults: key path, what is allowed, what was given, and near misses of a key."""
    path = ".".join(str(part) for part in _without_tags(fault["loc"]))
    if fault["type"] == "extra_forbidden":
        holder = _model_at(model, fault["loc"])
        known = [name for name in holder.model_fields if name != "sources"] if holder else []
        return f"{path}: there is no such key{nearest(str(fault['loc'][-1]), known)}" + (
            f" Known here: {', '.join(known)}" if known else ""
        )
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "missing":
        return f"{path}: is missing"
    given = fault["input"]
    shown = "" if isinstance(given, (dict, BaseModel)) else f", not {given!r}"
    return f"{path}: {message[:1].lower()}{message[1:]}{shown}".lstrip(": ")


def cross_faults(config: RunConfig) -> Iterator[str]:
    """Faults that show only when the parts of a configuration are held together, one line each."""
    if config.end < config.start:
        yield f"end: {config.end} is before start ({config.start})"
    elif config.burn_in_days >= config.start.toordinal():
        yield f"burn_in_days: {config.burn_in_days} days before {config.start} lie before the year 1"
    elif config.calendar.days >= NEVER:
        yield f"end: a run may last {NEVER - 1} days at most, burn-in included, not {config.calendar.days}"
    for what in ("platforms", "sanctions", "kinds", "archetypes"):
        count = len(getattr(config, what))
        if count == 0:
            yield f"{what}: at least one is needed"
        if count > MOST_ENTRIES:
            yield f"{what}: at most {MOST_ENTRIES}, not {count}"
    known = source_keys()
    for path, group in groups(config):
        if group.sources and all(source.split(":")[0] in known for source in group.sources.values()):
            continue
        for name in group.parameters():
            key = group.source(name).split(":")[0]
            if key not in known:
                yield unknown(f"{path}sources.{name}", key, known)
    for name in config.population.shares:
        if name not in config.archetypes:
            yield unknown(f"population.shares.{name}", name, config.archetypes)
    for name, archetype in config.archetypes.items():
        for kind in archetype.kinds:
            if kind not in config.kinds:
                yield unknown(f"archetypes.{name}.kinds", kind, config.kinds)
    yield from rulebook_faults(config)
    for name, campaign in config.campaigns.items():
        yield from campaign_faults(config, name, campaign)
    yield from office_faults(config)
    for name, platform in config.platforms.items():
        for kind, weight in platform.kind_weights.items():
            if kind not in config.kinds:
                yield unknown(f"platforms.{name}.kind_weights", kind, config.kinds)
            if weight < 0:
                yield f"platforms.{name}.kind_weights.{kind}: must not be negative, not {weight}"
    for name, season in config.seasons.items():
        if season.closes < season.opens:
            yield f"seasons.{name}.closes: {season.closes} is before it opens ({season.opens})"
        yield from unknown_platforms(config, f"seasons.{name}.platforms", season.platforms)
    yield from event_faults(config)
    yield from popularity_faults(config)
    for variant in config.behaviours.following.recovered_audience:
        if variant not in VARIANT_INDEX:
            yield unknown("behaviours.following.recovered_audience", variant, VARIANT_INDEX)
    for variant in VARIANT_INDEX:
        if variant not in config.behaviours.following.recovered_audience:
            yield f"behaviours.following.recovered_audience.{variant}: is missing"
