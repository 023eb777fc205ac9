"""Appeals: the wrongly sanctioned appeal more often; hearings take time; a reversal restores what can be restored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from rectify.core.draws import uniforms
from rectify.core.kernel import kernel
from rectify.core.sampling import geometric
from rectify.core.table import NEVER
from rectify.policy.rulebook import AppealParams
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World


@kernel
def _hear(seed, heard, if_wrong, if_right, reversed_):  # type: ignore[no-untyped-def]
    """Reverse the decisions appealed against, the share *if_wrong* of those without a breach, *if_right* of the others.

    outputs: reversed_
    """
    for i in range(len(heard)):
        u = uniforms(seed, Stream.HEARING.value, heard.account[i], heard.decided_on[i], 0)
        reversed_[i] = u[0] < (if_right if heard.breach[i] else if_wrong)


@kernel
def _file(  # type: ignore[no-untyped-def]
    day, seed, decisions, if_wrong, if_right, hearing_days,
    files, hearing_on,
):  # fmt: skip
    """Have those sanctioned decide whether to appeal, as :func:`_hear` decides, and find the day of the hearing.

    outputs: files, hearing_on
    """
    for i in range(len(decisions)):
        if not decisions.appealable[i]:
            continue
        u = uniforms(seed, Stream.APPEAL.value, decisions.account[i], day, 0)
        files[i] = u[0] < (if_right if decisions.breach[i] else if_wrong)
        hearing_on[i] = min(NEVER, day + 1 + geometric(u[1], 1.0 / hearing_days))


@dataclass(frozen=True)
class Hearing:
    """Appeals whose day has come are heard; some decisions are reversed, right ones now and then by mistake."""

    params: AppealParams
    phase: ClassVar[str] = "appealing"
    reads: ClassVar[tuple[str, ...]] = ()
    writes: ClassVar[tuple[str, ...]] = (
        "world.appeals", "turn.reversals", "counters.appeals_heard", "counters.reversals",
        "counters.wrongly_sanctioned_days",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        return cls(setup.policy.rulebook.appeals)

    def step(self, world: World, turn: Turn) -> None:
        """Fill ``turn.reversals``; take the appeals heard off ``world.appeals``."""
        waiting = world.appeals
        due = waiting.column("hearing_on") <= turn.day
        if not due.any():
            return
        heard = waiting.take(due)
        waiting.keep(~due)
        reversed_ = np.zeros(len(heard), np.bool_)
        _hear.serial(
            world.seed, heard.records, self.params.reversed_if_wrong, self.params.reversed_if_right, reversed_,
        )  # fmt: skip
        turn.reversals.extend(heard.take(reversed_))
        back = turn.reversals
        where = (back.column("platform"), back.column("kind"))
        world.counters.count("appeals_heard", heard.column("platform"), heard.column("kind"))
        if len(back) == 0:
            return
        world.counters.count("reversals", *where)
        lost = turn.day - back.column("decided_on")
        world.counters.count("wrongly_sanctioned_days", *where, amount=np.where(back.column("breach"), 0, lost))


@dataclass(frozen=True)
class Filing:
    """Those sanctioned today decide whether to appeal; the register keeps the day's decisions, with what they took."""

    params: AppealParams
    phase: ClassVar[str] = "appealing"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.decisions",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "world.appeals", "world.register", "counters.appeals_filed",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        return cls(setup.policy.rulebook.appeals)

    def step(self, world: World, turn: Turn) -> None:
        """Append to ``world.appeals`` and to ``world.register``."""
        decisions, params = turn.decisions, self.params
        if len(decisions) == 0:
            return
        files = np.zeros(len(decisions), np.bool_)
        hearing_on = np.zeros(len(decisions), np.int16)
        _file.serial(
            turn.day, world.seed, decisions.records, params.filed_if_wrong, params.filed_if_right, params.hearing_days,
            files, hearing_on,
        )  # fmt: skip
        world.register.extend(decisions)
        filed = files.nonzero()[0]
        if len(filed) == 0:
            return
        where = (decisions.column("platform")[filed], decisions.column("kind")[filed])
        world.appeals.append(
            account=decisions.column("account")[filed],
            platform=where[0],
            kind=where[1],
            decided_on=decisions.column("day")[filed],
            hearing_on=hearing_on[filed],
            breach=decisions.column("breach")[filed],
            closed=decisions.column("closes")[filed],
            followers_taken=decisions.column("followers_taken")[filed],
        )
        world.counters.count("appeals_filed", *where)
