"""Platforms as Mesa agents: each morning a platform sets what is the same for everybody on it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import mesa
import numpy as np

from sim.core.params import Params, uncertainty
from sim.core.sampling import normal_cdf
from sim.policy.campaigns import Campaign, EffortParams
from sim.world.platforms import PlatformParams
from sim.world.world import World

if TYPE_CHECKING:
    from numpy.typing import NDArray

NO_EFFORT = EffortParams.model_construct(
    review_capacity=1.0, name_screening=1.0, qualification_check=1.0, reports=1.0, threshold_shift=0.0
)


class PressureParams(Params):
    """How platforms come under pressure, and lose it again."""

    rise_half_life: float = uncertainty(
        "days", "Half of the gap to a campaign's pressure closes in so long.", gt=0, le=365
    )
    decay_half_life: float = uncertainty("days", "Pressure halves in so long once nobody presses.", gt=0, le=3650)


class Platform(mesa.Agent):
    """One platform. ``row`` is its place in every array along platforms."""

    def __init__(
        self, model: mesa.Model, world: World, row: int, name: str, params: PlatformParams, pressure: PressureParams
    ) -> None:
        super().__init__(model)
        self.world = world
        self.row = row
        self.name = name
        self.params = params
        self.pressure_params = pressure
        self.effort = NO_EFFORT
        rows = int(np.count_nonzero((world.accounts.platform == row) & (world.accounts.opened_on < 0)))
        self.daily_capacity = params.review_capacity * rows / 1e6
        """Cases closed on an ordinary day."""

    @property
    def pressure(self) -> float:
        """Pressure felt, 0 to 1."""
        return float(self.world.platforms.pressure[self.row])

    @property
    def accounts(self) -> NDArray[np.int64]:
        """Rows of the accounts that are here, opened or not."""
        return np.flatnonzero(self.world.accounts.platform == self.row)

    def campaigns(self) -> list[Campaign]:
        """Campaigns under way here."""
        return [campaign for campaign in self.world.active_campaigns if campaign.on_platform[self.row]]

    def press(self, amount: float) -> None:
        """Raise the pressure by a share *amount* of what is missing to full pressure."""
        platforms = self.world.platforms
        platforms.pressure[self.row] += (1.0 - platforms.pressure[self.row]) * amount

    def prepare_day(self) -> None:
        """Bring the pressure up to date, and set today's conditions: rates of every channel, slots, escalation."""
        self._feel_pressure()
        self._set_detection()
        self._set_enforcement()
        self._purge_zombies()

    def _feel_pressure(self) -> None:
        table, params = self.world.platforms, self.pressure_params
        under_way = self.campaigns()
        pressed = max((campaign.pressure for campaign in under_way), default=0.0)
        felt = table.pressure[self.row]
        half_life = params.rise_half_life if pressed > felt else params.decay_half_life
        table.pressure[self.row] = pressed + (felt - pressed) * 2.0 ** (-1.0 / half_life)
        for campaign in under_way:
            # What a campaign demanded is kept up, at falling pressure, after it has ended.
            self.effort = campaign.effort

    def _purge_zombies(self) -> None:
        """Enter today's purges: accounts lose their zombies when they are next looked at, by what happened since."""
        day, purged, params = int(self.model.steps) - 1, self.world.purged[self.row], self.params
        if day <= 0:
            return
        purged[day] = purged[day - 1]
        every = params.zombie_purge_every_days
        if every is not None and day % every == 0:
            purged[day] += math.log1p(-params.zombie_purge_recall)
        for campaign in self.campaigns():
            if campaign.purges_on(day):
                purged[day] += math.log1p(-campaign.zombie_purge_recall)

    def _raised(self, multiplier: float) -> float:
        return 1.0 + (multiplier - 1.0) * self.pressure

    def _set_detection(self) -> None:
        conditions, kinds, row, params = self.world.conditions, self.world.policy.kinds, self.row, self.params
        threshold = params.classifier_threshold - self.effort.threshold_shift * self.pressure
        for k, discriminability in enumerate(kinds.discriminability):
            conditions.flag_rate[row, k] = normal_cdf(discriminability - threshold)
        conditions.false_flag_rate[row] = normal_cdf(-threshold)
        reports = self._raised(self.effort.reports)
        conditions.report_rate[row] = kinds.reports_per_view * reports
        conditions.false_report_rate[row] = params.false_reports_per_million_views / 1e6 * reports
        conditions.coordinated_hazard[row] = params.coordinated_reports_per_year / 365.0
        conditions.check_hazard[0, row] = (
            params.name_screening_per_year / 365.0 * self._raised(self.effort.name_screening)
        )
        conditions.check_hazard[1, row] = (
            params.qualification_check_per_year / 365.0 * self._raised(self.effort.qualification_check)
        )
        conditions.referral_hazard[row] = 0.0
        for campaign in self.campaigns():
            np.maximum(conditions.referral_hazard[row], campaign.referral_hazard, out=conditions.referral_hazard[row])

    def _set_enforcement(self) -> None:
        conditions, rulebook, row = self.world.conditions, self.world.policy.rulebook, self.row
        conditions.acts[row] = self.params.willingness + (1.0 - self.params.willingness) * self.pressure
        conditions.escalation[row] = 0
        for campaign in self.campaigns():
            np.maximum(conditions.escalation[row], campaign.escalation, out=conditions.escalation[row])
        first = np.minimum(conditions.escalation[row], rulebook.last_step)
        conditions.ladder_severity[row] = rulebook.step_severity[np.arange(self.world.kinds), first]
        table = self.world.platforms
        capacity = self.daily_capacity * self._raised(self.effort.review_capacity) + table.capacity_carry[row]
        table.slots[row] = math.floor(capacity)
        table.capacity_carry[row] = capacity - table.slots[row]
