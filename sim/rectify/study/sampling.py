"""Which points of a design's factors are run: a full grid, or a sample drawn with SALib."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from rectify.core.errors import ConfigError
from rectify.study.design import Experiment, Factor, Level

Point = dict[str, Level]
"""A value for every factor."""

MOST_CELLS = 1_000_000


def problem(experiment: Experiment) -> dict[str, Any]:
    """The factors as SALib describes a problem; levels as places 0 … n, logarithms for log scales."""
    bounds = []
    for factor in experiment.factors.values():
        if factor.range is None:
            bounds.append([0.0, float(len(factor.levels or ()))])
        elif factor.scale == "log":
            bounds.append([math.log(factor.range[0]), math.log(factor.range[1])])
        else:
            bounds.append(list(factor.range))
    return {"num_vars": len(bounds), "names": list(experiment.factors), "bounds": bounds}


def _value(factor: Factor, at: float) -> Level:
    """A factor's value from a number within its bounds."""
    if factor.levels is not None:
        return factor.levels[min(int(at), len(factor.levels) - 1)]
    value = math.exp(at) if factor.scale == "log" else at
    return round(value) if factor.whole or factor.days_after is not None else float(f"{value:.12g}")


def _grid_levels(factor: Factor) -> list[Level]:
    if factor.levels is not None:
        return list(factor.levels)
    assert factor.range is not None
    low, high = (math.log(end) if factor.scale == "log" else end for end in factor.range)
    return list(dict.fromkeys(_value(factor, float(at)) for at in np.linspace(low, high, factor.steps)))


def points(experiment: Experiment) -> list[Point]:
    """All points of the design, in order; the last factor of a grid changes fastest.

    Raises :class:`ConfigError` when the design is larger than a million cells or its sampling cannot be done.
    """
    factors, sampling = experiment.factors, experiment.sampling
    if not factors:
        return []
    if sampling.method == "grid":
        levels = [_grid_levels(factor) for factor in factors.values()]
        size = math.prod(map(len, levels))
        if size > MOST_CELLS:
            raise ConfigError([f"factors: a full grid of {size:,} cells; at most {MOST_CELLS:,}, or choose a sampling"])
        return [dict(zip(factors, values, strict=True)) for values in itertools.product(*levels)]
    sample = drawn(experiment)
    if len(sample) > MOST_CELLS:
        raise ConfigError([f"sampling.samples: makes {len(sample):,} cells; at most {MOST_CELLS:,}"])
    return [
        {name: _value(factor, float(value)) for (name, factor), value in zip(factors.items(), row, strict=True)}
        for row in sample
    ]


def drawn(experiment: Experiment) -> np.ndarray[Any, Any]:
    """The sample as SALib draws it, [cells, factors], within the bounds of :func:`problem`. Raises ``ConfigError``."""
    from SALib.sample import latin, sobol
    from SALib.sample.morris import sample as morris

    sampling, asked = experiment.sampling, problem(experiment)
    if sampling.method == "sobol":
        if sampling.samples & (sampling.samples - 1):
            below = 2 ** (sampling.samples.bit_length() - 1)
            raise ConfigError(
                [f"sampling.samples: Sobol needs a power of 2, as {below} or {2 * below}, not {sampling.samples}"]
            )
        return np.asarray(sobol.sample(asked, sampling.samples, calc_second_order=False, seed=sampling.seed))
    if sampling.method == "morris":
        return np.asarray(morris(asked, sampling.samples, seed=sampling.seed))
    return np.asarray(latin.sample(asked, sampling.samples, seed=sampling.seed))
