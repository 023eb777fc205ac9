"""Pareto fronts: what one outcome costs in others, and which cells no other cell beats in all of them."""

from __future__ import annotations

from string import ascii_lowercase
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from rectify.core.errors import UserError
from rectify.report import style
from rectify.report.forest import cell_label
from rectify.report.selection import chosen, outcome_axis, short
from rectify.study.paired import mean_interval
from rectify.study.stored import StoredSweep

MOST_NAMED = len(ascii_lowercase)
WIDE_RANGE = 50.0
"""Outcomes whose largest mean is so many times the smallest are drawn on a log scale."""


def undominated(costs: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Which rows of *costs* [cells, outcomes] no other row beats: is as low in all and lower in one. bool [cells]."""
    no_higher = np.all(costs[None, :, :] <= costs[:, None, :], axis=2)
    lower = np.any(costs[None, :, :] < costs[:, None, :], axis=2)
    return np.asarray(~np.any(no_higher & lower, axis=1))


def draw(stored: StoredSweep, request: dict[str, Any]) -> Figure:
    """The first of *outcomes* up the side, each other along the bottom of a panel; less is better in all.

    Filled: cells that no other beats in all outcomes together, by their means; the stepped line joins those that none
    beats in the two of the panel. The reference takes part.
    """
    outcomes = [str(name) for name in request.get("outcomes") or []]
    if len(outcomes) < 2:
        raise UserError(f"figures: a figure of kind {request['kind']} needs two outcomes or more")
    where = dict(request.get("where") or {})
    runs = chosen(stored, where)
    if stored.reference is not None:
        runs = stored.runs[stored.runs["cell"].isin({*runs["cell"], stored.reference})]
    runs = runs.dropna(subset=outcomes)
    if runs.empty:
        raise UserError(f"{stored.folder}: no run has all of {', '.join(outcomes)}")
    groups = {int(cell): group[outcomes].to_numpy(np.float64) for cell, group in runs.groupby("cell", sort=True)}
    means = np.array([values.mean(axis=0) for values in groups.values()])
    front = undominated(means)
    # From the most harm to the least: the order in which the front is read along the bottom.
    order = sorted(map(int, np.flatnonzero(front)), key=lambda place: -means[place, 0])
    first = {tuple(means[place]): place for place in reversed(order)}  # of cells that came out alike, one is named
    named = [place for place in order if first[tuple(means[place])] == place][:MOST_NAMED]
    letters = dict(zip(named, ascii_lowercase, strict=False))
    with style.house_style():
        figure = style.new_figure(str(request.get("title") or "Pareto front"), 3.9)
        axes = figure.subplots(1, len(outcomes) - 1, sharey=True, squeeze=False)[0]
        for column, ax in enumerate(axes, start=1):
            for row, values in enumerate(groups.values()):
                _point(ax, values[:, column], values[:, 0], bool(front[row]))
            for place, letter in letters.items():
                ax.annotate(letter, (means[place, column], means[place, 0]), (4, 4), textcoords="offset points",
                            fontsize=9.0, zorder=5)  # fmt: skip
            pair = means[:, [column, 0]]
            steps = pair[undominated(pair)]
            steps = steps[np.argsort(steps[:, 0])]
            ax.step(steps[:, 0], steps[:, 1], where="post", color=style.VERMILION, lw=1.2, zorder=2)
            _axis(ax, means[:, column])
            ax.set_xlabel(style.wrapped(outcome_axis(stored, outcomes[column]), 32))
        axes[0].set_ylabel(outcome_axis(stored, outcomes[0]))
        axes[0].yaxis.set_major_formatter(FuncFormatter(short))
        key = "; ".join(f"{letter}: {_called(stored, list(groups)[place], where)}" for place, letter in letters.items())
        handles = [
            Line2D([], [], ls="", marker="o", color=style.BLUE, label="Beaten by none in all outcomes shown"),
            Line2D([], [], ls="", marker="o", mfc="white", mec=style.GREY, label="Beaten by another"),
            Line2D([], [], color=style.VERMILION, lw=1.2, label="Front of the two outcomes of the panel"),
        ]
        count = min(len(values) for values in groups.values())
        rest = len(first) - len(named)
        note = f"Means of {count} replicates; lines: 95 % bootstrap intervals. {key}"
        style.note_below(figure, note + (f"; and {rest} more." if rest > 0 else "."), handles, columns=3)
    return figure


def _called(stored: StoredSweep, cell: int, where: dict[str, Any]) -> str:
    """A cell by the values of those factors that *where* does not fix."""
    if stored.manifest.get("labels", {}).get(str(cell)):
        return cell_label(stored, cell)
    row = stored.runs[stored.runs["cell"] == cell].iloc[0]
    free = [name for name in stored.factors if name not in where]
    return ", ".join(
        f"{name} {row[name]:g}" if isinstance(row[name], int | float) else str(row[name]).replace("_", " ")
        for name in free
    )


def _point(ax: Axes, x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], front: bool) -> None:
    colour = style.BLUE if front else style.GREY
    ax.plot(mean_interval(x), [y.mean()] * 2, color=colour, lw=0.9, alpha=0.6, zorder=2.5)
    ax.plot([x.mean()] * 2, mean_interval(y), color=colour, lw=0.9, alpha=0.6, zorder=2.5)
    ax.plot([x.mean()], [y.mean()], "o", mfc=colour if front else "white", mec=colour, ms=6, zorder=4 if front else 3)


def _axis(ax: Axes, means: np.ndarray[Any, Any]) -> None:
    ax.grid(visible=True, axis="both")
    if means.min() > 0 and means.max() / means.min() > WIDE_RANGE:
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(numticks=6))
        ax.xaxis.set_minor_formatter(NullFormatter())
    else:
        ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(short))
