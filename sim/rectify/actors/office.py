"""Offices as Mesa agents: they hold meetings and campaigns, inspect platforms, question and fine them, and copy others.

An office goes by one of three strategies, at one budget: the pressure-days (pressure × days × platforms) of the
campaigns in its calendar. *calendar* holds them on their dates; *reactive* opens them when an inspection finds more
than is tolerated, and stops when their days are used up; *continuous* spreads them evenly over the reported days, at
as much less pressure, publicity and help from other departments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import mesa
import numpy as np

from rectify.actors.platform import Platform, agent_of
from rectify.core.draws import uniform
from rectify.core.sampling import binomial
from rectify.policy.campaigns import Campaign
from rectify.policy.offices import OfficeParams
from rectify.world.streams import Stream
from rectify.world.world import World


class Office(mesa.Agent):
    """A regulator's office, with its calendar of campaigns. ``row`` numbers it among the offices."""

    def __init__(
        self, model: mesa.Model, world: World, row: int, name: str, params: OfficeParams, reach: Sequence[Platform]
    ) -> None:
        super().__init__(model)
        self.world = world
        self.row = row
        self.name = name
        self.params = params
        self.reach = list(reach)
        self.calendar = [campaign for campaign in world.policy.campaigns if campaign.office == name]
        self.programme: list[Campaign] = []
        """Campaigns with the days on which they are really held: planned, spread, opened in reaction, copied."""
        self.reactions: list[list[Any]] = []
        """Campaigns opened in reaction so far: name, first and last day of each."""
        self.questioned = 0
        """Platforms questioned so far."""
        self.in_a_row = dict.fromkeys((platform.row for platform in self.reach), 0)
        """Questionings since the last inspection that found a platform tolerable, or since its last fine."""

    def __reduce__(self) -> tuple[Any, ...]:
        return agent_of, (self.model, "offices", self.row)

    def schedule_campaigns(self) -> None:
        """Put meetings, and every campaign's opening and closing, on the model's clock, between the days concerned."""
        for campaign in self.calendar:
            for meeting in campaign.meetings:
                if 0 <= meeting.day < self.world.calendar.days:
                    self.model.schedule_event(self.meet, at=meeting.day + 0.5)
            if self.params.strategy == "calendar":
                self._hold(campaign)
            elif self.params.strategy == "continuous":
                self._hold(self.spread(campaign))

    def spread(self, campaign: Campaign) -> Campaign:
        """The campaign held on all reported days, with as many pressure-days in all as on its own dates."""
        calendar = self.world.calendar
        share = min(1.0, (campaign.closes - campaign.opens + 1) / calendar.reported_days)
        return campaign.moved(
            calendar.burn_in,
            calendar.days - 1,
            pressure=campaign.pressure * share,
            publicity=campaign.publicity * share,
            referral_hazard=campaign.referral_hazard * share,
        )

    def _hold(self, campaign: Campaign) -> None:
        if campaign.closes < 0 or campaign.opens >= self.world.calendar.days:
            return
        self.programme.append(campaign)
        # Day d runs at time d + 1: half past d is after day d-1 and before day d.
        self.model.schedule_event(self.open_campaigns, at=max(0.0, campaign.opens) + 0.5)
        self.model.schedule_event(self.close_campaigns, at=campaign.closes + 1.5)

    def meet(self) -> None:
        """Hold the meetings of the day that comes next: those called in feel pressure at once."""
        day = int(self.model.time)
        for campaign in self.calendar:
            for meeting in campaign.meetings:
                for platform in self.reach:
                    if meeting.day == day and meeting.on_platform[platform.row]:
                        platform.press(meeting.pressure)

    def open_campaigns(self) -> None:
        """Open the campaigns whose first day comes next."""
        day = int(self.model.time)
        for campaign in self.programme:
            due = max(0, campaign.opens) == day <= campaign.closes
            if due and campaign not in self.world.active_campaigns:
                self.world.active_campaigns.append(campaign)

    def close_campaigns(self) -> None:
        """Close the campaigns whose last day is over; other offices hear of it."""
        day = int(self.model.time)
        over = [c for c in self.world.active_campaigns if c.office == self.name and c.closes < day]
        self.world.active_campaigns[:] = [c for c in self.world.active_campaigns if c not in over]
        for office in self.model.agents.select(agent_type=Office):
            for campaign in over:
                office.hear_of(campaign)

    def hear_of(self, campaign: Campaign) -> None:
        """Another office's *campaign* is over: hold the like on the platforms within reach, where it is copied."""
        copies = self.params.copies
        if copies is None or copies.office != campaign.office or copies.days == 0 or not self.reach:
            return
        own = np.zeros_like(campaign.on_platform)
        own[[platform.row for platform in self.reach]] = True
        opens = campaign.closes + copies.delay_days
        copied = campaign.moved(opens, opens + copies.days - 1, on_platform=own, publishes=own & campaign.publishes)
        self._hold(replace(copied, name=f"{campaign.name}@{self.name}", office=self.name))

    def inspect(self) -> None:
        """Every so many days, sample views on each platform within reach; question those above what is tolerated.

        The estimate is a binomial share of the sample, so its error is the sampling error.
        """
        day = int(self.model.time) - 1
        if self.params.inspection_sample == 0 or day % self.params.inspection_every_days:
            return
        views = self.world.counters["views"]
        exceeded = False
        for platform in self.reach:
            total = float(views[platform.row].sum())
            if total <= 0:
                continue
            true = float(views[platform.row, :-1].sum()) / total
            u = uniform(self.world.seed, Stream.INSPECTION.value, self.row * 1000 + platform.row, day, 0)
            sample = self.params.inspection_sample
            found = binomial(u, sample, true) / sample
            self.world.platforms.inspected_prevalence[platform.row] = found
            if found > self.params.tolerated_prevalence:
                exceeded = True
                self._question(platform)
            else:
                self.in_a_row[platform.row] = 0
        if exceeded and self.params.strategy == "reactive":
            self._react(day + 1)

    def _question(self, platform: Platform) -> None:
        self.questioned += 1
        self.in_a_row[platform.row] += 1
        self.world.platforms.questioned[platform.row] += 1
        platform.press(self.params.question_pressure)
        penalty = self.params.penalty
        if penalty is not None and self.in_a_row[platform.row] >= penalty.after:
            self.in_a_row[platform.row] = 0
            platform.pay(penalty.fine, penalty.lesson)

    def _days_left(self, campaign: Campaign) -> int:
        """What is left of a campaign's budget, where it is held in reaction."""
        spent = sum(closes - opens + 1 for name, opens, closes in self.reactions if name == campaign.name)
        return campaign.closes - campaign.opens + 1 - int(spent)

    def resume(self, day: int) -> None:
        """Take up what was opened in reaction before *day*, the next one, as it stands in ``reactions``."""
        planned = {campaign.name: campaign for campaign in self.calendar}
        for name, opens, closes in self.reactions:
            campaign = planned[name].moved(opens, closes)
            if opens >= day:
                self._hold(campaign)
                continue
            self.programme.append(campaign)
            if closes + 1.5 > day:
                self.model.schedule_event(self.close_campaigns, at=closes + 1.5)

    def _react(self, day: int) -> None:
        """Open from *day* on whichever campaigns have days left and are not under way."""
        under_way = {campaign.name for campaign in self.programme if campaign.closes >= day}
        for campaign in self.calendar:
            days = min(self._days_left(campaign), self.params.reaction_days)
            if days > 0 and campaign.name not in under_way and day >= self.world.calendar.burn_in:
                self.reactions.append([campaign.name, day, day + days - 1])
                self._hold(campaign.moved(day, day + days - 1))
