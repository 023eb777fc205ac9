"""Stored results: one result folder read back as frames, with the labels of its configuration."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from rectify.core.errors import UserError
from rectify.core.quantity import Quantity
from rectify.manifests import RunManifest, read_config, read_csv, read_run_manifest, read_summary
from rectify.parquet import SERIES, metrics_in, read
from rectify.store import CONFIG, PUBLISHED, SUMMARY
from rectify.store import SERIES as SERIES_FILE

ALL = "all"
LAWFUL = "lawful"
PUBLISHED_COLUMNS = ("figure", "published", "simulated", "ratio")
CALENDAR = "calendar"
"""Strategy of an office that holds its campaigns on their dates; also when none is stored."""
OTHER_DAYS = "Campaigns opened in reaction, copied from another office, or spread out"


UNRECORDED = "written before reasons were kept"
"""Why a number is absent, in folders without a format's version, which have NaN in its place."""


class Window(NamedTuple):
    """A campaign: its label, and its first and last day, which both belong to it."""

    label: str
    opens: pd.Timestamp
    closes: pd.Timestamp


def lanes(windows: Sequence[Window]) -> list[tuple[int, int]]:
    """For each window a lane of its own among those that it overlaps with, from 0, and how many lanes these need.

    *windows* are in order of opening, as :meth:`StoredRun.windows` gives them.
    """
    found: list[tuple[int, int]] = []
    together: list[int] = []
    ends: list[pd.Timestamp] = []
    for place, window in enumerate(windows):
        if all(end < window.opens for end in ends):
            together, ends = [], []
        lane = next((number for number, end in enumerate(ends) if end < window.opens), len(ends))
        ends[lane : lane + 1] = [window.closes]
        together.append(place)
        found.append((lane, 0))
        for other in together:
            found[other] = (found[other][0], len(ends))
    return found


@dataclass(frozen=True)
class StoredRun:
    """One run as it was stored. Numbers are in real units, not in simulated rows.

    frame: the tidy series (date, platform, kind, metric, value). metrics: what they are, by name; empty where the
    folder does not say. config: the resolved configuration. summary: name → number. absent: why others are not there.
    published: table of figure, published, simulated, ratio; may have no rows. dates: every day of the run.
    """

    folder: Path
    manifest: RunManifest
    metrics: dict[str, Quantity]
    frame: pd.DataFrame
    config: dict[str, Any]
    summary: dict[str, float]
    absent: dict[str, str]
    published: pd.DataFrame
    dates: pd.DatetimeIndex
    _rows: dict[tuple[str, str, str], Any] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Find the rows of each series once."""
        groups = self.frame.groupby(["metric", "platform", "kind"], observed=True).indices
        self._rows.update({(str(m), str(p), str(k)): rows for (m, p, k), rows in groups.items()})

    @property
    def title(self) -> str:
        """The run's title, or the folder's name when it has none."""
        return str(self.config.get("title") or self.folder.resolve().name)

    def is_by_kind(self, metric: str) -> bool:
        """Whether *metric* is broken down by kind; where the folder does not say, whether no row is of all kinds."""
        if metric in self.metrics:
            return "kind" in self.metrics[metric].by
        return not any(m == metric and k == ALL and p != ALL for m, p, k in self._rows)

    def has(self, metric: str) -> bool:
        """Whether *metric* was ever observed to be other than zero."""
        return any(
            bool((self.frame["value"].to_numpy()[rows] != 0).any())
            for key, rows in self._rows.items()
            if key[0] == metric
        )

    def stores(self, metric: str) -> bool:
        """Whether the run has any value of *metric*, be it zero."""
        return any(key[0] == metric for key in self._rows)

    def series(self, metric: str, platform: str = ALL, kind: str = ALL) -> pd.Series:
        """Daily values of one metric on every day of the run, float64.

        What is broken down by kind is summed over all platforms or kinds where ``all`` is asked for, and is zero where
        no row was stored; a census metric is NaN on the days between two censuses. Other metrics are NaN where no row
        was stored.
        """
        if (metric, platform, kind) in self._rows:
            return self._stored(metric, platform, kind)
        if not self.is_by_kind(metric):
            return pd.Series(float("nan"), index=self.dates)
        total = pd.Series(0.0, index=self.dates)
        for m, p, k in self._rows:
            if m == metric and p != ALL and k != ALL and platform in (ALL, p) and kind in (ALL, k):
                total = total.add(self._stored(m, p, k), fill_value=0.0)
        observed = self._observed(metric)
        return total if observed is None else total.where(self.dates.isin(observed))

    def by_kind(self, metric: str) -> pd.DataFrame:
        """A count over all platforms, one column for each kind that is not zero throughout, lawful last."""
        return self._columns(metric, [*self.kinds, LAWFUL], lambda name: self.series(metric, kind=name))

    def by_platform(self, metric: str) -> pd.DataFrame:
        """A metric over all kinds, one column for each platform at which it is not zero throughout."""
        return self._columns(metric, self.platforms, lambda name: self.series(metric, platform=name))

    def _columns(self, metric: str, names: list[str], values: Callable[[str], pd.Series]) -> pd.DataFrame:
        known = {name: values(name) for name in names}
        return pd.DataFrame({n: s for n, s in known.items() if (s.fillna(0.0) != 0).any()}, index=self.dates)

    def _stored(self, metric: str, platform: str, kind: str) -> pd.Series:
        part = self.frame.iloc[self._rows[metric, platform, kind]]
        return pd.Series(part["value"].to_numpy(), index=pd.DatetimeIndex(part["date"])).reindex(self.dates)

    def _observed(self, metric: str) -> pd.DatetimeIndex | None:
        """Days on which a metric was observed; None when nothing of it was stored."""
        rows = [rows for key, rows in self._rows.items() if key[0] == metric]
        dates = self.frame["date"]
        return pd.DatetimeIndex(pd.concat([dates.iloc[r] for r in rows]).unique()) if rows else None

    @property
    def platforms(self) -> list[str]:
        """Names of the platforms, in the configuration's order, then any others that the series have."""
        return self._names("platforms", 1)

    @property
    def kinds(self) -> list[str]:
        """Names of the kinds of content, without ``lawful``, in the same order."""
        return [name for name in self._names("kinds", 2) if name != LAWFUL]

    def _names(self, group: str, place: int) -> list[str]:
        stored = dict.fromkeys(sorted(key[place] for key in self._rows if key[place] != ALL))
        return list(dict.fromkeys(self._group(group)) | stored)

    def label(self, group: str, name: str) -> str:
        """What to call *name* of ``platforms``, ``kinds`` or ``sanctions``: its label, or the name in plain words."""
        if group == "kinds" and name == LAWFUL:
            return "Lawful"
        return str(self.entry(group, name).get("label") or plain(name))

    def entry(self, group: str, name: str) -> dict[str, Any]:
        """The configuration of *name* in *group*; empty when there is none."""
        found = self._group(group).get(name)
        return found if isinstance(found, dict) else {}

    def _group(self, group: str) -> dict[str, Any]:
        found = self.config.get(group)
        return {str(k): v for k, v in found.items() if k != "sources"} if isinstance(found, dict) else {}

    def windows(self) -> list[Window]:
        """Times at which campaigns were held, in order of opening.

        Those of offices that go by the calendar are held on their dates; days outside of these on which pressure was
        demanded belong to campaigns that an office opened in reaction, copied or spread out.
        """
        windows = []
        for name in self._group("campaigns"):
            office = self.entry("offices", str(self.entry("campaigns", name).get("office")))
            if office.get("strategy", CALENDAR) != CALENDAR:
                continue
            campaign = self.entry("campaigns", name)
            opens, closes = (pd.Timestamp(campaign[key]) for key in ("opens", "closes"))
            windows.append(Window(self.label("campaigns", name), opens, closes))
        demanded = self.series("pressure_demanded").fillna(0.0) > 0
        for window in windows:
            demanded[(demanded.index >= window.opens) & (demanded.index <= window.closes)] = False
        for _, days in demanded[demanded].groupby((~demanded).cumsum()[demanded]):
            windows.append(Window(OTHER_DAYS, days.index[0], days.index[-1]))
        return sorted(windows, key=lambda window: (window.opens, window.closes))


def plain(name: str) -> str:
    """A name as words: ``fake_media`` → ``Fake media``."""
    words = name.replace("_", " ").replace(".", " ").strip()
    return words[:1].upper() + words[1:]


def _read_published(path: Path) -> pd.DataFrame:
    """Published figures beside simulated ones. Raises UserError for a table that cannot be read, or holds nonsense."""
    table = read_csv(path, PUBLISHED_COLUMNS, PUBLISHED_COLUMNS[1:])
    for name in PUBLISHED_COLUMNS[1:]:
        wrong = ~(np.isfinite(table[name].to_numpy(np.float64)) & (table[name].to_numpy(np.float64) >= 0.0))
        if wrong.any():
            raise UserError(f"{path}: column {name}: {table[name][wrong].iloc[0]} is not a count")
    if (table["published"] == 0).any():
        raise UserError(f"{path}: column published: 0 is not a published figure")
    return table


def load_run(folder: Path | str) -> StoredRun:
    """Read the result folder of one run: its manifest, config.yaml, summary.json, published.csv and series.parquet.

    Raises UserError, in one line, when the folder or a file is missing, of a format that is not known, cannot be read,
    or holds something else than belongs there, when a day has two values, or when the series do not lie within the
    configuration's start and end.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"{folder}: there is no such folder")
    manifest = read_run_manifest(folder)
    config, checked = read_config(folder / CONFIG)
    start = pd.Timestamp(checked.start)
    end = pd.Timestamp(checked.end) if checked.end else start + pd.Timedelta(days=(checked.steps or 1) - 1)
    numbers = read_summary(folder / SUMMARY, manifest.format)
    summary = {name: value for name, value in numbers.items() if math.isfinite(value)}
    absent = manifest.absent | dict.fromkeys(numbers.keys() - summary.keys(), UNRECORDED)
    published = _read_published(folder / PUBLISHED)
    path = folder / SERIES_FILE
    frame = read(path, SERIES)
    outside = frame["date"][(frame["date"] < start) | (frame["date"] > end)]
    if len(outside):
        raise UserError(f"{path}: {outside.iloc[0]:%Y-%m-%d} is not within the run, {start:%Y-%m-%d} to {end:%Y-%m-%d}")
    twice = frame.duplicated(["metric", "platform", "kind", "date"])
    if twice.any():
        row = frame[twice].iloc[0]
        raise UserError(
            f"{path}: two values of {row['metric']} ({row['platform']}, {row['kind']}) on {row['date']:%Y-%m-%d}"
        )
    dates = pd.date_range(start, end, freq="D")
    return StoredRun(folder, manifest, metrics_in(path), frame, config, summary, absent, published, dates)
