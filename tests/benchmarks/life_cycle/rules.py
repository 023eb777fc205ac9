"""What the three have in common: parameters, draws, and the accounts at the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rectify.core.draws import fill_uniforms
from rectify.core.table import NEVER, Array
from rectify.world.streams import Stream

SEED = 1
COUNTERS = (
    "active", "returned", "lawful_posts", "violating_posts", "cases", "reviewed", "upheld", "wrongly_upheld", "closed",
)  # fmt: skip


@dataclass(frozen=True)
class Rules:
    """Parameters. Rates are per day."""

    leaving: float = 0.01
    forgetting: float = 0.02
    found_again: float = 0.4
    """Share of its followers that an account starts with when it returns."""
    risk_weight: float = 3.0
    chilling: float = 0.5
    reach: float = 0.3
    """Views of a post by follower."""
    premium: float = 2.5
    """Views of a violating post relative to a lawful one."""
    advertising: float = 0.002
    deals: float = 0.0001
    followed: float = 0.05
    """Followers that a view brings."""
    hit_rate: float = 0.4
    false_alarm: float = 0.005
    reports: float = 0.0005
    """Reports by view of a violating post."""
    slots_by_account: float = 0.014
    sensitivity: float = 0.9
    specificity: float = 0.85
    strike_days: int = 20
    mute_days: int = 5
    strikes_to_close: int = 3
    return_share: float = 0.5
    return_days: float = 6.0
    lesson: float = 0.3
    """What a strike adds to the certainty that is still missing."""
    seen_memory: float = 0.9
    seen_weight: float = 2.0

    def seen_next(self, seen: float, struck: int, active: int) -> float:
        """Certainty that people see around them, from yesterday's and from today's strikes."""
        share = min(1.0, self.seen_weight * struck / max(1, active))
        return self.seen_memory * seen + (1.0 - self.seen_memory) * share


class LifeCycle(Protocol):
    """A population that can be stepped a day and looked at."""

    counted: list[tuple[int, ...]]
    """COUNTERS of each day so far."""

    def step(self) -> None:
        """Simulate one day."""

    def columns(self) -> dict[str, Array]:
        """State of all accounts as of the day simulated last."""


def draws(stream: Stream, rows: Array, day: int) -> Array:
    """Four uniforms for each of *rows* on that day: float64 [4, rows]."""
    drawn = np.empty((4, len(rows)))
    fill_uniforms(SEED, stream.value, rows, day, 0, drawn)
    return drawn


def accounts_at_start(rows: int) -> dict[str, Array]:
    """Activity (rate of active days), propensity to violate (logit), followers, and the first active day."""
    u = draws(Stream.ACCOUNT, np.arange(rows, dtype=np.int32), 0)
    activity = 0.1 + 0.6 * u[0]
    return {
        "activity": activity,
        "propensity": -6.0 + 7.0 * u[1],
        "followers": 50.0 / np.sqrt(u[2]),
        "next_day": np.minimum(NEVER, -np.log(1.0 - u[3]) / activity).astype(np.int16),
    }
