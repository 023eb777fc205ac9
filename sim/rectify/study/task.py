"""One run of a study, as a worker does it."""

from __future__ import annotations

import math
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import pandas as pd

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
        result = model.run(metrics=metrics_of(outcomes, curves))
    except Exception as error:  # recorded with the run: the others go on
        text = " ".join(f"{type(error).__name__}: {error}".split())
        return Outcome(FAILED, text[:500], seconds=perf_counter() - started, host=socket.gethostname())
    return kept(result, outcomes, curves, perf_counter() - started)


def kept(result: RunResult[Any], outcomes: Sequence[str], curves: Sequence[str], seconds: float) -> Outcome:
    """What a dataset keeps of a run."""
    return Outcome(
        OK,
        outcomes={
            name: float(result.summary[name]) if name in result.summary else outcome_of(result.series, name)
            for name in outcomes
        },
        curves=curves_of(result.series, curves) if curves else None,
        seconds=seconds,
        host=socket.gethostname(),
    )


def names_known(values: Mapping[str, Any]) -> tuple[dict[str, str], set[str]]:
    """All outcomes, with their units, and all metrics that a run of *values* can have, read off a tiny run of one day.

    It also compiles the kernels, once, before several workers would do so at the same time. Raises ``UserError`` for an
    input file that cannot be read.
    """
    import numpy as np

    from rectify.assembly import small
    from rectify.configuration.run_config import RunConfig
    from rectify.metrics.summary import rebound
    from rectify.metrics.units import unit_of
    from rectify.model import RectificationModel

    config = RunConfig.load(values)
    if config.inputs:
        RectificationModel(config)  # what is wrong with a file, or to be said of it, comes before any run
    changes = {"burn_in_days": 0, "seed": 1, "end": config.start}
    model = RectificationModel(small(config, 300).model_copy(update=changes))
    result = model.run()
    # Of campaigns that do not lie within the run's dates, nothing is summarised: they are named all the same.
    of_campaigns = {f"{name}.{measure}" for name in config.campaigns for measure in rebound(np.zeros(9), 3, 5)}
    of_campaigns |= {
        f"{name}.target.{target}_{when}"
        for name, campaign in config.campaigns.items()
        for target in campaign.targets
        for when in ("before", "end", "after")
    }
    outcomes = set(result.summary) | of_campaigns
    of_parts, curves = names_of(result.series, outcomes, config.platforms, config.kinds)
    units = {name: metric.unit for name, metric in model.recorder.metrics.items()}
    found = {name: unit_of(name, units, set(config.campaigns)) for name in outcomes | of_parts}
    return found, {str(name) for name in result.series["metric"].unique()} | curves
