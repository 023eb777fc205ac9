"""What the agents do in a day: platforms in the morning and in the evening, offices when they inspect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from rectify.actors.office import Office
from rectify.actors.platform import Platform
from rectify.world.setup import Setup
from rectify.world.turn import Turn
from rectify.world.world import World


@dataclass(frozen=True)
class PlatformsMorning:
    """Platforms feel pressure, and set what is the same for everybody on them today: efforts, slots, escalation."""

    platforms: Sequence[Platform]
    phase: ClassVar[str] = "morning"
    reads: ClassVar[tuple[str, ...]] = (
        "world.active_campaigns",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "platforms.pressure", "platforms.demanded", "platforms.questioned", "platforms.fines", "platforms.notices",
        "platforms.slots", "platforms.extra_slots", "platforms.capacity_carry", "platforms.willingness_learnt",
        "conditions.attention", "conditions.premium", "conditions.everyday", "conditions.player_check_effort",
        "conditions.disposal", "conditions.acts", "conditions.escalation", "conditions.ladder_severity",
        "world.channel_effort", "world.purged",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        return cls(setup.agents["platforms"])

    def step(self, world: World, turn: Turn) -> None:
        """Let every platform prepare its day."""
        for platform in self.platforms:
            platform.prepare_day(turn.day)


@dataclass(frozen=True)
class PlatformsEvening:
    """Platforms publish notices of what they punished, where a campaign asks for it."""

    platforms: Sequence[Platform]
    phase: ClassVar[str] = "evening"
    reads: ClassVar[tuple[str, ...]] = (
        "world.active_campaigns", "world.register", "world.active_violators",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "platforms.notices", "conditions.notified",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        return cls(setup.agents["platforms"])

    def step(self, world: World, turn: Turn) -> None:
        """Let every platform publish."""
        for platform in self.platforms:
            platform.publish(turn.day)


@dataclass(frozen=True)
class Inspecting:
    """Offices sample views on the platforms within reach, question and fine those above what is tolerated."""

    offices: Sequence[Office]
    phase: ClassVar[str] = "evening"
    reads: ClassVar[tuple[str, ...]] = (
        "counters.views",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "platforms.inspected_prevalence", "platforms.questioned", "platforms.fines", "platforms.pressure",
        "platforms.willingness_learnt",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        return cls(setup.agents["offices"])

    def step(self, world: World, turn: Turn) -> None:
        """Let every office inspect, where its day has come."""
        for office in self.offices:
            office.inspect()
