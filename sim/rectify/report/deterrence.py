"""How certain does punishment seem, to those who break the rules and to those who do not, and what drives it?"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rectify.report import style
from rectify.report.load import StoredRun

BELIEVERS = (
    ("perceived_certainty", "Violators", style.VERMILION, "-"),
    ("perceived_certainty_lawful", "Lawful authors", style.BLUE, style.DASHES[1]),
)


def _draw_certainty(ax: Axes, run: StoredRun) -> None:
    ax.set_title("Perceived certainty of punishment")
    present = [believer for believer in BELIEVERS if run.has(believer[0])]
    for metric, label, colour, dash in present:
        style.draw_line(ax, run.series(metric), label, colour, dash)
    if not present:
        style.none_in_this_run(ax)
    style.share_axis(ax, "Perceived probability")
    style.legend(ax)


def _draw_pressure(ax: Axes, run: StoredRun) -> None:
    ax.set_title("Pressure felt by platforms")
    platforms = run.by_platform("pressure")
    if platforms.empty:
        style.none_in_this_run(ax)
    elif len(platforms.columns) == len(run.platforms) > 1 and np.allclose(
        platforms, platforms.to_numpy()[:, :1], equal_nan=True
    ):
        names = ", ".join(run.label("platforms", name) for name in platforms)
        style.draw_line(ax, platforms.iloc[:, 0], f"{names} (all alike)", style.BLACK)
    else:
        for place, name in enumerate(platforms):
            colour = style.SERIES_COLOURS[place % len(style.SERIES_COLOURS)]
            dash = style.DASHES[place % len(style.DASHES)]
            style.draw_line(ax, platforms[name], run.label("platforms", name), colour, dash)
    ax.set_ylabel("Pressure (0 to 1)")
    ax.set_ylim(0.0, 1.05)
    style.legend(ax)


@style.styled
def draw(run: StoredRun) -> Figure:
    """Certainty of punishment that authors believe in (probability), and pressure on each platform (0 to 1)."""
    figure, (certainty, pressure) = style.panels("Does enforcement deter, and for how long?", [2.8, 2.4])
    _draw_certainty(certainty, run)
    _draw_pressure(pressure, run)
    return style.finish(figure, [certainty, pressure], run, "Daily values.")
