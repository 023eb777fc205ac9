"""The world on day 0: operators in one fixed order, each with its block of accounts."""

from __future__ import annotations

import math
from typing import Any

from tests.reference import draws
from tests.reference.agents import NEVER, Account, Operator

GOLDEN = 0.6180339887498949
OLDEST = 32_000


def settle(model: Any) -> None:
    """Fill ``model.operators`` and ``model.accounts``."""
    config = model.config
    params, days, seed = config.population, config.calendar.days, config.seed
    names = sorted(name for name, share in params.shares.items() if share > 0)
    weights = []
    for name in names:
        archetype = config.archetypes[name]
        arriving = archetype.turnover_per_year / 365.0 * days
        weights.append(params.shares[name] / archetype.accounts * (1.0 + arriving))
    while len(model.accounts) < params.accounts:
        row = len(model.operators)
        name = names[draws.weighted(math.modf((row + 0.5) * GOLDEN)[0], weights)]
        archetype = config.archetypes[name]

        def own(slot: int, row: int = row) -> float:
            return draws.uniform(seed, draws.OPERATOR, row, 0, slot)

        operator = Operator(model, row, name, archetype.propensity + archetype.propensity_spread * draws.normal(own(0)))
        model.operators.append(operator)
        arriving = archetype.turnover_per_year / 365.0 * days
        arrives = own(1) < arriving / (1.0 + arriving)
        kind = model.kinds[draws.weighted(own(4), [archetype.kinds.get(kind, 0.0) for kind in model.kinds])]
        for number in range(archetype.accounts + archetype.spare_accounts):
            if len(model.accounts) == params.accounts:
                break
            account = settle_account(model, operator, kind, number)
            if number < archetype.accounts:
                if arrives:
                    account.next_day = int(own(2) * days)
                else:
                    open_before(account)


def settle_account(model: Any, operator: Operator, kind: str, number: int) -> Account:
    """Account *number* of the operator's block, not open yet."""
    config, row, archetype = model.config, len(model.accounts), operator.archetype
    params = config.population

    def own(slot: int) -> float:
        return draws.uniform(config.seed, draws.ACCOUNT, row, 0, slot)

    def audience(slot: int) -> float:
        return draws.uniform(config.seed, draws.ACCOUNT_AUDIENCE, row, 0, slot)

    place = draws.weighted(own(0), [platform.account_share for platform in config.platforms.values()])
    account = Account(model, row, operator, model.platforms[place], kind)
    account.identity = number % archetype.identities
    power_law = params.activity_minimum * (1.0 - own(2)) ** (-1.0 / (params.activity_exponent - 1.0))
    account.activity = min(params.activity_maximum, archetype.activity_factor * power_law)
    account.natural_audience = draws.lognormal(audience(0), archetype.audience_median, archetype.audience_spread)
    if config.kinds[kind].basis == "profile" and audience(1) < archetype.impersonates:
        account.impersonates_from = -1
    model.accounts.append(account)
    return account


def open_before(account: Account) -> None:
    """Open it before the run, as old as it will yet get, with the followers that it would have by then."""
    config, turnover = account.model.config, account.operator.archetype.turnover_per_year / 365.0

    def audience(slot: int) -> float:
        return account.draw(draws.ACCOUNT_AUDIENCE, 0, slot)

    account.opened_on = -1 - min(OLDEST, draws.whole_days(audience(3), turnover))
    account.left_on = min(NEVER, draws.whole_days(audience(2), turnover))
    account.next_day = min(account.left_on, draws.whole_days(account.draw(draws.ACCOUNT, 0, 3), account.activity))

    params, age = config.behaviours.following, -account.opened_on
    gain = params.growth_per_post * account.activity
    pace = gain + params.churn_per_day
    if pace > 0.0:
        account.real_followers = account.natural_audience * gain / pace * (1.0 - math.exp(-pace * age))
    decay, purchases = math.log(2.0) / params.zombie_half_life, params.zombie_purchases_per_year / 365.0
    filled = purchases / (purchases + decay) * (1.0 - math.exp(-purchases * age))
    account.zombie_followers = account.operator.archetype.zombie_share * account.natural_audience * filled
