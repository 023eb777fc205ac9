"""Deciding: kind × strikes × campaign escalation → a step of the ladder, whose sanctions are applied together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from rectify.core.draws import uniform
from rectify.core.kernel import kernel
from rectify.core.table import Array
from rectify.world.ledgers import Cases
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World

NO_STRIKE = -1
"""Step of a decision about posts from before the account's last strike: at most, they are removed."""


@kernel
def _strike(  # type: ignore[no-untyped-def]
    day, cases, skipped, last_step, expiry,
    strikes, strike_day, step,
):  # fmt: skip
    """Add a strike to the accounts of the *cases* that are not older than their last; find the step of the ladder.

    skipped: steps by case; last_step: by kind; expiry: days after which strikes no longer count; step: by case.

    outputs: strikes, strike_day, step
    """
    for i in range(len(cases)):
        row, k = cases.account[i], cases.kind[i]
        if strikes[row] > 0 and day - strike_day[row] >= expiry:
            strikes[row] = 0
        if strikes[row] > 0 and cases.day[i] <= strike_day[row]:
            step[i] = NO_STRIKE
            continue
        step[i] = min(last_step[k], strikes[row] + skipped[i])
        strikes[row] = min(127, strikes[row] + 1)
        strike_day[row] = day


def skipped_steps(world: World, day: int, cases: Cases) -> Array:
    """Steps of the ladder that each case skips, int64: the most that any campaign under way there makes it skip.

    A campaign's further steps are skipped by cases that anger the public: by the reports that the posts' views provoke.
    """
    platform, kind = cases.column("platform"), cases.column("kind")
    skipped = world.conditions.escalation[platform, kind]
    for campaign in world.active_campaigns:
        if campaign.extra_steps.any():
            anger = cases.column("violating_views") * world.policy.kinds.reports_per_view[kind]
            angry = campaign.under_way(day)[platform] & (anger >= campaign.extra_steps_from[platform])
            more = campaign.escalation[platform, kind] + campaign.extra_steps[platform, kind]
            skipped = np.where(angry, np.maximum(skipped, more), skipped)
    return np.asarray(skipped)


@kernel
def _act(seed, cases, acts, acted):  # type: ignore[no-untyped-def]
    """Leave those of the upheld *cases* that the platform acts on, the share *acts* by platform.

    outputs: acted
    """
    for i in range(len(cases)):
        if acted[i]:
            acted[i] = uniform(seed, Stream.REVIEW.value, cases.account[i], cases.day[i], 2) < acts[cases.platform[i]]


@dataclass(frozen=True)
class Deciding:
    """Upheld cases that the platform acts on add a strike, unless they are older than the last, and bring sanctions."""

    phase: ClassVar[str] = "deciding"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.reversals", "turn.reviewed", "turn.verdicts", "conditions.acts", "conditions.escalation",
        "world.active_campaigns",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "accounts.strikes", "accounts.strike_day", "turn.decisions", "turn.closed",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        return cls()

    def step(self, world: World, turn: Turn) -> None:
        """Take back the strikes of reversed decisions; fill ``turn.decisions`` and the register."""
        accounts, policy, conditions = world.accounts, world.policy, world.conditions
        if len(turn.reversals):
            back = turn.reversals.column("account")
            np.subtract.at(accounts.strikes, back, 1)
            accounts.strikes[back] = np.maximum(0, accounts.strikes[back])
        if len(turn.reviewed) == 0:
            return
        acted = turn.verdicts.column("upheld").copy()
        cases = turn.reviewed
        _act.serial(world.seed, cases.records, conditions.acts, acted)
        chosen = cases.take(acted)
        if len(chosen) == 0:
            return
        account, platform, kind = chosen.column("account"), chosen.column("platform"), chosen.column("kind")
        step = np.zeros(len(chosen), np.int8)
        _strike.serial(
            turn.day, chosen.records, skipped_steps(world, turn.day, chosen), policy.rulebook.last_step,
            policy.rulebook.strike_expiry_days, accounts.strikes, accounts.strike_day, step,
        )  # fmt: skip
        rulebook, strikes = policy.rulebook, step >= 0
        removes = rulebook.step_removes[kind, np.maximum(step, 0)]  # an older case: as the first step says
        turn.decisions.append(
            account=account,
            platform=platform,
            kind=kind,
            day=turn.day,
            step=step,
            closes=strikes & rulebook.step_closes[kind, step],
            lesser=strikes & rulebook.step_lesser[kind, step],
            appealable=strikes & rulebook.step_appealable[kind, step],
            breach=chosen.column("breach"),
            posts=chosen.column("posts") * removes,
            flagged_on=chosen.column("day"),
            time_of_day=chosen.column("time_of_day"),
            delay=turn.verdicts.column("delay")[acted],
            evidence=chosen.column("evidence"),
            violating_views=chosen.column("violating_views"),
            lawful_views=chosen.column("lawful_views"),
            followers_taken=0.0,
        )
        self._drop_after_closure(turn)
        turn.closed.put(turn.decisions.column("account")[turn.decisions.column("closes")])

    @staticmethod
    def _drop_after_closure(turn: Turn) -> None:
        """An account closed today is not sanctioned again today: later decisions about it are dropped."""
        account = turn.decisions.column("account")
        closing = turn.decisions.column("closes").nonzero()[0]
        if len(closing) == 0 or len(account) == 1:
            return
        closed, first = np.unique(account[closing], return_index=True)
        place = np.minimum(np.searchsorted(closed, account), len(closed) - 1)
        late = (closed[place] == account) & (np.arange(len(account)) > closing[first][place])
        if late.any():
            turn.decisions.keep(~late)
