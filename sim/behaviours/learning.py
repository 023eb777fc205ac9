"""Learning: how certain punishment seems, from own sanctions, from those seen around, and from announcements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.behaviours.perception import remembered
from sim.core.kernel import kernel
from sim.core.params import Params, uncertainty
from sim.world.world import Turn, World


class LearningParams(Params):
    """How perceived certainty rises and is forgotten."""

    own_step: float = uncertainty("0 to 1", "Share of the gap to certainty that one own sanction closes.", ge=0, le=1)
    own_half_life: float = uncertainty("days", "Half-life of the memory of own sanctions.", gt=0, le=36500)
    seen_half_life: float = uncertainty("days", "Half-life of the memory of sanctions around.", gt=0, le=36500)
    seen_weight: float = uncertainty(
        "ratio", "How visible others' sanctions are: weight of the share of active violators sanctioned.", ge=0, le=1000
    )
    announced_half_life: float = uncertainty("days", "Half-life of the memory of an announcement.", gt=0, le=36500)
    severity_half_life: float = uncertainty("days", "Half-life of the memory of harsher days.", gt=0, le=36500)


@kernel
def _remember(day, account, operator, own_step, half_life, experience, learnt_on):  # type: ignore[no-untyped-def]
    for i in range(len(account)):
        o = operator[account[i]]
        now = remembered(experience[o], learnt_on[o], day, half_life)
        experience[o] = now + (1.0 - now) * own_step
        learnt_on[o] = day


@dataclass(frozen=True)
class Learning:
    """Operators learn from their own sanctions; everyone on a platform from those seen and announced there."""

    params: LearningParams
    phase: str = "learning"
    reads: tuple[str, ...] = ("accounts.operator",)
    writes: tuple[str, ...] = ("operators.experience", "operators.learnt_on")

    def step(self, world: World, turn: Turn) -> None:
        """Update operators' experience, and the conditions ``seen``, ``announced`` and ``severity``."""
        params, operators, conditions = self.params, world.operators, world.conditions
        decisions = turn.decisions
        sanctioned = np.flatnonzero(decisions.column("lesser") | decisions.column("closes"))
        _remember.serial(
            turn.day, decisions.column("account")[sanctioned], world.accounts.operator, params.own_step,
            params.own_half_life, operators.experience, operators.learnt_on,
        )  # fmt: skip
        keep = 2.0 ** (-1.0 / params.seen_half_life)
        # Buyers of posters and followers are violators too, of the kind about faked popularity.
        active = (world.tallies["authors"] + world.tallies["buyers"])[:, :-1]
        world.violators_around[:] = keep * world.violators_around + (1.0 - keep) * active
        around = np.zeros_like(conditions.seen)
        np.add.at(around, (decisions.column("platform")[sanctioned], decisions.column("kind")[sanctioned]), 1.0)
        rate = params.seen_weight * around / np.maximum(1.0, world.violators_around)
        conditions.seen[:] = keep * conditions.seen + (1.0 - keep) * np.minimum(1.0, rate)
        conditions.announced *= 2.0 ** (-1.0 / params.announced_half_life)
        for campaign in world.active_campaigns:
            reach = campaign.publicity * np.outer(campaign.under_way(turn.day), campaign.on_kind)
            np.maximum(conditions.announced, reach, out=conditions.announced)
        np.maximum(conditions.announced, conditions.notified, out=conditions.announced)
        harsher = (conditions.severity - conditions.ladder_severity) * 2.0 ** (-1.0 / params.severity_half_life)
        conditions.severity[:] = conditions.ladder_severity + np.maximum(0.0, harsher)
