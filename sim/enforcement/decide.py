"""Deciding: kind × strikes × campaign escalation → a step of the ladder, whose sanctions are applied together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.core.draws import uniform
from sim.core.kernel import kernel
from sim.core.table import Array
from sim.policy.sanctions import COUNTED_AS
from sim.world.streams import Stream
from sim.world.world import Turn, World

NO_STRIKE = -1
"""Step of a decision about posts from before the account's last strike: they are removed, and nothing is added."""

CLOSURE = COUNTED_AS.index("closure")
LESSER = COUNTED_AS.index("lesser")


@kernel
def _strike(  # type: ignore[no-untyped-def]
    day, account, platform, kind, flagged_on, anger, escalation, extra_steps, extra_steps_from, last_step, expiry,
    strikes, strike_day, step,
):  # fmt: skip
    for i in range(len(account)):
        row, k = account[i], kind[i]
        if strikes[row] > 0 and day - strike_day[row] >= expiry:
            strikes[row] = 0
        if strikes[row] > 0 and flagged_on[i] <= strike_day[row]:
            step[i] = NO_STRIKE
            continue
        p = platform[i]
        skipped = escalation[p, k] + (extra_steps[p, k] if anger[i] >= extra_steps_from[p] else 0)
        step[i] = min(last_step[k], strikes[row] + skipped)
        strikes[row] = min(127, strikes[row] + 1)
        strike_day[row] = day


def step_has(steps: Array, quality: Array) -> Array:
    """Which steps hold a sanction with a *quality* (bool [sanctions]): bool [kinds, steps]."""
    padded = np.append(quality, False)
    return np.asarray(padded[steps].any(axis=2))


@kernel
def _act(seed, account, platform, flagged_on, acts, acted):  # type: ignore[no-untyped-def]
    for i in range(len(account)):
        if acted[i]:
            acted[i] = uniform(seed, Stream.REVIEW.value, account[i], flagged_on[i], 2) < acts[platform[i]]


@dataclass(frozen=True)
class Deciding:
    """Upheld cases that the platform acts on add a strike, unless they are older than the last, and bring sanctions."""

    phase: str = "deciding"
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ("accounts.strikes", "accounts.strike_day")

    def step(self, world: World, turn: Turn) -> None:
        """Take back the strikes of reversed decisions; fill ``turn.decisions`` and the register."""
        accounts, policy, conditions = world.accounts, world.policy, world.conditions
        back = turn.reversals.column("account")
        np.subtract.at(accounts.strikes, back, 1)
        accounts.strikes[back] = np.maximum(0, accounts.strikes[back])
        acted = turn.upheld.copy()
        cases = turn.reviewed
        _act.serial(
            world.seed, cases.column("account"), cases.column("platform"), cases.column("day"), conditions.acts, acted
        )
        chosen = cases.take(acted)
        account, platform, kind = chosen.column("account"), chosen.column("platform"), chosen.column("kind")
        step = np.zeros(len(chosen), np.int8)
        # Anger: the reports from the public that the views of these posts provoke.
        anger = chosen.column("violating_views") * policy.kinds.reports_per_view[kind]
        _strike.serial(
            turn.day, account, platform, kind, chosen.column("day"), anger, conditions.escalation,
            conditions.extra_steps, conditions.extra_steps_from, policy.rulebook.last_step,
            policy.rulebook.strike_expiry_days, accounts.strikes, accounts.strike_day, step,
        )  # fmt: skip
        sanctions, steps = policy.sanctions, policy.rulebook.steps
        strikes = step >= 0
        removes = ~strikes | step_has(steps, sanctions.posts_removed > 0)[kind, step]
        closes = strikes & step_has(steps, sanctions.closes)[kind, step]
        turn.decisions.append(
            account=account,
            platform=platform,
            kind=kind,
            day=np.full(len(chosen), turn.day, np.int16),
            step=step,
            closes=closes,
            lesser=strikes & step_has(steps, sanctions.counted_as == LESSER)[kind, step],
            appealable=strikes & step_has(steps, sanctions.appealable)[kind, step],
            breach=chosen.column("breach"),
            posts=np.where(removes, chosen.column("posts"), 0),
            flagged_on=chosen.column("day"),
            hour=chosen.column("hour"),
            delay=turn.delay[acted],
            evidence=chosen.column("evidence"),
            violating_views=chosen.column("violating_views"),
            lawful_views=chosen.column("lawful_views"),
            followers_taken=np.zeros(len(chosen), np.float32),
        )
        self._drop_after_closure(turn)
        turn.closed = turn.decisions.column("account")[turn.decisions.column("closes")]

    @staticmethod
    def _drop_after_closure(turn: Turn) -> None:
        """An account closed today is not sanctioned again today: later decisions about it are dropped."""
        account = turn.decisions.column("account")
        closing = np.flatnonzero(turn.decisions.column("closes"))
        closed, first = np.unique(account[closing], return_index=True)
        if len(closed) == 0:
            return
        place = np.minimum(np.searchsorted(closed, account), len(closed) - 1)
        late = (closed[place] == account) & (np.arange(len(account)) > closing[first][place])
        if late.any():
            turn.decisions.keep(~late)
