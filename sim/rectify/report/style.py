"""One look for every figure: colours that the colour-blind can tell apart, type, axes, and shading of campaigns.

A day is drawn centred on its date: it takes the half day before and after midnight. Means are of a day and the six days
before it (fewer at the start of the run), so that nothing moves before its cause.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import DAILY, MONTHLY, YEARLY, AutoDateLocator, DateLocator, DayLocator, num2date
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import Formatter, FuncFormatter, MaxNLocator

from rectify.core.quantity import Quantity
from rectify.report.load import StoredRun, Window, lanes

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#8C8C8C"
SERIES_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK, GREY)
"""Okabe and Ito's palette in the order lines take it, without its yellow, too faint for a line on white."""
AREA_COLOURS = (VERMILION, BLUE, ORANGE, SKY, GREEN, PURPLE, YELLOW, GREY)
"""The same for filled areas, neighbours far apart in lightness."""
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (2, 1.2)), (0, (6, 1.5, 1.5, 1.5)))
"""Line styles, so that colour is never the only difference."""
SHADES = ("#C4C4C4", "#9AC4E8", "#EFC493", "#A5D6BE")
"""Backgrounds of campaigns, in order of opening; half transparent, so that campaigns at the same time mix."""
SHADE_ALPHA = 0.5

WIDTH = 8.0
"""Width of every figure, inches."""
DPI = 150
WEEK = 7
"""Days in a mean."""
FEW = 31
"""Runs of at most so many days show a marker on each day."""

STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlepad": 6.0,
    "axes.labelsize": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#404040",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#D0D0D0",
    "grid.linewidth": 0.5,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.fontsize": 9.5,
    "legend.frameon": False,
    "legend.handlelength": 1.9,
    "legend.borderaxespad": 0.0,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.0,
    "figure.titlesize": 13.0,
    "figure.titleweight": "bold",
    "figure.constrained_layout.h_pad": 0.06,
    "svg.hashsalt": "rectify",
    "svg.fonttype": "path",
}


@contextmanager
def house_style() -> Iterator[None]:
    """matplotlib's defaults with this project's changes, whatever the user's own settings; restored at the end."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def styled(draw: Callable[[StoredRun], Figure]) -> Callable[[StoredRun], Figure]:
    """A drawing function, made to draw in the house style."""

    @wraps(draw)
    def drawn(run: StoredRun) -> Figure:
        with house_style():
            return draw(run)

    return drawn


def engineering(value: float) -> str:
    """A count in engineering notation with three digits: 1_234_567 → ``1.23 M``."""
    if not np.isfinite(value):
        return "none"
    power = min(4, max(0, int(np.floor(np.log10(abs(value)) / 3)))) if value else 0
    short = float(f"{value / 1000**power:.3g}")
    if abs(short) >= 1000 and power < 4:
        short, power = short / 1000, power + 1
    return f"{short:g} {('', 'k', 'M', 'G', 'T')[power]}".strip()


def wrapped(text: str, width: int = 24) -> str:
    """Text broken into lines of at most *width* characters."""
    return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)


def weekly(daily: pd.Series) -> pd.Series:
    """Mean of each day and the six days before it; NaN where none of them has a value."""
    return daily.rolling(WEEK, min_periods=1).mean()


def ratio(part: pd.Series, whole: pd.Series, days: int = WEEK) -> pd.Series:
    """Sum of *part* over sum of *whole*, of each day and those before it, *days* in all; NaN where *whole* is 0."""
    sums = whole.rolling(days, min_periods=1).sum()
    return part.rolling(days, min_periods=1).sum() / sums.where(sums > 0)


class DateLabels(Formatter):
    """Dates in few words: months, or days of a month; below the first, and wherever it changes, the year."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """The label of one date on its own."""
        return self.format_ticks([x])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """The labels of all ticks of an axis."""
        days = [num2date(value) for value in values]
        if len(days) > 1 and all((day.month, day.day) == (1, 1) for day in days):
            return [str(day.year) for day in days]
        months = len(days) > 1 and all(day.day == 1 for day in days)
        labels, year = [], None
        for day in days:
            label = f"{day:%b}" if months else f"{day.day} {day:%b}"
            labels.append(f"{label}\n" if day.year == year else f"{label}\n{day.year}")  # two lines each: one baseline
            year = day.year
        return labels


def new_figure(title: str, height: float) -> Figure:
    """An empty figure with *title* above, *height* inches high without it."""
    figure = Figure(figsize=(WIDTH, height + 0.45), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, x=0.012, ha="left")
    return figure


def panels(title: str, heights: Sequence[float]) -> tuple[Figure, list[Axes]]:
    """A figure of panels below each other, *heights* in inches, that share the dates; *title* above."""
    figure = new_figure(title, sum(heights) + 0.9)
    grid = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=list(heights))
    return figure, list(grid[:, 0])


def _from_zero(ax: Axes, label: str) -> None:
    """A y axis from zero to the first tick above everything drawn."""
    lines = [np.asarray(line.get_ydata(), np.float64) for line in ax.lines if line.get_transform() == ax.transData]
    areas = [np.asarray(path.vertices)[:, 1] for area in ax.collections for path in area.get_paths()]
    values = np.concatenate([np.zeros(1), *lines, *areas])
    top = float(values[np.isfinite(values)].max()) or 1.0
    locator = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10])
    ax.yaxis.set_major_locator(locator)
    ax.set_ylim(0.0, float(locator.tick_values(0.0, 1.03 * top)[-1]))
    ax.set_ylabel(label)


def count_axis(ax: Axes, label: str) -> None:
    """A y axis of counts: from zero, in engineering notation."""
    _from_zero(ax, label)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: engineering(value)))


def number_axis(ax: Axes, label: str) -> None:
    """A y axis of plain numbers that may be below one, from zero."""
    _from_zero(ax, label)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{round(value, 9):g}"))


def share_axis(ax: Axes, label: str) -> None:
    """A y axis of shares, from zero, in per cent."""
    _from_zero(ax, label)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{round(100 * value, 9):g} %"))


def quantity_axis(ax: Axes, quantity: Quantity | None, label: str) -> None:
    """A y axis for numbers that are a *quantity*: a share, another level, or a count; also where it is not known."""
    if quantity is None or quantity.number != "level":
        count_axis(ax, label)
    else:
        (share_axis if quantity.is_share else number_axis)(ax, label)


def draw_line(
    ax: Axes, values: pd.Series, label: str, colour: str, dash: Any = "-", width: float = 1.8, above: float = 0.0
) -> None:
    """A line of the values that are there, with markers where they are few; bridges the days between two censuses.

    *above* lifts it over the lines that are drawn later.
    """
    there = values.dropna()
    marker = "o" if len(there) <= FEW else ""
    ax.plot(
        there.index.to_numpy(), there.to_numpy(), label=label, color=colour, ls=dash, lw=width, marker=marker,
        zorder=2.1 + above,
    )  # fmt: skip


def draw_faint(ax: Axes, daily: pd.Series, colour: str) -> None:
    """Daily values as a faint line without an entry in the legend."""
    ax.plot(daily.index.to_numpy(), daily.to_numpy(), color=colour, lw=0.7, alpha=0.35, label="_daily", zorder=2.0)


def draw_daily(ax: Axes, daily: pd.Series, label: str, colour: str, dash: Any = "-", above: float = 0.0) -> None:
    """The week's mean as a line, over the daily values, faint."""
    draw_faint(ax, daily, colour)
    draw_line(ax, weekly(daily), label, colour, dash, above=above)


def legend(ax: Axes, reverse: bool = False) -> None:
    """The panel's legend, to its right, outside the axes."""
    handles, labels = ax.get_legend_handles_labels()
    if handles:
        ax.legend(
            handles, [wrapped(label) for label in labels], loc="upper left", bbox_to_anchor=(1.02, 1.0), reverse=reverse
        )  # fmt: skip


def none_in_this_run(ax: Axes) -> None:
    """Say that there is nothing to draw, on an axis without numbers."""
    ax.tick_params(axis="y", left=False, labelleft=False)
    ax.grid(visible=False)
    ax.text(
        0.5, 0.5, "none in this run", transform=ax.transAxes, ha="center", va="center", color="#606060", style="italic"
    )


def shown_windows(run: StoredRun) -> list[Window]:
    """The campaigns that have a day within the run."""
    return [w for w in run.windows() if w.closes >= run.dates[0] and w.opens <= run.dates[-1]]


def date_locator(days: int, few: bool = False) -> DateLocator:
    """Ticks for so many *days*; *few* where panels are narrow."""
    if few:
        return AutoDateLocator(minticks=2, maxticks={YEARLY: 4, MONTHLY: 5, DAILY: 3})
    return DayLocator() if days <= 10 else AutoDateLocator(minticks=4, maxticks={YEARLY: 11, MONTHLY: 13, DAILY: 8})


def finish(figure: Figure, axes: Sequence[Axes], run: StoredRun, note: str = "") -> Figure:
    """Dates over the run's whole range; campaigns shaded; below, what the lines and the shading mean."""
    half = pd.Timedelta(hours=12)
    windows = shown_windows(run)
    labels = list(dict.fromkeys(window.label for window in windows))
    colours = {label: SHADES[place % len(SHADES)] for place, label in enumerate(labels)}
    for place, (window, (lane, of)) in enumerate(zip(windows, lanes(windows), strict=True)):
        colour = colours[window.label]
        for ax in axes:
            # One above another where they overlap: laid on one another, they would have a colour that no legend shows.
            span = ax.axvspan(
                window.opens - half, window.closes + half, 1.0 - (lane + 1) / of, 1.0 - lane / of, color=colour,
                alpha=SHADE_ALPHA, lw=0, zorder=0,
            )  # fmt: skip
            span.set_gid(f"window.{place}")
            for edge in (window.opens - half, window.closes + half):
                ax.axvline(edge, color="#606060", lw=0.6, ls=":", zorder=3, label="_edge")
    handles = [Patch(facecolor=colours[text], alpha=SHADE_ALPHA, label=wrapped(text, 110)) for text in labels]
    last = axes[-1]
    last.set_xlim(run.dates[0] - half, run.dates[-1] + half)
    last.xaxis.set_major_locator(date_locator(len(run.dates)))
    last.xaxis.set_major_formatter(DateLabels())
    last.set_xlabel("Date")
    figure.align_ylabels(axes)
    below(figure, run, note, handles)
    return figure


def below(figure: Figure, run: StoredRun, note: str, handles: Sequence[Any], columns: int = 1) -> None:
    """The run's title, a note and a legend, below the panels."""
    note_below(figure, "\n".join(text for text in (run.title, note.strip()) if text), handles, columns)


def note_below(figure: Figure, note: str, handles: Sequence[Any] = (), columns: int = 1) -> None:
    """A note, and a legend of *handles*, below the panels."""
    title = "\n".join(wrapped(line, 132) for line in note.split("\n"))
    box = figure.legend(
        handles=list(handles), loc="outside lower left", ncols=columns, title=title, title_fontsize=8.5, fontsize=9.0,
        alignment="left", borderpad=0.4,
    )  # fmt: skip
    box.get_title().set_color("#505050")


def lay_out(figure: Figure) -> None:
    """Place everything once; saving then only draws, so that all formats are alike, and soon done."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine(None)


def scale_note(run: StoredRun) -> str:
    """What one simulated account stands for; empty when that is itself or unknown."""
    scale = run.summary.get("scale")
    if not isinstance(scale, int | float) or not np.isfinite(scale) or scale == 1:
        return ""
    return f"One simulated account stands for {engineering(float(scale))}."


MEANS = "mean of the day and the six before; faint, daily values."
