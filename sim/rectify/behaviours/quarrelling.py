"""Quarrelling: what sets people against each other is answered in kind, the more of it is about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rectify.world.world import Turn, World


@dataclass(frozen=True)
class Quarrelling:
    """Posts of kinds that quarrel provoke others of their kind on the platform to answer tomorrow."""

    phase: str = "learning"
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()

    def step(self, world: World, turn: Turn) -> None:
        """Set the condition ``provocation``: a kind's contagion times its share of today's views on the platform."""
        contagion = world.policy.kinds.contagion
        if not np.count_nonzero(contagion):
            return
        views = world.tallies["views"]
        seen = views.sum(axis=1, keepdims=True)
        share = np.divide(views[:, :-1], seen, out=np.zeros_like(world.conditions.provocation), where=seen > 0.0)
        world.conditions.provocation[:] = contagion * share
