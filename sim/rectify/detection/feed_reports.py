"""Reports from feeds: readers report what they come across, on the day they do, whoever wrote today or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rectify.core.draws import fill_uniforms
from rectify.detection.reports import BIT
from rectify.world.streams import Stream
from rectify.world.world import Turn, World


@dataclass(frozen=True)
class FeedReports:
    """Readers report messages in their feeds, some by mistake and some by agreement, at the rates of the platform."""

    phase: str = "detecting"
    reads: tuple[str, ...] = ("accounts.platform", "accounts.kind", "accounts.closed_on", "accounts.left_on")
    writes: tuple[str, ...] = ()

    def step(self, world: World, turn: Turn) -> None:
        """Add the channel's bit to the evidence of accounts flagged today, and a case about each of the others."""
        accounts, conditions, day = world.accounts, world.conditions, turn.day
        there = (accounts.closed_on > day) & (accounts.left_on > day)
        rows = np.flatnonzero(there & (turn.message_views.sum(axis=0) > 0)).astype(np.int32)
        platform, kind = accounts.platform[rows], accounts.kind[rows]
        lawful, violating = turn.message_views[0, rows], turn.message_views[1, rows]
        draws = np.empty((4, len(rows)))
        fill_uniforms(world.seed, int(Stream.REPORTS), rows, day, 0, draws)
        right = (turn.live_violating_messages[rows] > 0) & (
            draws[0] < -np.expm1(-conditions.report_rate[platform, kind] * violating)
        )
        mistaken = draws[1] < -np.expm1(-conditions.false_report_rate[platform] * lawful)
        mistaken |= (lawful > 0) & (draws[2] < conditions.coordinated_hazard[platform])
        reported = right | mistaken
        place = np.minimum(np.searchsorted(turn.due, rows), max(0, len(turn.due) - 1))
        flagged = (
            (turn.due[place] == rows) & (turn.evidence[place] > 0) if len(turn.due) else np.zeros(len(rows), np.bool_)
        )
        known = place[reported & flagged]
        turn.evidence[known] |= BIT
        turn.breach[known] |= right[reported & flagged]
        new = reported & ~flagged
        true = right[new]
        turn.reported.append(
            account=rows[new],
            platform=platform[new],
            kind=kind[new],
            day=np.full(int(new.sum()), day, np.int16),
            time_of_day=draws[3, new],
            evidence=np.full(int(new.sum()), BIT, np.uint16),
            breach=true,
            # Reports name one message; a moderator who opens it finds the account's others of that kind beside it.
            posts=np.where(true, turn.live_violating_messages[rows[new]], 1),
            violating_views=np.where(true, violating[new], 0.0),
            lawful_views=np.where(true, 0.0, lawful[new]),
            referred=np.zeros(int(new.sum()), np.bool_),
        )
