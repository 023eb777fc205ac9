"""Offices as Mesa agents: they open and close campaigns by date, inspect platforms, and question them."""

from __future__ import annotations

from typing import Literal

import mesa
from pydantic import Field

from sim.actors.platform import Platform
from sim.core.draws import uniform
from sim.core.params import Params, lever
from sim.core.sampling import binomial
from sim.world.streams import Stream
from sim.world.world import World


class OfficeParams(Params):
    """One office."""

    label: str
    level: Literal["national", "local"]
    seat: str | None = Field(default=None, description="A local office reaches the platforms seated here.")
    inspection_every_days: int = lever("days", "Days between inspections of a platform.", ge=1, le=3650)
    inspection_sample: int = lever("views", "Views that an inspection samples on each platform.", ge=0, le=10_000_000)
    tolerated_prevalence: float = lever("share", "Found prevalence above which a platform is questioned.", ge=0, le=1)
    question_pressure: float = lever("0 to 1", "Share of the missing pressure that a questioning adds.", ge=0, le=1)


class Office(mesa.Agent):
    """A regulator's office, with its calendar of campaigns. ``row`` numbers it among the offices."""

    def __init__(
        self, model: mesa.Model, world: World, row: int, name: str, params: OfficeParams, reach: list[Platform]
    ) -> None:
        super().__init__(model)
        self.world = world
        self.row = row
        self.name = name
        self.params = params
        self.reach = reach
        self.calendar = [campaign for campaign in world.policy.campaigns if campaign.office == name]
        self.questioned = 0
        """Platforms questioned so far."""

    def schedule_campaigns(self) -> None:
        """Put every campaign's opening and closing on the model's clock, between the days concerned."""
        for campaign in self.calendar:
            if campaign.closes < 0 or campaign.opens >= self.world.calendar.days:
                continue
            # Day d runs at time d + 1: half past d is after day d-1 and before day d.
            self.model.schedule_event(self.open_campaigns, at=max(0.0, campaign.opens) + 0.5)
            self.model.schedule_event(self.close_campaigns, at=campaign.closes + 1.5)

    def open_campaigns(self) -> None:
        """Open the campaigns whose first day comes next."""
        day = int(self.model.time)
        for campaign in self.calendar:
            due = max(0, campaign.opens) == day <= campaign.closes
            if due and campaign not in self.world.active_campaigns:
                self.world.active_campaigns.append(campaign)

    def close_campaigns(self) -> None:
        """Close the campaigns whose last day is over."""
        day = int(self.model.time)
        self.world.active_campaigns[:] = [
            campaign
            for campaign in self.world.active_campaigns
            if campaign.office != self.name or campaign.closes >= day
        ]

    def inspect(self) -> None:
        """Every so many days, sample views on each platform within reach; question those above what is tolerated.

        The estimate is a binomial share of the sample, so its error is the sampling error.
        """
        day = int(self.model.time) - 1
        if self.params.inspection_sample == 0 or day % self.params.inspection_every_days:
            return
        views = self.world.tallies["views"]
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
                self.questioned += 1
                platform.press(self.params.question_pressure)
