"""How views of a post fade: parts (weight, rate per day) of a sum of exponentials, as the ODD describes them."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import nnls

from rectify.audience.mean_field import MeanFieldParams


class Fading:
    """A curve of fading attention."""

    def __init__(self, params: MeanFieldParams) -> None:
        self.halves = params.attention == "half_life"
        if self.halves:
            self.parts = [(1.0, math.log(2.0) / params.attention_half_life)]
        else:
            cascade = params.branching
            self.parts = fit(cascade.branching_factor, cascade.exponent, cascade.cutoff_seconds / 86400.0)

    def left(self, delay: float) -> float:
        """Share of a post's views still to come after *delay* days."""
        return sum(weight * math.exp(-rate * delay) for weight, rate in self.parts)

    def left_by_midnight(self, days: int) -> float:
        """What is left after whole days of an account's views that were due at a midnight; posts are from noon."""
        if self.halves:
            return self.left(days)
        return self.left(days + 0.5) / self.left(0.5) if self.left(0.5) > 0.0 else 0.0


def fit(branching_factor: float, exponent: float, cutoff: float) -> list[tuple[float, float]]:
    """Parts nearest to what moderation after a delay prevents of a cascade, by least squares."""

    def prevented(delay: float) -> float:
        unprevented = branching_factor * (1.0 - (cutoff / (cutoff + delay)) ** exponent)
        return (branching_factor - unprevented) / (1.0 - unprevented)

    half_lives = np.geomspace(1e-6, 1e8, 29)
    delays = np.concatenate(([0.0], np.geomspace(1e-6, 1e6, 1000)))
    halving = np.exp(-math.log(2.0) * np.divide.outer(delays, half_lives))
    weights, _ = nnls(halving, np.array([prevented(delay) for delay in delays]))
    return [
        (weight, math.log(2.0) / half_life)
        for weight, half_life in zip(weights, half_lives, strict=True)
        if weight > 1e-12
    ]
