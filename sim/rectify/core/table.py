"""Structure-of-arrays tables: columns declared once, with type, unit and meaning; one row per entity."""

from __future__ import annotations

from collections.abc import Mapping
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

    def __init__(self, rows: int, more: Mapping[str, Column] | None = None) -> None:
        """*more*: further columns of this table alone, by name. Raises ``ValueError`` where one is there already."""
        self.rows = rows
        if more:
            if twice := sorted(more.keys() & self.columns.keys()):
                raise ValueError(f"{type(self).__name__} has a column {twice[0]!r} already")
            self.__dict__["columns"] = {**self.columns, **more}
        for name, declared in self.columns.items():
            empty = np.zeros if declared.initial == 0 else np.empty
            self.__dict__[name] = array = empty(rows, declared.dtype)
            if declared.initial != 0:
                array.fill(declared.initial)

    def __setattr__(self, name: str, value: Any) -> None:
        # Kernels hold views of columns: another array in a column's place would leave them with the old one.
        if name in self.columns and self.__dict__.get(name, value) is not value:
            raise AttributeError(f"{type(self).__name__}.{name} is a column: write to its entries, with [...]")
        super().__setattr__(name, value)

    def __len__(self) -> int:
        return self.rows

    @classmethod
    def bytes_per_row(cls) -> int:
        """Bytes that one row takes over all columns."""
        return sum(np.dtype(declared.dtype).itemsize for declared in cls.columns.values())

    def items(self) -> list[tuple[str, Array]]:
        """Pairs of column name and array, in order of declaration."""
        return [(name, getattr(self, name)) for name in self.columns]


def _places(index: Array) -> Array:
    return index.nonzero()[0] if index.dtype == np.bool_ else index


class Ledger(Table):
    """A table that rows are appended to and taken from, in order: cases waiting, decisions, appeals.

    Rows are short and come and go whole, so they lie one behind another, and a column is a view of its field in each.
    There is spare room behind them: only the first ``rows`` count, and :meth:`column` gives just those.
    """

    __setattr__ = object.__setattr__  # type: ignore[assignment]
    """No attribute of a ledger is a column: there is nothing to guard, and much is set every day."""
    row_type: ClassVar[np.dtype[np.void]]
    _no_entries: ClassVar[Array]
    _no_fields: ClassVar[Array]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.row_type = np.dtype([(name, declared.dtype) for name, declared in cls.columns.items()], align=True)
        # Bytes beside the fields: NumPy moves bytes at once, and fields one by one.
        cls._no_entries = np.empty(0, f"V{cls.row_type.itemsize}")
        cls._no_fields = cls._no_entries.view(cls.row_type)

    def __init__(self, capacity: int = 64) -> None:
        self.rows = 0
        self._entries, self._fields = self._no_entries, self._no_fields
        if capacity:
            self._hold(np.empty(capacity, self._entries.dtype))

    def _hold(self, entries: Array) -> None:
        self._entries, self._fields = entries, entries.view(self.row_type)

    def column(self, name: str) -> Array:
        """The filled part of one column, as a view."""
        filled: Array = self._fields[name][: self.rows]
        return filled

    @property
    def records(self) -> Array:
        """The filled rows, in which kernels read ``records.name[row]``: a view that cannot be written to."""
        filled = self._fields[: self.rows]
        filled.flags.writeable = False
        return filled

    def items(self) -> list[tuple[str, Array]]:
        """Pairs of column name and filled part, in order of declaration."""
        return [(name, self.column(name)) for name in self.columns]

    def append(self, **values: Any) -> None:
        """Add rows: every column by name, the first an array, the others as long or one value for all rows.

        Raises ``TypeError`` when a column is missing.
        """
        if values.keys() != self.columns.keys():
            raise TypeError(f"{type(self).__name__} needs the columns {sorted(self.columns)}, got {sorted(values)}")
        new = self._room(len(next(iter(values.values()))))
        for name, array in values.items():
            self._fields[name][new] = array
        self.rows = new.stop

    def add(self, rows: int) -> Array:
        """Add that many rows, for a kernel to fill in: it writes to ``added.name[row]`` of what this returns."""
        new = self._room(rows)
        self.rows = new.stop
        return self._fields[new]

    def extend(self, other: Self) -> None:
        """Add all rows of another ledger of the same kind."""
        new = self._room(other.rows)
        self._entries[new] = other._entries[: other.rows]
        self.rows = new.stop

    def _room(self, rows: int) -> slice:
        """Where that many more rows go, which there is room for."""
        end = self.rows + rows
        if end > len(self._entries):
            grown = np.empty(max(end, 2 * len(self._entries)), self._entries.dtype)
            grown[: self.rows] = self._entries[: self.rows]
            self._hold(grown)
        return slice(self.rows, end)

    def take(self, index: Array) -> Self:
        """A new ledger with the rows at *index* (integers or a mask), in that order."""
        places = _places(index)
        taken = type(self)(0)
        if len(places):
            taken._hold(self._entries[: self.rows].take(places))
            taken.rows = len(places)
        return taken

    def keep(self, index: Array) -> None:
        """Drop all rows but those at *index* (ascending integers, or a mask)."""
        places = _places(index)
        if len(places) < self.rows:
            self._entries[: len(places)] = self._entries.take(places)
            self.rows = len(places)

    def clear(self) -> None:
        """Forget all rows."""
        self.rows = 0


class RowList(Ledger):
    """A list of rows of a table, in the order in which they were added."""

    row: Array = column("int32", "row", "row of the table")

    @property
    def array(self) -> Array:
        """The rows so far, int32, as a view."""
        return self.column("row")

    def put(self, rows: Array) -> None:
        """Add *rows* (integers) at the end."""
        if len(rows):
            self.append(row=rows)
