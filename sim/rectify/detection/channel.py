"""What a detection channel is, and what all channels share: how it is declared, and how effort scales it.

A channel is one file with one process. The process's class says in ``channel`` what the channel is called, whether
reviewers take its cases first, what it alleges, which parameters each platform has for it
(``platforms.X.channels.name`` in a configuration), and how a campaign's effort scales it (``campaigns.X.effort.name``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rectify.core.params import Params

MOST_CHANNELS = 16
"""Channels of a run: the evidence of a case is a bit for each, in two bytes."""


@dataclass(frozen=True)
class Effort:
    """How a campaign makes a channel work harder, under full pressure; under less, in proportion.

    form ``ratio``: a factor of the channel's rate, 1 without a campaign. ``shift``: an amount that a threshold is
    lowered by, 0 without. *most*: largest value that a configuration may give.
    """

    meaning: str
    unit: str = "ratio"
    form: Literal["ratio", "shift"] = "ratio"
    most: float = 10_000.0

    @property
    def neutral(self) -> float:
        """The effort of an ordinary day."""
        return 1.0 if self.form == "ratio" else 0.0

    def in_force(self, effort: float, pressure: float) -> float:
        """What full pressure's *effort* comes to under a *pressure* from 0 to 1."""
        return 1.0 + (effort - 1.0) * pressure if self.form == "ratio" else effort * pressure


@dataclass(frozen=True)
class Channel:
    """One detection channel.

    trusted: reviewers take its cases first. alleges: a ``violation`` of the kind that the account turns to, or faked
    ``popularity``, where no other channel alleges anything. params: its parameters, which every platform has; none: it
    has no parameters by platform. effort: how a campaign scales it; none: it does not.
    """

    name: str
    label: str
    trusted: bool = False
    alleges: Literal["violation", "popularity"] = "violation"
    params: type[Params] | None = None
    effort: Effort | None = None

    @property
    def neutral_effort(self) -> float:
        """The effort of an ordinary day."""
        return 1.0 if self.effort is None else self.effort.neutral
