"""RunResult: what any run gives, whatever it simulates."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from rectify.configuration.settings import Settings
from rectify.core.quantity import Quantity, Scalar


@dataclass(frozen=True)
class RunResult[Config: Settings]:
    """What a run gives: ``series`` (tidy: date, platform, kind, metric, value), ``summary`` and ``published``.

    absent: why a number is not in the summary that could be. metrics, outcomes: what the numbers of the series and of
    the summary are. All by name.
    """

    config: Config
    series: pd.DataFrame
    summary: dict[str, float]
    absent: dict[str, str]
    published: pd.DataFrame
    metrics: dict[str, Quantity]
    outcomes: dict[str, Scalar]
    accounts: int
    threads: int
    seconds: float
