"""How much of what is seen breaks the rules, where, and which kinds do the harm?"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rectify.report import style
from rectify.report.load import StoredRun

MOST_KINDS = 7
"""Kinds drawn apart; the least harmful of the others are added up."""


def _draw_prevalence(ax: Axes, run: StoredRun) -> None:
    ax.set_title("Prevalence: views that fall on violating posts")
    if not run.has("prevalence"):
        style.none_in_this_run(ax)
    else:
        style.draw_daily(ax, run.series("prevalence"), "All platforms", style.BLACK, above=0.5)
        platforms = run.by_platform("prevalence")
        for place, name in enumerate(platforms):
            colour = style.SERIES_COLOURS[place % len(style.SERIES_COLOURS)]
            dash = style.DASHES[1 + place % 3]
            style.draw_line(ax, style.weekly(platforms[name]), run.label("platforms", name), colour, dash, 1.4)
    style.share_axis(ax, "Share of views")
    style.legend(ax)


def _parts(run: StoredRun, harm: pd.DataFrame) -> list[tuple[str, pd.Series]]:
    """Label and daily harm of each kind, worst first: an order, and so colours, that do not change with the run."""
    kinds = sorted(harm, key=lambda kind: -float(run.entry("kinds", kind).get("harm") or 0.0))
    most = set(harm.sum().nlargest(MOST_KINDS).index) if len(kinds) > MOST_KINDS + 1 else set(kinds)
    parts = [(run.label("kinds", kind), harm[kind]) for kind in kinds if kind in most]
    if len(most) < len(kinds):
        parts.append(("Other kinds", harm[[kind for kind in kinds if kind not in most]].sum(axis=1)))
    return parts


def _draw_harm(ax: Axes, run: StoredRun) -> None:
    ax.set_title("Harm, by kind of content")
    harm = run.by_kind("harm")
    if harm.empty:
        style.none_in_this_run(ax)
    else:
        parts = _parts(run, harm)
        ax.stackplot(
            harm.index.to_numpy(), [style.weekly(part).to_numpy() for _, part in parts],
            labels=[label for label, _ in parts], lw=0.4, edgecolor="white", colors=style.AREA_COLOURS[: len(parts)],
        )  # fmt: skip
        style.draw_line(ax, style.weekly(harm.sum(axis=1)), "_total", style.BLACK, width=0.8)
    style.count_axis(ax, "Harm-weighted views per day")
    style.legend(ax, reverse=True)


@style.styled
def draw(run: StoredRun) -> Figure:
    """Prevalence over all platforms and on each (share of views), and daily harm stacked by kind (views × harm)."""
    figure, (prevalence, harm) = style.panels("How much of what is seen does harm?", [2.6, 3.4])
    _draw_prevalence(prevalence, run)
    _draw_harm(harm, run)
    return style.finish(figure, [prevalence, harm], run, f"Lines: {style.MEANS} {style.scale_note(run)}")
