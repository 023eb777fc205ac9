"""Samplers against SciPy's quantile functions, and the promise that a larger parameter never lowers a draw."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from rectify.core.sampling import (
    binomial,
    choice,
    days_before,
    exponential,
    geometric,
    lognormal,
    normal,
    normal_cdf,
    poisson,
    positive_poisson,
    positive_poissons,
    power_law,
)

SMALLEST, LARGEST = 2.0**-33, 1.0 - 2.0**-33
"""The least and the greatest uniform that a draw can be."""

GRID = np.concatenate(
    ([SMALLEST, 1e-9, 1e-6, 1e-4], (np.arange(400) + 0.4321) / 400, [1 - 1e-4, 1 - 1e-6, 1 - 1e-9, LARGEST])
)
DRAWN = st.integers(0, 2**32 - 1).map(lambda k: (k + 0.5) / 2.0**32)
ROUNDING = 1e-11
"""How far a uniform may lie beside a step of the distribution function and still be counted to either side."""


def are_quantiles(counts: list[int], u: NDArray[np.float64], distribution: Any) -> bool:
    """Whether each count is the least whose distribution function reaches its u, but for rounding."""
    found = np.array(counts)
    return bool(np.all(distribution.cdf(found) >= u - ROUNDING) and np.all(distribution.cdf(found - 1) < u + ROUNDING))


@pytest.mark.parametrize("mean", [0.0, 1e-9, 0.01, 0.3, 1.0, 4.7, 30.0, 120.5, 599.0])
def test_poisson(mean: float) -> None:
    """Poisson counts are quantiles."""
    assert are_quantiles([poisson(u, mean) for u in GRID], GRID, stats.poisson(mean))


@pytest.mark.parametrize("mean", [600.5, 5_000.0, 3e6])
def test_poisson_of_a_large_mean(mean: float) -> None:
    """Above LARGE_MEAN the normal approximation keeps within a few counts: at most two between the 0.1 % points."""
    u = GRID[(GRID > 1e-3) & (GRID < 1 - 1e-3)]
    found = np.array([poisson(x, mean) for x in u])
    assert np.abs(found - stats.poisson(mean).ppf(u)).max() <= 2


@pytest.mark.parametrize("mean", [1e-9, 0.01, 0.2, 1.0, 4.7, 50.0, 500.0])
def test_positive_poisson(mean: float) -> None:
    """Counts given at least one are quantiles of the zero-truncated distribution."""
    counts = [positive_poisson(u, mean, math.exp(-mean)) for u in GRID]
    assert min(counts) == 1 or mean > 4
    assert min(counts) >= 1
    assert are_quantiles(counts, math.exp(-mean) + GRID * -math.expm1(-mean), stats.poisson(mean))


def test_positive_poissons_are_those_found_one_by_one() -> None:
    """Many at once give what each gives alone, from the smallest mean to one beyond the smallest float."""
    means = np.repeat([1e-12, 9e-4, 0.02, 0.7, 3.0, 40.0, 599.0, 900.0], len(GRID))
    draws = np.tile(GRID, 8)
    nothing = np.exp(-means)
    found = np.zeros(len(means), np.int64)
    positive_poissons(draws, means, nothing, len(means), found)
    assert found.tolist() == [positive_poisson(*each) for each in zip(draws, means, nothing, strict=True)]


@pytest.mark.parametrize("trials", [0, 1, 2, 7, 40, 400])
@pytest.mark.parametrize("probability", [0.0, 1e-9, 0.003, 0.3, 0.5, 0.5000001, 0.77, 1 - 1e-9, 1.0])
def test_binomial(trials: int, probability: float) -> None:
    """Binomial counts are quantiles, down to no trial and up to certain success."""
    if trials == 0 or probability in (0.0, 1.0):
        assert {binomial(u, trials, probability) for u in GRID} == {trials if probability == 1.0 else 0}
        return
    counts = [binomial(u, trials, probability) for u in GRID]
    assert are_quantiles(counts, GRID, stats.binom(trials, probability))


@pytest.mark.parametrize(("trials", "probability"), [(2000, 0.4), (100_000, 0.2), (10_000_000, 0.07), (3000, 0.9)])
def test_binomial_of_many_trials(trials: int, probability: float) -> None:
    """With very many trials the normal approximation keeps within two counts between the 0.1 % points."""
    u = GRID[(GRID > 1e-3) & (GRID < 1 - 1e-3)]
    found = np.array([binomial(x, trials, probability) for x in u])
    assert np.abs(found - stats.binom(trials, probability).ppf(u)).max() <= 2


@pytest.mark.parametrize("probability", [1e-6, 0.01, 0.3, 0.5, 0.999])
def test_geometric(probability: float) -> None:
    """Failures before the first success are quantiles (SciPy counts the success as well)."""
    assert are_quantiles([geometric(u, probability) + 1 for u in GRID], GRID, stats.geom(probability))


def test_geometric_at_its_ends() -> None:
    """Certain success waits for nothing; what cannot happen waits for ever; neither is an error."""
    assert {geometric(u, p) for u in GRID for p in (1.0, 1.5)} == {0}
    assert {geometric(u, p) for u in GRID for p in (0.0, -0.1)} == {1_000_000_000}
    assert geometric(LARGEST, 1e-300) == 1_000_000_000


@pytest.mark.parametrize("rate", [1e-4, 0.2, 1.0, 30.0])
def test_days_before(rate: float) -> None:
    """Whole days before the first event are geometric with 1 − exp(−rate)."""
    assert are_quantiles([days_before(u, rate) + 1 for u in GRID], GRID, stats.geom(-math.expm1(-rate)))
    assert days_before(0.5, 0.0) == 1_000_000_000


def test_continuous_samplers_are_quantile_functions() -> None:
    """Exponential, power law, normal and lognormal agree with SciPy to rounding."""
    u = GRID
    for mean in (0.01, 3.0, 1e6):
        # log(1 − u) is only as exact as 1 − u: relative to the median, not to the smallest value.
        assert np.allclose([exponential(x, mean) for x in u], stats.expon(scale=mean).ppf(u), rtol=1e-7, atol=0)
    for exponent, minimum in ((1.5, 1.0), (2.85, 0.2), (10.0, 3.0)):
        law = stats.pareto(b=exponent - 1.0, scale=minimum)
        assert np.allclose([power_law(x, exponent, minimum) for x in u], law.ppf(u), rtol=1e-12)
    assert np.allclose([normal(x) for x in u], stats.norm.ppf(u), rtol=1e-13, atol=1e-14)
    for median, spread in ((1.0, 0.0), (300.0, 1.4), (0.5, 4.0)):
        wanted = stats.lognorm(s=spread, scale=median).ppf(u) if spread > 0 else np.full(len(u), median)
        assert np.allclose([lognormal(x, median, spread) for x in u], wanted, rtol=1e-12)


def test_normal_distribution_function() -> None:
    """Φ agrees with SciPy, far tails included, and undoes the quantile."""
    x = np.linspace(-12, 12, 481)
    assert np.allclose([normal_cdf(v) for v in x], stats.norm.cdf(x), rtol=1e-12, atol=0)
    assert np.allclose([normal_cdf(normal(u)) for u in GRID], GRID, rtol=1e-10)


def test_choice() -> None:
    """It covers each index's own interval, and never runs over."""
    cumulative = np.array([0.2, 0.2, 0.7, 1.0 - 1e-12])
    found = [choice(u, cumulative) for u in (SMALLEST, 0.1999, 0.2, 0.5, 0.7, 0.9, LARGEST, 1.0 - 1e-13)]
    assert found == [0, 0, 2, 2, 3, 3, 3, 3]


@given(DRAWN, st.floats(1e-6, 500.0), st.floats(1.001, 50.0))
def test_counts_never_fall_as_their_mean_rises(u: float, mean: float, factor: float) -> None:
    """With the same draws, a higher mean or rate gives no smaller count and no longer wait."""
    higher = min(600.0, mean * factor)
    assert poisson(u, mean) <= poisson(u, higher)
    assert positive_poisson(u, mean, math.exp(-mean)) <= positive_poisson(u, higher, math.exp(-higher))
    assert days_before(u, mean) >= days_before(u, higher)
    assert exponential(u, mean) <= exponential(u, higher)
    assert lognormal(u, mean, 1.0) <= lognormal(u, higher, 1.0)
    assert power_law(u, 2.85, mean) <= power_law(u, 2.85, higher)


@given(DRAWN, st.integers(0, 300), st.integers(0, 50), st.floats(0, 1), st.floats(0, 1))
def test_successes_never_fall_as_chance_or_trials_rise(u: float, trials: int, more: int, p: float, q: float) -> None:
    """With the same draws, a higher probability or more trials give no fewer successes, and waits no longer."""
    low, high = sorted((p, q))
    if high - low < 1e-9:
        high = low
    assert binomial(u, trials, low) <= binomial(u, trials, high) <= trials
    assert binomial(u, trials, low) <= binomial(u, trials + more, low) <= binomial(u, trials, low) + more
    assert geometric(u, low) >= geometric(u, high)


@given(DRAWN, st.floats(1.01, 10.0), st.floats(0.001, 5.0))
def test_a_steeper_power_law_never_draws_more(u: float, exponent: float, step: float) -> None:
    """With the same draws, a larger exponent gives no larger value."""
    assert power_law(u, exponent, 0.2) >= power_law(u, exponent + step, 0.2)


@pytest.mark.parametrize("u", [0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999])
def test_poisson_does_not_fall_where_the_approximation_begins(u: float) -> None:
    """The promise of the module holds across LARGE_MEAN too."""
    counts = [poisson(u, mean) for mean in (590.0, 599.0, 600.0, 600.01, 601.0, 610.0)]
    assert counts == sorted(counts)


@pytest.mark.parametrize("u", [0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999])
@pytest.mark.parametrize("trials", [1500, 5000, 60_000])
def test_binomial_does_not_fall_where_the_approximation_begins(u: float, trials: int) -> None:
    """The same across the probability at which (1 − p)**trials falls below 1e-290, and across one half."""
    begins = -math.expm1(math.log(1e-290) / trials)
    for centre in (begins, 0.5, 1.0 - begins):
        counts = [binomial(u, trials, centre * (1 + shift)) for shift in (-1e-3, -1e-6, 0.0, 1e-6, 1e-3)]
        assert counts == sorted(counts)
