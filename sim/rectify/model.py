"""RectificationModel: a Mesa model of platforms, accounts, operators, and the offices that regulate them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from datetime import date
from time import perf_counter

import mesa

from rectify.actors.office import Office
from rectify.actors.platform import Platform
from rectify.assembly import build_world, sized
from rectify.configuration.run_config import RunConfig
from rectify.core.due import due_rows, gather
from rectify.core.kernel import use_threads
from rectify.day import build_day
from rectify.metrics.catalogue import all_metrics
from rectify.metrics.published import compare_published
from rectify.metrics.recorder import Recorder
from rectify.metrics.summary import summarise
from rectify.results import RunResult
from rectify.world.views import AccountSet, OperatorSet
from rectify.world.world import Turn

ROWS_WORTH_THREADS = 300_000
"""Below this many rows one thread is faster than several, and leaves the other cores to other runs."""

Progress = Callable[["RectificationModel"], None]


class RectificationModel(mesa.Model):
    """One run. Platforms and offices are Mesa agents in ``model.agents``; one ``step()`` is one day.

    ``model.world`` holds the columns of accounts and operators. Mesa's own random generators are not used: every
    draw is a pure function of the seed, a stream, an entity and a day.
    """

    def __init__(self, config: RunConfig) -> None:
        super().__init__(rng=config.seed % 2**32)
        self.config = config
        self._winding = False
        with_rows = sized(config)
        rows = with_rows.population.accounts
        assert isinstance(rows, int)
        wanted = config.threads or (1 if rows < ROWS_WORTH_THREADS else os.cpu_count() or 1)
        self.threads = use_threads(wanted)
        self.world, archetypes = build_world(with_rows)
        self.schedule = build_day(config, self.world, archetypes)
        for process in self.schedule:
            prepare = getattr(process, "prepare", None)
            if prepare is not None:
                prepare(self.world)
        self.platforms = [
            Platform(self, self.world, row, name, params, config.behaviours.pressure)
            for row, (name, params) in enumerate(config.platforms.items())
        ]
        self.offices = [
            Office(
                self,
                self.world,
                row,
                name,
                params,
                [platform for platform in self.platforms if params.reaches(platform.params)],
            )
            for row, (name, params) in enumerate(config.offices.items())
        ]
        for office in self.offices:
            office.schedule_campaigns()
        metrics = all_metrics(self.world.policy.sanctions, with_feeds=config.audience.form == "follower_network")
        self.recorder = Recorder(metrics, config.calendar, self.world, config.recording.census_every_days)

    @property
    def day(self) -> int:
        """Days simulated so far; the number of the day that comes next."""
        return int(self.steps)

    def _today(self) -> int:
        return max(0, int(self.steps) - 1)

    @property
    def accounts(self) -> AccountSet:
        """All account rows as of the day simulated last, read-only, in the vocabulary of Mesa's AgentSet."""
        return AccountSet(self.world, self._today)

    @property
    def operators(self) -> OperatorSet:
        """All operators, read-only, in the vocabulary of Mesa's AgentSet."""
        return OperatorSet(self.world, self._today)

    @property
    def date(self) -> date:
        """Date of the day simulated last (of day 0 before any)."""
        return self.world.calendar.date(max(0, self.steps - 1))

    def wind_to(self, day: int) -> None:
        """Let the clock, and with it dated events, go on to *day* without simulating: for :mod:`rectify.checkpoint`."""
        self._winding = True
        while self.steps < day:
            self.step()
        self._winding = False
        self.running = day < self.world.calendar.days

    def step(self) -> None:
        """Simulate one day. Stops running after the last."""
        if self._winding:
            return
        world, day = self.world, int(self.steps) - 1
        use_threads(self.threads)
        world.tallies.clear()
        for platform in self.platforms:
            platform.prepare_day(day)
        due = due_rows(world.accounts.next_day, day)
        turn = Turn(day, due, gather(world.accounts.last_day, due))
        self.schedule.run(world, turn)
        for platform in self.platforms:
            platform.publish(day)
        for office in self.offices:
            office.inspect()
        self.recorder.observe(world, turn)
        self.running = day + 1 < world.calendar.days

    def run(self, progress: Progress | None = None, metrics: Collection[str] | None = None) -> RunResult[RunConfig]:
        """Simulate to the end and return the results; *progress* is called after every day.

        *metrics*: those whose series are wanted, by default all; the summary is of all in any case.
        """
        started = perf_counter()
        while self.steps < self.world.calendar.days:
            self.step()
            if progress is not None:
                progress(self)
        return self.result(perf_counter() - started, metrics)

    def result(self, seconds: float = 0.0, metrics: Collection[str] | None = None) -> RunResult[RunConfig]:
        """The results so far, with the series of these *metrics*, or of all."""
        published = compare_published(self.world, self.config.campaigns)
        return RunResult(
            config=self.config,
            series=self.recorder.frame(metrics),
            summary=summarise(self.world, self.recorder, published, self.config.campaigns),
            published=published,
            accounts=len(self.world.accounts),
            threads=self.threads,
            seconds=seconds,
        )
