"""Read-only sets of table rows that speak the vocabulary of Mesa's AgentSet."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import Any, ClassVar, Literal, Self, cast, overload

import numpy as np
import pandas as pd

from rectify.core.table import NEVER, Array
from rectify.world.row_view import Rows, RowView, derived
from rectify.world.world import World

EVERY = slice(None)
WIDE = {"i": np.int64, "u": np.int64, "f": np.float64}
"""Types that numbers are shown in: sums of many int8 or of float32 would come out wrong."""


class GroupBy[G: Sized]:
    """What :meth:`ColumnSet.groupby` gives: ``groups``, a dict of sets or of lists of views by their key."""

    def __init__(self, groups: dict[Any, G]) -> None:
        self.groups = groups

    def map(self, method: Callable[..., Any] | str, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        """Call a function on each group, or a method of it by name; the results by key."""
        if isinstance(method, str):
            return {key: getattr(group, method)(*args, **kwargs) for key, group in self.groups.items()}
        return {key: method(group, *args, **kwargs) for key, group in self.groups.items()}

    def count(self) -> dict[Any, int]:
        """Number of rows in each group, by key."""
        return {key: len(group) for key, group in self.groups.items()}

    def agg(self, attr_name: str, func: Callable[..., Any]) -> dict[Any, Any]:
        """Put the values of one attribute through a function, group by group, as :meth:`ColumnSet.agg` does; by key."""
        return {
            key: group.agg(attr_name, func)
            if isinstance(group, ColumnSet)
            else func([getattr(view, attr_name) for view in cast(Iterable[Any], group)])
            for key, group in self.groups.items()
        }

    def __iter__(self) -> Iterator[tuple[Any, G]]:
        return iter(self.groups.items())

    def __len__(self) -> int:
        return len(self.groups)

    def __repr__(self) -> str:
        return f"<GroupBy: {self.count()}>"


class ColumnSet[V: RowView](Rows, Sequence[V]):
    """An ordered, read-only set of rows.

    *today*: tells the day number that derived attributes are about. *rows*: distinct row numbers, integers; by default
    every row. An attribute of the set is an array with one entry for each row, in the set's order (see :meth:`get`);
    iterating, indexing (``set[17]``) and slicing (a list) give views.
    """

    __slots__ = ()
    view_type: ClassVar[type[RowView]] = RowView
    lists: ClassVar[tuple[str, ...]] = ()
    """Attributes that are a list for each row."""

    def __init__(self, world: World, today: Callable[[], int], rows: Array | slice = EVERY) -> None:
        super().__init__(world, today, rows)

    @property
    def _numbers(self) -> range | Array:
        return range(len(self._table))[self._rows] if isinstance(self._rows, slice) else cast(Array, self._rows)

    @derived("row")
    def unique_id(self) -> Array:
        """Rows of the table, from 0."""
        return np.arange(len(self._table))[self._rows] if isinstance(self._rows, slice) else cast(Array, self._rows)

    def _shown(self, value: Array) -> Array:
        array: Array = np.asarray(value, WIDE.get(value.dtype.kind)).view()
        array.flags.writeable = False
        return array

    def _view(self, row: int) -> V:
        return cast(V, self.view_type(self._world, self._today, int(row)))

    def _with(self, rows: Array) -> Self:
        return type(self)(self._world, self._today, rows)

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[V]:
        return map(self._view, self._numbers)

    def __contains__(self, view: object) -> bool:
        return isinstance(view, RowView) and view._table is self._table and view._rows in self._numbers

    @overload
    def __getitem__(self, index: int) -> V: ...

    @overload
    def __getitem__(self, index: slice) -> list[V]: ...

    def __getitem__(self, index: int | slice) -> V | list[V]:
        """The view at a place of the set, or a list of views. Raises ``IndexError`` outside the set."""
        if isinstance(index, slice):
            return [self._view(row) for row in self._numbers[index]]
        return self._view(self._numbers[index])

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self):,} {self.table_name}>"

    def to_list(self) -> list[V]:
        """All rows as views."""
        return list(self)

    def select(
        self,
        filter_func: Callable[[V], bool] | Array | None = None,
        at_most: float = math.inf,
        inplace: bool = False,
        agent_type: type | None = None,
        **conditions: Any,
    ) -> Self:
        """The rows that meet every condition, as a new set in the same order.

        *conditions*: an attribute and the value it must have, or a list, tuple, set, range or array of allowed values;
        fast. *filter_func*: either an array of bools, one for each row of this set, such as
        ``accounts.real_followers > 1000``; fast. Or, as in Mesa, a function that gets one view at a time; slow over
        millions of rows, so it is called only for rows that meet the conditions. *at_most*: the first so many; a float
        up to 1.0 is a share of this set, rounded down. *agent_type*: as in Mesa; all rows are of one type.

        Raises ``AttributeError`` for an unknown attribute, naming near misses, and ``ValueError`` for an array that is
        no mask of this set. Sets do not change: *inplace* raises ``TypeError``.
        """
        self._refuse_inplace(inplace)
        mask = np.full(len(self), agent_type is None or issubclass(self.view_type, agent_type))
        for name, wanted in conditions.items():
            values = self.get(name)
            several = isinstance(wanted, (list, tuple, set, frozenset, range, np.ndarray))
            mask &= np.isin(values, list(wanted)) if several else values == wanted
        if filter_func is not None and not callable(filter_func):
            mask &= self._mask(filter_func)
        limit = int(len(self) * at_most) if isinstance(at_most, float) and at_most <= 1.0 else at_most
        most = len(self) if limit >= len(self) else max(0, math.ceil(limit))
        rows = self.unique_id[mask]
        if callable(filter_func):
            passed = (row for row in rows if filter_func(self._view(row)))
            return self._with(np.fromiter(islice(passed, most), np.int64))
        return self._with(rows[:most])

    def _mask(self, given: Array) -> Array:
        mask = np.asarray(given)
        if mask.dtype != np.bool_ or mask.shape != (len(self),):
            raise ValueError(f"a mask of this set is {len(self)} bools, not {mask.dtype} of shape {mask.shape}")
        return mask

    def _refuse_inplace(self, inplace: bool) -> None:
        if inplace:
            raise TypeError(f"{type(self).__name__} cannot be changed in place; keep the set that is returned")

    @overload
    def get(
        self, attr_names: str, handle_missing: Literal["error", "default"] = ..., default_value: Any = ...
    ) -> Array: ...

    @overload
    def get(
        self,
        attr_names: list[str] | tuple[str, ...],
        handle_missing: Literal["error", "default"] = ...,
        default_value: Any = ...,
    ) -> list[list[Any]]: ...

    def get(
        self,
        attr_names: str | list[str] | tuple[str, ...],
        handle_missing: Literal["error", "default"] = "error",
        default_value: Any = None,
    ) -> Array | list[list[Any]]:
        """One attribute of every row, or several.

        One name gives a read-only array with the values that Mesa would put in a list: int64, float64, bool, or object
        (text). Several names give, as in Mesa, a list for each row, of Python scalars in the order of the names.
        *handle_missing*: ``"default"`` puts *default_value* where an attribute is unknown.

        Raises ``AttributeError`` for an unknown attribute, naming near misses, and ``ValueError`` for another
        *handle_missing*.
        """
        if handle_missing not in ("error", "default"):
            raise ValueError(f"Unknown handle_missing option: {handle_missing}, should be one of 'error' or 'default'")
        if not isinstance(attr_names, str):
            columns = [self.get(name, handle_missing, default_value).tolist() for name in attr_names]
            return [[column[place] for column in columns] for place in range(len(self))]
        if attr_names in self._table.columns or isinstance(getattr(type(self), attr_names, None), derived):
            return cast(Array, getattr(self, attr_names))
        if handle_missing == "error":
            self._refuse(attr_names)
        filled = np.empty(len(self), object)
        filled.fill(default_value)
        return self._shown(filled)

    def to_frame(self, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """The set as a data frame: a row each, in order, with ``unique_id`` as index, and a column an attribute.

        *columns*: names of attributes, by default all but those that are lists. Numbers are int64 and float64, answers
        bool, and names categories. ``attrs`` holds ``units`` by column, the ``date`` that they are of, and ``never``,
        the day number that stands for "not" and "for good". A copy: it stays as it is when the days go on. Raises
        ``AttributeError`` for an unknown attribute, naming near misses.
        """
        if isinstance(columns, str):
            columns = [columns]
        index = pd.Index(self.unique_id, name="unique_id")
        names = [name for name in self.attribute_names() if name not in ("unique_id", *self.lists)]
        chosen = names if columns is None else list(columns)
        units = {name: self.unit_of(name) for name in chosen}
        values = {name: self.get(name) for name in units}
        frame = pd.DataFrame(
            {
                name: pd.Categorical(array) if array.dtype == object and name not in self.lists else np.array(array)
                for name, array in values.items()
            },
            index=index,
        )
        frame.attrs = {"units": units, "date": self._world.calendar.date(self._today()).isoformat(), "never": NEVER}
        return frame

    def agg(self, attribute: str, func: Callable[..., Any] | Iterable[Callable[..., Any]]) -> Any:
        """Put all values of one attribute through a function, or through several, which gives a list.

        A function gets the values as a list, as in Mesa; functions of NumPy, quicker and to the same effect, as an
        array. NumPy scalars come back as Python numbers. Raises ``AttributeError`` for an unknown attribute.
        """
        values = self.get(attribute)

        def apply(function: Callable[..., Any]) -> Any:
            of_numpy = isinstance(function, np.ufunc) or str(function.__module__).partition(".")[0] == "numpy"
            result = function(values if of_numpy else values.tolist())
            return result.item() if isinstance(result, np.generic) else result

        return apply(func) if callable(func) else [apply(function) for function in func]

    @overload
    def groupby(
        self, by: Callable[[V], Any] | str, result_type: Literal["agentset"] = ...
    ) -> GroupBy[ColumnSet[V]]: ...

    @overload
    def groupby(self, by: Callable[[V], Any] | str, result_type: Literal["list"]) -> GroupBy[list[V]]: ...

    def groupby(self, by: Callable[[V], Any] | str, result_type: str = "agentset") -> GroupBy[Any]:
        """Part the set by an attribute (fast), or by what a function says of each view (slow).

        Groups come in the order in which they first occur, keyed by Python scalars. *result_type*: sets like this one
        (``"agentset"``) or lists of views (``"list"``). Raises ``AttributeError`` for an unknown attribute and
        ``ValueError`` for another *result_type*.
        """
        if result_type not in ("agentset", "list"):
            raise ValueError(f"Unknown result_type: {result_type}, should be one of 'agentset' or 'list'")
        if isinstance(by, str):
            codes, found = pd.factorize(self.get(by))
            keys: list[Any] = found.tolist()
        else:
            seen: dict[Any, int] = {}
            codes = np.array([seen.setdefault(by(view), len(seen)) for view in self], np.int64)
            keys = list(seen)
        ordered = self.unique_id[np.argsort(codes, kind="stable")]
        parts = np.split(ordered, np.cumsum(np.bincount(codes, minlength=len(keys))))
        sets = {key: self._with(part) for key, part in zip(keys, parts, strict=False)}
        return GroupBy({key: list(part) for key, part in sets.items()} if result_type == "list" else sets)

    def _called(self, function: Callable[[V], Any]) -> Array:
        values = np.empty(len(self), object)
        for place, view in enumerate(self):
            values[place] = function(view)
        return values

    def sort(self, key: Callable[[V], Any] | str, ascending: bool = False, inplace: bool = False) -> Self:
        """A new set in order of an attribute or of what a function says of each view; as in Mesa, greatest first.

        Rows that tie keep their order. Raises ``AttributeError`` for an unknown attribute; *inplace* raises
        ``TypeError``.
        """
        self._refuse_inplace(inplace)
        values = self.get(key) if isinstance(key, str) else self._called(key)
        if ascending:
            return self._with(self.unique_id[np.argsort(values, kind="stable")])
        return self._with(self.unique_id[::-1][np.argsort(values[::-1], kind="stable")][::-1])

    def map(self, method: Callable[..., Any] | str, *args: Any, **kwargs: Any) -> list[Any]:
        """Call a function on each view, or a method of it by name, and return the results; slow over millions."""
        if isinstance(method, str):
            return [getattr(view, method)(*args, **kwargs) for view in self]
        return [method(view, *args, **kwargs) for view in self]
