"""Caps on accounts per identity: who holds too many when a cap is lowered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from rectify.core.draws import uniform
from rectify.core.kernel import kernel
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World


@kernel
def _close_surplus(  # type: ignore[no-untyped-def]
    day, seed, first_account, accounts_held, archetype, caps, exempt_share, platforms, identities, platform, identity,
    opened_on, left_on, closed_on, surplus,
):  # fmt: skip
    held = np.zeros((platforms, identities.max()), np.int64)
    count = 0
    for o in range(len(first_account)):
        if uniform(seed, Stream.CAP_EXEMPTION.value, o, 0, 0) < exempt_share:
            continue
        held[:, : identities[o]] = 0
        for row in range(first_account[o], first_account[o] + accounts_held[o]):
            if opened_on[row] > day or closed_on[row] <= day or left_on[row] <= day:
                continue
            held[platform[row], identity[row]] += 1
            if held[platform[row], identity[row]] > caps[archetype[o]]:
                surplus[count] = row
                count += 1
    return count


@dataclass(frozen=True)
class ClosingSurplus:
    """On the day a cap on accounts per identity is lowered without grandfathering, accounts above it are closed."""

    phase: ClassVar[str] = "applying"
    reads: ClassVar[tuple[str, ...]] = (
        "accounts.platform", "accounts.kind", "accounts.identity", "accounts.opened_on", "accounts.left_on",
        "accounts.closed_on", "operators.first_account", "operators.accounts", "operators.archetype",
        "operators.identities",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "turn.surplus", "counters.closed_surplus",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        return cls()

    def step(self, world: World, turn: Turn) -> None:
        """Of an identity's accounts on a platform the first rows stay; the others are closed with ``turn.surplus``."""
        rulebook, accounts, operators = world.policy.rulebook, world.accounts, world.operators
        if rulebook.grandfathering or turn.day not in rulebook.caps_from[1:]:
            return
        surplus = np.empty(len(accounts), np.int32)
        count = _close_surplus.serial(
            turn.day, world.seed, operators.first_account, operators.accounts, operators.archetype,
            rulebook.caps_on(turn.day, world.policy.archetype_organisation), rulebook.exempt_share,
            len(world.policy.platform_names), operators.identities, accounts.platform, accounts.identity,
            accounts.opened_on, accounts.left_on, accounts.closed_on, surplus,
        )  # fmt: skip
        rows = surplus[:count]
        turn.surplus.put(rows)
        world.counters.count("closed_surplus", accounts.platform[rows], accounts.kind[rows])
