"""Reviewing, hearing, deciding, applying, taking down, and filing appeals."""

from __future__ import annotations

import math
from typing import Any

from tests.reference import draws
from tests.reference.agents import NEVER, Account, Appeal, Case, Decision


def review(model: Any, day: int) -> list[tuple[Case, float]]:
    """Close as many cases as each platform has slots, referrals first; those upheld, with their takedown delay."""
    gone, taken, waiting = [], [], []
    used = dict.fromkeys(model.platforms, 0)
    place: dict[Case, int] = {}
    for case in [each for each in model.cases if each.referred] + [each for each in model.cases if not each.referred]:
        if case.account.closed_on <= day or case.account.left_on <= day:
            gone.append(case)
        elif used[case.platform] < case.platform.slots:
            place[case] = used[case.platform]
            used[case.platform] += 1
    for case in model.cases:
        if case in place:
            taken.append(case)
        elif case not in gone:
            waiting.append(case)
    model.cases = waiting
    for case in gone + taken:
        case.account.cases_open -= 1
    upheld = []
    for case in taken:
        model.count("reviewed", case)
        params = case.platform.params
        chance = params.reviewer_sensitivity if case.breach else 1.0 - params.reviewer_specificity
        if case.account.draw(draws.REVIEW, case.day, 0) >= chance:
            continue
        model.count("upheld", case)
        model.count("wrongly_upheld", case, not case.breach)
        handling = -params.handling_hours / 24.0 * math.log(1.0 - case.account.draw(draws.REVIEW, case.day, 1))
        queued = day - case.day - case.time_of_day + (place[case] + 0.5) / case.platform.slots
        upheld.append((case, max(handling, queued)))
    return upheld


def hear(model: Any, day: int) -> list[Appeal]:
    """Hear the appeals whose day has come; those that are granted."""
    params = model.config.rulebook.appeals
    heard = [appeal for appeal in model.appeals if appeal.hearing_on <= day]
    model.appeals = [appeal for appeal in model.appeals if appeal.hearing_on > day]
    reversals = []
    for appeal in heard:
        decision = appeal.decision
        model.count("appeals_heard", decision)
        chance = params.reversed_if_right if decision.breach else params.reversed_if_wrong
        if decision.account.draw(draws.HEARING, decision.day, 0) < chance:
            reversals.append(appeal)
            model.count("reversals", decision)
            model.count("wrongly_sanctioned_days", decision, 0 if decision.breach else day - decision.day)
    return reversals


def decide(model: Any, upheld: list[tuple[Case, float]], reversals: list[Appeal], day: int) -> list[Decision]:
    """Strikes, and the steps of the ladder that they bring."""
    back = [appeal.decision.account for appeal in reversals]
    for account in back:
        account.strikes -= 1
    for account in back:
        account.strikes = max(0, account.strikes)
    decisions: list[Decision] = []
    closed_today: set[Account] = set()
    for case, delay in upheld:
        account = case.account
        if account.draw(draws.REVIEW, case.day, 2) >= case.platform.acts:
            continue
        if account.strikes > 0 and day - account.strike_day >= model.config.rulebook.strike_expiry_days:
            account.strikes = 0
        step: int | None = None
        if account.strikes == 0 or case.day > account.strike_day:
            last = len(model.ladder(case.kind)) - 1
            anger = case.violating_views * model.reports_per_view(case.kind)
            step = min(last, account.strikes + case.platform.skipped_steps(case.kind, anger))
            account.strikes = min(127, account.strikes + 1)
            account.strike_day = day
        sanctions = [] if step is None else model.step_of(case.kind, step)
        if account in closed_today:
            continue
        decisions.append(Decision(case, day, delay, step, sanctions))
        if decisions[-1].closes:
            closed_today.add(account)
    return decisions


def lift(account: Account, decision: Decision, day: int) -> None:
    """A reversal reopens what the decision closed, and ends all bans on the account."""
    if decision.closes and account.closed_on <= day:
        account.closed_on = NEVER
    if account.closed_on > day:
        account.next_day = min(account.next_day, day + 1)
        account.barred_by = None
        account.barred_until = min(account.barred_until, day)
    account.muted_until = min(account.muted_until, day)
    account.unpaid_until = min(account.unpaid_until, day)
    account.reach_limited_until = min(account.reach_limited_until, day)
    account.growth_frozen_until = min(account.growth_frozen_until, day)


def apply(model: Any, decisions: list[Decision], reversals: list[Appeal], day: int) -> None:
    """Lift what is reversed, then apply the day's sanctions, effect by effect."""
    for appeal in reversals:
        lift(appeal.decision.account, appeal.decision, day)
    relapse_days = model.config.behaviours.relapse.relapse_days
    for decision in decisions:
        account = decision.account
        for name, effect in zip(decision.sanctions, decision.effects, strict=True):
            model.count(f"sanction.{name}", decision)

            def until(days: int) -> int:
                return min(NEVER, day + 1 + days)

            if effect.posting_ban_days > 0:
                account.muted_until = max(account.muted_until, until(effect.posting_ban_days))
                account.next_day = max(account.next_day, account.muted_until)
            if effect.reach_days > 0:
                account.reach_limited_until = max(account.reach_limited_until, until(effect.reach_days))
                account.reach_factor = effect.reach_factor
            if effect.revenue_ban_days > 0:
                account.unpaid_until = max(account.unpaid_until, until(effect.revenue_ban_days))
            if effect.growth_ban_days > 0:
                account.growth_frozen_until = max(account.growth_frozen_until, until(effect.growth_ban_days))
            if effect.corrects_profile and account.impersonates(day):
                account.impersonates_from = until(draws.geometric(account.draw(draws.RELAPSE, day, 0), relapse_days))
            if effect.closes:
                account.closed_on = day
                account.next_day = NEVER
            if effect.bars_name != "none" or effect.bars_identity:
                harm = model.config.kinds[decision.kind].harm if effect.bar_by_harm else 1.0
                bar = math.ceil(min(NEVER, effect.bar_days * harm))
                account.barred_by = name
                account.barred_until = max(account.barred_until, until(bar))
        lesser, wrong = decision.lesser and not decision.closes, not decision.breach
        model.count("closed", decision, decision.closes)
        model.count("lesser", decision, lesser)
        model.count("wrongly_closed", decision, decision.closes and wrong)
        model.count("wrongly_lesser", decision, lesser and wrong)
        model.count("posts_removed", decision, decision.posts)
        model.count("takedown_delay_sum", decision, decision.posts * decision.delay)
    model.register += decisions


def dispose(model: Any, day: int) -> None:
    """Close accounts of public bodies that are gone, where a campaign disposes of them."""
    for account in model.accounts:
        orphaned = account.operator.archetype.orphaned and account.opened_on <= day < account.closed_on
        if orphaned and account.draw(draws.DISPOSAL, day, 0) < account.platform.disposal:
            account.closed_on = day
            account.next_day = NEVER
            model.count("disposed", account)


def take_down(model: Any, decisions: list[Decision], day: int) -> None:
    """Posts removed get no more views from the moment of their takedown."""
    fading = model.fading
    for decision in decisions:
        if decision.removal == "none":
            continue
        account, case = decision.account, decision.case
        midnight = day + 1 - case.day - case.time_of_day
        stops = max(midnight, decision.delay)
        aged = fading.left_by_midnight(max(0, day + 1 - account.last_post))
        for kind, views, due in (
            (account.kind, case.violating_views, "violating_views_due"),
            ("lawful", case.lawful_views, "lawful_views_due"),
        ):
            parts = decision.platform.views_due[kind]
            if decision.removal == "all":
                whole = sum(parts)
                share = min(1.0, getattr(account, due) * aged / whole) if whole > 0.0 else 1.0
                setattr(account, due, 0.0)
                for place in range(len(parts)):
                    parts[place] *= 1.0 - share
            else:
                taken = views * fading.left(stops) / max(aged, 1e-300)
                setattr(account, due, max(0.0, getattr(account, due) - taken))
                for place, (weight, rate) in enumerate(fading.parts):
                    parts[place] = max(0.0, parts[place] - views * weight * math.exp(-rate * stops))
            prevented = max(0.0, views * (fading.left(decision.delay) - fading.left(midnight)))
            model.tallies["prevented", decision.platform.name, kind] += prevented
    for platform in model.platforms:
        for kind in (*model.kinds, "lawful"):
            seen = model.tallies["views", platform.name, kind]
            prevented = model.tallies.pop(("prevented", platform.name, kind), 0.0)
            model.tallies["views", platform.name, kind] = max(0.0, seen - prevented)


def move_followers(model: Any, decisions: list[Decision], reversals: list[Appeal]) -> None:
    """Give followers back upon reversal; take them by the day's sanctions."""
    for appeal in reversals:
        appeal.decision.account.real_followers += appeal.decision.followers_taken
    for decision in decisions:
        account = decision.account
        for effect in decision.effects:
            before = account.real_followers
            left = before * effect.followers_kept
            if model.erases_gains:
                gained = account.gained_by_violating * effect.followers_kept
                lost = min(left, gained * (1.0 - effect.gains_kept))
                account.gained_by_violating = gained * effect.gains_kept
                left -= lost
                model.count("gains_erased", decision, lost)
            account.real_followers = left
            decision.followers_taken += before - left
            account.zombie_followers *= effect.zombies_kept
        model.count("followers_taken", decision, decision.followers_taken)


def file_appeals(model: Any, decisions: list[Decision], day: int) -> None:
    """Those sanctioned today decide whether to appeal."""
    params = model.config.rulebook.appeals
    for decision in decisions:
        account = decision.account
        chance = params.filed_if_right if decision.breach else params.filed_if_wrong
        if decision.appealable and account.draw(draws.APPEAL, day, 0) < chance:
            wait = draws.geometric(account.draw(draws.APPEAL, day, 1), params.hearing_days)
            model.appeals.append(Appeal(decision, min(NEVER, day + 1 + wait)))
            model.count("appeals_filed", decision)
