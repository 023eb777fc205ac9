"""Claims to a profession are checked against its register, more often under pressure."""

from __future__ import annotations

from dataclasses import dataclass

from rectify.core.table import Array
from rectify.detection.profile_check import READS, check_profiles
from rectify.world.streams import Stream
from rectify.world.world import Turn, World


@dataclass(frozen=True)
class QualificationCheck:
    """Claims to a profession are checked against its register, more often under pressure."""

    false_alarm: Array
    phase: str = "detecting"
    reads: tuple[str, ...] = READS
    writes: tuple[str, ...] = ()

    def step(self, world: World, turn: Turn) -> None:
        """Add the channel's bit to the turn's evidence."""
        hazard = world.conditions.check_hazard[1]
        check_profiles(world, turn, "qualification_check", Stream.QUALIFICATION_CHECK, hazard, self.false_alarm)
