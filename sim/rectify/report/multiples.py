"""Small multiples: a metric day by day on every platform, or of every kind, one panel each on the same scale."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rectify.core.errors import UserError
from rectify.core.quantity import Quantity
from rectify.report import style
from rectify.report.load import plain
from rectify.report.outcome_curves import draw_band, shade
from rectify.report.selection import chosen, level_label, needed
from rectify.study.stored import StoredSweep

ACROSS = 3
"""Panels side by side."""


def _curves(stored: StoredSweep, metric: str, cells: list[int]) -> pd.DataFrame:
    """Mean over *cells* of a metric's daily values: columns seed, date, value.

    Of what is broken down by kind, a day without a row counts as zero.
    """
    found, quantity = stored.curves(metric, cells), stored.metric(metric)
    if (quantity is None or "kind" in quantity.by) and len(found):
        wide = found.pivot_table(index=["cell", "seed"], columns="date", values="value").fillna(0.0)
        found = wide.stack().rename("value").reset_index()
    return found.groupby(["seed", "date"], as_index=False)["value"].mean()


def draw(stored: StoredSweep, request: dict[str, Any]) -> Figure:
    """*metric* in *panels* (platform or kind), a line for each value of *by*, where factors have the values of *where*.

    The dataset must have kept ``<metric> by <panels>``.
    """
    metric, by_part = needed(request, "metric", "panels")
    by = request.get("by")
    runs = chosen(stored, dict(request.get("where") or {}))
    names = [name for name in stored.metrics() if name.startswith(f"{metric}.")]
    if not names:
        raise UserError(f"{stored.folder}: no curves of {metric!r} by {by_part} were kept")
    groups = [(None, runs)] if not by else list(runs.groupby(by, sort=True))
    down, across = math.ceil(len(names) / ACROSS), min(ACROSS, len(names))
    with style.house_style():
        figure = style.new_figure(str(request.get("title") or f"{plain(metric)} by {by_part}"), 0.9 + 2.2 * down)
        grid = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
        axes = list(grid.flat)
        for ax, name in zip(axes, names, strict=False):
            for number, (_, group) in enumerate(groups):
                curves = _curves(stored, name, sorted(set(group["cell"])))
                if len(curves):
                    draw_band(ax, curves, "_", style.SERIES_COLOURS[number % 8], style.DASHES[number % 4])
            if stored.reference is not None and len(curves := _curves(stored, name, [stored.reference])):
                draw_band(ax, curves, "_", style.GREY, (0, (1, 1)))
            ax.set_title(plain(name.removeprefix(f"{metric}.")))
            ax.margins(x=0)
        for ax in axes[len(names) :]:
            ax.set_visible(False)
        for ax in axes[max(0, len(names) - across) : len(names)]:
            ax.tick_params(labelbottom=True)
        windows = []
        for ax in axes[: len(names)]:
            windows = shade(ax, stored, sorted(set(runs["cell"])))
        _scale(axes[: len(names)], stored.metric(metric), plain(metric))
        handles = [
            Line2D([], [], color=style.SERIES_COLOURS[number % 8], ls=style.DASHES[number % 4],
                   label=level_label(stored, str(by), value))
            for number, (value, _) in enumerate(groups) if by
        ]  # fmt: skip
        if stored.reference is not None:
            handles.append(Line2D([], [], color=style.GREY, ls=(0, (1, 1)), label="Reference"))
        note = "Mean of the replicates, of each day and the six before; bands: 95 % bootstrap interval of the mean."
        style.note_below(figure, note, [*handles, *windows])
    return figure


def _scale(axes: list[Any], quantity: Quantity | None, label: str) -> None:
    """One y axis for all panels, from zero to above the highest of them; the label at the left."""
    tops = []
    for ax in axes:
        style.quantity_axis(ax, quantity, "")
        tops.append(ax.get_ylim()[1])
    for place, ax in enumerate(axes):
        ax.set_ylim(0.0, max(tops))
        ax.xaxis.set_major_locator(style.date_locator(365, few=True))
        ax.xaxis.set_major_formatter(style.DateLabels())
        if place % ACROSS == 0:
            ax.set_ylabel(style.wrapped(label, 24))
