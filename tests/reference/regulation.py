"""Platforms and offices as Mesa agents, and the campaigns between them."""

from __future__ import annotations

import math
from typing import Any

import mesa
from scipy.special import ndtr
from scipy.stats import binom

from tests.reference import draws

CHECKS = ("name_screening", "qualification_check")


class Campaign:
    """A campaign, in day numbers of the run."""

    def __init__(self, model: Any, name: str) -> None:
        self.params = model.config.campaigns[name]
        self.opens = (self.params.opens - model.first_date).days
        self.closes = (self.params.closes - model.first_date).days
        offices, names = list(model.config.offices), list(model.config.campaigns)
        self.order = (max(0, self.opens), offices.index(self.params.office), names.index(name))
        self.platforms = [
            platform.name
            for platform in model.within_reach(self.params.office)
            if self.params.platforms is None or platform.name in self.params.platforms
        ]

    def skipped_steps(self, platform: str, kind: str, anger: float) -> int:
        """Steps of a kind's ladder skipped on a platform for posts that provoke *anger*, in reports."""
        steps = self.params.escalation.get(kind, 0)
        terms = self.params.terms.get(platform)
        if terms is not None and kind in self.params.kinds and anger >= terms.extra_steps_from_anger:
            steps += terms.extra_steps
        return steps

    def under_way(self, day: int) -> bool:
        """From its first to its last day, both included."""
        return self.opens <= day <= self.closes


class Platform(mesa.Agent):
    """A platform, and what is the same for everybody on it today."""

    def __init__(self, model: Any, row: int, name: str) -> None:
        super().__init__(model)
        self.row = row
        self.name = name
        self.params = model.config.platforms[name]
        self.pressure = 0.0
        self.capacity_carry = 0.0
        self.slots = 0
        self.inspected_prevalence = math.nan
        self.daily_capacity = 0.0
        self.demanded = self.extra_slots = 0.0
        self.questioned = 0
        self.rented_to_minors = self.rentals_found = 0.0
        self.effort: Any = None
        self.provocation = dict.fromkeys(model.kinds, 0.0)
        self.observed = dict.fromkeys(model.kinds, 0.0)
        self.announced = dict.fromkeys(model.kinds, 0.0)
        self.severity = dict.fromkeys(model.kinds, 0.0)
        self.active_violators = dict.fromkeys(model.kinds, 0.0)
        self.views_due = {kind: [0.0] * len(model.fading.parts) for kind in (*model.kinds, "lawful")}

    def campaigns(self) -> list[Campaign]:
        """Those under way here, in the order in which they opened."""
        return [campaign for campaign in self.model.active_campaigns if self.name in campaign.platforms]

    def raised(self, field: str) -> float:
        """How much more of something is done under today's pressure than every day."""
        multiplier = getattr(self.effort, field) if self.effort is not None else 1.0
        return 1.0 + (multiplier - 1.0) * self.pressure

    def start_day(self) -> None:
        """Bring the pressure up to date, and set the day's rates, slots and escalation."""
        config, params = self.model.config, self.params
        campaigns = self.campaigns()
        pressed = max([campaign.params.pressure for campaign in campaigns], default=0.0)
        self.demanded = pressed
        self.questioned = 0
        moving = config.behaviours.pressure
        half_life = moving.rise_half_life if pressed > self.pressure else moving.decay_half_life
        self.pressure = pressed + (self.pressure - pressed) * 2.0 ** (-1.0 / half_life)
        for campaign in campaigns:
            self.effort = campaign.params.effort

        shift = self.effort.classifier if self.effort is not None else 0.0
        self.threshold = params.channels.classifier.threshold - shift * self.pressure
        self.reports = self.raised("reports")
        yearly = (
            params.channels.name_screening.checks_per_year,
            params.channels.qualification_check.checks_per_year,
        )
        self.check_rate = {check: rate / 365.0 * self.raised(check) for check, rate in zip(CHECKS, yearly, strict=True)}
        self.poster_search = min(1.0, params.channels.poster_search.searched * self.raised("poster_search"))
        self.growth_checks = min(1.0, params.channels.growth_check.checked * self.raised("growth_check"))
        self.referral_rate = {
            kind: max([campaign.params.referrals_per_year.get(kind, 0.0) for campaign in campaigns], default=0.0)
            / 365.0
            for kind in self.model.kinds
        }
        self.player_checks = params.player_checks_per_year / 365.0 * self.raised("player_checks")
        self.disposal = max([campaign.params.disposal_per_day for campaign in campaigns], default=0.0)
        self.acts = params.willingness + (1.0 - params.willingness) * self.pressure
        self.escalation = {
            kind: max([campaign.skipped_steps(self.name, kind, 0.0) for campaign in campaigns], default=0)
            for kind in self.model.kinds
        }
        today = self.daily_capacity * self.raised("review_capacity")
        self.extra_slots = max(0.0, today - self.daily_capacity)
        capacity = today + self.capacity_carry
        self.slots = math.floor(capacity)
        self.capacity_carry = capacity - self.slots

    def flag_rate(self, kind: str) -> float:
        """Share of violating posts that the classifier flags."""
        return float(ndtr(self.model.config.kinds[kind].discriminability - self.threshold))

    def false_flag_rate(self) -> float:
        """Share of lawful posts that it flags."""
        return float(ndtr(-self.threshold))

    def skipped_steps(self, kind: str, anger: float) -> int:
        """Steps of a kind's ladder skipped today for posts that provoke *anger*, in reports."""
        return max([campaign.skipped_steps(self.name, kind, anger) for campaign in self.campaigns()], default=0)

    def feared(self, kind: str) -> float:
        """Certainty of punishment here, as those without sanctions of their own see it."""
        return 1.0 - (1.0 - self.observed[kind]) * (1.0 - self.announced[kind])

    def first_severity(self, kind: str) -> float:
        """Severity of what a first strike brings today."""
        names = self.model.step_of(kind, self.escalation[kind])
        return max([self.model.config.sanctions[name].severity for name in names], default=0.0)


class Office(mesa.Agent):
    """A regulator's office: it inspects the platforms within its reach."""

    def __init__(self, model: Any, row: int, name: str) -> None:
        super().__init__(model)
        self.row = row
        self.name = name
        self.params = model.config.offices[name]

    def inspect(self, day: int) -> None:
        """Sample views on each platform; question those whose share of violating views is above what is tolerated."""
        sample = self.params.inspection_sample
        if sample == 0 or day % self.params.inspection_every_days != 0:
            return
        for platform in self.model.within_reach(self.name):
            views = {kind: self.model.tallies["views", platform.name, kind] for kind in (*self.model.kinds, "lawful")}
            total = sum(views.values())
            if total <= 0.0:
                continue
            share = sum(views[kind] for kind in self.model.kinds) / total
            u = draws.uniform(self.model.config.seed, draws.INSPECTION, self.row * 1000 + platform.row, day, 0)
            found = float(binom.ppf(u, sample, min(1.0, max(0.0, share)))) / sample
            platform.inspected_prevalence = found
            if found > self.params.tolerated_prevalence:
                platform.questioned += 1
                platform.pressure += (1.0 - platform.pressure) * self.params.question_pressure
