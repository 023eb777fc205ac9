"""Joining: accounts that open, new or returned, and the registration rules that may refuse them.

A returning operator picks a new name; its likeness to the closed one is drawn from what real strings show
(:mod:`rectify.naming.similarity`), so a threshold means what a platform could implement. Bars are found on the closed
accounts of the operator's own block, which carry the sanction that left them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numpy as np

from rectify.core.draws import uniforms
from rectify.core.groups import group
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


class JoiningAccounts(NamedTuple):
    """Columns of accounts that joining reads."""

    operator: Array
    platform: Array
    kind: Array
    predecessor: Array
    closed_on: Array
    barred_by: Array
    barred_until: Array


class Registrants(NamedTuple):
    """Who registers: columns of operators, and the habits of their archetypes."""

    first_account: Array
    accounts: Array
    identities: Array
    archetype: Array
    disguise: Array
    """How far an archetype's names stray from the old ones."""
    borrows_share: Array
    """Returns of an archetype under another identity."""
    turnover: Array
    """Rate at which an archetype's operators give up, per day."""
    disguise_step: float
    """How much further a name strays after each refusal."""
    disguise_spread: float
    retry_days: float
    attempts_most: int


class RegistrationRules(NamedTuple):
    """What a registration is held against."""

    bars_name: Array
    """Names that a sanction bars; likewise whether it bars the identity, and where: by sanction."""
    bars_identity: Array
    bar_scope: Array
    name_thresholds: Array
    caps_from: Array
    """First day of each regime of caps."""
    caps: Array
    """Accounts that one identity may hold on a platform, int64 [regimes, archetypes]."""
    exempt_share: float
    real_name_rigour: Array
    """Share of registrations whose identity a platform checks."""
    similarity_quantiles: Array
    """Of how alike names of a variant are to the old ones, float32 [variants, quantiles]."""


@kernel
def _list_unopened(due, opened_on, unopened):  # type: ignore[no-untyped-def]
    """List the rows due whose account has not opened yet; returns how many. *unopened* is one longer than *due*.

    outputs: unopened
    """
    count = 0
    for j in range(len(due)):
        unopened[count] = due[j]
        count += opened_on[Index(due[j])] == NEVER
    return count


@kernel
def _list_barred(day, scale, accounts, rules, rows, names):  # type: ignore[no-untyped-def]
    """Count the names barred today by platform and likeness, in real units; returns how many *rows* are still barred.

    rows: accounts that may be barred; those that are come to stand first.

    outputs: rows, names
    """
    left, everywhere = 0, np.zeros(names.shape[1])
    names[:] = 0.0
    for i in range(len(rows)):
        row = rows[i]
        by = accounts.barred_by[row]
        if accounts.barred_until[row] <= day or by < 0:
            continue
        rows[left] = row
        left += 1
        if rules.bar_scope[by] == EVERYWHERE:
            everywhere[rules.bars_name[by]] += 1.0
        else:
            names[accounts.platform[row], rules.bars_name[by]] += scale
    for mode in range(len(everywhere)):
        for p in range(len(names)):
            names[p, mode] += everywhere[mode] * scale
    return left


@kernel
def _register(  # type: ignore[no-untyped-def]
    day, seed, rows, accounts, registrants, rules, namesake_alarm,
    activity, natural_audience, opened_on, left_on, next_day, identity, generation, name_variant, attempts, outcome,
):  # fmt: skip
    """Open the accounts *rows*, or refuse them and have them try again.

    namesake_alarm: chance that a blameless name is refused, by platform. outcome: 0 for those opened, else why not.

    outputs: activity, natural_audience, opened_on, left_on, next_day, identity, generation, name_variant, attempts,
        outcome
    """
    variants = len(rules.similarity_quantiles)
    caps = rules.caps[np.searchsorted(rules.caps_from, day, side="right") - 1]
    for i in range(len(rows)):
        row = rows[i]
        p, o, old = accounts.platform[row], accounts.operator[row], accounts.predecessor[row]
        a = registrants.archetype[o]
        u = uniforms(seed, Stream.REGISTRATION.value, row, day, 0)
        w = uniforms(seed, Stream.REGISTRATION.value, row, day, 1)
        checked = u[2] < rules.real_name_rigour[p]
        refused = 0
        first, last = registrants.first_account[o], registrants.first_account[o] + registrants.accounts[o]
        if old >= 0 and accounts.closed_on[old] > day:
            # The closure has been reversed meanwhile: there is nothing to come back for.
            next_day[row] = NEVER
            outcome[i] = WITHDRAWN
            continue
        if old >= 0:
            # After any refusal an operator with several identities tries the next one: it is not told why.
            if attempts[row] > 0 or u[3] < registrants.borrows_share[a]:
                identity[row] = (identity[old] + 1 + attempts[row]) % registrants.identities[o]
            else:
                identity[row] = identity[old]
            further = registrants.disguise_step * attempts[row]
            stray = registrants.disguise[a] + further + registrants.disguise_spread * normal(u[0])
            variant = int(min(1.0, max(0.0, stray)) * (variants - 1) + 0.5)
            name_variant[row] = variant
            generation[row] = min(127, generation[old] + 1)
            # Diligence and appeal are the operator's, and come along.
            activity[row] = activity[old]
            natural_audience[row] = natural_audience[old]
            likeness = draw_similarity(u[1], rules.similarity_quantiles[variant])
            for other in range(first, last):
                if accounts.closed_on[other] > day or accounts.barred_until[other] <= day:
                    continue
                sanction = accounts.barred_by[other]
                if rules.bar_scope[sanction] != EVERYWHERE and accounts.platform[other] != p:
                    continue
                bars = rules.bars_name[sanction]
                if bars > 0 and likeness >= rules.name_thresholds[bars]:
                    refused = REFUSED_NAME
                elif rules.bars_identity[sanction] and identity[other] == identity[row] and checked:
                    refused = REFUSED_IDENTITY
        elif w[0] < namesake_alarm[p]:
            refused = REFUSED_NAMESAKE
        if refused == 0 and checked:
            held = 0
            for other in range(first, last):
                there = opened_on[other] <= day and accounts.closed_on[other] > day and left_on[other] > day
                held += there and accounts.platform[other] == p and identity[other] == identity[row]
            if held >= caps[a] and uniforms(seed, Stream.CAP_EXEMPTION.value, o, 0, 0)[0] >= rules.exempt_share:
                refused = REFUSED_CAP
        if refused == 0:
            opened_on[row] = day
            left_on[row] = min(NEVER, day + 1 + days_before(w[3], registrants.turnover[a]))
            next_day[row] = min(left_on[row], day + 1 + days_before(w[2], activity[row]))
        else:
            attempts[row] += 1
            if attempts[row] >= registrants.attempts_most:
                next_day[row] = NEVER
            else:
                next_day[row] = min(NEVER, day + 1 + geometric(w[1], 1.0 / registrants.retry_days))
        outcome[i] = refused


@kernel
def _count_outcomes(  # type: ignore[no-untyped-def]
    day, rows, outcome, accounts,
    opened, returned, days_to_return, moved, refused_name, refused_identity, refused_cap, refused_namesakes,
):  # fmt: skip
    """Count what became of the registrations of the accounts *rows*.

    outputs: opened, returned, days_to_return, moved, refused_name, refused_identity, refused_cap, refused_namesakes
    """
    for i in range(len(rows)):
        p, k, old = accounts.platform[rows[i]], accounts.kind[rows[i]], accounts.predecessor[rows[i]]
        if outcome[i] == 0 and old < 0:
            opened[p, k] += 1.0
        elif outcome[i] == 0:
            returned[p, k] += 1.0
            days_to_return[p, k] += day - accounts.closed_on[old]
            moved[p, k] += p != accounts.platform[old]
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

    accounts: JoiningAccounts
    registrants: Registrants
    rules: RegistrationRules
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
        world, policy, names = setup.world, setup.policy, similarity_table()
        thresholds = policy.rulebook.name_thresholds
        return cls(
            group(JoiningAccounts, world.accounts),
            group(Registrants, world.operators, setup.archetypes, setup.params(JoiningParams)),
            group(
                RegistrationRules,
                policy.sanctions,
                policy.rulebook,
                caps=policy.rulebook.caps[:, policy.archetype_organisation.view(np.int8)].copy(),
                real_name_rigour=setup.by_platform("real_name_rigour"),
                similarity_quantiles=names.quantiles,
            ),
            namesake_pair_alarm=np.array([0.0, *(names.pair_rate(float(t)) for t in thresholds[1:])]),
        )

    def _namesake_alarm(self, world: World) -> Array:
        """Chance that a blameless new name resembles one on the platform's list of closed names, float [platforms]."""
        policy = world.policy
        if not policy.rulebook.screens_closed_names or len(world.barred_accounts) == 0:
            return np.zeros(len(policy.platform_names))
        passes = (1.0 - self.namesake_pair_alarm) ** world.barred_names
        return np.asarray(1.0 - passes.prod(axis=1))

    def _list_barred_names(self, world: World, day: int) -> None:
        """Bring the list of names barred today up to date: bars that are over, or lifted on appeal, fall off it."""
        rows = world.barred_accounts.array
        if len(rows) == 0:
            return  # the list was emptied when the last bar ended
        left = _list_barred.serial(day, world.scale, self.accounts, self.rules, rows, world.barred_names)
        if left < len(rows):
            world.barred_accounts.keep(np.arange(left))

    def step(self, world: World, turn: Turn) -> None:
        """Open or refuse the rows due that have not opened yet; fill ``turn.opened``."""
        accounts = world.accounts
        self._list_barred_names(world, turn.day)
        unopened = np.empty(len(turn.due) + 1, np.int32)
        rows = unopened[: _list_unopened.serial(turn.due, accounts.opened_on, unopened)]
        if len(rows) == 0:
            return
        outcome = np.zeros(len(rows), np.int8)
        _register.serial(
            turn.day, world.seed, rows, self.accounts, self.registrants, self.rules,
            self._namesake_alarm(world), accounts.activity, accounts.natural_audience, accounts.opened_on,
            accounts.left_on, accounts.next_day, accounts.identity, accounts.generation, accounts.name_variant,
            accounts.attempts, outcome,
        )  # fmt: skip
        turn.opened.put(rows[outcome == 0])
        _count_outcomes.serial(
            turn.day, rows, outcome, self.accounts,
            *world.counters.several(
                "opened", "returned", "days_to_return", "moved", "refused_name", "refused_identity", "refused_cap",
                "refused_namesakes",
            ),
        )  # fmt: skip
