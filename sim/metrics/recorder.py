"""The recorder: keeps every metric's series day by day, in real units, and hands them out as tidy tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from sim.core.table import Array
from sim.metrics.metric import Metric
from sim.world.calendar import Calendar
from sim.world.world import Turn, World


class Recorder:
    """Series of the reported days; the burn-in is not recorded."""

    def __init__(self, metrics: Sequence[Metric], calendar: Calendar, world: World, census_every: int) -> None:
        self.metrics = {metric.name: metric for metric in metrics}
        self.calendar = calendar
        self.census_every = census_every
        self.platform_names = world.policy.platform_names
        self.kind_names = (*world.policy.kinds.names, "lawful")
        days, platforms, kinds = calendar.reported_days, *world.tallies.shape
        tallied = [metric for metric in metrics if metric.counter is not None]
        self._places = world.tallies.places(tuple(metric.counter for metric in tallied if metric.counter is not None))
        self._factors = np.array([self._factor(metric, world) for metric in tallied]).reshape(-1, 1, 1)
        self._tallied = np.full((days, len(tallied), platforms, kinds), np.nan)
        self._others = [metric for metric in metrics if metric.counter is None]
        own = {metric.name: self._tallied[:, place] for place, metric in enumerate(tallied)}
        own |= {
            metric.name: np.full((days, platforms, kinds) if metric.by == "kind" else (days, platforms + 1), np.nan)
            for metric in self._others
        }
        self.series: dict[str, Array] = {name: own[name] for name in self.metrics}

    @staticmethod
    def _factor(metric: Metric, world: World) -> float:
        """Real accounts that a number counted stands for."""
        return world.scale if metric.scales else 1.0

    def observe(self, world: World, turn: Turn) -> None:
        """Take the day's values of all metrics."""
        place = turn.day - self.calendar.burn_in
        if place < 0:
            return
        census = place % self.census_every == 0 or place == self.calendar.reported_days - 1
        np.multiply(world.tallies.block[self._places], self._factors, out=self._tallied[place])
        for metric in self._others:
            if metric.every == "day" or census:
                self.series[metric.name][place] = metric.observe(world, turn) * self._factor(metric, world)

    def total(self, name: str) -> Array:
        """A series over all platforms and kinds, float64 [days]."""
        series = self.series[name]
        return np.asarray(series.sum(axis=(1, 2)) if self.metrics[name].by == "kind" else series[:, -1])

    def frame(self) -> pd.DataFrame:
        """All series as a tidy table: date, platform, kind, metric, value.

        Counts are given by platform and kind where they are not zero throughout, and as a total under ``all``, ``all``;
        levels by platform, under kind ``all``. Days without a census have no rows of its metrics.
        """
        dates = np.array(self.calendar.reported_dates, dtype="datetime64[D]")
        parts: list[tuple[str, str, str, Array]] = []
        for name, metric in self.metrics.items():
            series = self.series[name]
            if metric.by == "platform":
                parts += [(p, "all", name, series[:, i]) for i, p in enumerate((*self.platform_names, "all"))]
                continue
            for i, k in np.argwhere((np.nan_to_num(series) != 0.0).any(axis=0)).tolist():
                parts.append((self.platform_names[i], self.kind_names[k], name, series[:, i, k]))
            parts.append(("all", "all", name, self.total(name)))

        def repeated(place: int) -> pd.Categorical:
            words, codes = np.unique([part[place] for part in parts], return_inverse=True)
            return pd.Categorical.from_codes(np.repeat(codes, len(dates)), categories=words)

        table = pd.DataFrame(
            {
                "date": np.tile(dates, len(parts)),
                "platform": repeated(0),
                "kind": repeated(1),
                "metric": repeated(2),
                "value": np.concatenate([part[3] for part in parts]),
            }
        )
        return table[table["value"].notna()].reset_index(drop=True)

    def day_of(self, when: date) -> int:
        """Place of a date in the series."""
        return (when - self.calendar.start).days
