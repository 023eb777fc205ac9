"""What a campaign says it is against: each target in its metric, day by day."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from rectify.core.quantity import Quantity
from rectify.report import style
from rectify.report.load import StoredRun, plain


def targets_of(run: StoredRun) -> list[dict[str, Any]]:
    """Targets of all campaigns of the run, in the configuration's order."""
    campaigns = run.config.get("campaigns") or {}
    return [target for name in campaigns for target in (run.entry("campaigns", name).get("targets") or {}).values()]


def daily(run: StoredRun, target: dict[str, Any]) -> pd.Series:
    """A target's metric over all platforms, summed over its kinds where it names some."""
    metric, kinds = str(target["metric"]), target.get("kinds")
    if kinds is None:
        return run.series(metric)
    return pd.Series(sum(run.series(metric, kind=str(kind)) for kind in kinds), index=run.dates)


def per(quantity: Quantity) -> str:
    """The unit of a day's numbers, in words."""
    return plain(quantity.unit) + (" per day" if quantity.number == "count" else "")


@style.styled
def draw(run: StoredRun) -> Figure:
    """One panel a target, from zero, with the campaign's window shaded."""
    found = targets_of(run)
    figure, axes = style.panels("What the campaign is against", [1.45] * max(1, len(found)))
    if not found:
        axes[0].set_title("Targets")
        style.none_in_this_run(axes[0])
        style.count_axis(axes[0], "Per day")
    for number, (ax, target) in enumerate(zip(axes, found, strict=False)):
        ax.set_title(str(target.get("label") or plain(str(target["metric"]))))
        series, colour = daily(run, target), style.SERIES_COLOURS[number % len(style.SERIES_COLOURS)]
        if not run.has(str(target["metric"])):
            style.none_in_this_run(ax)
        elif series.isna().any():
            style.draw_line(ax, series, "", colour)
        else:
            style.draw_daily(ax, series, "", colour)
        quantity = run.metrics.get(str(target["metric"]))
        style.quantity_axis(
            ax, quantity, plain(str(target["metric"])).split()[0] if quantity is None else per(quantity)
        )
    return style.finish(figure, axes, run, f"Lines: {style.MEANS} {style.scale_note(run)}")
