"""How views of a post fade: as a sum of exponentials, so that views still to come can be kept added up.

Views due that fade exponentially need no memory of when their posts were written. One exponential is the half-life
curve; a power law is not, but a sum of exponentials with half-lives spread evenly over the orders of magnitude comes as
close to it as is wanted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

from rectify.core.decay import TABLE_DAYS
from rectify.core.kernel import device
from rectify.core.table import Array

LOG_2 = math.log(2.0)
SHORTEST, LONGEST, PER_DECADE = 1e-6, 1e8, 2
"""Half-lives that a curve may be made of, days, and how many to a power of ten."""


@device
def share_left_of(delay, weights, rates):  # type: ignore[no-untyped-def]
    """Share of a post's views still to come after *delay* days: Σ weights · exp(−rates · delay), float64 [parts]."""
    left = 0.0
    for part in range(len(rates)):
        left += weights[part] * math.exp(-rates[part] * delay)
    return left


class Curve(NamedTuple):
    """A curve of fading attention as kernels read it: the fields of :class:`Fading`."""

    weights: Array
    rates: Array
    by_midnight: Array


@dataclass(frozen=True)
class Fading:
    """A curve of fading attention. weights: share of views of each part; rates: per day; both float64 [parts].

    What the weights fall short of one comes at once, and no takedown can prevent it. ``by_midnight``: what is left
    after n whole days of views that were due at a midnight, float64 [TABLE_DAYS + 1], for one account's views, whose
    parts are not kept apart.
    """

    weights: Array
    rates: Array
    by_midnight: Array

    def share_left(self, delay: Array) -> Array:
        """Share of a post's views still to come after *delay* days, in the shape of *delay*."""
        return np.asarray((self.weights * np.exp(-np.multiply.outer(delay, self.rates))).sum(axis=-1))


def half_life_fading(half_life: float) -> Fading:
    """Attention that halves every *half_life* days."""
    rate = LOG_2 / half_life
    return Fading(np.ones(1), np.full(1, rate), np.exp(-rate * np.arange(TABLE_DAYS + 1)))


def fitted_fading(share_left: Callable[[Array], Array]) -> Fading:
    """The sum of exponentials nearest to *share_left*, of days: by least squares, from 0.1 s to centuries."""
    decades = np.log10(LONGEST / SHORTEST)
    half_lives = np.geomspace(SHORTEST, LONGEST, round(float(decades) * PER_DECADE) + 1)
    delays = np.concatenate(([0.0], np.geomspace(SHORTEST, LONGEST / 100.0, 1000)))
    shape = np.exp(-LOG_2 * np.divide.outer(delays, half_lives))
    weights, _ = nnls(shape, share_left(delays))
    used = weights > 1e-12
    weights, rates = weights[used], LOG_2 / half_lives[used]
    days = np.arange(TABLE_DAYS + 1) + 0.5  # posts are written at noon, on average
    left = (weights * np.exp(-np.multiply.outer(days, rates))).sum(axis=1)
    return Fading(weights, rates, left / left[0] if left[0] > 0.0 else np.zeros(left.size))
