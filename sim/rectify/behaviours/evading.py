"""Evading: what an operator does after a closure — give up, or wait and return, here or on another platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from rectify.behaviours.perception import LearningParams, perceived_certainty, remembered
from rectify.core.draws import uniforms
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


@kernel
def _evade(  # type: ignore[no-untyped-def]
    day, seed, rows, operator, kind, opened_on, attempts, first_account, accounts_held, archetype, experience,
    learnt_on, half_life, observed, announced, return_share, return_days, moves_share, deterrence, platform_cumulative,
    platform, predecessor, next_day, outcome,
):  # fmt: skip
    for i in range(len(rows)):
        row = rows[i]
        o, p, k = operator[row], platform[row], kind[row]
        a = archetype[o]
        u = uniforms(seed, Stream.EVASION.value, row, day, 0)
        w = uniforms(seed, Stream.EVASION.value, row, day, 1)
        own = remembered(experience[o], learnt_on[o], day, half_life)
        certainty = perceived_certainty(own, observed[p, k], announced[p, k])
        outcome[i] = DETERRED
        if u[0] >= return_share[a] * (1.0 - deterrence * certainty):
            continue
        outcome[i] = NO_ROOM
        for spare in range(first_account[o], first_account[o] + accounts_held[o]):
            if opened_on[spare] != NEVER or next_day[spare] != NEVER or predecessor[spare] >= 0 or attempts[spare] > 0:
                continue  # opened, about to be, kept for another return, or refused too often
            predecessor[spare] = row
            platform[spare] = p
            if u[2] < moves_share[a] and platform_cumulative.shape[1] > 1:
                target = choice(w[0], platform_cumulative[k])
                platform[spare] = target if target != p else (p + 1) % platform_cumulative.shape[1]
            next_day[spare] = min(NEVER, day + 1 + geometric(u[1], 1.0 / return_days[a]))
            outcome[i] = RETURNS
            break


@dataclass(frozen=True)
class Evading:
    """After a closure an operator gives up, or prepares a spare account to return with, perhaps on another platform."""

    params: EvadingParams
    return_share: Array
    return_days: Array
    moves_share: Array
    platform_shares: Array
    memory_half_life: float
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
        who = setup.archetypes
        memory = setup.params(LearningParams).own_half_life
        shares = setup.by_platform("account_share")
        return cls(setup.params(EvadingParams), who.return_share, who.return_days, who.moves_share, shares, memory)

    def _attraction(self, world: World) -> Array:
        """Running shares of platforms in where those who move go, by kind: float64 [kinds, platforms]."""
        conditions = world.conditions
        certainty = perceived_certainty(0.0, conditions.observed, conditions.announced)
        weight = self.platform_shares[:, None] * np.exp(-self.params.risk_avoidance * certainty)
        return np.ascontiguousarray(np.cumsum(weight / weight.sum(axis=0), axis=0).T)

    def step(self, world: World, turn: Turn) -> None:
        """Schedule the returns of operators whose accounts were closed today."""
        accounts, operators, conditions = world.accounts, world.operators, world.conditions
        rows = turn.closed.array
        if len(rows) == 0:
            return
        where = (accounts.platform[rows], accounts.kind[rows])
        outcome = np.zeros(len(rows), np.int8)
        _evade.serial(
            turn.day, world.seed, rows, accounts.operator, accounts.kind, accounts.opened_on, accounts.attempts,
            operators.first_account, operators.accounts, operators.archetype, operators.experience, operators.learnt_on,
            self.memory_half_life, conditions.observed, conditions.announced, self.return_share, self.return_days,
            self.moves_share, self.params.deterrence, self._attraction(world), accounts.platform, accounts.predecessor,
            accounts.next_day, outcome,
        )  # fmt: skip
        for name, result in (("will_return", RETURNS), ("deterred_from_return", DETERRED), ("no_room", NO_ROOM)):
            world.counters.count(name, *where, amount=outcome == result)
