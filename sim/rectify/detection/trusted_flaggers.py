"""Trusted flaggers, such as a council's members: they report posts with few mistakes, and are heard first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from rectify.core.groups import group
from rectify.core.params import Params, lever, uncertainty
from rectify.core.table import Array
from rectify.detection.channel import Channel
from rectify.detection.post_reports import READS, WRITES, Reporting, take_reports
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World


class TrustedFlaggersParams(Params):
    """A platform's trusted flaggers."""

    per_million_views: float = lever(
        "1/1e6 views", "Reports of violating posts by trusted flaggers, reviewed first.", ge=0, default=0.0
    )
    false_per_million_views: float = uncertainty(
        "1/1e6 views", "Reports of lawful posts by trusted flaggers.", ge=0, default=0.0
    )


@dataclass(frozen=True)
class TrustedFlaggers:
    """A platform's trusted flaggers report posts, with few mistakes; reviewers take their reports first.

    rate, false_rate: reports per view of violating and of lawful posts, float64 [platforms].
    """

    rate: Array
    false_rate: Array
    reporting: Reporting
    channel: ClassVar[Channel] = Channel(
        "trusted_flaggers", "Trusted flaggers", trusted=True, params=TrustedFlaggersParams
    )
    phase: ClassVar[str] = "detecting"
    reads: ClassVar[tuple[str, ...]] = READS
    writes: ClassVar[tuple[str, ...]] = WRITES

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        rate, false_rate = (
            setup.of_channel("trusted_flaggers", field) / 1e6
            for field in ("per_million_views", "false_per_million_views")
        )
        bit = setup.bit("trusted_flaggers")
        return cls(rate, false_rate, group(Reporting, stream=Stream.TRUSTED_FLAGGERS.value, bit=bit, steered=1.0))

    def step(self, world: World, turn: Turn) -> None:
        """Add the posts reported, and the channel's bit, to the turn's evidence."""
        if np.count_nonzero(self.rate) or np.count_nonzero(self.false_rate):
            rate = np.repeat(self.rate[:, None], world.kinds, axis=1)
            never = np.zeros(len(self.rate))
            take_reports(world, turn, self.reporting, rate, self.false_rate, never)
