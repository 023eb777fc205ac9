"""Views of single rows, and what they share with sets: attributes that are columns or derived from columns, read-only.

Sets and views show the columns as they are when asked, like agents do, not as they were when the set was made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NoReturn, Self, cast

import numpy as np

from rectify.core.errors import nearest
from rectify.core.table import Table
from rectify.world.world import World

WRITES = ("set", "add", "discard", "remove", "do", "shuffle", "shuffle_do")
"""What Mesa's AgentSet offers and sets of rows do not."""


class derived(property):
    """A property that counts as an attribute of rows, in a *unit*: ``@derived("share")``.

    One definition serves sets (arrays) and views (scalars).
    """

    def __init__(self, unit: str) -> None:
        super().__init__()
        self.unit = unit

    def __call__(self, method: Callable[[Any], Any]) -> Self:
        """Take the *method* that tells the value."""
        super().__init__(method)
        return self

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """The value as sets or views show it; on the class, the property itself."""
        value = super().__get__(instance, owner)
        return value if instance is None else instance._shown(value)


class Rows:
    """Base of sets and views. Attributes are the columns of a table and the ``derived`` properties; none can be set."""

    __slots__ = ("_rows", "_today", "_world")
    table_name: ClassVar[str]

    def __init__(self, world: World, today: Callable[[], int], rows: Any) -> None:
        object.__setattr__(self, "_world", world)
        object.__setattr__(self, "_today", today)
        object.__setattr__(self, "_rows", rows)

    @property
    def _table(self) -> Table:
        return cast(Table, getattr(self._world, self.table_name))

    def attribute_names(self) -> list[str]:
        """Names of all attributes: columns in their order, then what is derived from them, by the alphabet."""
        own = [name for name in dir(type(self)) if isinstance(getattr(type(self), name), derived)]
        return [*self._table.columns, *own]

    def unit_of(self, name: str) -> str:
        """Unit of an attribute. Raises ``AttributeError`` for an unknown one, naming near misses."""
        attribute = getattr(type(self), name, None)
        if isinstance(attribute, derived):
            return attribute.unit
        if name not in self._table.columns:
            self._refuse(name)
        return self._table.columns[name].unit

    def __getattr__(self, name: str) -> Any:
        # Only reached for names that are not defined in the class: columns and mistakes.
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if name not in self._table.columns:
            self._refuse(name)
        return self._shown(getattr(self._table, name)[self._rows])

    def _refuse(self, name: str) -> NoReturn:
        known = self.attribute_names()
        if name in WRITES:
            raise AttributeError(f"{self.table_name} are read-only and keep their order: there is no {name!r} here")
        hint = nearest(name, known)
        listed = "" if hint.endswith("?") else f" Known: {', '.join(known)}"
        raise AttributeError(f"{self.table_name} have no attribute {name!r}{hint}{listed}")

    def _shown(self, value: Any) -> Any:
        raise NotImplementedError

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{self.table_name} are read-only here: {name!r} cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{self.table_name} are read-only here: {name!r} cannot be deleted")

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *self._table.columns]

    def __reduce__(self) -> tuple[Any, ...]:
        model = getattr(self._today, "__self__", None)
        if getattr(model, "world", None) is self._world:  # a copy shows the copy of the model
            return _of_model, (type(self), model, self._today.__name__, self._rows)
        return type(self), (self._world, self._today, self._rows)


def _of_model(kind: type[Rows], model: Any, today: str, rows: Any) -> Rows:
    return kind(model.world, getattr(model, today), rows)


class RowView(Rows):
    """One row, read-only. Attributes are Python scalars. Views of one row of one table are equal."""

    __slots__ = ()

    @derived("row")
    def unique_id(self) -> int:
        """Row of the table, from 0."""
        return cast(int, self._rows)

    def _shown(self, value: Any) -> Any:
        return value.item() if isinstance(value, (np.generic, np.ndarray)) else value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RowView) and self._table is other._table and self._rows == other._rows

    def __hash__(self) -> int:
        return hash((id(self._table), self._rows))
