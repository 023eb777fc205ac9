"""Response curves: an outcome over one factor, a line for each value of another, with intervals of the mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from rectify.report import style
from rectify.report.load import plain
from rectify.report.selection import chosen, level_label, needed, outcome_axis, outcome_label, short
from rectify.study.paired import mean_interval
from rectify.study.stored import StoredSweep

MOST_TICKS = 8
"""So many levels of a factor or fewer have a tick each."""


def _line(ax: Axes, runs: pd.DataFrame, over: str, outcome: str, label: str, number: int) -> None:
    groups = [(value, group[outcome].dropna().to_numpy()) for value, group in runs.groupby(over, sort=True)]
    groups = [(value, values) for value, values in groups if len(values)]
    if not groups:
        return
    places = np.array([value if isinstance(value, int | float) else place for place, (value, _) in enumerate(groups)])
    means = np.array([values.mean() for _, values in groups])
    low, high = np.array([mean_interval(values) for _, values in groups]).T
    colour, dash = style.SERIES_COLOURS[number % 8], style.DASHES[number % 4]
    ax.plot(places, means, color=colour, ls=dash, marker="o", label=label, zorder=3)
    ax.fill_between(places, low, high, color=colour, alpha=0.18, lw=0, zorder=2)
    if not isinstance(groups[0][0], int | float):
        ax.set_xticks(places, [style.wrapped(plain(str(value)), 14) for value, _ in groups])


def draw(stored: StoredSweep, request: dict[str, Any]) -> Figure:
    """*outcome* over the factor *over*, by the factor *by*; the reference as a horizontal line."""
    outcome, over = needed(request, "outcome", "over")
    by = request.get("by")
    runs = chosen(stored, dict(request.get("where") or {}))
    with style.house_style():
        figure = style.new_figure(str(request.get("title") or outcome_label(stored, outcome)), 3.8)
        ax = figure.subplots()
        if by:
            for number, (value, group) in enumerate(runs.groupby(by, sort=True)):
                _line(ax, group, over, outcome, level_label(stored, str(by), value), number)
        else:
            _line(ax, runs, over, outcome, "Mean of the replicates", 0)
        if stored.reference is not None:
            values = stored.runs.loc[stored.runs["cell"] == stored.reference, outcome].dropna()
            if len(values):
                ax.axhline(values.mean(), color=style.GREY, lw=1.2, ls=":", label="Reference")
        levels = sorted(set(runs[over])) if pd.api.types.is_numeric_dtype(runs[over]) else []
        if stored.factors[over].get("scale") == "log":
            ax.set_xscale("log")
            ax.xaxis.set_minor_locator(NullLocator())
        if 0 < len(levels) <= MOST_TICKS:
            ax.set_xticks(levels, [short(float(f"{level:.3g}")) for level in levels])
        ax.set_xlabel(stored.factor_label(over))
        ax.set_ylabel(style.wrapped(outcome_axis(stored, outcome), 40))
        ax.yaxis.set_major_formatter(FuncFormatter(short))
        style.legend(ax)
        style.note_below(figure, "Lines: mean of the replicates; bands: 95 % bootstrap interval of the mean.")
    return figure
