"""Exponential, logarithm and normal quantile of many numbers, against the standard library and the scalar quantile."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rectify.core.elementary import exponentials, logarithms, normals
from rectify.core.sampling import normal

ULPS = 2 * np.finfo(np.float64).eps


def test_exponentials_are_within_two_units_of_the_last_place() -> None:
    values = np.concatenate((np.linspace(-700.0, 700.0, 20001), np.linspace(-1e-3, 1e-3, 1001), [0.0, -0.0]))
    out = np.empty_like(values)
    exponentials(values, len(values), out)
    assert np.max(np.abs(out / np.exp(values) - 1.0)) <= ULPS
    assert out[-1] == 1.0


@pytest.mark.parametrize(("value", "least", "most"), [(-1e6, 0.0, 1e-300), (1e6, 1e300, math.inf)])
def test_exponentials_beyond_the_range_stay_finite_and_positive(value: float, least: float, most: float) -> None:
    out = np.empty(1)
    exponentials(np.array([value]), 1, out)
    assert least < out[0] < most


def test_exponentials_never_fall_as_their_argument_rises() -> None:
    values = np.sort(np.random.default_rng(1).normal(0.0, 20.0, 50_000))
    out = np.empty_like(values)
    exponentials(values, len(values), out)
    assert np.all(np.diff(out) >= 0.0)


def test_logarithms_are_within_two_units_of_the_last_place() -> None:
    values = np.concatenate((np.geomspace(1e-300, 1e300, 20001), 1.0 - np.geomspace(1e-10, 0.9, 2001), [1.0]))
    out = np.empty_like(values)
    logarithms(values, len(values), out)
    expected = np.log(values)
    assert np.all(np.abs(out - expected) <= ULPS * np.maximum(np.abs(expected), 1e-300))
    assert out[-1] == 0.0


def test_normals_are_the_scalar_quantile_to_the_last_bit() -> None:
    draws = np.concatenate((np.linspace(1e-9, 1.0 - 1e-9, 30001), [0.075, 0.925, 0.5]))
    out = np.empty_like(draws)
    normals(draws, len(draws), out)
    assert out.tolist() == [normal(u) for u in draws]


def test_only_as_many_as_asked_for_are_written() -> None:
    values, out = np.full(4, 2.0), np.zeros(4)
    exponentials(values, 2, out)
    assert out[:2] == pytest.approx(math.e**2)
    assert not out[2:].any()
