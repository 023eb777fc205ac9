"""Operators and accounts as Mesa agents, and the papers about them: today's notes, cases, decisions and appeals.

Attributes are named for the columns of ``sim/README.md``; what is a row, a place or a code there is an object or a name
here. Numbers that the tables keep in single precision are rounded to it whenever they are set.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mesa

from tests.reference import draws

if TYPE_CHECKING:
    from tests.reference.regulation import Platform

NEVER = 32767
POPULARITY = {"poster_search", "growth_check"}


def single(value: float) -> float:
    """The nearest single-precision number."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


class Single:
    """An attribute that is kept in single precision."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.place = f"_{name}"

    def __get__(self, instance: Any, owner: type) -> float:
        return instance.__dict__[self.place] if instance is not None else 0.0

    def __set__(self, instance: Any, value: float) -> None:
        instance.__dict__[self.place] = single(value)


class Operator(mesa.Agent):
    """Who is behind a block of accounts."""

    propensity = Single()
    experience = Single()

    def __init__(self, model: Any, row: int, archetype: str, propensity: float) -> None:
        super().__init__(model)
        self.row = row
        self.archetype_name = archetype
        self.archetype = model.config.archetypes[archetype]
        self.propensity = propensity
        self.experience = 0.0
        self.learnt_on = 0
        self.block: list[Account] = []

    def remembered(self, day: int) -> float:
        """Certainty of punishment left from own sanctions."""
        half_life = self.model.config.behaviours.learning.own_half_life
        return self.experience * 2.0 ** (-(day - self.learnt_on) / half_life)

    def certainty(self, platform: Platform, kind: str, day: int) -> float:
        """Perceived certainty of punishment: own, observed and announced are independent reasons to believe in it."""
        return 1.0 - (1.0 - self.remembered(day)) * (1.0 - platform.observed[kind]) * (1.0 - platform.announced[kind])

    def learn(self, day: int) -> None:
        """Take an own sanction to heart."""
        now = self.remembered(day)
        self.experience = now + (1.0 - now) * self.model.config.behaviours.learning.own_step
        self.learnt_on = day


class Account(mesa.Agent):
    """One account, or a row that may become one."""

    activity = Single()
    natural_audience = Single()
    real_followers = Single()
    zombie_followers = Single()
    income = Single()
    gained_by_violating = Single()
    lawful_views_due = Single()
    violating_views_due = Single()
    reach_factor = Single()

    def __init__(self, model: Any, row: int, operator: Operator, platform: Platform, kind: str) -> None:
        super().__init__(model)
        self.row = row
        self.operator = operator
        operator.block.append(self)
        self.platform = platform
        self.kind = kind
        self.identity = 0
        self.activity = self.natural_audience = 0.0
        self.next_day = self.opened_on = self.left_on = NEVER
        self.last_day = 0
        self.predecessor: Account | None = None
        self.generation = self.attempts = self.name_variant = 0
        self.real_followers = self.zombie_followers = self.income = self.gained_by_violating = 0.0
        self.lawful_views_due = self.violating_views_due = 0.0
        self.last_post = 0
        self.impersonates_from = self.closed_on = NEVER
        self.muted_until = self.unpaid_until = self.reach_limited_until = self.growth_frozen_until = 0
        self.reach_factor = 1.0
        self.barred_by: str | None = None
        self.barred_until = 0
        self.strikes = self.strike_day = self.cases_open = 0
        self.today = Today(0)

    def draw(self, stream: int, day: int, slot: int) -> float:
        """One of the account's own draws of a day."""
        return draws.uniform(self.model.config.seed, stream, self.row, day, slot)

    def is_there(self, day: int) -> bool:
        """Opened, not closed, not given up."""
        return self.opened_on <= day < self.closed_on and self.left_on > day

    def impersonates(self, day: int) -> bool:
        """Its name or profile breaks a rule today."""
        return self.impersonates_from <= day

    def reach(self, day: int) -> float:
        """Share of the usual views that its posts get."""
        return self.reach_factor if self.reach_limited_until > day else 1.0

    @property
    def group(self) -> str:
        """Where it is counted as an author: lawful authors apart, the others by what they turn to."""
        return "lawful" if self.operator.archetype.lawful else self.kind


class Today:
    """What is noted about an account on a day on which it is due."""

    lawful_views = Single()
    violating_views = Single()
    time_of_day = Single()

    def __init__(self, days_since: int) -> None:
        self.days_since = days_since
        self.active = False
        self.hired = False
        self.growth_excess = 0.0
        self.lawful_posts = self.violating_posts = 0
        self.lawful_views = self.violating_views = self.time_of_day = 0.0
        self.flagged_lawful = self.flagged_violating = 0
        self.channels: list[str] = []
        self.breach = False

    @property
    def posts(self) -> int:
        """Posts written today."""
        return self.lawful_posts + self.violating_posts

    def flag(self, channel: str, breach: bool) -> None:
        """Note that a channel flagged the account, and whether for a real breach."""
        self.channels.append(channel)
        self.breach = self.breach or breach


class Case:
    """What was flagged about an account on one day."""

    time_of_day = Single()
    violating_views = Single()
    lawful_views = Single()

    def __init__(self, account: Account, day: int) -> None:
        today = account.today
        self.account = account
        self.platform = account.platform
        self.kind = account.kind
        if set(today.channels) <= POPULARITY:
            self.kind = account.model.popularity
        self.day = day
        self.time_of_day = today.time_of_day
        self.breach = today.breach
        self.referred = "referral" in today.channels
        self.channels = tuple(today.channels)
        self.posts = today.flagged_violating + today.flagged_lawful
        self.violating_views = today.violating_views * today.flagged_violating / max(1, today.violating_posts)
        self.lawful_views = today.lawful_views * today.flagged_lawful / max(1, today.lawful_posts)


class Decision:
    """What a platform decides upon an upheld case; no step: no new strike, at most the offending posts are removed."""

    delay = Single()
    followers_taken = Single()

    def __init__(self, case: Case, day: int, delay: float, step: int | None, sanctions: list[str]) -> None:
        self.case = case
        self.account, self.platform, self.kind, self.breach = case.account, case.platform, case.kind, case.breach
        self.day = day
        self.delay = delay
        self.step = step
        self.sanctions = sanctions
        model = case.account.model
        rows = [model.config.sanctions[name] for name in sanctions]
        self.effects = rows
        self.closes = any(row.closes for row in rows)
        self.lesser = any(row.counted_as == "lesser" for row in rows)
        self.appealable = any(row.appealable for row in rows)
        removals = {row.posts_removed for row in rows}
        if step is None:
            first = {model.config.sanctions[name].posts_removed for name in model.step_of(case.kind, 0)}
            removals = {"offending"} if first - {"none"} else set()
        self.removal = next((name for name in ("all", "offending") if name in removals), "none")
        self.posts = case.posts if self.removal != "none" else 0
        self.followers_taken = 0.0


@dataclass(frozen=True)
class Appeal:
    """A decision appealed against, and when it is heard."""

    decision: Decision
    hearing_on: int
