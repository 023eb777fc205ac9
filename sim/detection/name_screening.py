"""Names, avatars and profiles that pose as somebody else are screened, more often under pressure."""

from __future__ import annotations

from dataclasses import dataclass

from sim.core.decay import decay_tables
from sim.core.table import Array
from sim.detection.profile_check import check_profiles
from sim.policy.kinds import PROFILE_CHECKS
from sim.world.ledgers import CHANNELS
from sim.world.streams import Stream
from sim.world.world import Turn, World

BIT = 1 << CHANNELS.index("name_screening")
CHECK = PROFILE_CHECKS.index("name_screening")


@dataclass(frozen=True)
class NameScreening:
    """Names, avatars and profiles that pose as somebody else are screened, more often under pressure."""

    false_alarm: Array
    phase: str = "detecting"
    reads: tuple[str, ...] = (
        "accounts.posing_from", "accounts.cases_open",
    )  # fmt: skip
    writes: tuple[str, ...] = ()

    def step(self, world: World, turn: Turn) -> None:
        """Add the channel's bit to the turn's evidence."""
        accounts = world.accounts
        check_profiles(
            turn.day, world.seed, Stream.NAME_SCREENING.value, BIT, CHECK, turn.due, turn.active, turn.platform,
            turn.kind, accounts.posing_from, turn.last_day, accounts.cases_open,
            decay_tables(world.conditions.check_hazard[0]), self.false_alarm, world.policy.kinds.checked_by,
            turn.violating_posts, turn.flagged_violating, turn.evidence, turn.breach,
        )  # fmt: skip
