"""Paired differences, with intervals: one row a pair of cells and outcome, each relative to the larger mean.

Either every cell against the reference, or, with *over* and *against*, every cell against the one that has the level
*against* of that factor and is like it otherwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from rectify.core.errors import UserError
from rectify.report import style
from rectify.report.load import plain
from rectify.report.selection import chosen, outcome_label
from rectify.study.paired import Difference, differences
from rectify.study.stored import StoredSweep

MOST_CELLS = 24


def cell_label(stored: StoredSweep, number: int) -> str:
    """What a cell is, by its label or its factors' values."""
    label = stored.manifest.get("labels", {}).get(str(number))
    if label:
        return str(label)
    row = stored.runs[stored.runs["cell"] == number].iloc[0]
    return _values_label(row, list(stored.factors))


def _values_label(row: Any, names: list[str]) -> str:
    """A cell by its values of the factors *names*; words speak for themselves."""
    text = ", ".join(
        row[name].replace("_", " ") if isinstance(row[name], str) else f"{plain(name).lower()} {_short(row[name])}"
        for name in names
    )
    return text[:1].upper() + text[1:]


def difference_text(one: Difference) -> str:
    """A difference in its own unit; what is due to rounding alone is no difference."""
    if abs(one.difference) < 1e-9 * max(abs(one.mean_a), abs(one.mean_b)):
        return "0"
    sign = "+" if one.difference > 0 else "−" if one.difference < 0 else ""
    size = abs(one.difference)
    return sign + (style.engineering(size) if size >= 1000 else f"{size:.3g}")


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def pairs_of(stored: StoredSweep, request: dict[str, Any]) -> list[tuple[str, int, int]]:
    """Label, first and second cell of every pair that is asked for. Raises ``UserError`` when there is none."""
    over, against = request.get("over"), request.get("against")
    cells = chosen(stored, dict(request.get("where") or {})).drop_duplicates("cell").sort_values("cell")
    if over is None or against is None:
        if stored.reference is None:
            raise UserError(f"{stored.folder}: a forest plot needs a reference cell, or 'over' and 'against'")
        return [(cell_label(stored, int(cell)), stored.reference, int(cell)) for cell in cells["cell"]]
    given = {name: value for name, value in (request.get("where") or {}).items() if name != over}
    others = [name for name in stored.factors if name != over]
    free = [name for name in others if name not in given]
    base = chosen(stored, {**given, over: against}).drop_duplicates("cell")
    twins = {tuple(row[others]): int(row["cell"]) for _, row in base.iterrows()}
    several = cells[cells[over] != against][over].nunique() > 1
    pairs = []
    for _, row in cells.iterrows():
        twin = twins.get(tuple(row[others]))
        if twin is not None and twin != row["cell"]:
            shown = ([over] if several or not free else []) + free
            pairs.append((_values_label(row, shown), twin, int(row["cell"])))
    if not pairs:
        raise UserError(f"{stored.folder}: no cell differs in {over} from one with {over}={against}")
    return pairs


def rows_of(
    stored: StoredSweep, outcomes: list[str], request: dict[str, Any] | None = None
) -> dict[str, list[tuple[str, Difference]]]:
    """By outcome that some pair has: the pairs' labels and differences. Raises ``UserError`` when there is none."""
    pairs = pairs_of(stored, request or {})
    if len(pairs) > MOST_CELLS:
        raise UserError(f"{stored.folder}: a forest plot of {len(pairs)} cells; at most {MOST_CELLS}")
    found: dict[str, list[tuple[str, Difference]]] = {name: [] for name in outcomes}
    for label, first, second in pairs:
        for one in differences(stored.runs, first, second, outcomes):
            if one.pairs:
                found[one.outcome].append((label, one))
    found = {name: rows for name, rows in found.items() if rows}
    if not found:
        raise UserError(f"{stored.folder}: no seed has these outcomes in two cells: {', '.join(outcomes)}")
    return found


def draw(stored: StoredSweep, request: dict[str, Any]) -> Figure:
    """Differences of the pairs in every outcome asked for, in per cent of the larger of the two means."""
    outcomes = list(request.get("outcomes") or stored.experiment["outcomes"])
    found = rows_of(stored, outcomes, request)
    several = max(map(len, found.values())) > 1
    with style.house_style():
        over, against = request.get("over"), request.get("against")
        within = over is not None and against is not None
        reference = (
            f"{stored.factor_label(str(over)).lower()} {_short(against)}" if within
            else cell_label(stored, int(stored.reference or 0))
        )  # fmt: skip
        title = request.get("title") or f"Difference from: {reference}"
        lines = [(outcome, label, one) for outcome, rows in found.items() for label, one in rows]
        figure = style.new_figure(str(title), 0.9 + 0.27 * len(lines) + (0.3 * len(found) if several else 0.0))
        ax = figure.subplots()
        place, ticks, names = 0.0, [], []
        for number, (outcome, rows) in enumerate(found.items()):
            colour = style.SERIES_COLOURS[number % len(style.SERIES_COLOURS)] if several else style.BLUE
            if several:
                label = outcome_label(stored, outcome)
                ax.text(0.0, place, label, transform=ax.get_yaxis_transform(), fontweight="bold", va="center",
                        ha="left", fontsize=9.5)  # fmt: skip
                place += 1.0
            for label, one in rows:
                scale = 100.0 / larger if (larger := max(abs(one.mean_a), abs(one.mean_b))) else np.nan
                ax.plot([one.low * scale, one.high * scale], [place, place], color=colour, lw=1.8, zorder=2)
                ax.plot([one.difference * scale], [place], "o", color=colour, ms=5, zorder=3)
                ax.text(
                    1.02, place, difference_text(one), transform=ax.get_yaxis_transform(), va="center", fontsize=9.0
                )
                ticks.append(place)
                names.append(style.wrapped(label, 44) if several else outcome_label(stored, outcome))
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
