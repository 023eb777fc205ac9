"""A dataset's page: question, command, size and time, and what came out, as Markdown beside its figures."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rectify.core.errors import UserError
from rectify.core.quantity import SHARE
from rectify.report import style
from rectify.report.forest import cell_label
from rectify.report.load import plain
from rectify.report.selection import outcome_axis, outcome_label
from rectify.study.paired import Difference, differences, mean_interval
from rectify.study.stored import INDICES, StoredSweep, load_sweep

PAGE = "README.md"
MOST_ROWS = 40
"""Cells that a table lists one by one; of more, outcomes are given over all of them."""


def write_page(folder: Path, command: str) -> Path:
    """Write the page of the dataset in *folder*, which *command* made; replaces it in one step, and returns its path.

    Raises ``UserError`` when the dataset cannot be read or the page not be written.
    """
    path = folder / PAGE
    text = page(load_sweep(folder), command, sorted((folder / "figures").glob("*.png")))
    temporary = path.with_name(f".{PAGE}.part")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path


def page(stored: StoredSweep, command: str, figures: Sequence[Path] = ()) -> str:
    """The whole page."""
    about, experiment = stored.manifest, stored.experiment
    rows, seconds = about["rows"], (about["last_session_seconds"], about["busy_seconds"])
    lines = [
        f"# {plain(experiment['name'])}", "",
        f"**Question.** {experiment['question']}", "",
        f"    {command}", "",
        f"{rows['all']} runs: {about['cells']} cells, each over the same {experiment['replicates']} seeds"
        + (f"; {rows['failed']} failed" if rows["failed"] else "")
        + f". {seconds[0]:.0f} s at last, on {about['host']['cores']} cores; {seconds[1]:.0f} s of runs in all.",
        "",
    ]  # fmt: skip
    if stored.factors:
        lines += ["| factor | values |", "|---|---|"]
        lines += [f"| {stored.factor_label(name)} | {_values(stored, name)} |" for name in stored.factors]
        lines += [""]
    lines += ["## What came out", "", results(stored), ""]
    lines += [f"![{figure.stem}](figures/{figure.name})" for figure in figures]
    return "\n".join(lines).rstrip() + "\n"


def results(stored: StoredSweep) -> str:
    """Tables of the outcomes: means over seeds by cell, and paired differences from the reference, with intervals."""
    cells = sorted(int(cell) for cell in stored.runs["cell"].unique())
    if len(cells) > MOST_ROWS:
        return _over_all(stored)
    tables = ["Means over seeds, with 95 % bootstrap intervals.", "", *_means(stored, cells)]
    others = [cell for cell in cells if cell != stored.reference]
    if stored.reference is not None and others:
        tables += ["", "Differences from the reference, twin by twin, in per cent of it, with 95 % intervals.", ""]
        tables += _differences(stored, others)
    return "\n".join(tables)


def number(value: float, unit: str = "") -> str:
    """Three digits: shares in per cent, large counts with a letter, ``–`` for what is not there."""
    if not math.isfinite(value):
        return "–"
    if unit == SHARE:
        return f"{100 * value:.3g} %".replace("-", "−")
    sign = "−" if value < 0 else ""
    return sign + (style.engineering(abs(value)) if abs(value) >= 1000 else f"{abs(value):.3g}")


def _values(stored: StoredSweep, name: str) -> str:
    factor = stored.factors[name]
    if factor.get("levels") is not None:
        return ", ".join(str(level) for level in factor["levels"])
    low, high = factor["range"]
    return f"{low:g} to {high:g}" + (", on a log scale" if factor.get("scale") == "log" else "")


def _head(columns: Sequence[str]) -> list[str]:
    return [f"| {' | '.join(columns)} |", "|---|" + "---:|" * (len(columns) - 1)]


def _means(stored: StoredSweep, cells: Sequence[int]) -> list[str]:
    outcomes = list(stored.experiment["outcomes"])
    lines = _head(["cell", *(outcome_axis(stored, outcome) for outcome in outcomes)])
    for cell in cells:
        runs, texts = stored.runs[stored.runs["cell"] == cell], []
        for outcome in outcomes:
            values, unit = runs[outcome].dropna().to_numpy(np.float64), stored.unit(outcome)
            low, high = mean_interval(values) if len(values) else (math.nan, math.nan)
            text = number(float(values.mean()), unit) if len(values) else "–"
            texts.append(f"{text} [{number(low, unit)}, {number(high, unit)}]" if math.isfinite(low) else text)
        lines.append(f"| {cell_label(stored, cell)} | {' | '.join(texts)} |")
    return lines


def _differences(stored: StoredSweep, cells: Sequence[int]) -> list[str]:
    reference = stored.runs[stored.runs["cell"] == stored.reference]
    outcomes = [name for name in stored.experiment["outcomes"] if reference[name].notna().any()]
    lines = _head(["cell", *(outcome_label(stored, outcome) for outcome in outcomes)])
    for cell in cells:
        found = differences(stored.runs, int(stored.reference or 0), cell, outcomes)
        lines.append(f"| {cell_label(stored, cell)} | {' | '.join(map(_relative, found))} |")
    return lines


def _relative(one: Difference) -> str:
    """A difference in per cent of the reference's mean; as a count more where that is 0."""
    if not one.pairs:
        return "–"
    if not one.mean_a:
        return "0" if not one.difference else f"{number(one.difference)} more"
    texts = (f"{100 * value / abs(one.mean_a):+.3g}" for value in (one.difference, one.low, one.high))
    middle, low, high = ("–" if text == "+nan" else text.replace("-", "−") for text in texts)
    return f"{middle} [{low}, {high}]"


def _over_all(stored: StoredSweep) -> str:
    lines = ["Means over seeds of the cells, over all cells.", ""]
    lines += _head(["outcome", "mean", "lowest cell", "highest cell"])
    for outcome in stored.experiment["outcomes"]:
        means, unit = stored.runs.groupby("cell")[outcome].mean().dropna(), stored.unit(outcome)
        if len(means):
            shown = (number(float(value), unit) for value in (means.mean(), means.min(), means.max()))
            lines.append(f"| {outcome_axis(stored, outcome)} | {' | '.join(shown)} |")
    if (stored.folder / INDICES).is_file():
        lines += ["", f"How much each factor matters: `{INDICES}`."]
    return "\n".join(lines)
