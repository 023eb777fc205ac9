"""Evading: what an operator does after a closure — give up, or wait and return, here or on another platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numpy as np

from rectify.behaviours.perception import Perception, perceived_certainty, remembered, shared_perception
from rectify.core.draws import uniforms
from rectify.core.groups import group
from rectify.core.kernel import kernel
from rectify.core.params import Params, uncertainty
from rectify.core.sampling import choice, geometric
from rectify.core.table import NEVER, Array
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World

RETURNS, DETERRED, NO_ROOM = 1, 2, 3


class EvadingParams(Params):
    """Whether to come back."""

    deterrence: float = uncertainty(
        "0 to 1",
        "How far perceived certainty lowers the share who try to return: (1 − deterrence · certainty).",
        ge=0,
        le=1,
    )
    risk_avoidance: float = uncertainty(
        "ratio",
        "How strongly those who move shun strict platforms: weight ∝ size · exp(−avoidance · certainty).",
        ge=0,
        le=100,
    )


class EvadingAccounts(NamedTuple):
    """Columns of accounts that evading reads."""

    operator: Array
    kind: Array
    opened_on: Array
    attempts: Array


class Evaders(NamedTuple):
    """Who may come back: columns of operators, and the habits of their archetypes."""

    first_account: Array
    accounts: Array
    archetype: Array
    return_share: Array
    """Closures after which an archetype tries to return, fearing nothing."""
    return_days: Array
    """Mean wait of an archetype before it does."""
    moves_share: Array
    """Returns of an archetype that go to another platform."""
    deterrence: float


@kernel
def _evade(  # type: ignore[no-untyped-def]
    day, seed, rows, accounts, evaders, perception, platform_cumulative,
    platform, predecessor, next_day, outcome,
):  # fmt: skip
    """Decide whether the operators of the accounts *rows*, closed today, will return, when, and on which platform.

    platform_cumulative: running shares of platforms in where those who move go, by kind, float64 [kinds, platforms].

    outputs: platform, predecessor, next_day, outcome
    """
    platforms = platform_cumulative.shape[1]
    for i in range(len(rows)):
        row = rows[i]
        o, p, k = accounts.operator[row], platform[row], accounts.kind[row]
        a = evaders.archetype[o]
        u = uniforms(seed, Stream.EVASION.value, row, day, 0)
        w = uniforms(seed, Stream.EVASION.value, row, day, 1)
        own = remembered(perception.experience[o], perception.learnt_on[o], day, perception.half_life)
        certainty = perceived_certainty(own, perception.observed[p, k], perception.announced[p, k])
        outcome[i] = DETERRED
        if u[0] >= evaders.return_share[a] * (1.0 - evaders.deterrence * certainty):
            continue
        outcome[i] = NO_ROOM
        for spare in range(evaders.first_account[o], evaders.first_account[o] + evaders.accounts[o]):
            if accounts.opened_on[spare] != NEVER or next_day[spare] != NEVER:
                continue  # opened, or about to be
            if predecessor[spare] >= 0 or accounts.attempts[spare] > 0:
                continue  # kept for another return, or refused too often
            predecessor[spare] = row
            platform[spare] = p
            if u[2] < evaders.moves_share[a] and platforms > 1:
                target = choice(w[0], platform_cumulative[k])
                platform[spare] = target if target != p else (p + 1) % platforms
            next_day[spare] = min(NEVER, day + 1 + geometric(u[1], 1.0 / evaders.return_days[a]))
            outcome[i] = RETURNS
            break


@dataclass(frozen=True)
class Evading:
    """After a closure an operator gives up, or prepares a spare account to return with, perhaps on another platform."""

    params: EvadingParams
    platform_shares: Array
    accounts: EvadingAccounts
    evaders: Evaders
    perception: Perception
    phase: ClassVar[str] = "evading"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.closed", "accounts.operator", "accounts.kind", "accounts.opened_on", "accounts.attempts",
        "operators.first_account", "operators.accounts", "operators.archetype", "operators.experience",
        "operators.learnt_on", "conditions.observed", "conditions.announced",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "accounts.platform", "accounts.predecessor", "accounts.next_day", "counters.will_return",
        "counters.deterred_from_return", "counters.no_room",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        params, world = setup.params(EvadingParams), setup.world
        return cls(
            params,
            setup.by_platform("account_share"),
            group(EvadingAccounts, world.accounts),
            group(Evaders, world.operators, setup.archetypes, params),
            setup.once(shared_perception, setup),
        )

    def _attraction(self, world: World) -> Array:
        """Running shares of platforms in where those who move go, by kind: float64 [kinds, platforms]."""
        conditions = world.conditions
        certainty = perceived_certainty(0.0, conditions.observed, conditions.announced)
        weight = self.platform_shares[:, None] * np.exp(-self.params.risk_avoidance * certainty)
        return np.ascontiguousarray(np.cumsum(weight / weight.sum(axis=0), axis=0).T)

    def step(self, world: World, turn: Turn) -> None:
        """Schedule the returns of operators whose accounts were closed today."""
        accounts, rows = world.accounts, turn.closed.array
        if len(rows) == 0:
            return
        where = (accounts.platform[rows], accounts.kind[rows])
        outcome = np.zeros(len(rows), np.int8)
        _evade.serial(
            turn.day, world.seed, rows, self.accounts, self.evaders, self.perception, self._attraction(world),
            accounts.platform, accounts.predecessor, accounts.next_day, outcome,
        )  # fmt: skip
        for name, result in (("will_return", RETURNS), ("deterred_from_return", DETERRED), ("no_room", NO_ROOM)):
            world.counters.count(name, *where, amount=outcome == result)
