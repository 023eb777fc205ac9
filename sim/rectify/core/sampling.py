"""Samplers: each turns one uniform into one value by its quantile function, so a larger parameter never lowers a draw.

Inversion from a single uniform keeps twins aligned: with the same draw, a higher probability counts at least as many
successes. Resolution is that of the uniform, 2**-32. ``tests/unit/core/test_sampling.py`` checks all against SciPy.
"""

from __future__ import annotations

import math

import numpy as np

from rectify.core.kernel import device, inlined

LARGE_MEAN = 600.0
"""Above this mean the search for a Poisson quantile starts in the tail: exp(-mean) nears the smallest float."""

LEAST_MEAN = 1e-3
"""Below this mean a Poisson count's next term may vanish against the sum of those before it, which ends the search."""

TAIL = 9.0
"""Standard deviations below the mean at which such a search starts; what lies below weighs less than 1e-18."""


# Coefficients of AS 241, highest power first: numerator above, denominator below.
CENTRE_ABOVE = (
    2509.0809287301227,
    33430.57558358813,
    67265.7709270087,
    45921.95393154987,
    13731.69376550946,
    1971.5909503065513,
    133.14166789178438,
    3.3871328727963665,
)
CENTRE_BELOW = (
    5226.495278852854,
    28729.085735721943,
    39307.89580009271,
    21213.794301586597,
    5394.196021424751,
    687.1870074920579,
    42.31333070160091,
    1.0,
)
MIDDLE_ABOVE = (
    0.0007745450142783414,
    0.022723844989269184,
    0.2417807251774506,
    1.2704582524523684,
    3.6478483247632045,
    5.769497221460691,
    4.630337846156546,
    1.4234371107496835,
)
MIDDLE_BELOW = (
    1.0507500716444169e-09,
    0.0005475938084995345,
    0.015198666563616457,
    0.14810397642748008,
    0.6897673349851,
    1.6763848301838038,
    2.053191626637759,
    1.0,
)
TAIL_ABOVE = (
    2.0103343992922881e-07,
    2.7115555687434876e-05,
    0.0012426609473880784,
    0.026532189526576124,
    0.29656057182850487,
    1.7848265399172913,
    5.463784911164114,
    6.657904643501103,
)
TAIL_BELOW = (
    2.0442631033899397e-15,
    1.421511758316446e-07,
    1.8463183175100548e-05,
    0.0007868691311456133,
    0.014875361290850615,
    0.1369298809227358,
    0.599832206555888,
    1.0,
)


CENTRE = 0.425
"""Distance from one half within which the normal quantile is one fraction of polynomials."""


@inlined
def polynomial(x, coefficients):  # type: ignore[no-untyped-def]
    """Value at x of the polynomial of degree 7 with these eight coefficients, highest power first (Horner)."""
    c = coefficients
    return ((((((c[0] * x + c[1]) * x + c[2]) * x + c[3]) * x + c[4]) * x + c[5]) * x + c[6]) * x + c[7]


@device
def geometric(u, probability):  # type: ignore[no-untyped-def]
    """Failures before the first success, 0, 1, 2, …; at most 1e9 (also when *probability* is 0)."""
    if probability >= 1.0:
        return 0
    if probability <= 0.0:
        return 1_000_000_000
    return days_before(u, -math.log1p(-probability))


@device
def days_before(u, rate):  # type: ignore[no-untyped-def]
    """Whole days before the first event of a process with that *rate* per day: geometric with 1 − exp(−rate)."""
    if rate <= 0.0:
        return 1_000_000_000
    return int(min(1e9, -math.log(1.0 - u) / rate))


@device
def exponential(u, mean):  # type: ignore[no-untyped-def]
    """Exponential with that *mean*, in the mean's unit."""
    return -mean * math.log(1.0 - u)


@device
def poisson(u, mean):  # type: ignore[no-untyped-def]
    """Poisson count with that *mean*."""
    count = 0
    term = math.exp(-mean)
    if mean > LARGE_MEAN:
        count = int(mean - TAIL * math.sqrt(mean))
        term = math.exp(count * math.log(mean) - mean - math.lgamma(count + 1.0))
    total = term
    while u > total and (count < mean or term > 1e-18 * total):
        count += 1
        term *= mean / count
        total += term
    return count


@device
def positive_poisson(u, mean, nothing):  # type: ignore[no-untyped-def]
    """Poisson count with that *mean*, given that it is at least 1; *nothing* is exp(−mean)."""
    if mean > LARGE_MEAN:
        return max(1, poisson(u, mean))
    point = nothing + u * (1.0 - nothing)
    term = nothing * mean
    total = nothing + term
    count = 1
    while point > total and term > 1e-18 * total:
        count += 1
        term *= mean / count
        total += term
    return count


@device
def positive_poissons(draws, means, nothing, count, out):  # type: ignore[no-untyped-def]
    """:func:`positive_poisson` of the first *count* of *draws*, *means* and *nothing*, float64, into *out*, int64.

    Small counts are found for all at once, without a branch; only larger ones are searched for one by one.
    """
    for i in range(count):
        point = nothing[i] + draws[i] * (1.0 - nothing[i])
        term = nothing[i] * means[i]
        total = nothing[i] + term
        found = 1 + (point > total)
        term *= means[i] / 2
        total += term
        found += point > total
        term *= means[i] / 3
        total += term
        found += point > total
        out[i] = found
    for i in range(count):
        if out[i] == 4 or means[i] < LEAST_MEAN:
            out[i] = positive_poisson(draws[i], means[i], nothing[i])


@device
def _search_binomial(u, trials, probability):  # type: ignore[no-untyped-def]
    if trials == 1:
        return 1 if u > 1.0 - probability else 0
    # Count the rarer outcome, so that the search is short.
    reflected = probability > 0.5
    rare = 1.0 - probability if reflected else probability
    point = 1.0 - u if reflected else u
    count = 0
    term = (1.0 - rare) ** trials
    if term < 1e-290:
        count = max(0, int(trials * rare - TAIL * math.sqrt(trials * rare * (1.0 - rare))))
        ways = math.lgamma(trials + 1.0) - math.lgamma(count + 1.0) - math.lgamma(trials - count + 1.0)
        term = math.exp(ways + count * math.log(rare) + (trials - count) * math.log(1.0 - rare))
    odds = rare / (1.0 - rare)
    total = term
    while point > total and count < trials:
        term *= odds * (trials - count) / (count + 1)
        count += 1
        total += term
        if term < 1e-18 * total and count > trials * rare:
            break
    return trials - count if reflected else count


@device
def binomial(u, trials, probability):  # type: ignore[no-untyped-def]
    """Successes among *trials* with *probability* each."""
    # Bernoulli's inequality: below the chance of none, or of all, found without a power.
    if u <= 1.0 - trials * probability:
        return 0
    if 1.0 - u <= 1.0 - trials * (1.0 - probability):
        return trials
    return _search_binomial(u, trials, probability)


@device
def power_law(u, exponent, minimum):  # type: ignore[no-untyped-def]
    """Pareto: density proportional to x**-exponent from *minimum* up; exponent above 1."""
    return minimum * (1.0 - u) ** (-1.0 / (exponent - 1.0))


@device
def lognormal(u, median, spread):  # type: ignore[no-untyped-def]
    """Lognormal with that *median*; *spread* is the standard deviation of the logarithm."""
    return median * math.exp(spread * normal(u))


@inlined
def centre_of_normal(q):  # type: ignore[no-untyped-def]
    """Standard normal quantile of one half + q, within CENTRE of one half."""
    r = CENTRE * CENTRE - q * q
    return q * polynomial(r, CENTRE_ABOVE) / polynomial(r, CENTRE_BELOW)


@device
def normal(u):  # type: ignore[no-untyped-def]
    """Standard normal quantile. Source: Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37, 1988."""
    q = u - 0.5
    if abs(q) <= CENTRE:
        return centre_of_normal(q)
    r = math.sqrt(-math.log(u if q < 0.0 else 1.0 - u))
    if r <= 5.0:
        value = polynomial(r - 1.6, MIDDLE_ABOVE) / polynomial(r - 1.6, MIDDLE_BELOW)
    else:
        value = polynomial(r - 5.0, TAIL_ABOVE) / polynomial(r - 5.0, TAIL_BELOW)
    return -value if q < 0.0 else value


@device
def normal_cdf(x):  # type: ignore[no-untyped-def]
    """Standard normal distribution function."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


@device
def choice(u, cumulative):  # type: ignore[no-untyped-def]
    """Index drawn with the probabilities whose running sum is *cumulative* (float array ending at 1)."""
    return min(np.searchsorted(cumulative, u, side="right"), len(cumulative) - 1)
