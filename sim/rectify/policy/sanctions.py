"""Sanctions: each is a row of effects. Nothing in the program knows a sanction by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, cast, get_args

import numpy as np
from pydantic import Field

from rectify.core.params import Params, lever, uncertainty
from rectify.core.table import NEVER, Array
from rectify.policy.kinds import Kinds

CountedAs = Literal["notice", "lesser", "closure"]
PostsRemoved = Literal["none", "offending", "all"]
NamesBarred = Literal["none", "same", "similar", "related"]
Scope = Literal["platform", "all"]
COUNTED_AS, POSTS_REMOVED, NAMES_BARRED, SCOPES = map(get_args, (CountedAs, PostsRemoved, NamesBarred, Scope))
WORDS = ("label", "sources")
"""Fields that are no effects."""


class SanctionParams(Params):
    """One sanction: the effects it has on an account. Days are whole days after the day of the decision."""

    label: str
    counted_as: CountedAs = Field(
        description="How reports count an account that got it: not at all, as a lesser punishment, or as closed."
    )
    severity: float = uncertainty("0 to 1", "How much operators fear it, relative to permanent closure.", ge=0, le=1)
    posting_ban_days: int = lever("days", "No posts may be written for so long.", ge=0, le=NEVER, default=0)
    reach_factor: float = lever("share", "Share of the usual views that posts still get.", ge=0, le=1, default=1.0)
    reach_days: int = lever("days", "How long the reach is limited.", ge=0, le=NEVER, default=0)
    revenue_ban_days: int = lever("days", f"No income for so long; {NEVER} is for good.", ge=0, le=NEVER, default=0)
    followers_kept: float = lever("share", "Share of the real followers the account keeps.", ge=0, le=1, default=1.0)
    gains_kept: float = lever(
        "share", "Share of the real followers gained by violating that it keeps.", ge=0, le=1, default=1.0
    )
    zombies_kept: float = lever("share", "Share of the zombie followers the account keeps.", ge=0, le=1, default=1.0)
    growth_ban_days: int = lever("days", "No new followers for so long.", ge=0, le=NEVER, default=0)
    posts_removed: PostsRemoved = "none"
    corrects_profile: bool = Field(default=False, description="The name or profile that broke a rule must be changed.")
    closes: bool = False
    bars_name: NamesBarred = Field(default="none", description="Names under which the operator may not register again.")
    bars_identity: bool = Field(default=False, description="The identity may not register again.")
    bar_scope: Scope = "platform"
    bar_days: int = lever("days", f"How long registration is barred; {NEVER} is for good.", ge=0, le=NEVER, default=0)
    bar_by_harm: bool = Field(
        default=False, description="bar_days holds for a kind of harm 1; for others in proportion to their harm."
    )
    appealable: bool = True


@dataclass(frozen=True)
class Sanctions:
    """All sanctions. An effect is an array of shape [sanctions], an attribute of the name of its field.

    Numbers are float64 or int64, yes and no are bool, words their index in this module's tuples (int8). ``bar_days`` is
    int64 [sanctions, kinds], because a bar may be as long as the kind is harmful. A new effect is one field of
    :class:`SanctionParams`, and is read by the process that owns the column it changes.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    effects: Mapping[str, Array]

    def __getattr__(self, name: str) -> Array:
        """The effect of that name. Raises ``AttributeError``."""
        try:
            return cast(Array, self.__dict__["effects"][name])
        except KeyError:
            raise AttributeError(f"sanctions have no effect {name!r}") from None

    @cached_property
    def counters(self) -> tuple[str, ...]:
        """Names of the counters of how often each is applied."""
        return tuple(f"sanction.{name}" for name in self.names)


def _column(kind: Any, values: list[Any]) -> Array:
    """Values of a field of that type, as an array."""
    words = get_args(kind)
    if words:
        return np.array([words.index(value) for value in values], np.int8)
    return np.array(values, {bool: np.bool_, int: np.int64, float: np.float64}[kind])


def compile_sanctions(catalogue: dict[str, SanctionParams], kinds: Kinds) -> Sanctions:
    """Arrays of all sanctions of the catalogue, in alphabetical order; *kinds* are those in use."""
    names = tuple(sorted(catalogue))
    rows = [catalogue[name] for name in names]
    effects = {
        name: _column(field.annotation, [getattr(row, name) for row in rows])
        for name, field in SanctionParams.model_fields.items()
        if name not in WORDS
    }
    weight = np.where(effects.pop("bar_by_harm")[:, None], kinds.harm[None, :], 1.0)
    effects["bar_days"] = np.ceil(np.minimum(NEVER, effects["bar_days"][:, None] * weight)).astype(np.int64)
    return Sanctions(names, tuple(row.label for row in rows), effects)
