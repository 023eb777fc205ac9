"""A metric day by day: the mean of the replicates with bands, a line for each value of a factor, campaigns shaded."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from rectify.core.errors import UserError
from rectify.report import style
from rectify.report.load import plain
from rectify.report.selection import chosen, level_label, needed
from rectify.study.paired import band
from rectify.study.stored import StoredSweep


def draw_band(ax: Axes, curves: pd.DataFrame, label: str, colour: str, dash: Any) -> None:
    """Weekly mean over seeds of *curves* (seed, date, value), with its band."""
    wide = curves.pivot_table(index="seed", columns="date", values="value")
    smooth = wide.T.rolling(style.WEEK, min_periods=1).mean().T
    low, high = band(smooth.to_numpy())
    dates = pd.DatetimeIndex(smooth.columns)
    style.draw_line(ax, pd.Series(smooth.mean(axis=0).to_numpy(), index=dates), label, colour, dash)
    ax.fill_between(dates.to_numpy(), low, high, color=colour, alpha=0.2, lw=0, zorder=2.0)


def draw(stored: StoredSweep, request: dict[str, Any]) -> Figure:
    """*metric* by the factor *by*, where other factors have the values of *where*; the reference dotted."""
    (metric,) = needed(request, "metric")
    by = request.get("by")
    runs = chosen(stored, dict(request.get("where") or {}))
    groups = [(None, runs)] if not by else list(runs.groupby(by, sort=True))
    with style.house_style():
        figure = style.new_figure(str(request.get("title") or plain(metric)), 4.2)
        ax = figure.subplots()
        for number, (value, group) in enumerate(groups):
            label = level_label(stored, str(by), value) if by else "Mean of the replicates"
            colour, dash = style.SERIES_COLOURS[number % 8], style.DASHES[number % 4]
            cells = sorted(set(group["cell"]))
            curves = stored.curves(metric, cells)
            if curves.empty:
                raise UserError(f"{stored.folder}: no curves of {metric!r} were kept")
            draw_band(ax, curves.groupby(["seed", "date"], as_index=False)["value"].mean(), label, colour, dash)
        if stored.reference is not None:
            draw_band(ax, stored.curves(metric, [stored.reference]), "Reference", style.GREY, (0, (1, 1)))
        own = [stored.windows(sorted(set(group["cell"]))) for _, group in groups]
        differ = any(windows != own[0] for windows in own)
        handles = [] if differ else shade(ax, stored, sorted(set(runs["cell"])))
        style.quantity_axis(ax, stored.metric(metric), plain(metric))
        ax.margins(x=0)
        if differ:
            _bars(ax, own)
        ax.xaxis.set_major_formatter(style.DateLabels())
        style.legend(ax)
        note = "Mean of the replicates, of each day and the six before; bands: 95 % bootstrap interval of the mean."
        note += " Bars at the foot: the days of each line's campaigns." if differ else ""
        style.note_below(figure, note, handles)
    return figure


def _bars(ax: Axes, windows: list[list[tuple[str, pd.Timestamp, pd.Timestamp]]]) -> None:
    """Along the foot of the panel, the days of every line's campaigns, in the line's colour, one row a line."""
    first, last = ax.get_xlim()
    half = pd.Timedelta(hours=12)
    for number, own in enumerate(windows):
        spans = [(date2num(opens - half), date2num(closes + half)) for _, opens, closes in own]
        shown = [(max(a, first), min(b, last) - max(a, first)) for a, b in spans if b > first and a < last]
        ax.broken_barh(
            shown, (0.012 + 0.028 * number, 0.018), transform=ax.get_xaxis_transform(),
            color=style.SERIES_COLOURS[number % 8], lw=0, zorder=3,
        )  # fmt: skip


def shade(ax: Axes, stored: StoredSweep, cells: list[int]) -> list[Patch]:
    """Shade the campaigns of *cells*, and return the legend's entries; days that fewer of them share are fainter."""
    half = pd.Timedelta(hours=12)
    windows = stored.windows(cells)
    alpha = style.SHADE_ALPHA / max(1, len(windows)) ** 0.5
    for _, opens, closes in windows:
        ax.axvspan(opens - half, closes + half, color=style.SHADES[0], alpha=alpha, lw=0, zorder=0)
    labels = list(dict.fromkeys(label for label, _, _ in windows))
    more = " (darker where more of the lines are in it)" if len(windows) > len(labels) else ""
    return [Patch(facecolor=style.SHADES[0], alpha=alpha, label=style.wrapped(label + more, 110)) for label in labels]
