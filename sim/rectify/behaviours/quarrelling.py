"""Quarrelling: what sets people against each other is answered in kind, the more of it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from rectify.world.setup import Setup
from rectify.world.turn import Turn
from rectify.world.world import World


@dataclass(frozen=True)
class Quarrelling:
    """Posts of kinds that quarrel provoke others of their kind on the platform to answer tomorrow."""

    phase: ClassVar[str] = "learning"
    reads: ClassVar[tuple[str, ...]] = (
        "counters.views",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "conditions.provocation",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        return cls()

    def step(self, world: World, turn: Turn) -> None:
        """Set the condition ``provocation``: a kind's contagion times its share of today's views on the platform."""
        contagion = world.policy.kinds.contagion
        if not np.count_nonzero(contagion):
            return
        views = world.counters["views"]
        seen = views.sum(axis=1, keepdims=True)
        share = np.divide(views[:, :-1], seen, out=np.zeros_like(world.conditions.provocation), where=seen > 0.0)
        world.conditions.provocation[:] = contagion * share
