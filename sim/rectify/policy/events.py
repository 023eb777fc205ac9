"""Hot spots: events, on given or on drawn days, that raise attention and that some operators chase.

The days of drawn events depend on the seed and on the event's own name alone: one more event changes no other, and runs
that differ in a policy have the same ones.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from pydantic import Field, field_validator

from rectify.core.draws import uniform
from rectify.core.params import Params, only_iso_dates, uncertainty
from rectify.core.table import Array
from rectify.policy.kinds import Kinds


class EventParams(Params):
    """One sort of event. Events at the same time multiply attention, and add up what is made of them."""

    label: str
    dates: list[date] = Field(default_factory=list, description="First days of those whose day is known.")
    per_year: float = uncertainty("1/year", "Rate at which further ones begin, on drawn days.", ge=0, le=365)
    days: int = uncertainty("days", "How long each lasts.", ge=1, le=3650)
    attention: float = uncertainty(
        "ratio", "Views of any post written meanwhile, relative to other days.", ge=0, le=100
    )
    topical_attention: float = uncertainty(
        "ratio", "Views of a violating post of its kinds, relative to other posts of those days.", ge=0, le=100
    )
    chasing_posts: float = uncertainty(
        "ratio", "Posts beyond the usual by those who chase it fully, relative to the usual.", ge=0, le=100
    )
    chasing_gain: float = uncertainty(
        "logit", "What violating in its kinds is worth more to those who chase it fully.", ge=0, le=10
    )
    kinds: list[str] = Field(description="Violation kinds that feed on it.")
    platforms: list[str] | None = Field(default=None, description="Only these; all when not given.")

    @field_validator("dates", mode="before")
    @classmethod
    def _only_iso_dates(cls, value: object) -> object:
        return [only_iso_dates(each) for each in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Events:
    """Compiled events, float64 [days, platforms] or [days, platforms, kinds]; neutral on days without any.

    ``number``: how many are under way. ``attention``, ``topical``: factors of views. ``posts``: posts beyond the usual
    by those who chase fully, relative to the usual; ``posts_so_far``: their sum up to each day, it included. ``gain``:
    logit.
    """

    number: Array
    attention: Array
    topical: Array
    posts: Array
    posts_so_far: Array
    gain: Array

    @property
    def chased(self) -> bool:
        """Whether any event makes anybody write more."""
        return len(self.posts_so_far) > 1


def _days_on(name: str, event: EventParams, first: date, days: int, seed: int, stream: int) -> Array:
    """Days of the run on which an event of this sort is under way, bool [days]."""
    entity, chance = zlib.crc32(name.encode()), -float(np.expm1(-event.per_year / 365.0))
    begins = [(day - first).days for day in event.dates]
    if chance > 0.0:
        begins += [day for day in range(days) if uniform(np.uint64(seed), stream, entity, day, 0) < chance]
    on = np.zeros(days, np.bool_)
    for day in begins:
        on[max(0, day) : max(0, day + event.days)] = True
    return on


def compile_events(
    events: Mapping[str, EventParams],
    first: date,
    days: int,
    platforms: list[str],
    kinds: Kinds,
    seed: int,
    stream: int,
) -> Events:
    """Events as arrays. first: date of day 0; seed, stream: of the draws of their days."""
    by_platform, by_kind = (days, len(platforms)), (days, len(platforms), len(kinds.names))
    if not events:
        one, nothing = np.broadcast_to(1.0, by_kind), np.broadcast_to(0.0, by_kind)
        return Events(nothing[:, :, 0], one[:, :, 0], one, nothing, np.zeros((1, *by_kind[1:])), nothing)
    number, attention = np.zeros(by_platform), np.ones(by_platform)
    topical, posts, gain = np.ones(by_kind), np.zeros(by_kind), np.zeros(by_kind)
    for name in sorted(events):
        event = events[name]
        when = _days_on(name, event, first, days, seed, stream)
        where = np.array([event.platforms is None or platform in event.platforms for platform in platforms], np.bool_)
        what = np.array([kind in event.kinds for kind in kinds.names], np.bool_)
        here = np.outer(when, where)
        fed = here[:, :, None] & what
        number += here
        attention[here] *= event.attention
        topical[fed] *= event.topical_attention
        posts[fed] += event.chasing_posts
        gain[fed] += event.chasing_gain
    return Events(number, attention, topical, posts, posts.cumsum(axis=0), gain)
