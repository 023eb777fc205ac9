"""Sanctions: each is a row of effects. Nothing in the program knows a sanction by name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from pydantic import Field

from rectify.core.params import Params, lever, uncertainty
from rectify.core.table import NEVER, Array
from rectify.policy.kinds import Kinds

COUNTED_AS = ("notice", "lesser", "closure")
POSTS_REMOVED = ("none", "offending", "all")
NAMES_BARRED = ("none", "same", "similar", "related")
SCOPES = ("platform", "all")


class SanctionParams(Params):
    """One sanction: the effects it has on an account. Days are whole days after the day of the decision."""

    label: str
    counted_as: Literal["notice", "lesser", "closure"] = Field(
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
    posts_removed: Literal["none", "offending", "all"] = "none"
    corrects_profile: bool = Field(default=False, description="The name or profile that broke a rule must be changed.")
    closes: bool = False
    bars_name: Literal["none", "same", "similar", "related"] = Field(
        default="none", description="Names under which the operator may not register again."
    )
    bars_identity: bool = Field(default=False, description="The identity may not register again.")
    bar_scope: Literal["platform", "all"] = "platform"
    bar_days: int = lever("days", f"How long registration is barred; {NEVER} is for good.", ge=0, le=NEVER, default=0)
    bar_by_harm: bool = Field(
        default=False, description="bar_days holds for a kind of harm 1; for others in proportion to their harm."
    )
    appealable: bool = True


@dataclass(frozen=True)
class Sanctions:
    """All sanctions as arrays of shape [sanctions]; text fields as their index in this module's tuples.

    ``bar_days`` is int64 [sanctions, kinds], because a bar may be as long as the kind is harmful.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    counted_as: Array
    severity: Array
    posting_ban_days: Array
    reach_factor: Array
    reach_days: Array
    revenue_ban_days: Array
    followers_kept: Array
    gains_kept: Array
    zombies_kept: Array
    growth_ban_days: Array
    posts_removed: Array
    corrects_profile: Array
    closes: Array
    bars_name: Array
    bars_identity: Array
    bar_scope: Array
    bar_days: Array
    appealable: Array

    @cached_property
    def counters(self) -> tuple[str, ...]:
        """Names of the counters of how often each is applied."""
        return tuple(f"sanction.{name}" for name in self.names)


def compile_sanctions(catalogue: dict[str, SanctionParams], kinds: Kinds) -> Sanctions:
    """Arrays of all sanctions of the catalogue, in alphabetical order; *kinds* are those in use."""
    names = tuple(sorted(catalogue))
    rows = [catalogue[name] for name in names]

    def numbers(field: str, dtype: type = np.float64) -> Array:
        return np.array([getattr(row, field) for row in rows], dtype)

    def places(field: str, options: tuple[str, ...]) -> Array:
        return np.array([options.index(getattr(row, field)) for row in rows], np.int8)

    weight = np.where(numbers("bar_by_harm", np.bool_)[:, None], kinds.harm[None, :], 1.0)
    return Sanctions(
        names=names,
        labels=tuple(row.label for row in rows),
        counted_as=places("counted_as", COUNTED_AS),
        severity=numbers("severity"),
        posting_ban_days=numbers("posting_ban_days", np.int64),
        reach_factor=numbers("reach_factor"),
        reach_days=numbers("reach_days", np.int64),
        revenue_ban_days=numbers("revenue_ban_days", np.int64),
        followers_kept=numbers("followers_kept"),
        gains_kept=numbers("gains_kept"),
        zombies_kept=numbers("zombies_kept"),
        growth_ban_days=numbers("growth_ban_days", np.int64),
        posts_removed=places("posts_removed", POSTS_REMOVED),
        corrects_profile=numbers("corrects_profile", np.bool_),
        closes=numbers("closes", np.bool_),
        bars_name=places("bars_name", NAMES_BARRED),
        bars_identity=numbers("bars_identity", np.bool_),
        bar_scope=places("bar_scope", SCOPES),
        bar_days=np.ceil(np.minimum(NEVER, numbers("bar_days")[:, None] * weight)).astype(np.int64),
        appealable=numbers("appealable", np.bool_),
    )
