"""Sensitivity indices of a Sobol or Morris sample, one panel an outcome, the strongest factor first."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from rectify.core.errors import UserError
from rectify.manifests import read_csv
from rectify.report import style
from rectify.report.selection import outcome_label, short
from rectify.study.stored import INDICES, StoredSweep

SHOWN = {"S1": "On its own (S1)", "ST": "With all interactions (ST)", "mu_star": "Mean size of its effects (μ*)"}
"""Index → what the legend calls it. Others are in the table alone."""


def draw(stored: StoredSweep, request: dict[str, Any]) -> Figure:
    """The indices of every outcome asked for, as they lie in the dataset. Raises ``UserError`` without any."""
    path = stored.folder / INDICES
    if not path.is_file():
        raise UserError(f"{path}: is not there; only complete designs sampled by Sobol or Morris have indices")
    table = read_csv(path, ("outcome", "factor", "index", "value", "half_width"), ("value", "half_width"))
    table = table[table["index"].isin(list(SHOWN))]
    outcomes = list(request.get("outcomes") or stored.experiment["outcomes"])
    outcomes = [name for name in outcomes if table.loc[table["outcome"] == name, "value"].notna().any()]
    if not outcomes:
        raise UserError(f"{path}: has no indices of these outcomes")
    kinds = [name for name in SHOWN if name in set(table["index"])]
    factors = len(stored.factors)
    with style.house_style():
        height = 0.5 + len(outcomes) * (0.5 + 0.3 * factors)
        figure = style.new_figure(str(request.get("title") or "What outcomes are sensitive to"), height)
        axes = figure.subplots(len(outcomes), 1, squeeze=False)[:, 0]
        for ax, outcome in zip(axes, outcomes, strict=True):
            rows = table[table["outcome"] == outcome]
            order = rows[rows["index"] == kinds[-1]].sort_values("value", ascending=False)["factor"].tolist()
            for number, kind in enumerate(kinds):
                found = rows[rows["index"] == kind].set_index("factor").loc[order]
                places = np.arange(len(order)) + 0.18 * (number - (len(kinds) - 1) / 2)
                ax.errorbar(found["value"], places, xerr=found["half_width"], fmt="os"[number], ms=5, lw=1.4,
                            color=style.SERIES_COLOURS[number])  # fmt: skip
            ax.set_yticks(range(len(order)), [style.wrapped(stored.factor_label(name), 44) for name in order])
            ax.set_ylim(len(order) - 0.5, -0.5)
            ax.axvline(0.0, color=style.BLACK, lw=0.8, zorder=1)
            ax.grid(visible=True, axis="x")
            ax.grid(visible=False, axis="y")
            ax.set_title(outcome_label(stored, outcome))
            ax.xaxis.set_major_formatter(FuncFormatter(short))
        axes[-1].set_xlabel(
            "Share of the outcome's variance" if "ST" in kinds else "Change of the outcome across a factor's range"
        )
        handles = [
            Line2D([], [], ls="", marker="os"[number], color=style.SERIES_COLOURS[number], label=SHOWN[kind])
            for number, kind in enumerate(kinds)
        ]
        style.note_below(figure, "Lines: 95 % bootstrap interval.", handles, columns=len(handles))
    return figure
