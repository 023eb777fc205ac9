"""RectificationModel: a Mesa model of platforms, accounts, operators, and the offices that regulate them."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from time import perf_counter
from typing import Any, Self

import pandas as pd

from rectify.actors.daily import DailyModel
from rectify.actors.office import Office
from rectify.actors.platform import Platform
from rectify.assembly import build_schedule, build_world, channels_of, sized
from rectify.configuration.plugged import plugins_of, with_plugins
from rectify.configuration.run_config import RunConfig
from rectify.core.due import due_rows, gather
from rectify.core.errors import UserError
from rectify.core.kernel import use_threads
from rectify.core.quantity import Scalar, present
from rectify.core.showing import as_html
from rectify.core.state import State
from rectify.core.table import Array
from rectify.day import DAY
from rectify.metrics.outcomes import describe
from rectify.metrics.published import compare_published
from rectify.metrics.recorder import Recording
from rectify.metrics.summary import summarise
from rectify.plugins.plugin import plugged_day
from rectify.results import Part, RunResult, curves_of
from rectify.run_state import get_state, set_state
from rectify.world.setup import Setup
from rectify.world.turn import Turn
from rectify.world.views import AccountSet, OperatorSet

ROWS_WORTH_THREADS = 300_000
"""Below this many rows one thread is faster than several, and leaves the other cores to other runs."""

Progress = Callable[["RectificationModel"], None]


class RectificationModel(DailyModel):
    """One run. Platforms and offices are Mesa agents in ``model.agents``; one ``step()`` is one day.

    ``model.world`` holds the columns of accounts and operators. Mesa's own random generators are not used: every
    draw is a pure function of the seed, a stream, an entity and a day. ``model.running`` is True until the last day
    has been simulated; a step after it raises :class:`rectify.RunEndedError`. A copy (``copy.deepcopy``, ``pickle``)
    goes on to the same bytes as the model that it was copied from, and apart from it.

    >>> import rectify
    >>> config = rectify.compose(["campaign=none", "population.accounts=300", "end=2023-01-07", "burn_in_days=0"])
    >>> model = rectify.RectificationModel(config)
    >>> model.step()
    >>> model
    <RectificationModel selfmedia_2023: 1 of 7 days, 2023-01-01; 300 accounts, seed 1>
    >>> model.accounts.open.to_frame(columns=["platform_name", "real_followers"]).attrs["units"]
    {'platform_name': 'name', 'real_followers': 'accounts'}
    >>> model.result().summary["days"], len(model.curves("prevalence"))
    (1.0, 1)
    >>> model.run().summary["days"]
    7.0
    """

    def __init__(self, config: RunConfig, plugins: Sequence[str] = (), *, seed: int | None = None) -> None:
        """*plugins*: names of modules with a plug-in to load, besides those that *config* was composed with.

        *seed*: in place of the configuration's, so that Mesa's batch runner can vary it.
        """
        if plugins:
            config = RunConfig.load(with_plugins(config, plugins))
        if seed is not None:
            config = RunConfig.load({**config.model_dump(mode="json"), "seed": int(seed)})
        super().__init__(config.seed)
        self.config = config
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
        self._own = frozenset({*vars(self), "_own"})

    @property
    def accounts(self) -> AccountSet:
        """All account rows as of the day simulated last, read-only, in the vocabulary of Mesa's AgentSet."""
        return AccountSet(self.world, self._today)

    @property
    def operators(self) -> OperatorSet:
        """All operators, read-only, in the vocabulary of Mesa's AgentSet."""
        return OperatorSet(self.world, self._today)

    @property
    def outcomes(self) -> dict[str, Scalar]:
        """What every number is that the summary can have, by its name."""
        own = {outcome.name: outcome.scalar for each in self.plugins for outcome in each.plugin.outcomes}
        return describe(self.recorder.metrics, self.config.campaigns) | own

    def get_state(self) -> State:
        """Everything that a day can have changed, in plain values and arrays, which go on changing with the model.

        Raises :class:`rectify.RunEndedError` where an error broke off a day.
        """
        self._check_that_it_is_whole()
        return get_state(self)

    def set_state(self, state: State) -> None:
        """Set this new model to what :meth:`get_state` gave of one whose configuration is equal up to that day."""
        set_state(self, state)

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.config.model_dump(mode="json"), *self._copied()), self._attributes_of_others()

    def __setstate__(self, attributes: Mapping[str, Any]) -> None:
        self.__dict__.update(attributes)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        new: Self = _again(type(self), self.config, *self._copied())
        memo[id(self)] = new
        for mine, its in (
            *zip((*self.platforms, *self.offices), (*new.platforms, *new.offices), strict=True),
            *((value, getattr(new.world, name)) for name, value in vars(self.world).items()),
            (self.world, new.world),
        ):
            memo.setdefault(id(mine), its)
        new.__dict__.update(copy.deepcopy(self._attributes_of_others(), memo))
        return new

    def _copied(self) -> tuple[State, Array, bool]:
        """What a copy needs besides the configuration: the state, the day's counters, and whether it is running."""
        if self._has_events_of_others():
            raise UserError(
                "a model on whose clock others than itself have put events cannot be copied; "
                "rectify.save_state(model, path) and rectify.restore(config, path) copy all but these"
            )
        return self.get_state(), self.world.counters.block, self.running

    def _attributes_of_others(self) -> dict[str, Any]:
        """What a subclass, Mesa or a user has added to the model."""
        return {name: value for name, value in vars(self).items() if name not in self._own}

    def step(self) -> None:
        """Simulate one day; ``model.running`` is False after the last.

        Raises :class:`rectify.RunEndedError` after the last day, and where an error broke off the day before.
        """
        with self._a_day() as day:
            use_threads(self.threads)
            world = self.world
            world.counters.clear()
            due = due_rows(world.accounts.next_day, day)
            turn = Turn(day, due, gather(world.accounts.last_day, due), self._scratch)
            self.schedule.run(world, turn)

    def run(self, progress: Progress | None = None, metrics: Collection[str] | None = None) -> RunResult[RunConfig]:
        """Simulate while ``running`` is True, to the end, and return the results; *progress* is called after every day.

        *metrics*: those whose series are wanted, by default all; the summary is of all in any case.
        """
        started = perf_counter()
        while self.running:
            self.step()
            if progress is not None:
                progress(self)
        return self.result(perf_counter() - started, metrics)

    def result(self, seconds: float = 0.0, metrics: Collection[str] | None = None) -> RunResult[RunConfig]:
        """The results so far, with the series of these *metrics*, or of all.

        In mid-run the series end with the day simulated last, and the summary is of these days: totals so far, means of
        the days so far. What cannot be told yet, such as the rebound of a campaign that is not over, is not in it, and
        ``absent`` says why. Days of the burn-in are never reported.
        """
        published, outcomes = compare_published(self.world, self.config.campaigns), self.outcomes
        numbers = summarise(self.world, self.recorder, published, self.config.campaigns) | self._own_outcomes()
        summary, absent = present(numbers, outcomes, self.recorder.is_complete)
        return RunResult(
            given=self.config,
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

    def curves(self, metric: str, by: Part | None = None) -> pd.DataFrame:
        """Daily values of one *metric* so far, as :meth:`rectify.RunResult.curves` gives them."""
        known = {name: each.quantity for name, each in self.recorder.metrics.items()}
        return curves_of(self.recorder.frame([metric]), known, metric, by)

    def __repr__(self) -> str:
        calendar, config = self.world.calendar, self.config
        return (
            f"<RectificationModel {config.name}: {self._days} of {calendar.days} days, "
            f"{'' if self._days else 'before '}{self.date}; {len(self.world.accounts):,} accounts, seed {config.seed}>"
        )

    def _repr_html_(self) -> str:
        calendar = self.world.calendar
        return as_html(
            self.config.title,
            {
                "name": self.config.name,
                "days simulated": f"{self._days} of {calendar.days}, {calendar.burn_in} of them burn-in",
                "date": self.date if self._days else f"before {self.date}",
                "campaigns under way": ", ".join(each.name for each in self.world.active_campaigns) or "none",
                "platforms": ", ".join(self.config.platforms),
                "accounts": f"{len(self.world.accounts):,}",
                "open": f"{len(self.accounts.open):,}",
                "seed": self.config.seed,
                "plug-ins": ", ".join(each.name for each in self.plugins) or "none",
            },
        )

    def _own_outcomes(self) -> dict[str, float]:
        """Numbers of the summary that plug-ins bring."""
        outcomes = [outcome for each in self.plugins for outcome in each.plugin.outcomes]
        return {outcome.name: float(outcome.work_out(self.recorder)) for outcome in outcomes}


def _again(
    kind: type[RectificationModel], config: RunConfig | dict[str, Any], state: State, counters: Array, running: bool
) -> Any:
    """A model of that *kind* as another one was: made anew, without what a subclass does when it is made."""
    model = kind.__new__(kind)
    RectificationModel.__init__(model, config if isinstance(config, RunConfig) else RunConfig.load(config))
    model.set_state(state)
    model.world.counters.block[...] = counters
    model.running = running
    return model
