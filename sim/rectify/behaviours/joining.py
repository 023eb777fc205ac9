"""Joining: accounts that open, new or returned, and the registration rules that may refuse them.

A returning operator picks a new name; its likeness to the closed one is drawn from what real strings show
(:mod:`rectify.naming.similarity`), so a threshold means what a platform could implement. Bars are found on the closed
accounts of the operator's own block, which carry the sanction that left them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from rectify.core.draws import uniforms
from rectify.core.kernel import Index, kernel
from rectify.core.params import Params, uncertainty
from rectify.core.sampling import days_before, geometric, normal
from rectify.core.table import NEVER, Array
from rectify.naming.similarity import draw_similarity, similarity_table
from rectify.policy.sanctions import SCOPES
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World

EVERYWHERE = SCOPES.index("all")
REFUSED_NAME, REFUSED_IDENTITY, REFUSED_CAP, REFUSED_NAMESAKE, WITHDRAWN = 1, 2, 3, 4, 5


class JoiningParams(Params):
    """Registering, and trying again after a refusal."""

    retry_days: float = uncertainty("days", "Mean wait after a refusal, geometric, at least one day.", ge=1, le=365)
    attempts_most: int = uncertainty("count", "Refusals after which an operator gives up.", ge=1, le=100)
    disguise_step: float = uncertainty("0 to 1", "How much further a name strays after each refusal.", ge=0, le=1)
    disguise_spread: float = uncertainty(
        "0 to 1", "Standard deviation of that choice between registrations.", ge=0, le=1
    )


@kernel
def _list_unopened(due, opened_on, unopened):  # type: ignore[no-untyped-def]
    count = 0
    for j in range(len(due)):
        unopened[count] = due[j]
        count += opened_on[Index(due[j])] == NEVER
    return count


@kernel
def _list_barred(  # type: ignore[no-untyped-def]
    day, rows, barred_until, barred_by, platform, bars_name, bar_scope, scale, names,
):  # fmt: skip
    left, everywhere = 0, np.zeros(names.shape[1])
    names[:] = 0.0
    for i in range(len(rows)):
        row = rows[i]
        by = barred_by[row]
        if barred_until[row] <= day or by < 0:
            continue
        rows[left] = row
        left += 1
        if bar_scope[by] == EVERYWHERE:
            everywhere[bars_name[by]] += 1.0
        else:
            names[platform[row], bars_name[by]] += scale
    for mode in range(len(everywhere)):
        for p in range(len(names)):
            names[p, mode] += everywhere[mode] * scale
    return left


@kernel
def _register(  # type: ignore[no-untyped-def]
    day, seed, rows, operator, platform, predecessor, closed_on, barred_by, barred_until, first_account, accounts_held,
    identities, archetype, disguise, borrows, turnover, bars_name, bars_identity, bar_scope, name_thresholds, caps,
    exempt_share, namesake_alarm, rigour, similarity_quantiles, retry_days, attempts_most, disguise_step,
    disguise_spread, activity, natural_audience, opened_on, left_on, next_day, identity, generation, name_variant,
    attempts, outcome,
):  # fmt: skip
    variants = len(similarity_quantiles)
    for i in range(len(rows)):
        row = rows[i]
        p, o, old = platform[row], operator[row], predecessor[row]
        u = uniforms(seed, Stream.REGISTRATION.value, row, day, 0)
        w = uniforms(seed, Stream.REGISTRATION.value, row, day, 1)
        checked = u[2] < rigour[p]
        refused = 0
        first, last = first_account[o], first_account[o] + accounts_held[o]
        if old >= 0 and closed_on[old] > day:
            # The closure has been reversed meanwhile: there is nothing to come back for.
            next_day[row] = NEVER
            outcome[i] = WITHDRAWN
            continue
        if old >= 0:
            # After any refusal an operator with several identities tries the next one: it is not told why.
            if attempts[row] > 0 or u[3] < borrows[archetype[o]]:
                identity[row] = (identity[old] + 1 + attempts[row]) % identities[o]
            else:
                identity[row] = identity[old]
            stray = disguise[archetype[o]] + disguise_step * attempts[row] + disguise_spread * normal(u[0])
            variant = int(min(1.0, max(0.0, stray)) * (variants - 1) + 0.5)
            name_variant[row] = variant
            generation[row] = min(127, generation[old] + 1)
            # Diligence and appeal are the operator's, and come along.
            activity[row] = activity[old]
            natural_audience[row] = natural_audience[old]
            likeness = draw_similarity(u[1], similarity_quantiles[variant])
            for other in range(first, last):
                if closed_on[other] > day or barred_until[other] <= day:
                    continue
                sanction = barred_by[other]
                if bar_scope[sanction] != EVERYWHERE and platform[other] != p:
                    continue
                if bars_name[sanction] > 0 and likeness >= name_thresholds[bars_name[sanction]]:
                    refused = REFUSED_NAME
                elif bars_identity[sanction] and identity[other] == identity[row] and checked:
                    refused = REFUSED_IDENTITY
        elif w[0] < namesake_alarm[p]:
            refused = REFUSED_NAMESAKE
        if refused == 0 and checked:
            held = 0
            for other in range(first, last):
                there = opened_on[other] <= day and closed_on[other] > day and left_on[other] > day
                held += there and platform[other] == p and identity[other] == identity[row]
            if held >= caps[archetype[o]] and uniforms(seed, Stream.CAP_EXEMPTION.value, o, 0, 0)[0] >= exempt_share:
                refused = REFUSED_CAP
        if refused == 0:
            opened_on[row] = day
            left_on[row] = min(NEVER, day + 1 + days_before(w[3], turnover[archetype[o]]))
            next_day[row] = min(left_on[row], day + 1 + days_before(w[2], activity[row]))
        else:
            attempts[row] += 1
            if attempts[row] >= attempts_most:
                next_day[row] = NEVER
            else:
                next_day[row] = min(NEVER, day + 1 + geometric(w[1], 1.0 / retry_days))
        outcome[i] = refused


@kernel
def _count_outcomes(  # type: ignore[no-untyped-def]
    day, rows, outcome, platform, kind, predecessor, closed_on, opened, returned, days_to_return, moved, refused_name,
    refused_identity, refused_cap, refused_namesakes,
):  # fmt: skip
    for i in range(len(rows)):
        p, k, old = platform[rows[i]], kind[rows[i]], predecessor[rows[i]]
        if outcome[i] == 0 and old < 0:
            opened[p, k] += 1.0
        elif outcome[i] == 0:
            returned[p, k] += 1.0
            days_to_return[p, k] += day - closed_on[old]
            moved[p, k] += p != platform[old]
        elif outcome[i] == REFUSED_NAME:
            refused_name[p, k] += 1.0
        elif outcome[i] == REFUSED_IDENTITY:
            refused_identity[p, k] += 1.0
        elif outcome[i] == REFUSED_CAP:
            refused_cap[p, k] += 1.0
        elif outcome[i] == REFUSED_NAMESAKE:
            refused_namesakes[p, k] += 1.0


@dataclass(frozen=True)
class Joining:
    """New accounts and returns open, unless a closed name, a closed identity or the cap per identity refuses them."""

    params: JoiningParams
    disguise: Array
    borrows: Array
    turnover: Array
    rigour: Array
    similarity_quantiles: Array
    namesake_pair_alarm: Array
    """Chance that two unrelated names pass for one, by the places of NAMES_BARRED, float [4]."""
    phase: ClassVar[str] = "joining"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.due", "accounts.operator", "accounts.platform", "accounts.kind", "accounts.predecessor",
        "accounts.closed_on", "accounts.barred_by", "accounts.barred_until", "operators.first_account",
        "operators.accounts", "operators.identities", "operators.archetype",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "accounts.activity", "accounts.natural_audience", "accounts.opened_on", "accounts.left_on",
        "accounts.next_day", "accounts.identity", "accounts.generation", "accounts.name_variant", "accounts.attempts",
        "turn.opened", "world.barred_accounts", "world.barred_names", "counters.opened", "counters.returned",
        "counters.days_to_return", "counters.moved", "counters.refused_name", "counters.refused_identity",
        "counters.refused_cap", "counters.refused_namesakes",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        who, names = setup.archetypes, similarity_table()
        thresholds = setup.policy.rulebook.name_thresholds
        return cls(
            setup.params(JoiningParams),
            disguise=who.disguise,
            borrows=who.borrows_share,
            turnover=who.turnover,
            rigour=setup.by_platform("real_name_rigour"),
            similarity_quantiles=names.quantiles,
            namesake_pair_alarm=np.array([0.0, *(names.pair_rate(float(t)) for t in thresholds[1:])]),
        )

    def _namesake_alarm(self, world: World) -> Array:
        """Chance that a blameless new name resembles one on the platform's list of closed names, float [platforms]."""
        policy = world.policy
        if not policy.rulebook.screens_closed_names or len(world.barred_accounts) == 0:
            return np.zeros(len(policy.platform_names))
        passes = (1.0 - self.namesake_pair_alarm) ** world.barred_names
        return np.asarray(1.0 - passes.prod(axis=1))

    @staticmethod
    def _list_barred_names(world: World, day: int) -> None:
        """Bring the list of names barred today up to date: bars that are over, or lifted on appeal, fall off it."""
        accounts, sanctions = world.accounts, world.policy.sanctions
        rows = world.barred_accounts.array
        if len(rows) == 0:
            return  # the list was emptied when the last bar ended
        left = _list_barred.serial(
            day, rows, accounts.barred_until, accounts.barred_by, accounts.platform, sanctions.bars_name,
            sanctions.bar_scope, world.scale, world.barred_names,
        )  # fmt: skip
        world.barred_accounts.keep(np.arange(left))

    def step(self, world: World, turn: Turn) -> None:
        """Open or refuse the rows due that have not opened yet; fill ``turn.opened``."""
        accounts, operators, policy = world.accounts, world.operators, world.policy
        self._list_barred_names(world, turn.day)
        unopened = np.empty(len(turn.due) + 1, np.int32)
        rows = unopened[: _list_unopened.serial(turn.due, accounts.opened_on, unopened)]
        if len(rows) == 0:
            return
        outcome = np.zeros(len(rows), np.int8)
        sanctions, params = policy.sanctions, self.params
        _register.serial(
            turn.day, world.seed, rows, accounts.operator, accounts.platform, accounts.predecessor, accounts.closed_on,
            accounts.barred_by, accounts.barred_until, operators.first_account, operators.accounts,
            operators.identities, operators.archetype, self.disguise, self.borrows, self.turnover, sanctions.bars_name,
            sanctions.bars_identity, sanctions.bar_scope, policy.rulebook.name_thresholds,
            policy.rulebook.caps_on(turn.day, policy.archetype_organisation), policy.rulebook.exempt_share,
            self._namesake_alarm(world), self.rigour, self.similarity_quantiles,
            params.retry_days, params.attempts_most, params.disguise_step, params.disguise_spread, accounts.activity,
            accounts.natural_audience, accounts.opened_on, accounts.left_on, accounts.next_day, accounts.identity,
            accounts.generation, accounts.name_variant, accounts.attempts, outcome,
        )  # fmt: skip
        turn.opened.put(rows[outcome == 0])
        _count_outcomes.serial(
            turn.day, rows, outcome, accounts.platform, accounts.kind, accounts.predecessor, accounts.closed_on,
            *world.counters.several(
                "opened", "returned", "days_to_return", "moved", "refused_name", "refused_identity", "refused_cap",
                "refused_namesakes",
            ),
        )  # fmt: skip
