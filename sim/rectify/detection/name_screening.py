"""Names, avatars and profiles that pose as somebody else are screened, more often under pressure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from rectify.detection.channel import Channel, Effort
from rectify.detection.profile_check import READS, WRITES, ProfileCheck, ProfileCheckParams
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World


@dataclass(frozen=True)
class NameScreening:
    """Names, avatars and profiles that pose as somebody else are screened, more often under pressure."""

    check: ProfileCheck
    channel: ClassVar[Channel] = Channel(
        "name_screening",
        "Name and profile screening",
        params=ProfileCheckParams,
        effort=Effort("Rate of name and profile checks."),
    )
    phase: ClassVar[str] = "detecting"
    reads: ClassVar[tuple[str, ...]] = READS
    writes: ClassVar[tuple[str, ...]] = WRITES

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        return cls(ProfileCheck.of(setup, "name_screening", Stream.NAME_SCREENING))

    def step(self, world: World, turn: Turn) -> None:
        """Add the channel's bit to the turn's evidence."""
        self.check.step(world, turn)
