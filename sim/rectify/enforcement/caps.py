"""Caps on accounts per identity: who holds too many when a cap is lowered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numpy as np

from rectify.core.draws import uniform
from rectify.core.groups import group
from rectify.core.kernel import kernel
from rectify.core.table import Array
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World


class CappedAccounts(NamedTuple):
    """Columns of accounts that caps look at."""

    platform: Array
    identity: Array
    opened_on: Array
    left_on: Array
    closed_on: Array


class Holders(NamedTuple):
    """Columns of operators that caps look at."""

    first_account: Array
    accounts: Array
    archetype: Array
    identities: Array


@kernel
def _close_surplus(  # type: ignore[no-untyped-def]
    day, seed, accounts, operators, caps, exempt_share, platforms,
    surplus,
):  # fmt: skip
    """List the rows of open accounts above *caps*, by archetype, on a number of *platforms*; how many there are.

    outputs: surplus
    """
    held = np.zeros((platforms, operators.identities.max()), np.int64)
    count = 0
    for o in range(len(operators.first_account)):
        if uniform(seed, Stream.CAP_EXEMPTION.value, o, 0, 0) < exempt_share:
            continue
        first = operators.first_account[o]
        held[:, : operators.identities[o]] = 0
        for row in range(first, first + operators.accounts[o]):
            if accounts.opened_on[row] > day or accounts.closed_on[row] <= day or accounts.left_on[row] <= day:
                continue
            p, identity = accounts.platform[row], accounts.identity[row]
            held[p, identity] += 1
            if held[p, identity] > caps[operators.archetype[o]]:
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
        rulebook, accounts = world.policy.rulebook, world.accounts
        if rulebook.grandfathering or turn.day not in rulebook.caps_from[1:]:
            return
        surplus = np.empty(len(accounts), np.int32)
        count = _close_surplus.serial(
            turn.day, world.seed, group(CappedAccounts, accounts), group(Holders, world.operators),
            rulebook.caps_on(turn.day, world.policy.archetype_organisation), rulebook.exempt_share,
            len(world.policy.platform_names), surplus,
        )  # fmt: skip
        rows = surplus[:count]
        turn.surplus.put(rows)
        world.counters.count("closed_surplus", accounts.platform[rows], accounts.kind[rows])
