"""Cases: what any channel flagged today about one account joins the reviewers' queue as one case."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.world.ledgers import POPULARITY_BITS, TRUSTED_BITS, Cases
from sim.world.world import Turn, World


@dataclass(frozen=True)
class OpeningCases:
    """Everything flagged about an account today becomes one case, in row order behind those already waiting."""

    phase: str = "detecting"
    reads: tuple[str, ...] = ("accounts.platform", "accounts.kind")
    writes: tuple[str, ...] = ()

    def step(self, world: World, turn: Turn) -> None:
        """Append to ``world.cases``; tally cases and flagged posts."""
        flagged = (turn.evidence != 0).nonzero()[0]
        rows = turn.due[flagged]
        platform, kind = world.accounts.platform[rows], world.accounts.kind[rows]
        if world.policy.kinds.popularity >= 0:
            alone = turn.evidence[flagged] & POPULARITY_BITS == turn.evidence[flagged]
            kind = np.where(alone, world.policy.kinds.popularity, kind)
        breach = turn.breach[flagged]
        violating, lawful = turn.flagged_violating[flagged], turn.flagged_lawful[flagged]
        trusted = (turn.evidence[flagged] & TRUSTED_BITS) > 0
        # Views at stake: of the posts flagged, out of all that the account wrote today.
        violating_share = violating / np.maximum(1, turn.violating_posts[flagged])
        lawful_share = lawful / np.maximum(1, turn.lawful_posts[flagged])
        cases = world.cases
        if len(turn.reported):
            cases = Cases()
        cases.append(
            account=rows,
            platform=platform,
            kind=kind,
            day=turn.day,
            hour=turn.hour[flagged],
            evidence=turn.evidence[flagged],
            breach=breach,
            posts=violating + lawful,
            violating_views=(turn.violating_views[flagged] * violating_share).astype(np.float32),
            lawful_views=(turn.lawful_views[flagged] * lawful_share).astype(np.float32),
            referred=trusted,
        )
        if len(turn.reported):
            cases.extend(turn.reported)
            cases = cases.take(np.argsort(cases.column("account"), kind="stable"))
            rows, platform, kind = cases.column("account"), cases.column("platform"), cases.column("kind")
            breach, trusted = cases.column("breach"), cases.column("referred")
            world.cases.extend(cases)
        turn.new_cases = rows
        world.tallies.count("cases", platform, kind)
        world.tallies.count("false_cases", platform, kind, ~breach)
        world.tallies.count("trusted_cases", platform, kind, trusted)
