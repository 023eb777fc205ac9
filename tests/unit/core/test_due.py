"""The list of rows due today, against NumPy, for sizes around the borders of a scan block."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rectify.core.due import SCAN_BLOCK, WORK_BLOCK, due_rows, work_blocks
from rectify.core.kernel import use_threads
from rectify.core.table import NEVER

SIZES = [0, 1, 2, SCAN_BLOCK - 1, SCAN_BLOCK, SCAN_BLOCK + 1, 2 * SCAN_BLOCK, 3 * SCAN_BLOCK + 77]


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    """Kernels on one thread, then on two."""
    count = use_threads(request.param)
    if count < request.param:
        pytest.skip("the machine has one core")
    yield count
    use_threads(1)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 1.0])
def test_equals_flatnonzero(threads: int, size: int, share: float) -> None:
    """Rows whose day is today or earlier, ascending, as int32."""
    chance = np.random.default_rng(size)
    next_day = np.where(chance.random(size) < share, chance.integers(-3, 21, size), NEVER).astype(np.int16)
    for day in (-1, 20):
        rows = due_rows(next_day, day)
        assert rows.dtype == np.int32
        assert np.array_equal(rows, np.flatnonzero(next_day <= day))


def test_rows_at_the_borders_of_blocks_are_found(threads: int) -> None:
    """The first and the last row of each block, alone, are due."""
    for row in (0, SCAN_BLOCK - 1, SCAN_BLOCK, 2 * SCAN_BLOCK - 1, 2 * SCAN_BLOCK, 2 * SCAN_BLOCK + 4):
        next_day = np.full(2 * SCAN_BLOCK + 5, 8, np.int16)
        next_day[row] = 7
        assert due_rows(next_day, 7).tolist() == [row]


@given(arrays(np.int16, st.integers(0, 300), elements=st.integers(-5, NEVER)), st.integers(-6, NEVER))
def test_any_small_column(next_day: np.ndarray, day: int) -> None:
    """The same for arbitrary days, the last one included."""
    assert due_rows(next_day, day).tolist() == np.flatnonzero(next_day <= day).tolist()


def test_work_blocks_cover_the_list() -> None:
    """As many blocks as are needed, and one for an empty list."""
    counts = [work_blocks(entries) for entries in (0, 1, WORK_BLOCK, WORK_BLOCK + 1, 5 * WORK_BLOCK)]
    assert counts == [1, 1, 1, 2, 5]
