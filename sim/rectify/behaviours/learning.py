"""Learning: how certain punishment seems, from own sanctions, from those of others, and from announcements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from rectify.behaviours.perception import LearningParams, remembered
from rectify.core.kernel import kernel
from rectify.world.setup import Setup
from rectify.world.turn import Turn
from rectify.world.world import World


@kernel
def _remember(  # type: ignore[no-untyped-def]
    day, account, platform, kind, punishes, operator, own_step, half_life,
    experience, learnt_on, sanctions_observed,
):  # fmt: skip
    """Have operators learn from sanctions of their own, and count them as others see them.

    account, platform, kind, punishes: by decision; operator: by account; own_step: share of the gap to certainty that
    a sanction closes; half_life: of the memory, days; sanctions_observed: by platform and kind.

    outputs: experience, learnt_on, sanctions_observed
    """
    for i in range(len(account)):
        if not punishes[i]:
            continue
        o = operator[account[i]]
        now = remembered(experience[o], learnt_on[o], day, half_life)
        experience[o] = now + (1.0 - now) * own_step
        learnt_on[o] = day
        sanctions_observed[platform[i], kind[i]] += 1.0


@kernel
def _look_around(  # type: ignore[no-untyped-def]
    violators, sanctions_seen, notified, ladder_severity, kept_observed, kept_announced, kept_severity,
    active_violators, observed, announced, severity,
):  # fmt: skip
    """Move what people on each platform believe about each kind by what they saw and were told today.

    kept_observed, kept_announced, kept_severity: shares of memories left after a day; the others by platform and kind.

    outputs: active_violators, observed, announced, severity
    """
    for p in range(observed.shape[0]):
        for k in range(observed.shape[1]):
            active = kept_observed * active_violators[p, k] + (1.0 - kept_observed) * violators[p, k]
            active_violators[p, k] = active
            rate = sanctions_seen[p, k] / max(1.0, active)
            observed[p, k] = kept_observed * observed[p, k] + (1.0 - kept_observed) * min(1.0, rate)
            announced[p, k] = max(announced[p, k] * kept_announced, notified[p, k])
            harsher = (severity[p, k] - ladder_severity[p, k]) * kept_severity
            severity[p, k] = ladder_severity[p, k] + max(0.0, harsher)


def _kept_a_day(half_life: float) -> float:
    """Share of a memory that is left after a day."""
    return float(2.0 ** (-1.0 / half_life))


@dataclass(frozen=True)
class Learning:
    """Operators learn from their own sanctions; everyone on a platform from those observed and announced there."""

    params: LearningParams
    kept: tuple[float, float, float]
    """Shares of memories left after a day: of what was observed, of announcements, of harsher days."""
    phase: ClassVar[str] = "learning"
    reads: ClassVar[tuple[str, ...]] = (
        "accounts.operator", "turn.decisions", "counters.authors", "counters.buyers", "conditions.notified",
        "conditions.ladder_severity", "world.active_campaigns",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "operators.experience", "operators.learnt_on", "conditions.observed", "conditions.announced",
        "conditions.severity", "world.active_violators",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        params = setup.params(LearningParams)
        half_lives = params.observed_half_life, params.announced_half_life, params.severity_half_life
        observed, announced, severity = map(_kept_a_day, half_lives)
        return cls(params, (observed, announced, severity))

    def step(self, world: World, turn: Turn) -> None:
        """Update operators' experience, and the conditions ``observed``, ``announced`` and ``severity``."""
        params, operators, conditions = self.params, world.operators, world.conditions
        decisions, sanctions_observed = turn.decisions, np.zeros(conditions.observed.shape)
        if len(decisions):
            _remember.serial(
                turn.day, decisions.column("account"), decisions.column("platform"), decisions.column("kind"),
                decisions.column("lesser") | decisions.column("closes"), world.accounts.operator, params.own_step,
                params.own_half_life, operators.experience, operators.learnt_on, sanctions_observed,
            )  # fmt: skip
        # Buyers of posters and followers are violators too, of the kind about faked popularity.
        violators = world.counters["authors"] + world.counters["buyers"]
        _look_around.serial(
            violators, params.observed_weight * sanctions_observed, conditions.notified, conditions.ladder_severity,
            *self.kept, world.active_violators, conditions.observed, conditions.announced, conditions.severity,
        )  # fmt: skip
        for campaign in world.active_campaigns:
            reach = campaign.publicity * np.outer(campaign.under_way(turn.day), campaign.on_kind)
            np.maximum(conditions.announced, reach, out=conditions.announced)
