"""Does the simulation count what the documents published?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

from rectify.report import style
from rectify.report.load import StoredRun, plain

BANDS = (1.5, 1.25)
"""Factors above and below the published figure that are shaded, the widest first."""
BAND_COLOURS = ("#E8EEF4", "#C6D8E8")
MEASURES = {
    "closed": "Accounts closed",
    "lesser": "Accounts punished less severely",
    "punished": "Accounts punished",
    "posts_removed": "Posts removed",
}
KNOWN = {f"{name}_total": label for name, label in MEASURES.items()} | {"posts_removed": MEASURES["posts_removed"]}


def figure_label(run: StoredRun, name: str, published: float = math.nan) -> str:
    """What a published figure counts, in words, from the campaign that published it; failing that from its name."""
    for campaign in run.config.get("campaigns") or {}:
        about = (run.entry("campaigns", campaign).get("published") or {}).get(name)
        if isinstance(about, dict) and (math.isnan(published) or about.get("value") == published):
            return _described(run, name, about)
    if name in KNOWN:
        return KNOWN[name]
    for measure, words in MEASURES.items():
        if name.startswith(f"{measure}_"):
            return f"{words}: {plain(name.removeprefix(f'{measure}_')).lower()}"
    return plain(name)


def _described(run: StoredRun, name: str, about: dict[str, Any]) -> str:
    parts = [plain(kind).lower() for kind in about.get("kinds") or ()]
    places = [run.label("platforms", platform) for platform in about.get("platforms") or ()]
    measure = MEASURES.get(str(about.get("measure")), plain(name))
    limits = " and ".join(parts) + (f" on {', '.join(places)}" if places else "")
    return f"{measure}: {limits.strip()}" if limits else measure


def _draw_counts(ax: Axes, published: Any, simulated: Any, rows: Any) -> None:
    ax.set_title("Counts")
    ax.set_xscale("log")
    positive = simulated > 0
    for factor, colour in zip(BANDS, BAND_COLOURS, strict=True):
        ax.barh(
            rows, published * (factor - 1 / factor), 0.62, published / factor, color=colour, label="_band", zorder=1
        )
    ax.hlines(rows[positive], published[positive], simulated[positive], color=style.VERMILION, lw=1.6, zorder=2)
    ax.plot(simulated[positive], rows[positive], "o", color=style.VERMILION, ms=5, label="Simulated", zorder=3)
    ax.plot(published, rows, "D", color=style.BLACK, ms=8, mfc="none", mew=1.3, label="Published", zorder=4)
    values = np.concatenate([published, simulated[positive]])
    ax.set_xlim(values.min() / 2, values.max() * 2)
    ax.xaxis.set_major_locator(LogLocator(10))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: style.engineering(value)))
    ax.set_xlabel("Accounts or posts")


def _draw_ratios(ax: Axes, ratios: Any, rows: Any) -> None:
    ax.set_title("Simulated ÷ published")
    ax.set_xscale("log")
    for factor, colour in zip(BANDS, BAND_COLOURS, strict=True):
        ax.axvspan(1 / factor, factor, color=colour, lw=0, zorder=0, label=f"Within ×/÷ {factor:g}")
    ax.axvline(1.0, color=style.BLACK, lw=0.8, zorder=1)
    positive = ratios > 0
    most = max(1.8, float(np.exp(np.abs(np.log(ratios[positive])).max(initial=0.0))) * 1.15)
    ax.plot(ratios[positive], rows[positive], "o", color=style.VERMILION, ms=6, label="_ratio", zorder=4)
    if not positive.all():
        edge = np.full((~positive).sum(), 1 / most)
        ax.plot(edge, rows[~positive], "<", color=style.VERMILION, ms=8, label="_none", clip_on=False, zorder=4)
    ax.set_xlim(1 / most, most)
    steps = [0.1, 0.2, 0.5, 1, 2, 5, 10] if most > 2.5 else [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2]
    ax.xaxis.set_major_locator(FixedLocator([step for step in steps if 1 / most <= step <= most]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.set_xlabel("Ratio (log scale)")
    for row, ratio in zip(rows, ratios, strict=True):
        text = f"{ratio:.2f}" if ratio > 0 else "0"
        ax.annotate(
            text, (1.03, row), xycoords=ax.get_yaxis_transform(), va="center", fontsize=9.5, annotation_clip=False
        )


@style.styled
def draw(run: StoredRun) -> Figure:
    """Published and simulated counts on a log scale, and their ratio with bands of ×/÷ 1.25 and ×/÷ 1.5."""
    table = run.published
    figure = style.new_figure("Does the simulation count what was published?", 1.3 + 0.42 * max(3, len(table)))
    if table.empty:
        ax = figure.subplots()
        style.none_in_this_run(ax)
        ax.set_axis_off()
        style.below(figure, run, "", [])
        return figure
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[1.35, 1.0])
    rows = np.arange(len(table))
    published, simulated = (table[name].to_numpy(np.float64) for name in ("published", "simulated"))
    _draw_counts(left, published, simulated, rows)
    _draw_ratios(right, table["ratio"].to_numpy(np.float64), rows)
    labels = [figure_label(run, str(name), value) for name, value in zip(table["figure"], published, strict=True)]
    left.set_yticks(rows, [style.wrapped(label, 30) for label in labels])
    left.set_ylim(len(table) - 0.5, -0.5)
    for panel in (left, right):
        panel.grid(axis="x")
        panel.tick_params(axis="y", length=0)
    right.tick_params(labelleft=False)
    handles = [handle for panel in (left, right) for handle in panel.get_legend_handles_labels()[0]]
    style.below(figure, run, style.scale_note(run), handles, columns=4)
    return figure
