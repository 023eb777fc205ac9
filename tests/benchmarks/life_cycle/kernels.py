"""The life cycle the way Rectify is built: one scan for the rows due, then one kernel a process over their list.

What changes smoothly, followers who leave and experience that fades, is brought up to date when an account is due.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from rectify.core.decay import decay_table, decayed
from rectify.core.draws import fill_uniforms, uniforms
from rectify.core.due import WORK_BLOCK, due_rows, work_blocks
from rectify.core.elementary import exponentials, logarithms
from rectify.core.kernel import Index, kernel
from rectify.core.table import NEVER, Array, Table, column
from rectify.world.streams import Stream
from tests.benchmarks.life_cycle.rules import SEED, Rules, accounts_at_start

RETURNED, LAWFUL_POSTS, VIOLATING_POSTS = 0, 1, 2


class Accounts(Table):
    """Columns of accounts; followers as of last_day, experience as of struck_on."""

    activity: Array = column("float64", "active days per day", "rate of active days")
    propensity: Array = column("float64", "logit", "readiness to violate when there is nothing to fear")
    followers: Array = column("float64", "accounts", "those who follow it")
    income: Array = column("float64", "yuan", "what it has earned")
    experience: Array = column("float64", "0 to 1", "certainty of punishment learnt from own strikes")
    next_day: Array = column("int16", "day", "next day on which anything happens to it")
    last_day: Array = column("int16", "day", "last day its followers were brought up to date", -1)
    struck_on: Array = column("int16", "day", "day of the last strike", -NEVER)
    strikes: Array = column("int8", "count", "strikes that have not expired")
    generation: Array = column("int8", "count", "how often it has returned")
    closed: Array = column("bool", "yes or no", "is closed")
    case_open: Array = column("bool", "yes or no", "is waiting for review")
    breach: Array = column("bool", "yes or no", "a rule was really broken, in its last case")


@kernel
def _wake(  # type: ignore[no-untyped-def]
    day, due, left, found_again, last_day, followers, closed, generation, strikes, counts,
):  # fmt: skip
    for block in numba.prange(len(counts)):
        first, last = block * WORK_BLOCK, min(len(due), (block + 1) * WORK_BLOCK)
        for j in range(last - first):
            row = Index(due[Index(first + j)])
            followers[row] *= decayed(left, day - last_day[row])
            last_day[row] = day
            if closed[row]:
                closed[row] = False
                generation[row] += 1
                strikes[row] = 0
                followers[row] *= found_again
                counts[block, RETURNED] += 1


@kernel
def _post(  # type: ignore[no-untyped-def]
    day, due, activity, propensity, experience, struck_on, remembered, seen, risk_weight, chilling, next_day, lawful,
    violates, counts,
):  # fmt: skip
    for block in numba.prange(len(counts)):
        first, last = block * WORK_BLOCK, min(len(due), (block + 1) * WORK_BLOCK)
        u, scratch = np.empty((4, WORK_BLOCK)), np.empty((4, WORK_BLOCK))
        fill_uniforms(SEED, Stream.POSTING.value, due[first:last], day, 0, u)
        for j in range(last - first):
            row = Index(due[first + j])
            own = experience[row]
            if own > 0.0:
                own *= decayed(remembered, day - struck_on[row])
            certainty = 1.0 - (1.0 - own) * (1.0 - seen)
            scratch[0, j] = risk_weight * certainty - propensity[row]
            scratch[1, j] = -chilling * certainty
            u[1, j], u[3, j] = 1.0 - u[1, j], 1.0 - u[3, j]
        exponentials(scratch[0], last - first, scratch[2])
        exponentials(scratch[1], last - first, scratch[3])
        logarithms(u[1], last - first, scratch[0])
        logarithms(u[3], last - first, scratch[1])
        for j in range(last - first):
            i = Index(first + j)
            row = Index(due[i])
            breaks = u[0, j] < 1.0 / (1.0 + scratch[2, j])
            written = 1 + int(-scratch[0, j] * 2.0 * activity[row]) - breaks
            if u[2, j] < 1.0 - scratch[3, j]:
                written = 0
            violates[i], lawful[i] = breaks, written
            next_day[row] = min(NEVER, day + 1 + int(-scratch[1, j] / activity[row]))
            counts[block, LAWFUL_POSTS] += written
            counts[block, VIOLATING_POSTS] += breaks


@kernel
def _spread(  # type: ignore[no-untyped-def]
    due, lawful, violates, reach, premium, advertising, deals, followed, followers, income, violating_views,
):  # fmt: skip
    for block in numba.prange(-(-len(due) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due), (block + 1) * WORK_BLOCK)
        for j in range(last - first):
            i = Index(first + j)
            row = Index(due[i])
            violating_views[i] = followers[row] * reach * premium * violates[i]
            views = followers[row] * reach * lawful[i] + violating_views[i]
            income[row] += advertising * views + deals * followers[row]
            followers[row] += followed * views


@kernel
def _detect(  # type: ignore[no-untyped-def]
    day, due, lawful, violates, violating_views, hit_rate, kept_by_posts, reports, case_open, breach, opens,
):  # fmt: skip
    for block in numba.prange(-(-len(due) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due), (block + 1) * WORK_BLOCK)
        v = np.empty((4, WORK_BLOCK))
        fill_uniforms(SEED, Stream.CLASSIFIER.value, due[first:last], day, 0, v)
        for j in range(last - first):
            i = Index(first + j)
            row = Index(due[i])
            flagged = (violates[i] & (v[0, j] < hit_rate)) | (v[1, j] < 1.0 - kept_by_posts[Index(lawful[i])])
            if violates[i] and not flagged:
                flagged = v[2, j] < 1.0 - math.exp(-reports * violating_views[i])
            if flagged and not case_open[row]:
                opens[i] = True
                case_open[row] = True
                breach[row] = violates[i]


@kernel
def _review(  # type: ignore[no-untyped-def]
    day, reviewed, sensitivity, specificity, strike_days, mute_days, strikes_to_close, return_share, return_days,
    lesson, remembered, case_open, breach, strikes, struck_on, experience, closed, next_day, counts,
):  # fmt: skip
    for row in reviewed:
        w = uniforms(SEED, Stream.REVIEW.value, row, day, 0)
        case_open[row] = False
        if w[0] >= (sensitivity if breach[row] else 1.0 - specificity):
            continue
        since = day - struck_on[row]
        strikes[row] = strikes[row] + 1 if since <= strike_days else 1
        own = experience[row]
        if own > 0.0:
            own *= decayed(remembered, since)
        experience[row] = 1.0 - (1.0 - own) * (1.0 - lesson)
        struck_on[row] = day
        closed[row] = strikes[row] >= strikes_to_close
        if not closed[row]:
            next_day[row] = day + 1 + mute_days * strikes[row]
        elif w[1] < return_share:
            next_day[row] = min(NEVER, day + 1 + int(-math.log(1.0 - w[2]) * return_days))
        else:
            next_day[row] = NEVER
        counts[0] += 1
        counts[1] += not breach[row]
        counts[2] += closed[row]


class KernelLifeCycle:
    """The population as columns, stepped by kernels on the rows due."""

    def __init__(self, rules: Rules, rows: int) -> None:
        self.rules = rules
        self.day = 0
        self.seen = 0.0
        self.left, self.remembered = decay_table(rules.leaving), decay_table(rules.forgetting)
        self.slots = int(rules.slots_by_account * rows)
        self.waiting = np.zeros(0, np.int32)
        self.counted: list[tuple[int, ...]] = []
        self.accounts = Accounts(rows)
        for name, values in accounts_at_start(rows).items():
            getattr(self.accounts, name)[:] = values

    def step(self) -> None:
        """Simulate one day."""
        rules, accounts, day = self.rules, self.accounts, self.day
        due = due_rows(accounts.next_day, day)
        counts = np.zeros((work_blocks(len(due)), 3), np.int64)
        lawful, violates = np.empty(len(due), np.int32), np.empty(len(due), np.bool_)
        violating_views, opens = np.empty(len(due)), np.zeros(len(due), np.bool_)
        _wake(
            day, due, self.left, rules.found_again, accounts.last_day, accounts.followers, accounts.closed,
            accounts.generation, accounts.strikes, counts,
        )  # fmt: skip
        _post(
            day, due, accounts.activity, accounts.propensity, accounts.experience, accounts.struck_on, self.remembered,
            self.seen, rules.risk_weight, rules.chilling, accounts.next_day, lawful, violates, counts,
        )  # fmt: skip
        _spread(
            due, lawful, violates, rules.reach, rules.premium, rules.advertising, rules.deals, rules.followed,
            accounts.followers, accounts.income, violating_views,
        )  # fmt: skip
        kept_by_posts = (1.0 - rules.false_alarm) ** np.arange(lawful.max(initial=0) + 1)
        _detect(
            day, due, lawful, violates, violating_views, rules.hit_rate, kept_by_posts, rules.reports,
            accounts.case_open, accounts.breach, opens,
        )  # fmt: skip
        self.waiting = np.concatenate((self.waiting, due[opens]))
        reviewed = self.review()
        self.seen = rules.seen_next(self.seen, reviewed[1], len(due))
        returned, *posts = counts.sum(axis=0).tolist()
        self.counted.append((len(due), returned, *posts, int(np.count_nonzero(opens)), *reviewed))
        self.day += 1

    def review(self) -> tuple[int, int, int, int]:
        """Decide cases: how many were reviewed, upheld, upheld by mistake, and how many accounts closed."""
        rules, accounts = self.rules, self.accounts
        reviewed, self.waiting = self.waiting[: self.slots], self.waiting[self.slots :]
        counts = np.zeros(3, np.int64)
        _review.serial(
            self.day, reviewed, rules.sensitivity, rules.specificity, rules.strike_days, rules.mute_days,
            rules.strikes_to_close, rules.return_share, rules.return_days, rules.lesson, self.remembered,
            accounts.case_open, accounts.breach, accounts.strikes, accounts.struck_on, accounts.experience,
            accounts.closed, accounts.next_day, counts,
        )  # fmt: skip
        upheld, wrongly, closed = counts.tolist()
        return len(reviewed), upheld, wrongly, closed

    def columns(self) -> dict[str, Array]:
        """State of all accounts as of the day simulated last."""
        today = self.day - 1
        state = dict(self.accounts.items())
        state["followers"] = state["followers"] * np.exp(-self.rules.leaving * (today - state.pop("last_day")))
        since = np.where(state["experience"] > 0.0, today - state["struck_on"].astype(np.int32), 0)
        state["experience"] = state["experience"] * np.exp(-self.rules.forgetting * since)
        return state
