"""One run of a study, as a worker does it."""

from __future__ import annotations

import math
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import pandas as pd

from rectify.core.quantity import Quantity, Scalar
from rectify.results import RunResult
from rectify.study.parts import curves_of, metrics_of, names_of, outcome_of

OK, FAILED = "ok", "failed"


@dataclass(frozen=True)
class Outcome:
    """What is kept of a run: scalar outcomes by name; curves as columns date, metric, value; or the error."""

    status: str
    error: str = ""
    outcomes: dict[str, float] = field(default_factory=dict)
    curves: pd.DataFrame | None = None
    seconds: float = math.nan
    host: str = ""


def simulate(values: Mapping[str, Any], seed: int, outcomes: Sequence[str], curves: Sequence[str]) -> Outcome:
    """Run the configuration *values* with *seed*; every error but an interrupt becomes a failed outcome.

    An outcome that the run does not have (the rebound of a campaign that is not there, say) is NaN.
    """
    from rectify.configuration.run_config import RunConfig
    from rectify.model import RectificationModel

    started = perf_counter()
    try:
        model = RectificationModel(RunConfig.load({**values, "seed": seed}))
        result = model.run(metrics=metrics_of(model.outcomes, outcomes, curves))
    except Exception as error:  # recorded with the run: the others go on
        text = " ".join(f"{type(error).__name__}: {error}".split())
        return Outcome(FAILED, text[:500], seconds=perf_counter() - started, host=socket.gethostname())
    return kept(result, outcomes, curves, perf_counter() - started)


def kept(result: RunResult[Any], outcomes: Sequence[str], curves: Sequence[str], seconds: float) -> Outcome:
    """What a dataset keeps of a run."""
    return Outcome(
        OK,
        outcomes={name: outcome_of(result, name) for name in outcomes},
        curves=curves_of(result.series, curves) if curves else None,
        seconds=seconds,
        host=socket.gethostname(),
    )


def names_known(values: Mapping[str, Any]) -> tuple[dict[str, Scalar], dict[str, Quantity]]:
    """What all outcomes and curves are that a run of *values* can have, by name, from a tiny run of one day.

    It also compiles the kernels, once, before several workers would do so at the same time. Raises ``UserError`` for an
    input file that cannot be read.
    """
    from rectify.assembly import small
    from rectify.configuration.run_config import RunConfig
    from rectify.model import RectificationModel

    config = RunConfig.load(values)
    if config.inputs:
        RectificationModel(config)  # what is wrong with a file, or to be said of it, comes before any run
    changes = {"burn_in_days": 0, "seed": 1, "end": config.start}
    result = RectificationModel(small(config, 300).model_copy(update=changes)).run()
    return names_of(result.outcomes, result.metrics, {"platform": config.platforms, "kind": config.kinds})
