"""Rulebooks: which sanctions follow which strike, how names and identities are checked, and how appeals are heard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from sim.core.params import Params, lever, uncertainty
from sim.core.table import Array
from sim.policy.kinds import Kinds
from sim.policy.sanctions import Sanctions

NOTHING = -1
"""Marks an empty place in a ladder's step."""


class RegistrationParams(Params):
    """Rules for opening an account."""

    accounts_per_identity: int = lever("accounts", "Open accounts one identity may hold on a platform.", ge=1, le=1000)
    same_name_similarity: float = lever("0 to 1", "Names at least so alike count as the same.", ge=0, le=1)
    similar_name_similarity: float = lever("0 to 1", "Names at least so alike count as similar.", ge=0, le=1)
    related_name_similarity: float = lever("0 to 1", "Names at least so alike count as related.", ge=0, le=1)
    screens_closed_names: bool = Field(
        default=True, description="New names are compared with those of closed accounts, whoever registers."
    )


class AppealParams(Params):
    """How decisions are appealed and heard."""

    filed_if_wrong: float = uncertainty("share", "Sanctioned though no rule was broken: share who appeal.", ge=0, le=1)
    filed_if_right: float = uncertainty("share", "Sanctioned with reason: share who appeal.", ge=0, le=1)
    hearing_days: float = uncertainty("days", "Mean wait for a hearing, geometric, at least one day.", ge=1, le=365)
    reversed_if_wrong: float = uncertainty("share", "Wrong decisions that a hearing reverses.", ge=0, le=1)
    reversed_if_right: float = uncertainty("share", "Right decisions that a hearing reverses by mistake.", ge=0, le=1)


class RulebookParams(Params):
    """A platform's rules: ladders by kind (``default`` serves those not named), registration, and appeals.

    A ladder is a list of steps, one per strike; a step is a list of sanction names applied together. An account past
    the last step stays on it.
    """

    label: str
    strike_expiry_days: int = lever("days", "An account without a new strike for so long starts anew.", ge=1, le=32000)
    ladders: dict[str, list[list[str]]]
    registration: RegistrationParams
    appeals: AppealParams


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
    accounts_per_identity: int
    name_thresholds: Array
    screens_closed_names: bool
    appeals: AppealParams


def compile_rulebook(params: RulebookParams, kinds: Kinds, sanctions: Sanctions) -> Rulebook:
    """Ladders as arrays. Names must have been checked before (``sim.config`` does)."""
    ladders = [params.ladders.get(name, params.ladders["default"]) for name in kinds.names]
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
        accounts_per_identity=registration.accounts_per_identity,
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
