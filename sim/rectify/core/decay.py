"""Exponential decay over whole days, looked up: most accounts are due again within a few weeks."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from rectify.core.kernel import device
from rectify.core.table import Array

TABLE_DAYS = 512


@lru_cache(maxsize=64)
def decay_table(rate: float) -> Array:
    """exp(−rate·n) for n = 0 … TABLE_DAYS whole days, float64 [TABLE_DAYS + 1]; the rate is per day."""
    table: Array = np.exp(-rate * np.arange(TABLE_DAYS + 1))
    table.flags.writeable = False
    return table


def decay_tables(rates: Array) -> Array:
    """A table for each of *rates* (per day, float64 [n]): float64 [n, TABLE_DAYS + 1]."""
    return _tables(tuple(rates.tolist()))


@lru_cache(maxsize=64)
def _tables(rates: tuple[float, ...]) -> Array:
    tables: Array = np.exp(np.multiply.outer(-np.array(rates), np.arange(TABLE_DAYS + 1)))
    tables.flags.writeable = False
    return tables


@device
def decayed(table, days):  # type: ignore[no-untyped-def]
    """What is left after *days* whole days by a table of :func:`decay_table`; past its end, by powers of its steps."""
    if days <= TABLE_DAYS:
        return table[days]
    return table[TABLE_DAYS] ** (days // TABLE_DAYS) * table[days % TABLE_DAYS]
