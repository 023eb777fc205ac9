"""Structure-of-arrays tables: columns declared once, with type, unit and meaning; one row per entity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self, cast

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

NEVER = 32767
"""Day number that never comes: the largest int16. Day columns hold it for "not yet" and "for ever"."""


@dataclass(frozen=True)
class Column:
    """Declaration of one column: NumPy *dtype*, *unit*, *meaning*, and the value a new row starts with."""

    dtype: str
    unit: str
    meaning: str
    initial: float = 0


def column(dtype: str, unit: str, meaning: str, initial: float = 0) -> Array:
    """Declare a column in the body of a :class:`Table` subclass. Typed as the array that instances carry."""
    return cast(Array, Column(dtype, unit, meaning, initial))


class Table:
    """Base of tables. A subclass's body declares columns; an instance holds one array of *rows* entries for each."""

    columns: ClassVar[dict[str, Column]] = {}

    def __init_subclass__(cls) -> None:
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Column)}
        cls.columns = {**cls.columns, **own}

    def __init__(self, rows: int) -> None:
        self.rows = rows
        for name, declared in self.columns.items():
            setattr(self, name, np.full(rows, declared.initial, dtype=declared.dtype))

    def __len__(self) -> int:
        return self.rows

    @classmethod
    def bytes_per_row(cls) -> int:
        """Bytes that one row takes over all columns."""
        return sum(np.dtype(declared.dtype).itemsize for declared in cls.columns.values())

    def items(self) -> list[tuple[str, Array]]:
        """Pairs of column name and array, in order of declaration."""
        return [(name, getattr(self, name)) for name in self.columns]


class Ledger(Table):
    """A table that rows are appended to and taken from, in order: cases waiting, decisions, appeals.

    Arrays hold spare room; only the first ``rows`` entries count, and :meth:`column` gives just those.
    """

    _nothing: ClassVar[dict[str, Array]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._nothing = {name: np.empty(0, declared.dtype) for name, declared in cls.columns.items()}

    def __init__(self, capacity: int = 64) -> None:
        self.capacity = capacity
        self.rows = 0
        vars(self).update(self._nothing)
        if capacity:
            self._move(capacity)

    def _move(self, capacity: int) -> None:
        own = vars(self)
        for name, declared in self.columns.items():
            grown = np.empty(capacity, declared.dtype)
            if self.rows:
                grown[: self.rows] = own[name][: self.rows]
            own[name] = grown

    def column(self, name: str) -> Array:
        """The filled part of one column, as a view."""
        filled: Array = vars(self)[name][: self.rows]
        return filled

    def append(self, **values: Any) -> None:
        """Add rows: every column by name, the first an array, the others as long or one value for all rows.

        Raises ``TypeError`` when a column is missing.
        """
        if values.keys() != self.columns.keys():
            raise TypeError(f"{type(self).__name__} needs the columns {sorted(self.columns)}, got {sorted(values)}")
        end = self.rows + len(next(iter(values.values())))
        self.reserve(end)
        own = vars(self)
        for name, array in values.items():
            own[name][self.rows : end] = array
        self.rows = end

    def extend(self, other: Self) -> None:
        """Add all rows of another ledger of the same kind."""
        self.append(**{name: other.column(name) for name in other.columns})

    def reserve(self, rows: int) -> None:
        """Make room for *rows* rows in all, keeping what is there."""
        if rows <= self.capacity:
            return
        self.capacity = max(rows, 2 * self.capacity)
        self._move(self.capacity)

    def take(self, index: Array) -> Self:
        """A new ledger with the rows at *index* (integers or a mask), in that order."""
        taken = type(self)(0)
        places = index.nonzero()[0] if index.dtype == np.bool_ else index
        if len(places):
            own, rows = vars(self), self.rows
            vars(taken).update({name: own[name][:rows][places] for name in self.columns})
            taken.capacity = taken.rows = len(places)
        return taken

    def keep(self, mask: Array) -> None:
        """Drop every row whose *mask* (bool, one per row) is False, keeping the order."""
        kept = mask.nonzero()[0]
        if len(kept) < self.rows:
            own, rows = vars(self), len(kept)
            for name in self.columns:
                own[name][:rows] = own[name][kept]
            self.rows = rows

    def clear(self) -> None:
        """Forget all rows."""
        self.rows = 0
