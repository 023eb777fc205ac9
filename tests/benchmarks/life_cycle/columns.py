"""The life cycle in NumPy: every operation on full columns, with masks."""

from __future__ import annotations

import numpy as np

from rectify.core.table import NEVER, Array
from rectify.world.streams import Stream
from tests.benchmarks.life_cycle.rules import Rules, accounts_at_start, draws


class ColumnLifeCycle:
    """The population as full columns."""

    def __init__(self, rules: Rules, rows: int) -> None:
        self.rules = rules
        self.day = 0
        self.seen = 0.0
        self.staying, self.remembering = np.exp(-rules.leaving), np.exp(-rules.forgetting)
        self.slots = int(rules.slots_by_account * rows)
        self.waiting = np.zeros(0, np.int32)
        self.counted: list[tuple[int, ...]] = []
        self.rows = np.arange(rows, dtype=np.int32)
        start = accounts_at_start(rows)
        self.activity, self.propensity = start["activity"], start["propensity"]
        self.followers, self.next_day = start["followers"], start["next_day"]
        self.income, self.experience = np.zeros(rows), np.zeros(rows)
        self.strikes, self.generation = np.zeros(rows, np.int8), np.zeros(rows, np.int8)
        self.struck_on = np.full(rows, -NEVER, np.int16)
        self.closed, self.case_open, self.breach = (np.zeros(rows, np.bool_) for _ in range(3))

    def step(self) -> None:
        """Simulate one day."""
        self.followers *= self.staying
        self.experience *= self.remembering
        active = self.next_day <= self.day
        returned = self.open_again(active)
        lawful, violates = self.post(active)
        violating_views = self.spread(active, lawful, violates)
        new = self.detect(lawful, violates, violating_views)
        reviewed = self.review()
        acting = int(np.count_nonzero(active))
        self.seen = self.rules.seen_next(self.seen, reviewed[1], acting)
        posts = (int(lawful.sum()), int(np.count_nonzero(violates)))
        self.counted.append((acting, returned, *posts, new, *reviewed))
        self.day += 1

    def open_again(self, active: Array) -> int:
        """Accounts return after a closure; how many."""
        returns = active & self.closed
        self.closed[returns] = False
        self.generation[returns] += 1
        self.strikes[returns] = 0
        self.followers[returns] *= self.rules.found_again
        return int(np.count_nonzero(returns))

    def post(self, active: Array) -> tuple[Array, Array]:
        """Lawful posts of each account, and whether it violates."""
        rules = self.rules
        u = draws(Stream.POSTING, self.rows, self.day)
        certainty = 1.0 - (1.0 - self.experience) * (1.0 - self.seen)
        violates = active & (u[0] < 1.0 / (1.0 + np.exp(rules.risk_weight * certainty - self.propensity)))
        lawful = 1 + (-np.log(1.0 - u[1]) * 2.0 * self.activity).astype(np.int32) - violates
        lawful *= active & (u[2] >= 1.0 - np.exp(-rules.chilling * certainty))
        wait = np.minimum(NEVER, self.day + 1 - np.log(1.0 - u[3]) / self.activity).astype(np.int16)
        np.copyto(self.next_day, wait, where=active)
        return lawful, violates

    def spread(self, active: Array, lawful: Array, violates: Array) -> Array:
        """Views, and what they bring; the views of violating posts."""
        rules = self.rules
        lawful_views = self.followers * rules.reach * lawful
        violating_views = self.followers * rules.reach * rules.premium * violates
        views = lawful_views + violating_views
        self.income += rules.advertising * views + rules.deals * self.followers * active
        self.followers += rules.followed * views
        return violating_views

    def detect(self, lawful: Array, violates: Array, violating_views: Array) -> int:
        """Open cases about those whom the classifier or viewers point at; how many."""
        rules = self.rules
        v = draws(Stream.CLASSIFIER, self.rows, self.day)
        flagged = violates & (v[0] < rules.hit_rate)
        flagged |= v[1] < 1.0 - (1.0 - rules.false_alarm) ** lawful
        flagged |= v[2] < 1.0 - np.exp(-rules.reports * violating_views)
        new = np.flatnonzero(flagged & ~self.case_open).astype(np.int32)
        self.case_open[new] = True
        self.breach[new] = violates[new]
        self.waiting = np.concatenate((self.waiting, new))
        return len(new)

    def review(self) -> tuple[int, int, int, int]:
        """Decide cases: how many were reviewed, upheld, upheld by mistake, and how many accounts closed."""
        rules = self.rules
        reviewed, self.waiting = self.waiting[: self.slots], self.waiting[self.slots :]
        w = draws(Stream.REVIEW, reviewed, self.day)
        self.case_open[reviewed] = False
        upheld = w[0] < np.where(self.breach[reviewed], rules.sensitivity, 1.0 - rules.specificity)
        struck, w = reviewed[upheld], w[:, upheld]
        recent = self.day - self.struck_on[struck].astype(np.int32) <= rules.strike_days
        strikes = np.where(recent, self.strikes[struck] + 1, 1)
        self.strikes[struck] = strikes
        self.struck_on[struck] = self.day
        self.experience[struck] = 1.0 - (1.0 - self.experience[struck]) * (1.0 - rules.lesson)
        closes = strikes >= rules.strikes_to_close
        self.closed[struck] = closes
        returning = np.minimum(NEVER, self.day + 1 - np.log(1.0 - w[2]) * rules.return_days)
        after_closure = np.where(w[1] < rules.return_share, returning, NEVER)
        self.next_day[struck] = np.where(closes, after_closure, self.day + 1 + rules.mute_days * strikes)
        wrongly = np.count_nonzero(~self.breach[struck])
        return len(reviewed), len(struck), int(wrongly), int(np.count_nonzero(closes))

    def columns(self) -> dict[str, Array]:
        """State of all accounts as of the day simulated last."""
        names = (
            "followers", "income", "experience", "next_day", "strikes", "struck_on", "closed", "generation",
            "case_open", "breach",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}
