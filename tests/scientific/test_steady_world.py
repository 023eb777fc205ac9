"""A world left alone stays as it is: without a campaign, prevalence and numbers of accounts have no trend."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from rectify import RectificationModel

Build = Callable[..., RectificationModel]
WEEKS = 21


def trends(build: Build, rows: int, seeds: range) -> tuple[np.ndarray, np.ndarray]:
    """By seed: change of prevalence and of open accounts over 147 days along a straight line, relative to the mean."""
    found: list[list[float]] = []
    for seed in seeds:
        model = build(
            {
                "population.accounts": rows,
                "campaigns": {},
                "burn_in_days": 120,
                "end": "2023-05-27",
                "seed": seed,
            }
        )
        model.run()
        weekly = model.recorder.total("prevalence").reshape(WEEKS, 7).mean(axis=1)
        accounts = model.recorder.total("open_accounts")
        accounts = accounts[np.isfinite(accounts)]
        both = []
        for series in (weekly, accounts):
            slope = stats.linregress(np.arange(len(series)), series).slope
            both.append(slope * len(series) / series.mean())
        found.append(both)
    prevalence, accounts = np.array(found).T
    return prevalence, accounts


def check(prevalence: np.ndarray, accounts: np.ndarray, most: float) -> None:
    """No trend beyond what differs between seeds (t-test at 0.1 %), and none larger than *most*."""
    # Weeks of one run depend on each other, as accounts and memories last; runs of different seeds do not.
    assert stats.ttest_1samp(prevalence, 0.0).pvalue > 1e-3
    assert abs(prevalence.mean()) < most
    assert abs(accounts.mean()) < 0.03


def test_without_a_campaign_nothing_trends(build: Build) -> None:
    """Six small worlds, each with random draws of its own."""
    check(*trends(build, 8_000, range(1, 7)), most=0.2)


@pytest.mark.slow
def test_without_a_campaign_nothing_trends_in_large_worlds(build: Build) -> None:
    """Eight worlds of 60,000 rows."""
    check(*trends(build, 60_000, range(11, 19)), most=0.06)
