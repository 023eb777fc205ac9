"""Every metric, family by family."""

from __future__ import annotations

from sim.metrics import census, collateral, content, deterrence, oversight, recidivism, sanctioning
from sim.metrics.metric import Metric
from sim.policy.sanctions import Sanctions


def all_metrics(sanctions: Sanctions) -> tuple[Metric, ...]:
    """The metrics of a run with these *sanctions*, in the order in which they are recorded."""
    return (
        *content.METRICS,
        *sanctioning.METRICS,
        *sanctioning.sanction_metrics(sanctions.names, sanctions.labels),
        *collateral.METRICS,
        *recidivism.METRICS,
        *deterrence.METRICS,
        *oversight.METRICS,
        *census.Census().metrics(),
        *census.INCOME,
    )
