"""Running a stored configuration again, and saying whether the same came out."""

from __future__ import annotations

import math
import platform as host
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from rectify.api.loading import result_of
from rectify.api.running import say_if_cold, simulate
from rectify.configuration.settings import Settings
from rectify.core.showing import as_html
from rectify.manifests import RunManifest
from rectify.plugins.loading import load_plugins
from rectify.report.load import StoredRun, load_run
from rectify.results import RunResult
from rectify.store import CONFIG, SERIES, SUMMARY, series_digest, summary_digest, versions

NAMED_AT_MOST = 8
"""Outcomes that differ are named up to so many, then counted."""


@dataclass(frozen=True, repr=False, eq=False)
class Reproduction:
    """What came of running a stored run again. It is true when the same came out and the folder is as it was written.

    same_results: whether series and summary are what the manifest says, whatever became of the folder. differences: a
    line for everything that differs. surroundings: a line for each version, and for the machine, that is another than
    then. stored, again: the results then and now. digests: SHA-256 of the series and the summary, now.

    >>> import rectify
    >>> small = ["campaign=none", "population.accounts=300", "end=2023-01-07", "burn_in_days=0"]
    >>> folder = rectify.run(small, output="results", figures=False).folder
    >>> again = rectify.reproduce(folder)
    >>> bool(again), again.differences
    (True, ())
    """

    folder: Path
    same_results: bool
    differences: tuple[str, ...]
    surroundings: tuple[str, ...]
    stored: RunResult[Any]
    again: RunResult[Any]
    digests: dict[str, str]

    def __bool__(self) -> bool:
        return self.same_results and not self.differences

    def __repr__(self) -> str:
        word = "the same" if self else f"{len(self.differences)} differences"
        return f"<Reproduction of {self.folder}: {word}>"

    def _repr_html_(self) -> str:
        lines = {str(number): line for number, line in enumerate(self.differences, 1)}
        return as_html(f"Reproduction of {self.folder}", {"the same came out": "yes" if self else "no"}, lines)


def reproduce(folder: str | Path, *, plugins: Sequence[str] = ()) -> Reproduction:
    """Run the configuration that is stored in a result *folder* again, and compare; nothing is written.

    *plugins*: names of those that the run was made with, whose code is run. Raises :class:`rectify.UserError` when the
    folder cannot be read, its configuration is not valid, or a plug-in or an input file has changed.

    >>> import rectify
    >>> small = ["campaign=none", "population.accounts=300", "end=2023-01-07", "burn_in_days=0"]
    >>> folder = rectify.run(small, output="results", figures=False).folder
    >>> for line in rectify.reproduce(folder).differences:
    ...     print(line)
    """
    folder = Path(folder)
    load_plugins(plugins)
    run = load_run(folder)
    stored = result_of(run)
    config, manifest = stored.config, run.manifest
    changed = _tampered(run, config)
    say_if_cold()
    again = simulate(config)
    digests = {"series": series_digest(again.series), "summary": summary_digest(again.summary)}
    then = manifest.digests.model_dump()
    if manifest.format == 0 and not changed:  # its digest is of a summary with NaN for what is not there
        then["summary"] = summary_digest(run.summary)
    around, same = _surroundings(manifest), digests == then
    differences = [*changed]
    if not same:
        differences += [*around, *_first_difference(run.frame, again.series)]
        differences += _different_outcomes(run.summary, again.summary)
    return Reproduction(folder, same, tuple(differences), tuple(around), stored, again, digests)


def _tampered(stored: StoredRun, config: Settings) -> list[str]:
    """What in the folder no longer fits its own manifest, one line each."""
    lines, manifest = [], stored.manifest
    if config.identity != manifest.identity:
        lines.append(f"{CONFIG} was changed: it is {config.identity}, the manifest says {manifest.identity}")
    if config.seed != manifest.seed:
        lines.append(f"{CONFIG} was changed: its seed is {config.seed}, the manifest says {manifest.seed}")
    if series_digest(stored.frame) != manifest.digests.series:
        lines.append(f"{SERIES} was changed since the run: it does not fit the manifest's digest")
    unrecorded = dict.fromkeys(stored.absent.keys() - manifest.absent.keys(), math.nan)
    if summary_digest({**stored.summary, **unrecorded}) != manifest.digests.summary:
        lines.append(f"{SUMMARY} was changed since the run: it does not fit the manifest's digest")
    return lines


def _surroundings(manifest: RunManifest) -> list[str]:
    """Versions and platform then and now, where they differ, one line each."""
    then, now = manifest.versions, versions()
    lines = [
        f"version of {name}: then {then.get(name, 'none')}, now {now.get(name, 'none')}"
        for name in sorted(then.keys() | now.keys())
        if then.get(name) != now.get(name)
    ]
    here = {"machine": host.machine(), "system": host.system()}
    before = manifest.host.model_dump()
    lines += [
        f"{name}: then {before[name] or 'unknown'}, now {is_}" for name, is_ in here.items() if before[name] != is_
    ]
    return lines


def _number(value: float) -> str:
    """A number to its last digit, or that there is none."""
    return "none" if math.isnan(value) else repr(float(value))


def _first_difference(stored: pd.DataFrame, again: pd.DataFrame) -> list[str]:
    """The first day on which two tidy series differ and the metrics that differ then; one line, or none."""
    keys = ["date", "platform", "kind", "metric"]
    both = pd.merge(
        stored.assign(**{key: stored[key].astype(str) for key in keys[1:]}),
        again.assign(**{key: again[key].astype(str) for key in keys[1:]}),
        on=keys, how="outer", suffixes=("_then", "_now"),
    )  # fmt: skip
    same = (both["value_then"] == both["value_now"]) | (both["value_then"].isna() & both["value_now"].isna())
    different = both[~same]
    if different.empty:
        return []
    day = different["date"].min()
    rows = different[different["date"] == day]
    row = rows.iloc[0]
    metrics = sorted(rows["metric"].unique())
    more = f"; that day {len(metrics)} metrics differ: {', '.join(metrics[:NAMED_AT_MOST])}" if len(metrics) > 1 else ""
    return [
        f"series: first difference on {day:%Y-%m-%d}: {row['metric']} ({row['platform']}, {row['kind']}) "
        f"then {_number(row['value_then'])}, now {_number(row['value_now'])}{more}"
    ]


def _different_outcomes(stored: dict[str, float], again: dict[str, float]) -> list[str]:
    """Summary values that differ, one line each up to a few, then their number."""
    lines = []
    for name in sorted(stored.keys() | again.keys()):
        then, now = stored.get(name, math.nan), again.get(name, math.nan)
        if then != now and not (math.isnan(then) and math.isnan(now)):
            lines.append(f"summary: {name} then {_number(then)}, now {_number(now)}")
    rest = len(lines) - NAMED_AT_MOST
    return lines[:NAMED_AT_MOST] + ([f"summary: {rest} more differ"] if rest > 0 else [])
