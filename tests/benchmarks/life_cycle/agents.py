"""The life cycle in plain Mesa: one agent an account."""

from __future__ import annotations

import math
from collections import Counter, deque

import mesa
import numpy as np

from rectify.core.draws import uniforms
from rectify.core.table import NEVER, Array
from rectify.world.streams import Stream
from tests.benchmarks.life_cycle.rules import COUNTERS, SEED, Rules, accounts_at_start

POSTING, CLASSIFIER, REVIEW = Stream.POSTING.value, Stream.CLASSIFIER.value, Stream.REVIEW.value


class Account(mesa.Agent):
    """One account."""

    def __init__(
        self, model: AgentLifeCycle, row: int, activity: float, propensity: float, followers: float, next_day: int
    ) -> None:
        super().__init__(model)
        self.row = row
        self.activity = activity
        self.propensity = propensity
        self.followers = followers
        self.next_day = next_day
        self.income = 0.0
        self.experience = 0.0
        self.strikes = 0
        self.struck_on = -NEVER
        self.closed = False
        self.generation = 0
        self.case_open = False
        self.breach = False

    def step(self) -> None:
        """An account's day."""
        model = self.model
        self.followers *= model.staying
        self.experience *= model.remembering
        if self.next_day > model.day:
            return
        model.today["active"] += 1
        if self.closed:
            self.open_again()
        self.post()

    def open_again(self) -> None:
        """Return after a closure."""
        self.closed = False
        self.generation += 1
        self.strikes = 0
        self.followers *= self.model.rules.found_again
        self.model.today["returned"] += 1

    def post(self) -> None:
        """Write, lawfully or not, and be paid for it."""
        model, rules = self.model, self.model.rules
        u = uniforms(SEED, POSTING, self.row, model.day, 0)
        certainty = 1.0 - (1.0 - self.experience) * (1.0 - model.seen)
        violates = u[0] < 1.0 / (1.0 + math.exp(rules.risk_weight * certainty - self.propensity))
        lawful = 1 + int(-math.log(1.0 - u[1]) * 2.0 * self.activity) - violates
        if u[2] < 1.0 - math.exp(-rules.chilling * certainty):
            lawful = 0
        self.next_day = min(NEVER, model.day + 1 + int(-math.log(1.0 - u[3]) / self.activity))
        lawful_views = self.followers * rules.reach * lawful
        violating_views = self.followers * rules.reach * rules.premium * violates
        self.income += rules.advertising * (lawful_views + violating_views) + rules.deals * self.followers
        self.followers += rules.followed * (lawful_views + violating_views)
        model.today["lawful_posts"] += lawful
        model.today["violating_posts"] += violates
        if not self.case_open and self.is_flagged(lawful, violates, violating_views):
            self.case_open = True
            self.breach = violates
            model.waiting.append(self)
            model.today["cases"] += 1

    def is_flagged(self, lawful: int, violates: bool, violating_views: float) -> bool:
        """Whether the classifier or viewers point at today's posts."""
        rules = self.model.rules
        v = uniforms(SEED, CLASSIFIER, self.row, self.model.day, 0)
        return (
            (violates and v[0] < rules.hit_rate)
            or v[1] < 1.0 - (1.0 - rules.false_alarm) ** lawful
            or v[2] < 1.0 - math.exp(-rules.reports * violating_views)
        )

    def be_reviewed(self) -> None:
        """Have the case decided, and bear what follows."""
        model, rules = self.model, self.model.rules
        w = uniforms(SEED, REVIEW, self.row, model.day, 0)
        self.case_open = False
        model.today["reviewed"] += 1
        if w[0] >= (rules.sensitivity if self.breach else 1.0 - rules.specificity):
            return
        model.today["upheld"] += 1
        model.today["wrongly_upheld"] += not self.breach
        self.strikes = self.strikes + 1 if model.day - self.struck_on <= rules.strike_days else 1
        self.struck_on = model.day
        self.experience = 1.0 - (1.0 - self.experience) * (1.0 - rules.lesson)
        if self.strikes < rules.strikes_to_close:
            self.next_day = model.day + 1 + rules.mute_days * self.strikes
            return
        self.closed = True
        model.today["closed"] += 1
        if w[1] < rules.return_share:
            self.next_day = min(NEVER, model.day + 1 + int(-math.log(1.0 - w[2]) * rules.return_days))
        else:
            self.next_day = NEVER


class AgentLifeCycle(mesa.Model):
    """The population as Mesa agents."""

    def __init__(self, rules: Rules, rows: int) -> None:
        super().__init__(rng=SEED)
        self.rules = rules
        self.day = 0
        self.seen = 0.0
        self.staying, self.remembering = math.exp(-rules.leaving), math.exp(-rules.forgetting)
        self.slots = int(rules.slots_by_account * rows)
        self.waiting: deque[Account] = deque()
        self.counted: list[tuple[int, ...]] = []
        start = [column.tolist() for column in accounts_at_start(rows).values()]
        for row, values in enumerate(zip(*start, strict=True)):
            Account(self, row, *values)

    def step(self) -> None:
        """Simulate one day."""
        self.today: Counter[str] = Counter()
        self.agents.do("step")
        for _ in range(min(self.slots, len(self.waiting))):
            self.waiting.popleft().be_reviewed()
        self.seen = self.rules.seen_next(self.seen, self.today["upheld"], self.today["active"])
        self.counted.append(tuple(self.today[name] for name in COUNTERS))
        self.day += 1

    def columns(self) -> dict[str, Array]:
        """State of all accounts as of the day simulated last."""
        names = (
            "followers", "income", "experience", "next_day", "strikes", "struck_on", "closed", "generation",
            "case_open", "breach",
        )  # fmt: skip
        return {name: np.array(self.agents.get(name)) for name in names}
