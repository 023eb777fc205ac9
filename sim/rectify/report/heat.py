"""Heat maps: the mean of an outcome over two factors."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from rectify.report import style
from rectify.report.load import plain
from rectify.report.selection import chosen, needed, outcome_axis, outcome_label, short
from rectify.study.stored import StoredSweep


def draw(stored: StoredSweep, request: dict[str, Any]) -> Figure:
    """Mean *outcome* with the factor *over* along the bottom and *by* up the side, the numbers written in."""
    outcome, over, by = needed(request, "outcome", "over", "by")
    runs = chosen(stored, dict(request.get("where") or {}))
    table = runs.pivot_table(index=by, columns=over, values=outcome, aggfunc="mean").sort_index(ascending=False)
    values = table.to_numpy(np.float64)
    with style.house_style():
        figure = style.new_figure(str(request.get("title") or outcome_label(stored, outcome)), 1.2 + 0.55 * len(table))
        ax = figure.subplots()
        image = ax.imshow(values, cmap="cividis", aspect="auto")
        ax.grid(visible=False)
        for spine in ax.spines.values():
            spine.set_visible(False)
        middle = (np.nanmin(values) + np.nanmax(values)) / 2
        for (row, column), value in np.ndenumerate(values):
            if np.isfinite(value):
                shown = short(float(f"{value:.3g}"))
                ax.text(column, row, shown, ha="center", va="center", fontsize=9.5,
                        color="white" if value < middle else "black")  # fmt: skip
        ax.set_xticks(range(len(table.columns)), [_tick(value) for value in table.columns])
        ax.set_yticks(range(len(table.index)), [_tick(value) for value in table.index])
        ax.set_xlabel(stored.factor_label(over))
        ax.set_ylabel(style.wrapped(stored.factor_label(by), 26))
        label = style.wrapped(outcome_axis(stored, outcome), 30)
        figure.colorbar(image, ax=ax, format=FuncFormatter(short), label=label)
        style.note_below(figure, f"Mean of {runs.groupby('cell').size().min()} replicates a cell.")
    return figure


def _tick(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else style.wrapped(plain(str(value)), 14)
