"""Tables and ledgers: declared columns, and a ledger that behaves like a list of rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rectify.core.table import NEVER, Array, Ledger, Table, column
from rectify.world.accounts import Accounts
from rectify.world.ledgers import Appeals, Cases, Decisions
from rectify.world.operators import Operators
from rectify.world.platforms import Platforms


class Animals(Table):
    """A table for these tests."""

    weight: Array = column("float32", "kg", "how heavy", 1.5)
    born: Array = column("int16", "day", "day of birth", NEVER)


class Birds(Animals):
    """A table that adds a column to another's."""

    wings: Array = column("int8", "count", "how many", 2)


class Sightings(Ledger):
    """A ledger for these tests."""

    what: Array = column("int32", "row", "what was seen", -1)
    sure: Array = column("bool", "yes or no", "whether it was seen well")


def rows_of(ledger: Sightings) -> list[tuple[int, bool]]:
    return list(zip(ledger.column("what").tolist(), ledger.column("sure").tolist(), strict=True))


def test_a_table_holds_its_declared_columns() -> None:
    """Each column has its declared type, starts with its declared value, and is an array of its own."""
    table = Birds(3)
    assert len(table) == 3
    assert [(name, array.dtype.name, array.tolist()) for name, array in table.items()] == [
        ("weight", "float32", [1.5] * 3),
        ("born", "int16", [NEVER] * 3),
        ("wings", "int8", [2] * 3),
    ]
    other = Birds(3)
    table.weight[0] = 9
    assert other.weight[0] == 1.5


def test_columns_are_inherited_but_not_shared_upwards() -> None:
    """A subclass adds to its parent's columns; the parent keeps its own."""
    assert list(Animals.columns) == ["weight", "born"]
    assert list(Birds.columns) == ["weight", "born", "wings"]
    assert Animals.bytes_per_row() == 6
    assert Birds.bytes_per_row() == 7
    assert len(Birds(0)) == 0


@pytest.mark.parametrize("table", [Accounts, Operators, Platforms, Cases, Decisions, Appeals])
def test_every_column_of_the_world_says_what_it_holds(table: type[Table]) -> None:
    """Each column has a unit and a meaning, and its initial value fits its type."""
    assert table.columns
    for name, declared in table.columns.items():
        assert declared.unit, name
        assert declared.meaning, name
        start = np.full(1, declared.initial, declared.dtype)[0]
        assert start == declared.initial or np.isnan(declared.initial), name
    assert np.iinfo(np.int16).max == NEVER


ROW = st.tuples(st.integers(-5, 5), st.booleans())
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.lists(ROW, max_size=40)),
        st.tuples(st.just("extend"), st.lists(ROW, max_size=40)),
        st.tuples(st.just("keep"), st.integers(0, 2**32 - 1)),
        st.tuples(st.just("take mask"), st.integers(0, 2**32 - 1)),
        st.tuples(st.just("take places"), st.integers(0, 2**32 - 1)),
        st.tuples(st.just("add"), st.lists(ROW, max_size=40)),
        st.tuples(st.just("clear"), st.none()),
    ),
    max_size=20,
)


def filled(rows: list[tuple[int, bool]], capacity: int = 2) -> Sightings:
    ledger = Sightings(capacity)
    what = np.array([row[0] for row in rows], np.int32)
    ledger.append(what=what, sure=np.array([row[1] for row in rows], np.bool_))
    return ledger


@given(STEPS)
def test_a_ledger_is_a_list_of_rows(steps: list[tuple[str, object]]) -> None:
    """Whatever is done to a ledger, it holds the rows that a list would, in the same order."""
    ledger, plain = Sightings(1), []
    for what, argument in steps:
        if what in ("append", "extend"):
            ledger.extend(filled(argument))  # type: ignore[arg-type]
            plain += argument  # type: ignore[operator]
        elif what == "add":
            ledger.add(len(argument))[:] = argument  # type: ignore[arg-type]
            plain += argument  # type: ignore[operator]
        elif what == "clear":
            ledger.clear()
            plain = []
        else:
            chance = np.random.default_rng(argument)  # type: ignore[arg-type]
            mask = chance.random(len(plain)) < 0.6
            places = chance.permutation(len(plain))[: len(plain) // 2]
            if what == "keep":
                ledger.keep(mask if len(plain) % 2 else mask.nonzero()[0])
                plain = [row for row, kept in zip(plain, mask, strict=True) if kept]
            elif what == "take mask":
                assert rows_of(ledger.take(mask)) == [row for row, kept in zip(plain, mask, strict=True) if kept]
            else:
                assert rows_of(ledger.take(places)) == [plain[place] for place in places]
        assert rows_of(ledger) == plain
        assert ledger.records.tolist() == plain
        assert len(ledger) == len(plain)
        assert [(name, len(array), array.dtype.name) for name, array in ledger.items()] == [
            ("what", len(plain), "int32"),
            ("sure", len(plain), "bool"),
        ]


def test_appending_takes_every_column_by_name() -> None:
    """A missing column, an unknown one, or columns of different lengths are refused, and nothing is added."""
    ledger = filled([(1, True)])
    what, sure = np.array([2, 3], np.int32), np.array([True, False])
    with pytest.raises(TypeError, match="Sightings needs the columns"):
        ledger.append(what=what)
    with pytest.raises(TypeError, match="where"):
        ledger.append(what=what, sure=sure, where=what)
    with pytest.raises(ValueError, match="broadcast"):
        ledger.append(what=what, sure=np.array([True, False, True]))
    assert rows_of(ledger) == [(1, True)]


def test_taken_rows_are_copies() -> None:
    """Changing a taken ledger leaves the first as it was."""
    ledger = filled([(1, True), (2, False)])
    taken = ledger.take(np.array([True, True]))
    taken.column("what")[:] = 9
    assert rows_of(ledger) == [(1, True), (2, False)]
