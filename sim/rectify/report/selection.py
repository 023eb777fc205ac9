"""What figures of a dataset share: which runs they are of, what they cannot do without, and short numbers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from rectify.core.errors import UserError
from rectify.report import style
from rectify.report.load import plain
from rectify.study.stored import StoredSweep


def chosen(stored: StoredSweep, where: dict[str, Any]) -> pd.DataFrame:
    """Runs of all cells but the reference in which every factor of *where* has that value."""
    runs = stored.runs[stored.runs["cell"] != (-1 if stored.reference is None else stored.reference)]
    for name, value in where.items():
        runs = runs[runs[name] == (value if pd.api.types.is_numeric_dtype(runs[name]) else str(value))]
    if runs.empty:
        raise UserError(f"{stored.folder}: no run has {', '.join(f'{n}={v}' for n, v in where.items())}")
    return runs


def needed(request: dict[str, Any], *fields: str) -> list[str]:
    """Values of fields a figure cannot do without. Raises ``UserError``."""
    missing = [field for field in fields if not request.get(field)]
    if missing:
        raise UserError(f"figures: a figure of kind {request['kind']} needs {' and '.join(missing)}")
    return [str(request[field]) for field in fields]


def level_label(stored: StoredSweep, factor: str, value: Any) -> str:
    """What to call the cells with a *value* of a *factor*; words speak for themselves."""
    if isinstance(value, str):
        return plain(value)
    return f"{stored.factor_label(factor)}: {value:g}"


def short(value: float, _: object = None) -> str:
    """A number for an axis: engineering notation above a thousand."""
    return ("−" if value < 0 else "") + style.engineering(abs(value)) if abs(value) >= 1000 else f"{round(value, 9):g}"


def outcome_label(stored: StoredSweep, name: str) -> str:
    """An outcome's name in words: a total without saying so, that of a part with the part's name behind it."""
    outcome = stored.outcome(name)
    if outcome is None:
        return plain(name)
    whole = name.removesuffix(f".{outcome.part}") if outcome.part else name
    label = plain(whole.removesuffix("_total") if outcome.statistic == "total" else whole)
    return f"{label}, {plain(outcome.part)}" if outcome.part else label


def outcome_axis(stored: StoredSweep, name: str) -> str:
    """An outcome's name in words, with its unit where that says more."""
    label, unit = outcome_label(stored, name), stored.unit(name)
    return f"{label} ({unit})" if unit and unit.lower() not in label.lower() else label
