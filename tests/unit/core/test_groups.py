"""Groups: what kernels read, by name; they cannot write to it, and see every later change of the arrays."""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

import numba
import numpy as np
import pytest
from numba.core.errors import TypingError

from rectify.core.groups import group, kernel_errors, read_only
from rectify.core.kernel import kernel
from rectify.core.table import Array, Ledger, column
from rectify.world.turn import Due, Flags, Posts, Turn


class Basket(NamedTuple):
    """A group for these tests."""

    apples: Array
    pears: Array
    price: float


class Sales(Ledger):
    """A ledger for these tests."""

    buyer: Array = column("int32", "row", "who bought")
    apples: Array = column("int16", "apples", "how many")


@kernel
def worth(basket, out):  # type: ignore[no-untyped-def]
    """What lies in a basket is worth.

    outputs: out
    """
    for i in numba.prange(len(out)):
        out[i] = (basket.apples[i] + basket.pears[i]) * basket.price


@kernel
def eat(basket, out):  # type: ignore[no-untyped-def]
    """Write to what is only to be read.

    outputs: out
    """
    basket.apples[0] = 0
    out[0] = 1.0


@kernel
def add_up(sales, out):  # type: ignore[no-untyped-def]
    """Apples by buyer.

    outputs: out
    """
    for i in range(len(sales)):
        out[sales.buyer[i]] += sales.apples[i]


@kernel
def sell(apples, sales):  # type: ignore[no-untyped-def]
    """Sell so many to each buyer.

    outputs: sales
    """
    for i in range(len(sales)):
        sales.buyer[i], sales.apples[i] = i, apples[i]


@kernel
def too_many(a, b, c, d, e, f, g, h, i, out):  # type: ignore[no-untyped-def]
    """A kernel of nine inputs.

    outputs: out
    """


@kernel
def says_nothing(a, out):  # type: ignore[no-untyped-def]
    """A kernel that does not name its output."""


@kernel
def says_wrong(a, out):  # type: ignore[no-untyped-def]
    """A kernel that names another.

    outputs: result
    """


def basket() -> tuple[Basket, SimpleNamespace]:
    fruit = SimpleNamespace(apples=np.array([1.0, 2.0]), pears=np.array([3, 4], np.int8), price=9.0)
    return group(Basket, fruit, price=2.0), fruit


def test_fields_come_from_the_first_source_that_has_them() -> None:
    more = SimpleNamespace(apples=np.array([7.0]), price=1.5)
    made = group(Basket, SimpleNamespace(pears=np.array([1.0])), more, SimpleNamespace(apples=np.array([8.0])))
    assert (made.apples.tolist(), made.pears.tolist(), made.price) == ([7.0], [1.0], 1.5)
    with pytest.raises(AttributeError, match=r"Basket\.pears: none of the sources has it"):
        group(Basket, more)


@pytest.mark.parametrize("threaded", [False, True])
def test_kernels_read_groups_and_see_later_changes(threaded: bool) -> None:
    made, fruit = basket()
    out = np.zeros(2)
    run = worth.threaded if threaded else worth.serial
    run(made, out)
    assert out.tolist() == [8.0, 12.0]
    fruit.apples[:] = 10.0
    run(made, out)
    assert out.tolist() == [26.0, 28.0]


def test_kernels_do_not_compile_that_write_to_a_group() -> None:
    made, fruit = basket()
    with pytest.raises(TypingError, match="readonly"):
        eat.serial(made, np.zeros(1))
    with pytest.raises(ValueError, match="read-only"):
        made.apples[0] = 0.0
    assert fruit.apples.tolist() == [1.0, 2.0]


def test_numba_takes_a_group_for_the_named_tuple_that_it_is() -> None:
    """Of the same type as one made in Python: one compiled form serves both, and other columns get another."""
    made, fruit = basket()
    plain = Basket(read_only(fruit.apples), read_only(fruit.pears), 2.0)
    assert numba.typeof(made) == numba.typeof(plain)
    whole = group(Basket, SimpleNamespace(apples=np.array([1]), pears=np.array([2]), price=0.5))
    assert numba.typeof(whole) != numba.typeof(made)
    out = np.zeros(1)
    for each, sum_ in ((made, 8.0), (whole, 1.5), (plain, 8.0)):
        worth.serial(each, out)
        assert out[0] == sum_


def test_kernels_read_a_ledger_and_fill_in_new_rows() -> None:
    """As far as it is filled; one row is of the same type as many, so that one compiled form serves all."""
    sales, types = Sales(1), set()
    for apples in ([], [1], [2, 3], [4]):
        sell.serial(np.array(apples, np.int64), sales.add(len(apples)))
        types.add(numba.typeof(sales.records))
        out = np.zeros(2)
        add_up.serial(sales.records, out)
        assert out.sum() == sales.column("apples").sum()
    assert (out.tolist(), len(types)) == ([7.0, 3.0], 1)


def test_kernels_do_not_compile_that_write_to_what_a_ledger_holds() -> None:
    sales = Sales()
    sales.append(buyer=np.array([1]), apples=np.array([5]))
    with pytest.raises(TypingError, match="readonly"):
        sell.serial(np.zeros(1, np.int64), sales.records)
    with pytest.raises(ValueError, match="read-only"):
        sales.records["apples"] = 0
    assert sales.column("apples").tolist() == [5]


def test_the_turn_keeps_its_groups_for_the_day() -> None:
    turn = Turn(3, np.array([4, 9], np.int32), np.array([1, 2], np.int16))
    due = turn.group(Due)
    assert turn.group(Due) is due
    turn.active[1] = True
    assert (due.rows.tolist(), due.last_day.tolist(), due.active.tolist()) == ([4, 9], [1, 2], [False, True])
    assert all(not numba.typeof(each).types[0].mutable for each in (due, turn.group(Posts), turn.group(Flags)))


def test_kernels_that_break_the_rules_are_named() -> None:
    lines = kernel_errors(__name__)
    assert len(lines) == 3
    for name, what in (("too_many", "9 inputs"), ("says_nothing", "no line"), ("says_wrong", "not result")):
        assert [line for line in lines if f".{name}:" in line and what in line] != [], name
