"""A Mesa model of which one step is one day: days are counted, and there is none after the last."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import mesa

from rectify.actors.office import Office
from rectify.core.errors import RunEndedError
from rectify.world.world import World

BEGIN_ANEW = "begin anew with RectificationModel(config)"

_simulating: ContextVar[bool] = ContextVar("simulating", default=False)
# Mesa logs every step of every model at the level that applications usually listen to.
logging.getLogger("MESA.mesa.model").addFilter(lambda _: not _simulating.get())


class DailyModel(mesa.Model):
    """What a model has of Mesa's clock. Its class's ``step`` does its work within :meth:`_a_day`."""

    world: World

    def __init__(self, seed: int) -> None:
        self._days, self._broken_off, self._winding = 0, False, False
        self._scheduled: list[Any] = []
        # Mesa takes this for what happens in a step, and puts in its place what moves the clock on by a day.
        self.step = self._simulate  # type: ignore[method-assign]
        super().__init__(rng=seed % 2**32)
        self._move_clock = self.step
        self.step = self._next_day  # type: ignore[method-assign]

    @property
    def day(self) -> int:
        """Days simulated so far; the number of the day that comes next."""
        return self._days

    @property
    def date(self) -> datetime.date:
        """Date of the day simulated last (of day 0 before any)."""
        return self.world.calendar.date(self._today())

    def _today(self) -> int:
        return max(0, self._days - 1)

    def step(self) -> None:
        """Simulate one day."""
        raise NotImplementedError

    def wind_to(self, day: int) -> None:
        """Let the clock, and with it dated events, go on to *day* without simulating: for :mod:`rectify.run_state`."""
        self._winding = True
        while self._days < day:
            self.step()
        self._winding = False

    def _simulate(self) -> None:
        """What Mesa calls when the clock comes to a day; a subclass's step is called for days that are simulated."""
        if not self._winding:
            type(self).step(self)
            return
        with self._a_day():
            pass

    def _next_day(self) -> None:
        """What ``model.step()`` calls."""
        self._check_that_it_can_go_on()
        days, token = self._days, _simulating.set(True)
        try:
            self._move_clock()
        finally:
            _simulating.reset(token)
        if self._days == days:  # Mesa's clock stands still after an error of a subclass's step
            self._broken_off = True
            self._check_that_it_can_go_on()

    def _check_that_it_is_whole(self) -> None:
        if self._broken_off:
            raise RunEndedError(
                f"{self.date} was broken off by an error, and there is no going on from it; {BEGIN_ANEW}"
            )

    def _check_that_it_can_go_on(self) -> None:
        self._check_that_it_is_whole()
        if self._days == self.world.calendar.days:
            raise RunEndedError(f"the run ended on {self.date}, its last day; {BEGIN_ANEW}")

    @contextmanager
    def _a_day(self) -> Iterator[int]:
        """Count a day, whose number is given; after an error in the block there is no other."""
        self._check_that_it_can_go_on()
        self._days += 1
        self._broken_off = True
        yield self._days - 1
        self._broken_off = False
        if self._days == self.world.calendar.days:
            self.running = False

    def schedule_event(self, function: Callable[[], Any], **when: Any) -> Any:
        """As in Mesa."""
        event = super().schedule_event(function, **when)
        if not isinstance(getattr(function, "__self__", None), Office):
            self._scheduled.append(event)
        return event

    def schedule_recurring(self, function: Callable[[], Any], *args: Any, **more: Any) -> Any:
        """As in Mesa."""
        generator = super().schedule_recurring(function, *args, **more)
        self._scheduled.append(generator)
        return generator

    def _has_events_of_others(self) -> bool:
        """Whether anything is still to happen that was not put on the clock by the model itself."""
        return any(
            each.is_active if hasattr(each, "is_active") else not each.CANCELED and each.time > self.time
            for each in self._scheduled
        )
