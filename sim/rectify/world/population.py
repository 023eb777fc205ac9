"""The population at day 0: operators of given archetypes, each with its block of account rows.

Every draw is keyed by the operator's or account's own row, and operators are laid out in one fixed order, so a larger
population holds the smaller one as its beginning: one more operator changes nobody else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

import numba
import numpy as np
from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, field_validator, model_validator
from pydantic_core import PydanticKnownError

from rectify.core.draws import uniforms
from rectify.core.groups import group
from rectify.core.kernel import device, kernel
from rectify.core.params import Params, size, uncertainty
from rectify.core.sampling import choice, days_before, lognormal, normal, power_law
from rectify.core.table import NEVER, Array, Column
from rectify.policy.kinds import Kinds
from rectify.policy.platforms import PlatformParams
from rectify.world.accounts import Accounts
from rectify.world.calendar import Calendar
from rectify.world.operators import ArchetypeParams, Operators
from rectify.world.streams import Stream

GOLDEN = 0.6180339887498949
"""Step of the additive recurrence that hands out archetypes: quotas are met almost exactly at every size."""

BLOCK = 16_384
BEFORE = -1
"""Day number for what happened before the run."""

OLDEST = 32_000
"""Days that an account's age at the start is cut at."""


class PopulationParams(Params):
    """How many accounts, what they stand for, and who is behind them."""

    accounts: Annotated[int, Field(ge=1, le=2_000_000_000)] | Literal["graph"] = size(
        "rows", "Account rows: open at the start, or still to be opened; graph: as many open as a follow graph names."
    )
    represents: float = size("accounts", "Real accounts that the rows open at the start stand for.", gt=0, le=1e11)
    activity_exponent: float = uncertainty("exponent", "Power law of posts a day across accounts.", gt=1, le=10)
    activity_minimum: float = uncertainty("posts per day", "Least activity of an open account.", gt=0, le=10)
    activity_maximum: float = uncertainty("posts per day", "Activity above this is set to it.", gt=0, le=500)
    shares: dict[str, float] = Field(description="Archetypes, with their share of the accounts open at the start.")

    @field_validator("accounts", mode="wrap")
    @classmethod
    def _a_number_unless_said(cls, value: Any, check: ValidatorFunctionWrapHandler) -> Any:
        try:
            return check(value)
        except ValidationError as error:  # told as of a number alone, not as of each thing that it might be
            first = error.errors()[0]
            raise PydanticKnownError(first["type"], first.get("ctx")) from None  # type: ignore[arg-type]

    @model_validator(mode="after")
    def _shares_add_up(self) -> PopulationParams:
        if not self.shares:
            raise ValueError("shares: name at least one archetype")
        if any(share < 0 for share in self.shares.values()):
            raise ValueError("shares: must not be negative")
        if not math.isclose(sum(self.shares.values()), 1.0, abs_tol=1e-6):
            raise ValueError(f"shares: must add up to 1, not {sum(self.shares.values()):.6g}")
        return self


@device
def place_of(operator):  # type: ignore[no-untyped-def]
    """Place of an operator in the additive recurrence, 0 to 1."""
    place = (operator + 0.5) * GOLDEN
    return place - math.floor(place)


@dataclass(frozen=True)
class Archetypes:
    """Archetypes in use as arrays [archetypes]; ``kind_cumulative`` is [platforms, archetypes, kinds]."""

    names: tuple[str, ...]
    lawful: Array
    accounts: Array
    block: Array
    identities: Array
    kind_cumulative: Array
    propensity: Array
    propensity_spread: Array
    gain_weight: Array
    risk_weight: Array
    activity_factor: Array
    audience_median: Array
    audience_spread: Array
    zombie_share: Array
    impersonates: Array
    return_share: Array
    return_days: Array
    moves_share: Array
    borrows_share: Array
    disguise: Array
    turnover: Array
    """Rate at which operators give up, per day."""
    chasing: Array
    hires: Array
    orders_served: Array


def kind_weights_by_platform(weights: Array, platforms: Iterable[PlatformParams], kinds: Kinds) -> Array:
    """Operators' mixes of kinds, *weights* [archetypes, kinds], as each platform shifts them: [platforms, …].

    An archetype none of whose kinds has weight on a platform keeps its own mix there.
    """
    factors = np.array([[platform.kind_weights.get(kind, 1.0) for kind in kinds.names] for platform in platforms])
    shifted = weights * factors[:, None, :]
    return np.where(shifted.sum(axis=-1, keepdims=True) > 0, shifted, weights)


def compile_archetypes(
    catalogue: dict[str, ArchetypeParams],
    shares: dict[str, float],
    kinds: Kinds,
    platforms: Mapping[str, PlatformParams],
) -> Archetypes:
    """Arrays of the archetypes that have a share, in alphabetical order."""
    names = tuple(sorted(name for name, share in shares.items() if share > 0))
    rows = [catalogue[name] for name in names]

    def numbers(field: str, dtype: type = np.float64) -> Array:
        return np.array([getattr(row, field) for row in rows], dtype)

    weights = np.array([[row.kinds.get(kind, 0.0) for kind in kinds.names] for row in rows])
    here = kind_weights_by_platform(weights, platforms.values(), kinds)
    return Archetypes(
        names=names,
        lawful=numbers("lawful", np.bool_),
        accounts=numbers("accounts", np.int64),
        block=numbers("accounts", np.int64) + numbers("spare_accounts", np.int64),
        identities=numbers("identities", np.int64),
        kind_cumulative=np.cumsum(here / here.sum(axis=-1, keepdims=True), axis=-1),
        propensity=numbers("propensity"),
        propensity_spread=numbers("propensity_spread"),
        gain_weight=numbers("gain_weight"),
        risk_weight=numbers("risk_weight"),
        activity_factor=numbers("activity_factor"),
        audience_median=numbers("audience_median"),
        audience_spread=numbers("audience_spread"),
        zombie_share=numbers("zombie_share"),
        impersonates=numbers("impersonates"),
        return_share=numbers("return_share"),
        return_days=numbers("return_days"),
        moves_share=numbers("moves_share"),
        borrows_share=numbers("borrows_share"),
        disguise=numbers("disguise"),
        turnover=numbers("turnover_per_year") / 365.0,
        chasing=numbers("chasing"),
        hires=numbers("hires"),
        orders_served=numbers("orders_served"),
    )


@kernel
def _sum_blocks(first_operator, cumulative, block, rows_taken):  # type: ignore[no-untyped-def]
    """Add up the rows that operators from *first_operator* on take, BLOCK operators at a time.

    cumulative: running shares of archetypes among operators; block: rows of an operator, by archetype.

    outputs: rows_taken
    """
    for piece in numba.prange(len(rows_taken)):
        rows = 0
        for o in range(first_operator + piece * BLOCK, first_operator + (piece + 1) * BLOCK):
            rows += block[choice(place_of(o), cumulative)]
        rows_taken[piece] = rows


@device
def _operators_on(first_operator, cumulative, block, rows):  # type: ignore[no-untyped-def]
    """Number of operators from *first_operator* on that take up *rows* rows, the last of them perhaps in part."""
    count, taken = 0, 0
    while taken < rows:
        taken += block[choice(place_of(first_operator + count), cumulative)]
        count += 1
    return count


@kernel
def _lay_out(cumulative, block, starts, rows, archetype, first_account, accounts):  # type: ignore[no-untyped-def]
    """Give every operator its archetype and its block of *rows* rows; *starts*: first row of each BLOCK operators.

    cumulative, block: as of :func:`_sum_blocks`.

    outputs: archetype, first_account, accounts
    """
    operators = len(archetype)
    for piece in numba.prange(len(starts)):
        row = starts[piece]
        for o in range(piece * BLOCK, min(operators, (piece + 1) * BLOCK)):
            archetype[o] = choice(place_of(o), cumulative)
            first_account[o] = row
            accounts[o] = min(block[archetype[o]], rows - row)
            row += block[archetype[o]]


def lay_out_operators(
    rows: int, shares: Array, archetypes: Archetypes, days: int, columns: Mapping[str, Column] | None = None
) -> Operators:
    """Operators with their archetype and block of rows, one block after another until *rows* rows are taken.

    The last operator's block is cut at the end of the table. Operators who arrive during the run are among them: for
    every operator there at the start, ``turnover * days`` more. Worked out in pieces, so that no array but the table
    grows with the population.
    """
    operators_open = shares / archetypes.accounts
    weights = operators_open * (1.0 + archetypes.turnover * days)
    cumulative = np.cumsum(weights / weights.sum())
    mean_block = float(np.sum(weights / weights.sum() * archetypes.block))
    taken = np.zeros(0, np.int64)
    while taken.sum() < rows:
        more = np.zeros(math.ceil((rows - taken.sum()) / mean_block / BLOCK), np.int64)
        _sum_blocks(len(taken) * BLOCK, cumulative, archetypes.block, more)
        taken = np.concatenate((taken, more))
    ends = np.cumsum(taken)
    pieces = int(np.searchsorted(ends, rows, side="left")) + 1
    starts = ends[:pieces] - taken[:pieces]
    before = (pieces - 1) * BLOCK
    operators = Operators(before + _operators_on(before, cumulative, archetypes.block, rows - starts[-1]), columns)
    _lay_out(
        cumulative, archetypes.block, starts, rows, operators.archetype, operators.first_account, operators.accounts
    )
    return operators


class ActivityLaw(NamedTuple):
    """Power law of posts a day."""

    exponent: float
    minimum: float
    maximum: float


class PlatformsAtStart(NamedTuple):
    """What platforms make of the population: running shares of accounts, and factors of the natural audience."""

    cumulative: Array
    audience: Array


class ArchetypesAtStart(NamedTuple):
    """What archetypes make of it, [archetypes]; see :class:`Archetypes`."""

    accounts: Array
    identities: Array
    kind_cumulative: Array
    propensity: Array
    propensity_spread: Array
    activity_factor: Array
    audience_median: Array
    audience_spread: Array
    impersonates: Array
    turnover: Array


class OperatorBlocks(NamedTuple):
    """Operators as they have been laid out."""

    archetype: Array
    first_account: Array
    accounts: Array


@kernel
def _settle(  # type: ignore[no-untyped-def]
    seed, days, law, platforms, archetypes, is_profile, blocks,
    identities, propensity, operator, platform, kind, identity, activity, natural_audience, impersonates_from,
    opened_on, left_on, next_day,
):  # fmt: skip
    """Draw what operators and their accounts are like, and which accounts are open, for a run of so many *days*.

    is_profile: by kind. The columns written must be as new.

    outputs: identities, propensity, operator, platform, kind, identity, activity, natural_audience, impersonates_from,
        opened_on, left_on, next_day
    """
    operators = len(blocks.archetype)
    for piece in numba.prange(-(-operators // BLOCK)):
        for o in range(piece * BLOCK, min(operators, (piece + 1) * BLOCK)):
            a = blocks.archetype[o]
            u = uniforms(seed, Stream.OPERATOR.value, o, 0, 0)
            v = uniforms(seed, Stream.OPERATOR.value, o, 0, 1)
            identities[o] = archetypes.identities[a]
            propensity[o] = archetypes.propensity[a] + archetypes.propensity_spread[a] * normal(u[0])
            arriving = archetypes.turnover[a] * days
            arrives = u[1] < arriving / (1.0 + arriving)
            arrival = int(u[2] * days)
            for n in range(blocks.accounts[o]):
                row = blocks.first_account[o] + n
                w = uniforms(seed, Stream.ACCOUNT.value, row, 0, 0)
                x = uniforms(seed, Stream.ACCOUNT_AUDIENCE.value, row, 0, 0)
                operator[row] = o
                platform[row] = choice(w[0], platforms.cumulative)
                kind[row] = choice(v[0], archetypes.kind_cumulative[platform[row], a])
                identity[row] = n % archetypes.identities[a]
                wish = archetypes.activity_factor[a] * power_law(w[2], law.exponent, law.minimum)
                rate = min(law.maximum, wish)
                activity[row] = rate
                typical = lognormal(x[0], archetypes.audience_median[a], archetypes.audience_spread[a])
                natural_audience[row] = platforms.audience[platform[row]] * typical
                if is_profile[kind[row]] and x[1] < archetypes.impersonates[a]:
                    impersonates_from[row] = BEFORE
                if n < archetypes.accounts[a]:
                    if arrives:
                        next_day[row] = arrival
                    else:
                        # Accounts that last for an exponential time are, at any moment, as old as they will yet get.
                        opened_on[row] = BEFORE - min(OLDEST, days_before(x[3], archetypes.turnover[a]))
                        left_on[row] = min(NEVER, days_before(x[2], archetypes.turnover[a]))
                        next_day[row] = min(left_on[row], days_before(w[3], rate))


def populate(
    params: PopulationParams,
    catalogue: dict[str, ArchetypeParams],
    platforms: Mapping[str, PlatformParams],
    kinds: Kinds,
    calendar: Calendar,
    seed: int,
    more_of_accounts: Mapping[str, Column] | None = None,
    more_of_operators: Mapping[str, Column] | None = None,
) -> tuple[Accounts, Operators, Archetypes]:
    """Build the tables of accounts and operators as they are on day 0, and the compiled archetypes.

    *more_of_accounts*, *more_of_operators*: further columns of the tables, by name.
    """
    assert isinstance(params.accounts, int), "see rows_with_open"
    archetypes = compile_archetypes(catalogue, params.shares, kinds, platforms)
    shares = np.array([params.shares[name] for name in archetypes.names])
    operators = lay_out_operators(params.accounts, shares, archetypes, calendar.days, more_of_operators)
    accounts = Accounts(params.accounts, more_of_accounts)
    places = np.array([platform.account_share for platform in platforms.values()])
    audience = np.array([platform.audience for platform in platforms.values()])
    at_start = group(PlatformsAtStart, cumulative=np.cumsum(places / places.sum()), audience=audience)
    _settle(
        np.uint64(seed), calendar.days,
        ActivityLaw(params.activity_exponent, params.activity_minimum, params.activity_maximum), at_start,
        group(ArchetypesAtStart, archetypes), kinds.is_profile, group(OperatorBlocks, operators),
        operators.identities, operators.propensity, accounts.operator, accounts.platform, accounts.kind,
        accounts.identity, accounts.activity, accounts.natural_audience, accounts.impersonates_from,
        accounts.opened_on, accounts.left_on, accounts.next_day,
    )  # fmt: skip
    return accounts, operators, archetypes


def rows_with_open(
    wanted: int,
    params: PopulationParams,
    catalogue: dict[str, ArchetypeParams],
    platforms: Mapping[str, PlatformParams],
    kinds: Kinds,
    calendar: Calendar,
    seed: int,
) -> int:
    """Rows of the smallest population of which exactly *wanted* are open at the start."""
    rows = 2 * wanted + BLOCK
    while True:
        larger = params.model_copy(update={"accounts": rows})
        accounts, _, _ = populate(larger, catalogue, platforms, kinds, calendar, seed)
        found = np.flatnonzero(accounts.opened_on < 0)
        if len(found) >= wanted:
            return int(found[wanted - 1]) + 1  # a larger population begins with the smaller one
        rows *= 2
