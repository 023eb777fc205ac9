"""``rectify reproduce``: run a result folder's stored configuration again and say whether the same came out."""

from __future__ import annotations

import json
import math
import platform as host
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.markup import escape

from rectify.configuration.run_config import RunConfig
from rectify.core.errors import UserError
from rectify.core.kernel import is_cold
from rectify.model import RectificationModel
from rectify.report.load import StoredRun, load_run
from rectify.store import CONFIG, MANIFEST, SERIES, SUMMARY, series_digest, summary_digest, versions

NAMED_AT_MOST = 8
"""Outcomes that differ are named up to so many, then counted."""


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a result folder. Raises ``UserError`` when it cannot be read or lacks what is compared."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from None
    digests = manifest.get("digests") if isinstance(manifest, dict) else None
    if not isinstance(digests, dict) or not {"series", "summary"} <= digests.keys():
        raise UserError(f"{path}: holds no digests of series and summary; it is not the manifest of a run")
    return dict(manifest)


def tampered(stored: StoredRun, config: RunConfig, manifest: dict[str, Any]) -> list[str]:
    """What in the folder no longer fits its own manifest, one line each."""
    lines = []
    if config.identity != manifest.get("identity"):
        lines.append(f"{CONFIG} was changed: it is {config.identity}, the manifest says {manifest.get('identity')}")
    if config.seed != manifest.get("seed"):
        lines.append(f"{CONFIG} was changed: its seed is {config.seed}, the manifest says {manifest.get('seed')}")
    if series_digest(stored.frame) != manifest["digests"]["series"]:
        lines.append(f"{SERIES} was changed since the run: it does not fit the manifest's digest")
    if summary_digest(stored.summary) != manifest["digests"]["summary"]:
        lines.append(f"{SUMMARY} was changed since the run: it does not fit the manifest's digest")
    return lines


def surroundings(manifest: dict[str, Any]) -> list[str]:
    """Versions and platform then and now, where they differ, one line each."""
    then, now = dict(manifest.get("versions") or {}), versions()
    lines = [
        f"version of {name}: then {then.get(name, 'none')}, now {now.get(name, 'none')}"
        for name in sorted(then.keys() | now.keys())
        if then.get(name) != now.get(name)
    ]
    here = {"machine": host.machine(), "system": host.system()}
    before = dict(manifest.get("host") or {})
    lines += [f"{name}: then {before.get(name, 'unknown')}, now {is_}" for name, is_ in here.items()
              if before.get(name) != is_]  # fmt: skip
    return lines


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
        f"then {row['value_then']!r}, now {row['value_now']!r}{more}"
    ]


def different_outcomes(stored: dict[str, float], again: dict[str, float]) -> list[str]:
    """Summary values that differ, one line each up to a few, then their number."""
    lines = []
    for name in sorted(stored.keys() | again.keys()):
        then, now = stored.get(name), again.get(name)
        both_nan = isinstance(then, float) and isinstance(now, float) and math.isnan(then) and math.isnan(now)
        if then != now and not both_nan:
            lines.append(f"summary: {name} then {then!r}, now {now!r}")
    rest = len(lines) - NAMED_AT_MOST
    return lines[:NAMED_AT_MOST] + ([f"summary: {rest} more differ"] if rest > 0 else [])


def reproduce(folder: Path) -> bool:
    """Run *folder*'s stored configuration again; print what differs; True when series and summary are the same.

    Nothing is written. Raises ``UserError`` when the folder cannot be read or its configuration is not valid.
    """
    stored, manifest = load_run(folder), read_manifest(folder)
    try:
        config = RunConfig.load(stored.config)
    except UserError as error:
        raise UserError("\n".join(f"{folder / CONFIG}: {line}" for line in str(error).split("\n"))) from None
    out, notes = Console(soft_wrap=True, highlight=False), Console(stderr=True)
    changed = tampered(stored, config, manifest)
    if is_cold():
        notes.print("Compiling kernels, first run only: this takes about a minute.")
    result = RectificationModel(config).run()
    digests = {"series": series_digest(result.series), "summary": summary_digest(result.summary)}
    around = surroundings(manifest)
    if digests == manifest["digests"] and not changed:
        out.print(f"[green]the same[/]: series {digests['series'][:12]}, summary {digests['summary'][:12]}")
        for line in around:
            out.print(f"  though {escape(line)}")
        return True
    if digests == manifest["digests"]:
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
