"""Every metric, family by family."""

from __future__ import annotations

from collections.abc import Sequence

from rectify.metrics import census, channels, collateral, content, deterrence, feeds, oversight, recidivism, sanctioning
from rectify.metrics.metric import Metric
from rectify.policy.sanctions import Sanctions


def all_metrics(sanctions: Sanctions, with_feeds: bool, with_channels: Sequence[tuple[str, str]]) -> tuple[Metric, ...]:
    """The metrics of a run with these *sanctions*, and with a follower network or not, in the order of recording.

    *with_channels*: names and labels of its detection channels.
    """
    return (
        *content.METRICS,
        *sanctioning.METRICS,
        *sanctioning.sanction_metrics(sanctions),
        *channels.channel_metrics(with_channels),
        *collateral.METRICS,
        *recidivism.METRICS,
        *deterrence.METRICS,
        *oversight.METRICS,
        *census.Census().metrics(),
        *census.INCOME,
        *(feeds.METRICS if with_feeds else ()),
    )
