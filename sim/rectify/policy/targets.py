"""Targets: what a campaign says it is against, and the metric in which each shows."""

from __future__ import annotations

from pydantic import Field

from rectify.core.params import Params


class TargetParams(Params):
    """One target of a campaign."""

    label: str
    metric: str = Field(description="Name of the metric in which it shows.")
    kinds: list[str] | None = Field(
        default=None, description="Only these kinds, of a metric that counts by kind; all when not given."
    )
