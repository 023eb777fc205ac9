"""Errors that show only when the parts of a configuration are held together, one line each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import yaml

from rectify.configuration.parts import RunParts, alleges_popularity
from rectify.core.errors import unknown
from rectify.core.params import groups
from rectify.core.paths import config_root
from rectify.core.table import NEVER
from rectify.detection.catalogue import CHANNELS
from rectify.metrics.catalogue import all_metrics
from rectify.naming.variants import VARIANT_INDEX
from rectify.policy.campaigns import CampaignParams
from rectify.policy.kinds import BASES, compile_kinds
from rectify.policy.rulebook import NO_DEFAULT
from rectify.policy.sanctions import compile_sanctions

MOST_ENTRIES = 100
"""Entries of a group: columns hold their places in one byte."""


@lru_cache(maxsize=1)
def source_keys() -> frozenset[str]:
    """Keys of ``configs/sources.yaml``, which every number's source starts with."""
    return frozenset(yaml.safe_load((config_root() / "sources.yaml").read_text(encoding="utf-8")))


def errors_between_parts(config: RunParts) -> Iterator[str]:
    """All errors of a configuration whose parts are each valid, one line each."""
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
    if config.population.accounts == "graph" and getattr(config.audience, "graph", None) != "file":
        yield "population.accounts: 'graph' needs a follow graph from a file, audience.graph=file, or give a number"
    for name in config.population.shares:
        if name not in config.archetypes:
            yield unknown(f"population.shares.{name}", name, config.archetypes)
    for name, archetype in config.archetypes.items():
        for kind in archetype.kinds:
            if kind not in config.kinds:
                yield unknown(f"archetypes.{name}.kinds", kind, config.kinds)
    yield from rulebook_errors(config)
    for name, campaign in config.campaigns.items():
        yield from campaign_errors(config, name, campaign)
    yield from office_errors(config)
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
    yield from event_errors(config)
    yield from popularity_errors(config)
    for variant in config.behaviours.following.recovered_audience:
        if variant not in VARIANT_INDEX:
            yield unknown("behaviours.following.recovered_audience", variant, VARIANT_INDEX)
    for variant in VARIANT_INDEX:
        if variant not in config.behaviours.following.recovered_audience:
            yield f"behaviours.following.recovered_audience.{variant}: is missing"


def unknown_platforms(config: RunParts, path: str, names: list[str] | None) -> Iterator[str]:
    """One line for each of *names* that is no platform; *path* is the key that holds them."""
    for name in names or []:
        if name not in config.platforms:
            yield unknown(path, name, config.platforms)


def office_errors(config: RunParts) -> Iterator[str]:
    """Errors of offices, one line each."""
    for name, office in config.offices.items():
        if office.copies is not None and office.copies.office not in config.offices:
            yield unknown(f"offices.{name}.copies.office", office.copies.office, config.offices)
        if office.copies is not None and office.copies.office == name:
            yield f"offices.{name}.copies.office: an office cannot copy itself"
        if office.embedded is not None:
            yield from unknown_platforms(config, f"offices.{name}.embedded.platforms", office.embedded.platforms)
    for place, platform in config.platforms.items():
        there = [name for name, office in config.offices.items() if office.embeds(place, platform)]
        if len(there) > 1:
            yield f"offices.{there[1]}.embedded: staff of {there[0]} are in {place} already"


def event_errors(config: RunParts) -> Iterator[str]:
    """Errors of hot-spot events, one line each."""
    for name, event in config.events.items():
        yield from unknown_platforms(config, f"events.{name}.platforms", event.platforms)
        for kind in event.kinds:
            if kind not in config.kinds:
                yield unknown(f"events.{name}.kinds", kind, config.kinds)


def popularity_errors(config: RunParts) -> Iterator[str]:
    """Errors of the kind about faked popularity, one line each: there is but one, and nobody turns to it."""
    found = [name for name, kind in config.kinds.items() if kind.basis == "popularity"]
    wanted = any(each.hires for each in config.archetypes.values())
    wanted |= any(map(alleges_popularity, config.platforms.values()))
    if len(found) > 1 or (wanted and not found):
        yield f"kinds: one is about popularity (basis), not {len(found)}{': ' if found else ''}{', '.join(found)}"
    for name, archetype in config.archetypes.items():
        for kind in set(found) & set(archetype.kinds):
            yield f"archetypes.{name}.kinds: {kind} is about popularity, not about what is written; set hires instead"


def rulebook_errors(config: RunParts) -> Iterator[str]:
    """Errors of the rulebook's ladders, one line each."""
    ladders = config.rulebook.ladders
    for basis in BASES:
        if basis in config.kinds:
            yield f"kinds.{basis}: is the name of a basis, under which rulebooks give ladders; call the kind otherwise"
        if basis not in ladders and "default" not in ladders:
            served = [name for name, kind in config.kinds.items() if kind.basis == basis and name not in ladders]
            yield f"rulebook.ladders.{basis}: is missing; it serves {', '.join(served) or 'kinds of that basis'}"
    for kind, ladder in ladders.items():
        if kind not in BASES and kind not in config.kinds:
            path = f"rulebook.ladders.{kind}"
            yield f"{path}: {NO_DEFAULT}" if kind == "default" else unknown(path, kind, [*BASES, *config.kinds])
        if not ladder:
            yield f"rulebook.ladders.{kind}: a ladder needs at least one step"
        for number, step in enumerate(ladder):
            for sanction in step:
                if sanction not in config.sanctions:
                    yield unknown(f"rulebook.ladders.{kind}[{number}]", sanction, config.sanctions)
                elif config.sanctions[sanction].gains_kept < 1.0 and config.audience.form == "follower_network":
                    yield (
                        f"rulebook.ladders.{kind}[{number}]: {sanction} erases followers gained by violating "
                        "(gains_kept), which a follow graph does not tell apart: it needs audience=mean_field"
                    )


def campaign_errors(config: RunParts, name: str, campaign: CampaignParams) -> Iterator[str]:
    """Errors of the campaign called *name*, one line each."""
    path = f"campaigns.{name}"
    if campaign.closes < campaign.opens:
        yield f"{path}.closes: {campaign.closes} is before it opens ({campaign.opens})"
    if campaign.office not in config.offices:
        yield unknown(f"{path}.office", campaign.office, config.offices)
    yield from unknown_platforms(config, f"{path}.platforms", campaign.platforms)
    office = config.offices.get(campaign.office)
    for platform in campaign.platforms or []:
        if office is not None and platform in config.platforms and not office.reaches(config.platforms[platform]):
            seat = config.platforms[platform].seat
            yield f"{path}.platforms: {platform} (in {seat}) is out of reach of the office {campaign.office}"
    for meeting_name, meeting in campaign.meetings.items():
        yield from unknown_platforms(config, f"{path}.meetings.{meeting_name}.platforms", meeting.platforms)
    yield from unknown_platforms(config, f"{path}.terms", list(campaign.terms))
    if campaign.notices is not None:
        yield from unknown_platforms(config, f"{path}.notices.platforms", campaign.notices.platforms)
    for field, kinds in (
        ("kinds", campaign.kinds),
        ("escalation", campaign.escalation),
        ("referrals_per_year", campaign.referrals_per_year),
    ):
        for kind in kinds:
            if kind not in config.kinds:
                yield unknown(f"{path}.{field}", kind, config.kinds)
    if campaign.targets:
        yield from _target_errors(config, path, campaign)
    for kind, steps in campaign.escalation.items():
        if not 0 <= steps <= 100:
            yield f"{path}.escalation.{kind}: must be 0 to 100 steps, not {steps}"
    for kind, rate in campaign.referrals_per_year.items():
        if not 0 <= rate <= 10000:
            yield f"{path}.referrals_per_year.{kind}: must be 0 to 10000 a year, not {rate}"
    for figure, published in campaign.published.items():
        if published.until is not None and published.until < campaign.opens:
            yield f"{path}.published.{figure}.until: {published.until} is before the campaign opens ({campaign.opens})"
        for kind in published.kinds or []:
            if kind not in config.kinds:
                yield unknown(f"{path}.published.{figure}.kinds", kind, config.kinds)
        yield from unknown_platforms(config, f"{path}.published.{figure}.platforms", published.platforms)


def _target_errors(config: RunParts, path: str, campaign: CampaignParams) -> Iterator[str]:
    sanctions = compile_sanctions(config.sanctions, compile_kinds(config.kinds, config.kinds))
    channels = [(channel.name, channel.label) for channel in CHANNELS]
    with_feeds = config.audience.form == "follower_network"
    metrics = {metric.name: metric for metric in all_metrics(sanctions, with_feeds, channels)}
    for name, target in campaign.targets.items():
        if target.metric not in metrics:
            yield unknown(f"{path}.targets.{name}.metric", target.metric, metrics)
        elif target.kinds is not None and metrics[target.metric].by != "kind":
            yield f"{path}.targets.{name}.kinds: {target.metric} is not counted by kind"
        for kind in target.kinds or []:
            if kind not in config.kinds:
                yield unknown(f"{path}.targets.{name}.kinds", kind, config.kinds)
