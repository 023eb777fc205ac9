"""RectificationModel: a Mesa model of platforms, accounts, operators, and the offices that regulate them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from datetime import date
from time import perf_counter

import mesa

from rectify.actors.office import Office
from rectify.actors.platform import Platform
from rectify.assembly import build_schedule, build_world, channels_of, sized
from rectify.configuration.plugged import plugins_of, with_plugins
from rectify.configuration.run_config import RunConfig
from rectify.core.due import due_rows, gather
from rectify.core.kernel import use_threads
from rectify.core.quantity import Scalar, present
from rectify.day import DAY
from rectify.metrics.outcomes import describe
from rectify.metrics.published import compare_published
from rectify.metrics.recorder import Recording
from rectify.metrics.summary import summarise
from rectify.plugins.plugin import plugged_day
from rectify.results import RunResult
from rectify.world.setup import Setup
from rectify.world.turn import Turn
from rectify.world.views import AccountSet, OperatorSet

ROWS_WORTH_THREADS = 300_000
"""Below this many rows one thread is faster than several, and leaves the other cores to other runs."""

Progress = Callable[["RectificationModel"], None]


class RectificationModel(mesa.Model):
    """One run. Platforms and offices are Mesa agents in ``model.agents``; one ``step()`` is one day.

    ``model.world`` holds the columns of accounts and operators. Mesa's own random generators are not used: every
    draw is a pure function of the seed, a stream, an entity and a day.
    """

    def __init__(self, config: RunConfig, plugins: Sequence[str] = ()) -> None:
        """*plugins*: names of modules with a plug-in to load, besides those that *config* was composed with."""
        if plugins:
            config = RunConfig.load(with_plugins(config, plugins))
        super().__init__(rng=config.seed % 2**32)
        self.config = config
        self._winding = False
        with_rows = sized(config)
        rows = with_rows.population.accounts
        assert isinstance(rows, int)
        wanted = config.threads or (1 if rows < ROWS_WORTH_THREADS else os.cpu_count() or 1)
        self.threads = use_threads(wanted)
        self.plugins = plugins_of(config.plugins)
        day = plugged_day(DAY, self.plugins)
        channels = channels_of(day)
        self.world, archetypes = build_world(with_rows, channels, self.plugins)
        self.platforms = [
            Platform(self, self.world, row, name, params, config.behaviours.pressure, channels)
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
        agents = {"platforms": self.platforms, "offices": self.offices}
        metrics = tuple(metric for each in self.plugins for metric in each.plugin.metrics)
        setup = Setup(config, self.world, archetypes, agents, channels, metrics)
        self.schedule = build_schedule(day, setup, self.plugins)
        self._scratch = {name: own for each in self.plugins for name, own in each.plugin.table_columns("turn").items()}
        self.recorder = self.schedule.find(Recording).recorder
        for office in self.offices:
            office.schedule_campaigns()

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

    @property
    def outcomes(self) -> dict[str, Scalar]:
        """What every number is that the summary can have, by its name."""
        own = {outcome.name: outcome.scalar for each in self.plugins for outcome in each.plugin.outcomes}
        return describe(self.recorder.metrics, self.config.campaigns) | own

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
        world.counters.clear()
        due = due_rows(world.accounts.next_day, day)
        turn = Turn(day, due, gather(world.accounts.last_day, due), self._scratch)
        self.schedule.run(world, turn)
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
        published, outcomes = compare_published(self.world, self.config.campaigns), self.outcomes
        numbers = summarise(self.world, self.recorder, published, self.config.campaigns) | self._own_outcomes()
        summary, absent = present(numbers, outcomes)
        return RunResult(
            config=self.config,
            series=self.recorder.frame(metrics),
            summary=summary,
            absent=absent,
            published=published,
            metrics={name: metric.quantity for name, metric in self.recorder.metrics.items()},
            outcomes=outcomes,
            accounts=len(self.world.accounts),
            threads=self.threads,
            seconds=seconds,
        )

    def _own_outcomes(self) -> dict[str, float]:
        """Numbers of the summary that plug-ins bring."""
        outcomes = [outcome for each in self.plugins for outcome in each.plugin.outcomes]
        return {outcome.name: float(outcome.work_out(self.recorder)) for outcome in outcomes}
