"""Platforms as Mesa agents: each morning a platform sets what is the same for everybody on it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from rectify.core.table import Array
from rectify.detection.channel import Channel
from rectify.policy.campaigns import Campaign
from rectify.policy.platforms import PlatformParams, PressureParams
from rectify.world.world import World

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _raised(multiplier: float, pressure: float) -> float:
    """What becomes of a rate that full pressure multiplies."""
    return 1.0 + (multiplier - 1.0) * pressure


def agent_of(model: Any, group: str, row: int) -> Any:
    """The agent in that place of a model's ``platforms`` or ``offices``: what a copy of an agent is in its model."""
    return getattr(model, group)[row]


class Platform(mesa.Agent):
    """One platform. ``row`` is its place in every array along platforms."""

    def __init__(
        self,
        model: mesa.Model,
        world: World,
        row: int,
        name: str,
        params: PlatformParams,
        pressure: PressureParams,
        channels: Sequence[Channel],
    ) -> None:
        super().__init__(model)
        self.world = world
        self.row = row
        self.name = name
        self.params = params
        self.pressure_params = pressure
        self.effort: Mapping[str, float] = {}
        """How much harder it works under full pressure, by what; what is not named as on an ordinary day."""
        rows = int(np.count_nonzero((world.accounts.platform == row) & (world.accounts.opened_on < 0)))
        self.daily_capacity = params.review_capacity * rows / 1e6
        """Cases closed on an ordinary day."""
        # Mesa's attributes begin with an underscore too: neither is part of a run's state.
        self._every_kind = np.arange(world.kinds)
        self._channels = tuple(channels)

    def __reduce__(self) -> tuple[Any, ...]:
        return agent_of, (self.model, "platforms", self.row)

    @property
    def pressure(self) -> float:
        """Pressure felt, 0 to 1."""
        return float(self.world.platforms.pressure[self.row])

    @property
    def accounts(self) -> NDArray[np.int64]:
        """Rows of the accounts that are here, opened or not."""
        return np.flatnonzero(self.world.accounts.platform == self.row)

    def campaigns(self, day: int) -> list[Campaign]:
        """Campaigns under way here on *day*."""
        return [campaign for campaign in self.world.active_campaigns if campaign.under_way(day)[self.row]]

    def press(self, amount: float) -> None:
        """Raise the pressure by a share *amount* of what is missing to full pressure."""
        platforms = self.world.platforms
        platforms.pressure[self.row] += (1.0 - platforms.pressure[self.row]) * amount

    def pay(self, fine: float, lesson: float) -> None:
        """Be fined, and gain the share *lesson* of the willingness still missing, for good."""
        table = self.world.platforms
        table.fines[self.row] += fine
        table.willingness_learnt[self.row] += (1.0 - table.willingness_learnt[self.row]) * lesson

    def prepare_day(self, day: int) -> None:
        """Bring the pressure up to date, and set today's conditions: rates of every channel, slots, escalation."""
        table, under_way = self.world.platforms, self.campaigns(day)
        table.questioned[self.row], table.fines[self.row], table.notices[self.row] = 0, 0.0, 0
        self._set_attention(day)
        pressure = self._feel_pressure(under_way)
        everyday = self.params.year_round + (1.0 - self.params.year_round) * pressure
        self._set_detection(pressure, everyday)
        self._set_enforcement(under_way, pressure, everyday)
        self._purge_zombies(day, under_way)

    def publish(self, day: int) -> None:
        """In the evening: publish a notice for each campaign in which one is due.

        A notice says how many accounts were punished since the last. It makes people believe in a certainty of
        1 − exp(−belief · share of the active violators of that kind), which they learn the next day.
        """
        world = self.world
        notified = world.conditions.notified[self.row]
        notified[:] = 0.0
        for campaign in self.campaigns(day):
            notices = campaign.notices
            if notices is None or not campaign.publishes[self.row]:
                continue
            since = (day - int(campaign.opens_on[self.row])) % notices.every_days + 1
            if since < notices.every_days and day != campaign.closes:
                continue
            share = self._punished(day - since + 1, day) / np.maximum(1.0, world.active_violators[self.row])
            believed = (1.0 - np.exp(-notices.belief * share)) * campaign.on_kind
            np.maximum(notified, believed, out=notified)
            world.platforms.notices[self.row] += 1

    def _punished(self, first: int, last: int) -> Array:
        """Punishments here on days *first* to *last*, by kind, int64 [kinds]."""
        register = self.world.register
        day = register.column("day")
        chosen = (day >= first) & (day <= last) & (register.column("platform") == self.row)
        chosen &= register.column("lesser") | register.column("closes")
        return np.bincount(register.column("kind")[chosen], minlength=self.world.kinds)

    def _feel_pressure(self, under_way: list[Campaign]) -> float:
        table, params = self.world.platforms, self.pressure_params
        pressed = max((campaign.pressure for campaign in under_way), default=0.0)
        table.demanded[self.row] = pressed
        felt = self.pressure
        half_life = params.rise_half_life if pressed > felt else params.decay_half_life
        felt = pressed + (felt - pressed) * float(2.0 ** (-1.0 / half_life))
        table.pressure[self.row] = felt
        for campaign in under_way:
            # What a campaign demanded is kept up, at falling pressure, after it has ended.
            self.effort = campaign.effort
        return felt

    def _purge_zombies(self, day: int, under_way: list[Campaign]) -> None:
        """Enter today's purges: accounts lose their zombies when they are next looked at, by what happened since."""
        purged, params = self.world.purged[self.row], self.params
        if day <= 0:
            return
        purged[day] = purged[day - 1]
        every = params.zombie_purge_every_days
        if every is not None and day % every == 0:
            purged[day] += math.log1p(-params.zombie_purge_recall)
        for campaign in under_way:
            if campaign.purges_on(day, self.row):
                purged[day] += math.log1p(-campaign.zombie_purge_recall)

    def _set_attention(self, day: int) -> None:
        conditions, policy, row = self.world.conditions, self.world.policy, self.row
        conditions.attention[row] = policy.attention[day, row]
        conditions.premium[row] = policy.kinds.premium * policy.events.topical[day, row]

    def _set_detection(self, pressure: float, everyday: float) -> None:
        conditions, row = self.world.conditions, self.row
        conditions.everyday[row] = everyday
        for place, channel in enumerate(self._channels):
            scaled = channel.effort
            if scaled is not None:
                effort = self.effort.get(channel.name, scaled.neutral)
                self.world.channel_effort[place, row] = scaled.in_force(effort, pressure)
        conditions.player_check_effort[row] = _raised(self.effort.get("player_checks", 1.0), pressure) * everyday

    def _set_enforcement(self, under_way: list[Campaign], pressure: float, everyday: float) -> None:
        conditions, rulebook, row = self.world.conditions, self.world.policy.rulebook, self.row
        conditions.disposal[row] = max((campaign.disposal_per_day for campaign in under_way), default=0.0)
        table, params = self.world.platforms, self.params
        willingness = params.willingness + (1.0 - params.willingness) * float(table.willingness_learnt[row])
        conditions.acts[row] = willingness + (1.0 - willingness) * pressure
        conditions.escalation[row] = 0
        for campaign in under_way:
            np.maximum(conditions.escalation[row], campaign.escalation[row], out=conditions.escalation[row])
        first = np.minimum(conditions.escalation[row], rulebook.last_step)
        conditions.ladder_severity[row] = rulebook.step_severity[self._every_kind, first]
        today = self.daily_capacity * _raised(self.effort.get("review_capacity", 1.0), pressure) * everyday
        table.extra_slots[row] = max(0.0, today - self.daily_capacity)
        capacity = today + float(table.capacity_carry[row])
        slots = math.floor(capacity)
        table.slots[row], table.capacity_carry[row] = slots, capacity - slots
