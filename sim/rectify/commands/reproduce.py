"""``rectify reproduce``: run a result folder's stored configuration again and say whether the same came out."""

from __future__ import annotations

import math
import platform as host
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.markup import escape

from rectify.configuration.run_config import RunConfig
from rectify.core.errors import UserError
from rectify.core.kernel import is_cold
from rectify.manifests import RunManifest
from rectify.model import RectificationModel
from rectify.report.load import StoredRun, load_run
from rectify.store import CONFIG, SERIES, SUMMARY, series_digest, summary_digest, versions

NAMED_AT_MOST = 8
"""Outcomes that differ are named up to so many, then counted."""


def tampered(stored: StoredRun, config: RunConfig) -> list[str]:
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


def surroundings(manifest: RunManifest) -> list[str]:
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


def number(value: float) -> str:
    """A number to its last digit, or that there is none."""
    return "none" if math.isnan(value) else repr(float(value))


def first_difference(stored: pd.DataFrame, again: pd.DataFrame) -> list[str]:
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
        f"then {number(row['value_then'])}, now {number(row['value_now'])}{more}"
    ]


def different_outcomes(stored: dict[str, float], again: dict[str, float]) -> list[str]:
    """Summary values that differ, one line each up to a few, then their number."""
    lines = []
    for name in sorted(stored.keys() | again.keys()):
        then, now = stored.get(name, math.nan), again.get(name, math.nan)
        if then != now and not (math.isnan(then) and math.isnan(now)):
            lines.append(f"summary: {name} then {number(then)}, now {number(now)}")
    rest = len(lines) - NAMED_AT_MOST
    return lines[:NAMED_AT_MOST] + ([f"summary: {rest} more differ"] if rest > 0 else [])


def reproduce(folder: Path) -> bool:
    """Run *folder*'s stored configuration again; print what differs; True when series and summary are the same.

    Nothing is written. Raises ``UserError`` when the folder cannot be read or its configuration is not valid.
    """
    stored = load_run(folder)
    try:
        config = RunConfig.load(stored.config)
    except UserError as error:
        raise UserError("\n".join(f"{folder / CONFIG}: {line}" for line in str(error).split("\n"))) from None
    out, notes = Console(soft_wrap=True, highlight=False), Console(stderr=True)
    changed = tampered(stored, config)
    if is_cold():
        notes.print("Compiling kernels, first run only: this takes about a minute.")
    result = RectificationModel(config).run()
    digests = {"series": series_digest(result.series), "summary": summary_digest(result.summary)}
    around = surroundings(stored.manifest)
    then = stored.manifest.digests.model_dump()
    if stored.manifest.format == 0 and not changed:  # its digest is of a summary with NaN for what is not there
        then["summary"] = summary_digest(stored.summary)
    if digests == then and not changed:
        out.print(f"[green]the same[/]: series {digests['series'][:12]}, summary {digests['summary'][:12]}")
        for line in around:
            out.print(f"  though {escape(line)}")
        return True
    if digests == then:
        out.print("[yellow]the run is the same, but the folder is not what was written[/]:")
        differences = changed
    else:
        out.print("[red]something else came out[/]:")
        differences = [
            *changed,
            *around,
            *first_difference(stored.frame, result.series),
            *different_outcomes(stored.summary, result.summary),
        ]
    for line in differences:
        out.print(f"  {escape(line)}")
    return False
