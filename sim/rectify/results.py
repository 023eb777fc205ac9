"""RunResult: what any run gives, whatever it simulates."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from rectify.configuration.settings import Settings


@dataclass(frozen=True)
class RunResult[Config: Settings]:
    """What a run gives: ``series`` (tidy: date, platform, kind, metric, value), ``summary`` and ``published``."""

    config: Config
    series: pd.DataFrame
    summary: dict[str, float]
    published: pd.DataFrame
    accounts: int
    threads: int
    seconds: float
