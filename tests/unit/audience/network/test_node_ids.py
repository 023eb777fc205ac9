"""Ids of nodes: which of them are one label, and the order in which accounts are numbered."""

from __future__ import annotations

import random
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rectify.audience.network.node_ids import in_order, label_of, number_anew


@pytest.mark.parametrize(
    "alike",
    [
        [7, 7.0, "7", " 7 ", "7.0", "7.00", np.int32(7), np.float64(7), b"7"],
        [-3, "-3", -3.0, "-3.0"],
        [10**18, "1000000000000000000", np.int64(10**18)],
        [10**30, str(10**30)],
        [0.5, "0.5"],
        ["a b", " a b"],
    ],
)
def test_one_id_in_several_types_is_one_label(alike: list[object]) -> None:
    assert len({label_of(value) for value in alike}) == 1


def test_other_ids_are_other_labels() -> None:
    values = ["7", "07", "+7", "7.5", "-7", "seven", "Seven", "７", "7e1", "1e5"]
    assert len({label_of(value) for value in values}) == len(values)


@pytest.mark.parametrize("value", [None, True, float("nan"), float("inf"), (), [1], {}, "", "  ", "x" * 2000])
def test_what_is_no_id_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="id"):
        label_of(value)


@pytest.mark.parametrize(
    "ordered",
    [
        ["-5", "0", "2", "10", str(10**18), str(10**25)],
        ["n0", "n1", "n2", "n10", "n100"],
        ["a1b2", "a1b10", "a2b1", "b"],
        ["1", "2", "10", "x"],
        ["007", "7", "8"],
    ],
)
def test_order_is_as_people_count(ordered: list[str]) -> None:
    shuffled = random.Random(1).sample(ordered, len(ordered))
    assert in_order(shuffled) == ordered


@given(st.lists(st.text(max_size=6), unique=True), st.randoms())
def test_order_is_one_whatever_came_first(labels: list[str], shuffled: random.Random) -> None:
    assert in_order(shuffled.sample(labels, len(labels))) == in_order(labels)


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.uint64, np.float64, str, object])
def test_numbers_are_places_in_that_order(dtype: type) -> None:
    columns = [pd.Series(np.array(values).astype(dtype)) for values in ([30, 4, 4], [100, 30, 7])]
    found = number_anew(columns)
    assert [column.tolist() for column in found.columns] == [[2, 0, 0], [3, 2, 1]]
    assert found.labels == 4


def test_columns_of_different_types_meet() -> None:
    found = number_anew([pd.Series([1, 2]), pd.Series([2.0, 3.0]), pd.Series(["3", "x"])])
    assert [column.tolist() for column in found.columns] == [[0, 1], [1, 2], [2, 3]]


@pytest.mark.parametrize("size", [10**9, 10**18])
def test_memory_does_not_grow_with_the_size_of_ids(size: int) -> None:
    tracemalloc.start()
    number_anew([pd.Series([0, size]), pd.Series([size - 1, 5])])
    number_anew([pd.Series([0, size], dtype=object), pd.Series([str(size - 1), "5"])])
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2**20


def test_digits_that_a_spreadsheet_dropped_are_said() -> None:
    assert "1.23457E+18" in number_anew([pd.Series(["1.23457E+18", "5"])]).remarks[0]
    assert number_anew([pd.Series([2.0**60, 5.0])]).remarks
    assert not number_anew([pd.Series(["1e5", "3.5", "E+5"]), pd.Series([1.0, 2.5, 3.0])]).remarks


def test_gaps_are_refused() -> None:
    for gap in (None, float("nan")):
        with pytest.raises(ValueError, match="id"):
            number_anew([pd.Series([1, gap], dtype=object)])
