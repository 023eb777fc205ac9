"""Decay over whole days: looked up, and the same as the exponential it stands for, however long ago."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rectify.core.decay import TABLE_DAYS, decay_table, decayed

RATES = st.sampled_from([0.0, 1e-6, 0.001, math.log(2.0) / 120, 0.3, 5.0])


@given(RATES, st.integers(0, 32_767))
def test_the_table_is_the_exponential(rate: float, days: int) -> None:
    """What is left after n days is exp(−rate · n), past the end of the table too."""
    assert decayed(decay_table(rate), days) == pytest.approx(math.exp(-rate * days), rel=1e-9, abs=1e-290)


@given(RATES, st.integers(0, 3 * TABLE_DAYS), st.integers(0, 3 * TABLE_DAYS))
def test_decay_in_two_steps_is_decay_in_one(rate: float, first: int, second: int) -> None:
    """How often an account is brought up to date does not matter."""
    table = decay_table(rate)
    whole = decayed(table, first + second)
    assert decayed(table, first) * decayed(table, second) == pytest.approx(whole, rel=1e-9, abs=1e-290)


def test_tables_cannot_be_changed_by_their_users() -> None:
    """A table is shared by all who ask for its rate."""
    table = decay_table(0.25)
    assert table is decay_table(0.25)
    with pytest.raises(ValueError, match="read-only"):
        table[0] = 2.0
    assert table.dtype == np.float64
    assert (len(table), table[0]) == (TABLE_DAYS + 1, 1.0)
