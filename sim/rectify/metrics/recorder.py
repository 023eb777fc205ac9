"""The recorder: keeps the record of a run, and hands out every metric's series, in real units, as tidy tables."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

import numpy as np
import pandas as pd

from rectify.core.table import Array
from rectify.metrics.catalogue import all_metrics
from rectify.metrics.metric import Metric
from rectify.metrics.record import Record
from rectify.world.calendar import Calendar
from rectify.world.setup import Setup
from rectify.world.turn import Turn
from rectify.world.world import World


@dataclass(frozen=True)
class Recording:
    """Writes down the day's counters, levels and censuses for every metric, from the first reported day on."""

    recorder: Recorder
    reads: tuple[str, ...]
    """Counters and columns that some metric of the run is made of."""
    phase: ClassVar[str] = "recording"
    writes: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run. Its counters are found in the world when they have been declared: see ``prepare``."""
        own = all_metrics(
            setup.policy.sanctions,
            with_feeds=not setup.counts_followers,
            with_channels=[(channel.name, channel.label) for channel in setup.channels],
        )
        metrics = (*own, *setup.metrics)
        recorder = Recorder(metrics, setup.world.calendar, setup.world, setup.config.recording.census_every_days)
        reads = dict.fromkeys(f"counters.{name}" for metric in metrics for name in metric.counters)
        reads |= dict.fromkeys(f"platforms.{name}" for metric in metrics for name in metric.columns)
        reads |= dict.fromkeys(name for metric in metrics for name in metric.reads)
        return cls(recorder, tuple(reads))

    def prepare(self, world: World) -> None:
        """Find the counters in the world."""
        self.recorder.record.find_counters(world)

    def step(self, world: World, turn: Turn) -> None:
        """Take down the day."""
        self.recorder.observe(world, turn)


class Recorder:
    """Series of the reported days so far; the burn-in is not recorded."""

    def __init__(self, metrics: Sequence[Metric], calendar: Calendar, world: World, census_every: int) -> None:
        self.metrics = {metric.name: metric for metric in metrics}
        self.calendar = calendar
        self.census_every = census_every
        self.scale = world.scale
        self.platform_names = world.policy.platform_names
        self.kind_names = (*world.policy.kinds.names, "lawful")
        self.shapes = {"kind": world.counters.shape, "platform": (len(self.platform_names) + 1,)}
        counters = (name for metric in metrics for name in metric.counters)
        columns = (name for metric in metrics for name in metric.columns)
        self._totals: dict[str, Array] = {}
        self.record = Record(world, calendar, counters, columns)
        self.observed = {
            metric.name: np.full((calendar.reported_days, *self.shapes[metric.by]), np.nan)
            for metric in metrics
            if metric.observe is not None
        }

    def observe(self, world: World, turn: Turn) -> None:
        """Take down the day."""
        place = turn.day - self.calendar.burn_in
        if place < 0:
            return
        self._totals.clear()
        self.record.take_down(world)
        census = place % self.census_every == 0 or place == self.calendar.reported_days - 1
        for name, values in self.observed.items():
            metric = self.metrics[name]
            if metric.observe is not None and (metric.every == "day" or census):
                values[place] = metric.observe(world, turn)

    @property
    def days(self) -> int:
        """Reported days so far."""
        return self.record.days

    @property
    def is_complete(self) -> bool:
        """Whether the last day has been taken down."""
        return self.days == self.calendar.reported_days

    def series(self, name: str) -> Array:
        """A metric's series of the days so far in real units: float64 [days, …] as :class:`Metric` says.

        NaN on days that have no value. Worked out when asked for, and not kept: all of them take more memory than a
        small model.
        """
        metric = self.metrics[name]
        values = self.observed[name][: self.days] if metric.derive is None else metric.derive(self.record)
        # Days lie apart: sums over a part of one then go in the order of days.
        series = np.empty((self.days, 2, *self.shapes[metric.by]))[:, 0]
        np.multiply(values, self.scale if metric.scales else 1.0, out=series)
        return series

    def total(self, name: str) -> Array:
        """A series over all platforms and kinds, float64 [days]."""
        if name not in self._totals:
            series = self.series(name)
            self._totals[name] = series.sum(axis=(1, 2)) if self.metrics[name].by == "kind" else series[:, -1]
        return self._totals[name]

    def frame(self, metrics: Collection[str] | None = None) -> pd.DataFrame:
        """The series so far of these *metrics*, or of all, as a tidy table: date, platform, kind, metric, value.

        Counts are given by platform and kind where they are not zero throughout, and as a total under ``all``, ``all``;
        levels by platform, under kind ``all``. Days without a census have no rows of its metrics.
        """
        parts: list[tuple[str, str, str]] = []
        values: list[Array] = []
        for name, metric in self.metrics.items():
            if metrics is not None and name not in metrics:
                continue
            series = self.series(name)
            if metric.by == "platform":
                parts += [(platform, "all", name) for platform in (*self.platform_names, "all")]
                values += list(series.T)
                continue
            for i, k in np.argwhere((np.abs(series) > 0.0).any(axis=0)).tolist():
                parts.append((self.platform_names[i], self.kind_names[k], name))
                values.append(series[:, i, k])
            parts.append(("all", "all", name))
            values.append(self.total(name))
        table = np.array(values).reshape(len(values), self.days)
        there = ~np.isnan(table)
        days = there.sum(axis=1)

        def repeated(place: int) -> pd.Categorical:
            words, codes = np.unique(np.array([part[place] for part in parts], np.str_), return_inverse=True)
            return pd.Categorical.from_codes(np.repeat(codes.astype(np.int16), days), categories=words)

        dates = np.array(self.calendar.reported_dates[: self.days], dtype="datetime64[D]")
        return pd.DataFrame(
            {
                "date": np.broadcast_to(dates, there.shape)[there],
                "platform": repeated(0),
                "kind": repeated(1),
                "metric": repeated(2),
                "value": table[there],
            }
        )

    def day_of(self, when: date) -> int:
        """Place of a date in the series."""
        return (when - self.calendar.start).days
