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
        self.series: dict[str, Array] = {
            name: np.full((days, platforms, kinds) if metric.by == "kind" else (days, platforms + 1), np.nan)
            for name, metric in self.metrics.items()
        }

    def observe(self, world: World, turn: Turn) -> None:
        """Take the day's values of all metrics."""
        place = turn.day - self.calendar.burn_in
        if place < 0:
            return
        census = place % self.census_every == 0 or place == self.calendar.reported_days - 1
        for name, metric in self.metrics.items():
            if metric.every == "day" or census:
                factor = world.scale if metric.scales else 1.0
                self.series[name][place] = metric.observe(world, turn) * factor

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
            for i, platform in enumerate(self.platform_names):
                for k, kind in enumerate(self.kind_names):
                    if np.any(np.nan_to_num(series[:, i, k])):
                        parts.append((platform, kind, name, series[:, i, k]))
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
