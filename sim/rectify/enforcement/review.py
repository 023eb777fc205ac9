"""Review: a first-in first-out queue per platform with daily capacity; referrals are taken first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numpy as np

from rectify.core.draws import uniforms
from rectify.core.groups import group
from rectify.core.kernel import kernel
from rectify.core.sampling import exponential
from rectify.core.table import Array
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World


@kernel
def take_in_order(platform, referred, moot, slots, rank):  # type: ignore[no-untyped-def]
    """Give each case reviewed today its place in its platform's order, from 0; -1 to those that go on waiting.

    Referred cases come first, then the others, each in order of arrival, until the platform's *slots* are used. A
    *moot* case (its account is gone) takes no slot and no place: it gets -2.

    outputs: rank
    """
    used, left = np.zeros(len(slots), np.int64), slots.sum()
    for i in range(len(platform)):
        rank[i] = -2 if moot[i] else -1
        if referred[i] and not moot[i] and used[platform[i]] < slots[platform[i]]:
            rank[i] = used[platform[i]]
            used[platform[i]] += 1
            left -= 1
    for i in range(len(platform)):
        if left == 0:
            break  # those who wait longest come first: the rest of a long queue need not be looked at
        if not (referred[i] or moot[i]) and used[platform[i]] < slots[platform[i]]:
            rank[i] = used[platform[i]]
            used[platform[i]] += 1
            left -= 1


@kernel
def _take_in(day, new_cases, account, closed_on, left_on, cases_open, moot):  # type: ignore[no-untyped-def]
    """Count the new cases about each account; find the cases, about *account*, whose account is gone.

    outputs: cases_open, moot
    """
    for i in range(len(new_cases)):
        cases_open[new_cases[i]] += 1
    for i in range(len(account)):
        moot[i] = closed_on[account[i]] <= day or left_on[account[i]] <= day


@kernel
def _part(rank, account, cases_open, served, waiting):  # type: ignore[no-untyped-def]
    """Part the cases by *rank* into those served today and those that go on waiting; how many of each.

    outputs: cases_open, served, waiting
    """
    n_served = n_waiting = 0
    for i in range(len(rank)):
        if rank[i] == -1:
            waiting[n_waiting] = i
            n_waiting += 1
            continue
        cases_open[account[i]] -= 1
        if rank[i] >= 0:
            served[n_served] = i
            n_served += 1
    return n_served, n_waiting


class Reviewers(NamedTuple):
    """A platform's reviewers: shares of breaches and of blameless cases that they tell, mean days to close a case."""

    sensitivity: Array
    specificity: Array
    handling: Array
    slots: Array
    """Cases that they can close today."""


@kernel
def _judge(  # type: ignore[no-untyped-def]
    day, seed, cases, rank, reviewers,
    verdicts, reviewed, upheld, wrongly_upheld,
):  # fmt: skip
    """Judge the *cases* of the day, each with its place in its platform's order, *rank*.

    outputs: verdicts, reviewed, upheld, wrongly_upheld
    """
    for i in range(len(cases)):
        p, k, flagged_on = cases.platform[i], cases.kind[i], cases.day[i]
        u = uniforms(seed, Stream.REVIEW.value, cases.account[i], flagged_on, 0)
        upholds = u[0] < (reviewers.sensitivity[p] if cases.breach[i] else 1.0 - reviewers.specificity[p])
        queued = day - flagged_on - cases.time_of_day[i] + (rank[i] + 0.5) / reviewers.slots[p]
        verdicts.upheld[i] = upholds
        verdicts.delay[i] = max(exponential(u[1], reviewers.handling[p]), queued)
        reviewed[p, k] += 1.0
        upheld[p, k] += upholds
        wrongly_upheld[p, k] += upholds and not cases.breach[i]


@dataclass(frozen=True)
class Reviewing:
    """Reviewers close as many cases as their platform has slots for today, in order, with errors both ways."""

    reviewers: Reviewers
    phase: ClassVar[str] = "reviewing"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.new_cases", "platforms.slots", "accounts.closed_on", "accounts.left_on",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "accounts.cases_open", "world.cases", "turn.reviewed", "turn.verdicts", "counters.reviewed", "counters.upheld",
        "counters.wrongly_upheld",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        return cls(
            group(
                Reviewers,
                setup.world.platforms,
                sensitivity=setup.by_platform("reviewer_sensitivity"),
                specificity=setup.by_platform("reviewer_specificity"),
                handling=setup.by_platform("handling_hours") / 24.0,
            )
        )

    def step(self, world: World, turn: Turn) -> None:
        """Fill ``turn.reviewed`` and ``turn.verdicts``; leave the rest in ``world.cases``."""
        cases, accounts = world.cases, world.accounts
        if len(cases) == 0:
            return
        about, moot = cases.column("account"), np.zeros(len(cases), np.bool_)
        _take_in.serial(
            turn.day, turn.new_cases.array, about, accounts.closed_on, accounts.left_on, accounts.cases_open, moot
        )
        rank, places = np.empty(len(about), np.int64), np.empty((2, len(about)), np.int64)
        take_in_order.serial(cases.column("platform"), cases.column("referred"), moot, self.reviewers.slots, rank)
        reviews, waits = _part.serial(rank, about, accounts.cases_open, *places)
        served = places[0, :reviews]
        turn.reviewed.extend(cases.take(served))
        cases.keep(places[1, :waits])
        _judge.serial(
            turn.day, world.seed, turn.reviewed.records, rank[served], self.reviewers, turn.verdicts.add(reviews),
            *world.counters.several("reviewed", "upheld", "wrongly_upheld"),
        )  # fmt: skip
