"""Runs both models on one configuration and finds the first difference: its day, column, row and both values."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numba
import numpy as np

from rectify import RectificationModel, RunConfig
from rectify.naming.variants import VARIANTS
from rectify.world.accounts import Accounts
from rectify.world.ledgers import Appeals, Cases, Decisions
from rectify.world.operators import Operators
from rectify.world.platforms import Platforms
from tests.reference import columns
from tests.reference.agents import NEVER
from tests.reference.model import ReferenceModel

COMPILED = not numba.config.DISABLE_JIT

SINGLE = 4e-6 if COMPILED else 2e-4
"""Relative tolerance of what is made of single-precision numbers: the two work out exponentials by different libraries,
so that now and then a column is rounded the other way, by 6e-8; sixty-odd such roundings may add up. Uncompiled
(NUMBA_DISABLE_JIT=1, as mutants are first tried), NumPy keeps products of single and double precision in single."""

AT_THE_START = 2e-4
"""Relative tolerance of followers on day 0. The engine works them out in single precision throughout, and loses digits
in 1 − exp(−x) of a newly opened account: all of them where x is tiny, so that what is left is compared with the natural
audience. The run then starts from the engine's, so that this goes no further."""

NOTHING = 1e-6
"""Absolute tolerance: views, followers or yuan that are nothing. Differences of large numbers leave such remainders: of
large ones in single precision, uncompiled, SINGLE of the largest of the column."""


class Difference(AssertionError):
    """The two models differ: where first, and the two values."""


class Twins:
    """Both models of one configuration. ``events`` counts what happened, by name."""

    def __init__(self, config: RunConfig) -> None:
        self.engine = RectificationModel(config)
        self.reference = ReferenceModel(config)
        self.events: Counter[str] = Counter()
        # Fees are taken from incomes of their size: what is left is known no better than they are.
        self.nothing = {"income": NOTHING + SINGLE * config.behaviours.hiring.price_per_day}
        self.contagion = max(kind.contagion for kind in config.kinds.values())
        self.rentals_per_view = max(kind.rentals_per_million_views for kind in config.kinds.values()) / 1e6
        # One part in 2**23 of the natural audience may go amiss in 1 − exp(−x).
        largest = max(account.natural_audience for account in self.reference.accounts)
        self.nothing |= dict.fromkeys(("real_followers", "zombie_followers"), NOTHING + 1.2e-7 * largest)
        self.compare_tables(-1, AT_THE_START)
        del self.nothing["real_followers"], self.nothing["zombie_followers"]
        for account in self.reference.accounts:
            account.real_followers = float(self.engine.world.accounts.real_followers[account.row])
            account.zombie_followers = float(self.engine.world.accounts.zombie_followers[account.row])

    def run(self) -> Counter[str]:
        """Simulate every day on both; raise :class:`Difference` at the first difference."""
        for day in range(self.engine.world.calendar.days):
            before = self._standing()
            self.engine.step()
            self.reference.step()
            self.compare_tallies(day)
            self.compare_shared(day)
            self.compare_tables(day, SINGLE)
            self.compare_ledgers(day)
            self._note_events(day, before)
        return self.events

    def compare_tables(self, day: int, tolerance: float) -> None:
        """Every column of every account, operator and platform."""
        world = self.engine.world
        for table, kind, read in (
            ("accounts", Accounts, columns.accounts),
            ("operators", Operators, columns.operators),
            ("platforms", Platforms, columns.platforms),
        ):
            for name in kind.columns:
                mine, other = getattr(getattr(world, table), name), read(self.reference, name)
                same(day, f"{table}.{name}", mine, other, tolerance, self.nothing.get(name, NOTHING))

    def compare_shared(self, day: int) -> None:
        """What is kept for everybody on a platform."""
        world = self.engine.world
        for name in ("provocation", "observed", "announced", "severity"):
            # Provocation is so many times a share of views.
            nothing = NOTHING if COMPILED or name != "provocation" else SINGLE * self.contagion
            mine, other = getattr(world.conditions, name), columns.by_kind(self.reference, name)
            same(day, f"conditions.{name}", mine, other, nothing=nothing)
        same(day, "active_violators", world.active_violators, columns.by_kind(self.reference, "active_violators"))
        same(day, "views_due", world.views_due, columns.views_due(self.reference))
        if self.reference.erases_gains:
            gained = columns.accounts(self.reference, "gained_by_violating")
            same(day, "gained_by_violating", world.gained_by_violating, gained)

    def compare_tallies(self, day: int) -> None:
        """The day's counters, those of either model."""
        counters = self.engine.world.counters.names
        # Earnings less fees may come to next to nothing; each author's may be off as a column's may.
        nothing = {"income": self.nothing["income"] * len(self.engine.world.accounts)}
        if not COMPILED:
            # Rentals come of views: where these were taken down, what is left is known no better than all of them.
            rented = SINGLE * self.rentals_per_view * float(np.max(columns.tally(self.reference, "views"), initial=0.0))
            nothing |= {"rentals": rented, "rentals_refused": rented}
        for name in sorted({*counters, *(name for name, _, _ in self.reference.tallies)}):
            mine, other = self.engine.world.counters[name], columns.tally(self.reference, name)
            same(day, f"tallies.{name}", mine, other, SINGLE, nothing.get(name, NOTHING))

    def compare_ledgers(self, day: int) -> None:
        """Cases and appeals that wait, and the register of decisions."""
        world = self.engine.world
        for name in Cases.columns:
            same(day, f"cases.{name}", world.cases.column(name), columns.waiting_cases(self.reference, name))
        for name in Appeals.columns:
            same(day, f"appeals.{name}", world.appeals.column(name), columns.appeals(self.reference, name))
        if day == world.calendar.days - 1:
            for name in Decisions.columns:
                same(day, f"register.{name}", world.register.column(name), columns.register(self.reference, name))

    def _standing(self) -> dict[int, tuple[int, int, int, float]]:
        return {
            account.row: (account.closed_on, account.strikes, account.muted_until, account.zombie_followers)
            for account in self.reference.accounts
        }

    def _note_events(self, day: int, before: dict[int, tuple[int, int, int, float]]) -> None:
        reference, events = self.reference, self.events
        for (counter, platform, kind), amount in reference.tallies.items():
            events[counter] += amount
            if counter in ("views", "closed"):
                events[f"{counter} of {kind}"] += amount
            del platform
        for account in reference.accounts:
            closed_on, strikes, muted_until, zombies = before[account.row]
            if account.opened_on == day and account.predecessor is not None:
                events[f"returned as {VARIANTS[account.name_variant].name}"] += 1
                events["moved to another platform"] += account.platform is not account.predecessor.platform
                events["took another identity"] += account.identity != account.predecessor.identity
                events["second generation"] += account.generation > 1
            events["left"] += account.left_on == day and account.closed_on > day
            events["reopened"] += closed_on != NEVER and account.closed_on == NEVER
            events["unmuted on appeal"] += muted_until > day + 1 and account.muted_until == day
            events["bought zombies"] += account.zombie_followers > 1.2 * zombies + 1.0
            events["relapsed"] += account.impersonates_from == day
            events["strikes expired"] += (
                strikes > 0
                and account.strikes == 1
                and account.strike_day == day
                and (strikes > 1 or not any(each.decision.account is account for each in reference.appeals))
            )
        for case in reference.cases:
            events["waited"] += case.day < day
        for decision in reference.register:
            if decision.day == day:
                events.update(f"flagged by {channel}" for channel in set(decision.case.channels))
                events[f"removed {decision.removal}"] += 1
                events["older than the last strike"] += decision.step is None
        for platform in reference.platforms:
            events["provocation up"] += any(platform.provocation.values())
        events["campaign days"] += bool(reference.active_campaigns)
        for platform in reference.platforms:
            for hot_spot in reference.hot_spots.here(platform.name, day):
                events["hot spots"] += 1
                events["hot spots chased"] += hot_spot.chasing_posts > 0.0 and bool(hot_spot.kinds)
        events["questioned"] += sum(platform.questioned for platform in reference.platforms)


def same(day: int, name: str, engine: Any, reference: Any, tolerance: float = SINGLE, nothing: float = NOTHING) -> None:
    """Raise :class:`Difference` unless the two agree: whole numbers exactly, others within *tolerance*, relative.

    What differs by less than *nothing* agrees too.
    """
    one = np.asarray(engine)
    other = np.asarray(reference, dtype=one.dtype if one.size == 0 else None)
    if one.shape != other.shape:
        raise Difference(f"day {day}, {name}: the engine has shape {one.shape}, the reference {other.shape}")
    if one.dtype.kind == "f":
        left, right = one.astype(np.float64), other.astype(np.float64)
        nothing = nothing if COMPILED else nothing + SINGLE * float(np.nanmax(np.abs(right), initial=0.0))
        equal = np.isclose(left, right, rtol=tolerance, atol=nothing, equal_nan=True)
    else:
        equal = one == other
    if not equal.all():
        row = tuple(int(place) for place in np.argwhere(~equal)[0])
        where = row[0] if len(row) == 1 else row
        raise Difference(
            f"day {day}, {name}, row {where}: the engine has {one[row]!s}, the reference {other[row]!s} "
            f"({np.count_nonzero(~equal)} of {equal.size} differ)"
        )
