"""Paired differences from a reference, with intervals: one row a cell and outcome, each relative to the larger mean."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.core.errors import UserError
from sim.report import style
from sim.report.load import plain
from sim.study.paired import Difference, differences
from sim.study.stored import StoredSweep

MOST_CELLS = 24


def outcome_label(name: str) -> str:
    """An outcome's name in words."""
    return plain(name.removesuffix("_total"))


def cell_label(stored: StoredSweep, number: int) -> str:
    """What a cell is, by its label or its factors' values."""
    label = stored.manifest.get("labels", {}).get(str(number))
    if label:
        return str(label)
    row = stored.runs[stored.runs["cell"] == number].iloc[0]
    return ", ".join(f"{plain(name).lower()} {_short(row[name])}" for name in stored.factors)


def difference_text(one: Difference) -> str:
    """A difference in its own unit."""
    sign = "+" if one.difference > 0 else "−" if one.difference < 0 else ""
    size = abs(one.difference)
    return sign + (style.engineering(size) if size >= 1000 else f"{size:.3g}")


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def rows_of(stored: StoredSweep, outcomes: list[str]) -> dict[str, list[tuple[str, Difference]]]:
    """By outcome that some pair has: other cells' labels and differences. Raises ``UserError`` without a reference."""
    if stored.reference is None:
        raise UserError(f"{stored.folder}: a forest plot needs a reference cell; the experiment names none")
    cells = [int(cell) for cell in sorted(stored.runs["cell"].unique()) if cell != stored.reference]
    if len(cells) > MOST_CELLS:
        raise UserError(f"{stored.folder}: a forest plot of {len(cells)} cells; at most {MOST_CELLS}")
    found: dict[str, list[tuple[str, Difference]]] = {name: [] for name in outcomes}
    for cell in cells:
        for one in differences(stored.runs, stored.reference, cell, outcomes):
            if one.pairs:
                found[one.outcome].append((cell_label(stored, cell), one))
    found = {name: rows for name, rows in found.items() if rows}
    if not found:
        raise UserError(f"{stored.folder}: no seed has these outcomes in two cells: {', '.join(outcomes)}")
    return found


def draw(stored: StoredSweep, request: dict[str, Any]) -> Figure:
    """Differences from the reference in every outcome asked for, in per cent of the larger of the two means."""
    outcomes = list(request.get("outcomes") or stored.experiment["outcomes"])
    found = rows_of(stored, outcomes)
    several = max(map(len, found.values())) > 1
    with style.house_style():
        reference = cell_label(stored, int(stored.reference or 0))
        title = request.get("title") or f"Difference from: {reference}"
        lines = [(outcome, label, one) for outcome, rows in found.items() for label, one in rows]
        figure = style.new_figure(str(title), 0.9 + 0.27 * len(lines) + (0.3 * len(found) if several else 0.0))
        ax = figure.subplots()
        place, ticks, names = 0.0, [], []
        for number, (outcome, rows) in enumerate(found.items()):
            colour = style.SERIES_COLOURS[number % len(style.SERIES_COLOURS)] if several else style.BLUE
            if several:
                ax.text(0.0, place, outcome_label(outcome), transform=ax.get_yaxis_transform(), fontweight="bold",
                        va="center", ha="left", fontsize=9.5)  # fmt: skip
                place += 1.0
            for label, one in rows:
                scale = 100.0 / larger if (larger := max(abs(one.mean_a), abs(one.mean_b))) else np.nan
                ax.plot([one.low * scale, one.high * scale], [place, place], color=colour, lw=1.8, zorder=2)
                ax.plot([one.difference * scale], [place], "o", color=colour, ms=5, zorder=3)
                ax.text(
                    1.02, place, difference_text(one), transform=ax.get_yaxis_transform(), va="center", fontsize=9.0
                )
                ticks.append(place)
                names.append(style.wrapped(label, 44) if several else outcome_label(outcome))
                place += 1.0
        ax.axvline(0.0, color=style.BLACK, lw=0.8, zorder=1)
        ax.set_yticks(ticks, names)
        ax.set_ylim(place - 0.4, -0.6)
        ax.grid(visible=True, axis="x")
        ax.grid(visible=False, axis="y")
        ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        ax.xaxis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value:+g} %".replace("-", "−") if value else "0")
        )
        ax.set_xlabel("Difference, per cent of the larger of the two means")
        pairs = {one.pairs for _, _, one in lines}
        note = f"Twins over {min(pairs)} to {max(pairs)} shared seeds" if len(pairs) > 1 else (
            f"Twins over {max(pairs, default=0)} shared seeds"
        )  # fmt: skip
        if not several and lines:
            note += f". {lines[0][1]}, against {reference}"
        style.note_below(figure, f"{note}. Lines: 95 % bootstrap interval of the mean difference.")
    return figure
