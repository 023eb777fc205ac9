"""Violation kinds: what a rule names, kept apart from what does harm."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from pydantic import Field

from rectify.core.params import Params, uncertainty
from rectify.core.table import Array

Basis = Literal["post", "profile", "popularity"]
"""What a kind is about: what is written, whom an account impersonates, or how popular it looks."""

BASES: tuple[Basis, ...] = get_args(Basis)
PROFILE_CHECKS = ("none", "name_screening", "qualification_check")


class KindParams(Params):
    """One violation kind. A *post* kind is done by writing; a *profile* kind lasts while the name or profile claims
    to be what the account is not.

    The *popularity* kind is what buyers of posters and of followers are blamed for; nobody turns to it.
    """

    label: str
    basis: Basis = "post"
    checked_by: Literal["none", "name_screening", "qualification_check"] = Field(
        default="none", description="The check of names and profiles that can find it (profile kinds)."
    )
    harm: float = uncertainty(
        "harm per view", "Harm weight; 0 for posts that a rule targets and that harm nobody.", ge=0
    )
    attention_premium: float = uncertainty("ratio", "Views of a violating post relative to a lawful one.", ge=0, le=50)
    gain: float = uncertainty(
        "logit", "What violating this way is worth to an operator of gain weight 1.", ge=-5, le=10
    )
    discriminability: float = uncertainty(
        "standard deviations", "d′: distance of violating posts from lawful ones on the classifier's score.", ge=0, le=6
    )
    reports_per_million_views: float = uncertainty("reports per 1e6 views", "Rate at which viewers report it.", ge=0)
    proceeds_per_thousand_views: float = uncertainty(
        "yuan per 1e3 views",
        "Income from those it is used against, not from the platform: no suspension of monetisation stops it.",
        ge=0,
        le=1e6,
        default=0.0,
    )
    rentals_per_million_views: float = uncertainty(
        "1/1e6 views", "Game accounts that minors would take from listings, by their views.", ge=0, le=1e6, default=0.0
    )
    clickbait: float = uncertainty(
        "ratio",
        "Views that a title or cover which promises too much adds, relative to those without it.",
        ge=0,
        le=50,
        default=0.0,
    )
    cheated_reports_per_million_views: float = uncertainty(
        "reports per 1e6 views", "Further reports by those viewers whom such a title brought.", ge=0, default=0.0
    )
    contagion: float = uncertainty(
        "logit",
        "How much it provokes others of its kind: readiness to violate per unit of its share of yesterday's views.",
        ge=0,
        le=1000,
        default=0.0,
    )

    @property
    def premium(self) -> float:
        """Views of a violating post relative to a lawful one, those that its title brings included."""
        return self.attention_premium * (1.0 + self.clickbait)

    @property
    def reports_per_view(self) -> float:
        """Reports per view, by all viewers and further ones by those whom its title brought."""
        cheated = self.cheated_reports_per_million_views * self.clickbait / (1.0 + self.clickbait)
        return (self.reports_per_million_views + cheated) / 1e6


@dataclass(frozen=True)
class Kinds:
    """The kinds in use, as arrays of shape [kinds]. Lawful posts are counted in one more place, at index ``lawful``."""

    names: tuple[str, ...]
    labels: tuple[str, ...]
    bases: tuple[Basis, ...]
    is_profile: Array
    popularity: int
    """Index of the kind about faked popularity; -1: not in use."""
    checked_by: Array
    harm: Array
    premium: Array
    gain: Array
    discriminability: Array
    reports_per_view: Array
    contagion: Array
    proceeds_per_view: Array
    rentals_per_view: Array

    @property
    def lawful(self) -> int:
        """Index under which lawful posts are counted: one past the last kind."""
        return len(self.names)

    def index(self, names: Iterable[str]) -> list[int]:
        """Indices of the named kinds that are in use, in their order here."""
        wanted = set(names)
        return [i for i, name in enumerate(self.names) if name in wanted]


def compile_kinds(catalogue: dict[str, KindParams], used: Iterable[str]) -> Kinds:
    """Arrays of the kinds that archetypes *use*, in the catalogue's alphabetical order.

    Raises ``KeyError`` for a used kind that the catalogue does not hold.
    """
    names = tuple(sorted(set(used)))
    chosen = [catalogue[name] for name in names]
    return Kinds(
        names=names,
        labels=tuple(kind.label for kind in chosen),
        bases=tuple(kind.basis for kind in chosen),
        is_profile=np.array([kind.basis == "profile" for kind in chosen], np.bool_),
        popularity=next((i for i, kind in enumerate(chosen) if kind.basis == "popularity"), -1),
        checked_by=np.array([PROFILE_CHECKS.index(kind.checked_by) for kind in chosen], np.int8),
        harm=np.array([kind.harm for kind in chosen]),
        premium=np.array([kind.premium for kind in chosen]),
        gain=np.array([kind.gain for kind in chosen]),
        discriminability=np.array([kind.discriminability for kind in chosen]),
        reports_per_view=np.array([kind.reports_per_view for kind in chosen]),
        contagion=np.array([kind.contagion for kind in chosen]),
        proceeds_per_view=np.array([kind.proceeds_per_thousand_views for kind in chosen]) / 1e3,
        rentals_per_view=np.array([kind.rentals_per_million_views for kind in chosen]) / 1e6,
    )
