"""Registering: returns and newcomers, and the rules that may refuse them."""

from __future__ import annotations

from typing import Any

from tests.reference import draws
from tests.reference.agents import NEVER, Account
from tests.reference.regulation import Platform


def namesake_alarm(model: Any, platform: Platform, day: int) -> float:
    """Chance that a blameless new name resembles one of the closed names that are barred here, in real accounts."""
    passes = 1.0
    if model.config.rulebook.registration.screens_closed_names:
        for account in model.accounts:
            if account.barred_by is None or account.barred_until <= day:
                continue
            sanction = model.config.sanctions[account.barred_by]
            if sanction.bars_name != "none" and (sanction.bar_scope == "all" or account.platform is platform):
                passes *= (1.0 - model.namesake_pairs[sanction.bars_name]) ** model.scale
    return 1.0 - passes


def disguise(model: Any, account: Account, old: Account, day: int) -> None:
    """Choose name and identity of a return, further from the old ones after each refusal."""
    archetype, params = account.operator.archetype, model.config.behaviours.joining
    if account.attempts > 0 or account.draw(draws.REGISTRATION, day, 3) < archetype.borrows_share:
        account.identity = (old.identity + 1 + account.attempts) % archetype.identities
    else:
        account.identity = old.identity
    stray = archetype.disguise + params.disguise_step * account.attempts
    stray += params.disguise_spread * draws.normal(account.draw(draws.REGISTRATION, day, 0))
    account.name_variant = int(min(1.0, max(0.0, stray)) * (len(model.name_quantiles) - 1) + 0.5)
    account.generation = min(127, old.generation + 1)
    account.activity = old.activity
    account.natural_audience = old.natural_audience


def barred(model: Any, account: Account, checked: bool, day: int) -> str | None:
    """Why a return is refused for a closed account of the same operator, if it is."""
    likeness = draws.interpolated(account.draw(draws.REGISTRATION, day, 1), model.name_quantiles[account.name_variant])
    refused = None
    for other in account.operator.block:
        if other.closed_on > day or other.barred_until <= day:
            continue
        sanction = model.config.sanctions[other.barred_by]
        if sanction.bar_scope == "platform" and other.platform is not account.platform:
            continue
        if sanction.bars_name != "none" and likeness >= model.name_threshold[sanction.bars_name]:
            refused = "refused_name"
        elif sanction.bars_identity and checked and other.identity == account.identity:
            refused = "refused_identity"
    return refused


def register(model: Any, account: Account, alarm: float, day: int) -> bool:
    """Open an account, or refuse it and let it try again; True when it opened."""
    old, archetype = account.predecessor, account.operator.archetype
    if old is not None and old.closed_on > day:
        account.next_day = NEVER  # the closure has been reversed: nothing to come back for
        return False
    checked = account.draw(draws.REGISTRATION, day, 2) < account.platform.params.real_name_rigour
    if old is not None:
        disguise(model, account, old, day)
        refused = barred(model, account, checked, day)
    else:
        refused = "refused_namesakes" if account.draw(draws.REGISTRATION, day, 4) < alarm else None
    if refused is None and checked:
        held = [
            other
            for other in account.operator.block
            if other.is_there(day) and other.platform is account.platform and other.identity == account.identity
        ]
        if len(held) >= model.config.rulebook.registration.accounts_per_identity:
            refused = "refused_cap"
    if refused is not None:
        model.count(refused, account)
        account.attempts += 1
        params = model.config.behaviours.joining
        wait = draws.geometric(account.draw(draws.REGISTRATION, day, 5), params.retry_days)
        gives_up = account.attempts >= params.attempts_most
        account.next_day = NEVER if gives_up else min(NEVER, day + 1 + wait)
        return False
    account.opened_on = day
    lasts = draws.whole_days(account.draw(draws.REGISTRATION, day, 7), archetype.turnover_per_year / 365.0)
    account.left_on = min(NEVER, day + 1 + lasts)
    first = draws.whole_days(account.draw(draws.REGISTRATION, day, 6), account.activity)
    account.next_day = min(account.left_on, day + 1 + first)
    model.count("returned" if old is not None else "opened", account)
    if old is not None:
        model.count("days_to_return", account, day - old.closed_on)
        model.count("moved", account, account.platform is not old.platform)
    return True
