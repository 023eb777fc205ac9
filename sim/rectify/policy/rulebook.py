"""Rulebooks: which sanctions follow which strike, how names and identities are checked, and how appeals are heard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from pydantic import Field, field_validator, model_validator

from rectify.core.params import Params, lever, uncertainty
from rectify.core.table import Array
from rectify.policy.kinds import BASES, Basis, Kinds
from rectify.policy.sanctions import COUNTED_AS, Sanctions

LONG_PAST = -1_000_000
NOTHING = -1
"""Marks an empty place in a ladder's step."""

LESSER = COUNTED_AS.index("lesser")

Ladder = list[list[str]]
"""Steps, one per strike; a step is the names of sanctions applied together."""

NO_DEFAULT = f"a ladder is given by basis of the kind: write {', '.join(BASES[:-1])} and {BASES[-1]} in its place"
"""What to say to a ladder that means to serve kinds of every basis, as ``default`` once did."""


class CapChange(Params):
    """New caps on accounts per identity, from a date on."""

    since: date
    persons: int = lever("accounts", "Open accounts a person's identity may hold on a platform.", ge=1, le=1000)
    organisations: int = lever("accounts", "The same for an organisation's.", ge=1, le=1000)

    @field_validator("since", mode="before")
    @classmethod
    def _only_iso_dates(cls, value: object) -> object:
        if isinstance(value, (int, float)):
            raise ValueError("give a date as YYYY-MM-DD")
        return value


class RegistrationParams(Params):
    """Rules for opening an account."""

    accounts_per_identity: int = lever("accounts", "Open accounts one identity may hold on a platform.", ge=1, le=1000)
    same_name_similarity: float = lever("0 to 1", "Names at least so alike count as the same.", ge=0, le=1)
    similar_name_similarity: float = lever("0 to 1", "Names at least so alike count as similar.", ge=0, le=1)
    related_name_similarity: float = lever("0 to 1", "Names at least so alike count as related.", ge=0, le=1)
    screens_closed_names: bool = Field(
        default=True, description="New names are compared with those of closed accounts, whoever registers."
    )
    accounts_per_organisation: int | None = lever(
        "accounts", "The same for organisations; null: as for a person.", default=None, ge=1, le=1000
    )
    cap_changes: list[CapChange] = Field(default_factory=list)
    grandfathering: bool = Field(
        default=True, description="Accounts above a lowered cap stay; else those opened last in a block are closed."
    )
    exempt_share: float = uncertainty("share", "Operators exempt from the cap on application.", default=0.0, ge=0, le=1)

    @model_validator(mode="after")
    def _changes_in_order(self) -> RegistrationParams:
        dates = [change.since for change in self.cap_changes]
        if dates != sorted(set(dates)):
            raise ValueError("cap_changes: give each date once, in order")
        return self


class AppealParams(Params):
    """How decisions are appealed and heard."""

    filed_if_wrong: float = uncertainty("share", "Sanctioned though no rule was broken: share who appeal.", ge=0, le=1)
    filed_if_right: float = uncertainty("share", "Sanctioned with reason: share who appeal.", ge=0, le=1)
    hearing_days: float = uncertainty("days", "Mean wait for a hearing, geometric, at least one day.", ge=1, le=365)
    reversed_if_wrong: float = uncertainty("share", "Wrong decisions that a hearing reverses.", ge=0, le=1)
    reversed_if_right: float = uncertainty("share", "Right decisions that a hearing reverses by mistake.", ge=0, le=1)


class RulebookParams(Params):
    """A platform's rules: ladders, registration, and appeals.

    Ladders are given by basis of the kind, all of ``BASES``, and by the names of kinds that differ from their basis. An
    account past the last step of a ladder stays on it.
    """

    label: str
    strike_expiry_days: int = lever("days", "An account without a new strike for so long starts anew.", ge=1, le=32000)
    ladders: dict[str, Ladder]
    registration: RegistrationParams
    appeals: AppealParams

    def ladder(self, kind: str, basis: Basis) -> Ladder:
        """The ladder of a *kind*: its own, or that of its *basis*."""
        return self.ladders.get(kind, self.ladders[basis])


@dataclass(frozen=True)
class Rulebook:
    """Compiled rules. ``steps``: sanction index or NOTHING, int16 [kinds, steps, places]; ``last_step``: int64 [kinds].

    ``step_severity``: the gravest severity of each step, float [kinds, steps]. ``name_thresholds``: similarity by the
    places of ``NAMES_BARRED`` (none, same, similar, related), float [4].
    """

    strike_expiry_days: int
    steps: Array
    last_step: Array
    step_severity: Array
    step_removes: Array
    """Steps that remove posts; likewise those that close, punish less, can be appealed: bool [kinds, steps]."""
    step_closes: Array
    step_lesser: Array
    step_appealable: Array
    caps_from: Array
    """First day of each regime of caps, int64, ascending; the first is long past."""
    caps: Array
    """Open accounts that one identity may hold on a platform, int64 [regimes, 2]: a person's, an organisation's."""
    grandfathering: bool
    exempt_share: float
    name_thresholds: Array
    screens_closed_names: bool
    appeals: AppealParams

    def uses(self, quality: Array) -> bool:
        """Whether a sanction with a *quality* (bool [sanctions]) is on any ladder."""
        return bool(quality[np.unique(self.steps[self.steps != NOTHING])].any())

    def caps_on(self, day: int, organisation: Array) -> Array:
        """Cap by archetype on a day, int64; *organisation*: bool [archetypes]."""
        regime = self.caps_from.searchsorted(day, side="right") - 1
        return np.asarray(self.caps[regime][organisation.view(np.int8)])


def _has(steps: Array, quality: Array) -> Array:
    """Which steps hold a sanction with a *quality* (bool [sanctions]): bool [kinds, steps]."""
    padded = np.append(quality, False)
    return np.asarray(padded[steps].any(axis=2))


def compile_rulebook(params: RulebookParams, kinds: Kinds, sanctions: Sanctions, first: date) -> Rulebook:
    """Ladders and dated caps as arrays; *first* is the date of day 0. Names must have been checked."""
    ladders = [params.ladder(name, basis) for name, basis in zip(kinds.names, kinds.bases, strict=True)]
    longest = max(len(ladder) for ladder in ladders)
    widest = max(1, max(len(step) for ladder in ladders for step in ladder))
    steps = np.full((len(ladders), longest, widest), NOTHING, np.int16)
    severity = np.zeros((len(ladders), longest))
    for k, ladder in enumerate(ladders):
        for level in range(longest):
            step = ladder[min(level, len(ladder) - 1)]
            for place, name in enumerate(step):
                steps[k, level, place] = sanctions.names.index(name)
            severity[k, level] = max((sanctions.severity[sanctions.names.index(name)] for name in step), default=0.0)
    registration = params.registration
    return Rulebook(
        strike_expiry_days=params.strike_expiry_days,
        steps=steps,
        last_step=np.array([len(ladder) - 1 for ladder in ladders], np.int64),
        step_severity=severity,
        step_removes=_has(steps, sanctions.posts_removed > 0),
        step_closes=_has(steps, sanctions.closes),
        step_lesser=_has(steps, sanctions.counted_as == LESSER),
        step_appealable=_has(steps, sanctions.appealable),
        caps_from=np.array([LONG_PAST, *((change.since - first).days for change in registration.cap_changes)]),
        caps=np.array(
            [
                [
                    registration.accounts_per_identity,
                    registration.accounts_per_organisation or registration.accounts_per_identity,
                ],
                *([change.persons, change.organisations] for change in registration.cap_changes),
            ]
        ),
        grandfathering=registration.grandfathering,
        exempt_share=registration.exempt_share,
        name_thresholds=np.array(
            [
                2.0,
                registration.same_name_similarity,
                registration.similar_name_similarity,
                registration.related_name_similarity,
            ]
        ),
        screens_closed_names=registration.screens_closed_names,
        appeals=params.appeals,
    )
