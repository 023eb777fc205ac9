"""What figures of a dataset share: which runs they are of, what they cannot do without, and short numbers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from rectify.core.errors import UserError
from rectify.report import style
from rectify.report.load import plain
from rectify.study.stored import StoredSweep

ENDS = ("_total", "_mean", "_first", "_last")
"""Ends of outcomes that are kept by platform and kind too; see ``sim/rectify/study/parts.py``."""


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


def outcome_label(name: str) -> str:
    """An outcome's name in words."""
    whole, _, part = name.rpartition(".")
    if whole.endswith(ENDS):
        return f"{outcome_label(whole)}, {plain(part)}"
    return plain(name.removesuffix("_total"))


def outcome_axis(stored: StoredSweep, name: str) -> str:
    """An outcome's name in words, with its unit where that says more."""
    label, unit = outcome_label(name), str(stored.manifest.get("units", {}).get(name, ""))
    return f"{label} ({unit})" if unit and unit.lower() not in label.lower() else label
