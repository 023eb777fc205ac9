"""What readers of follow graphs are told and give: how to understand a file, and the edges as the file has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Column = str | int
"""A column's name; or its number, from 1, in a file without a header row."""

Direction = Literal["follower_to_followed", "followed_to_follower", "mutual"]
"""What an edge from A to B says: A follows B, B follows A, or both."""


@dataclass(frozen=True)
class Reading:
    """How to understand a file; what is None is as the file says, or as is usual."""

    follower_column: Column | None = None
    followed_column: Column | None = None
    delimiter: str | None = None
    direction: Direction | None = None


@dataclass(frozen=True)
class Edges:
    """Edges as a file has them, repeated ones and those from a node to itself included.

    source, target: ids of any kind [edges]. mutual: bool [edges], edges without direction. ends: what the file calls
    source and target. nodes: ids that are declared, with edges or without. unused: what else the file says, by the name
    of what it is.
    """

    source: pd.Series
    target: pd.Series
    mutual: NDArray[np.bool_]
    ends: tuple[str, str]
    nodes: pd.Series = field(default_factory=lambda: pd.Series([], dtype=object))
    unused: tuple[str, ...] = ()


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names in a sentence; of many, the others are counted."""
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def check_weights(weights: pd.Series, place_of: Callable[[int], str]) -> None:
    """Raise ``ValueError`` where a weight is no number. Weights are not used, but then the columns have shifted.

    *place_of* says where the weight of a row stands.
    """
    text = weights.astype(str).str.strip()
    wrong = np.flatnonzero((pd.to_numeric(text, errors="coerce").isna() & (text != "")).to_numpy())
    if wrong.size:
        place = int(wrong[0])
        raise ValueError(f"the weight {place_of(place)} is {text.iloc[place]!r}, and must be a number")
