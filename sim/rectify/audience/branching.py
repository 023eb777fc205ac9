"""A post's cascade as a self-exciting process with a power-law kernel: closed form, and simulation.

Every posting of a content, the first or a reshare, draws n* reshares on average, each after a delay with density
γ c^γ (t + c)^-(1+γ). Moderation takes down each posting Δ after it was made: reshares that would come later do not.
Harm is the number of postings.

Source: Schneider & Rizoiu, "The effectiveness of moderating harmful online content", PNAS 2023. Delays and cut-off may
be in any one unit of time.
"""

from __future__ import annotations

from enum import IntEnum

import numba
import numpy as np
from numpy.typing import ArrayLike

from rectify.core.draws import uniform
from rectify.core.kernel import kernel
from rectify.core.sampling import poisson
from rectify.core.table import Array


class CascadeStream(IntEnum):
    """Random streams of cascades: 300 and up."""

    RESHARES = 300
    """Reshares of one posting: entity the cascade, day the posting's number in it; slot 0 how many, then delays."""


def kernel_half_life(exponent: float, cutoff: float) -> float:
    """Time by which half of a posting's direct reshares have come: c (2^(1/γ) − 1), in the unit of *cutoff*."""
    return float(cutoff * (2.0 ** (1.0 / exponent) - 1.0))


def exponent_of(half_life: float, cutoff: float) -> float:
    """The γ whose kernel has that *half_life* (same unit as *cutoff*): 1 / log2(1 + half_life / c)."""
    return float(1.0 / np.log2(1.0 + half_life / cutoff))


def reshares_left(branching_factor: float, exponent: float, cutoff: float, delay: ArrayLike) -> Array:
    """Reshares of one posting under moderation after *delay*: n_Δ = n* (1 − c^γ (c + Δ)^−γ), shape of *delay*."""
    return np.asarray(branching_factor * (1.0 - (cutoff / (cutoff + np.asarray(delay, np.float64))) ** exponent))


def reduction(branching_factor: float, exponent: float, cutoff: float, delay: ArrayLike) -> Array:
    """Share of harm that moderation after *delay* prevents: (n* − n_Δ) / (1 − n_Δ), shape of *delay*; n* below 1."""
    left = reshares_left(branching_factor, exponent, cutoff, delay)
    return np.asarray((branching_factor - left) / (1.0 - left))


@kernel
def _simulate(  # type: ignore[no-untyped-def]
    seed, first, branching_factor, exponent, cutoff, delays, most,
    sizes,
):  # fmt: skip
    """Count the postings of each cascade under moderation after each of *delays*, of at most so many postings.

    outputs: sizes
    """
    for place in numba.prange(sizes.shape[0]):
        # The longest delay on the way from the first posting: a posting happens under moderation that is slower.
        longest = np.zeros(64)
        known = 1
        number = 0
        while number < known:
            mean = poisson(uniform(seed, CascadeStream.RESHARES.value, first + place, number, 0), branching_factor)
            for reshare in range(mean):
                if known == most:
                    break
                if known == longest.size:
                    longest = np.concatenate((longest, np.zeros(longest.size)))
                u = uniform(seed, CascadeStream.RESHARES.value, first + place, number, 1 + reshare)
                longest[known] = max(longest[number], cutoff * (u ** (-1.0 / exponent) - 1.0))
                known += 1
            number += 1
        for j in range(delays.size):
            for number in range(known):
                sizes[place, j] += longest[number] < delays[j] or number == 0


def simulate_cascades(
    seed: int,
    cascades: int,
    branching_factor: float,
    exponent: float,
    cutoff: float,
    delays: ArrayLike,
    first: int = 0,
    most: int = 1_000_000,
) -> Array:
    """Postings in each cascade under moderation after each of *delays* (∞: none), int64 [cascades, delays].

    The first posting counts. One cascade is drawn and cut at every delay, so that slower moderation never leaves a
    smaller one. first: number of the first cascade, by which its draws are keyed. most: postings at which one is
    broken off.
    Raises ``ValueError`` for a branching factor outside [0, 1), and for others than positive γ and cut-off.
    """
    if not 0.0 <= branching_factor < 1.0:
        raise ValueError(f"branching_factor must lie in [0, 1), not at {branching_factor}")
    if exponent <= 0.0 or cutoff <= 0.0:
        raise ValueError(f"exponent and cutoff must be positive, not {exponent} and {cutoff}")
    waits = np.asarray(delays, np.float64)
    sizes = np.zeros((cascades, waits.size), np.int64)
    _simulate(np.uint64(seed), first, branching_factor, exponent, cutoff, waits, most, sizes)
    return sizes
