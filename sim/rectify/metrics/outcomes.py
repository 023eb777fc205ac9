"""What the numbers of a run's summary are: unit, kind of number and meaning of each, by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rectify.core.quantity import SHARE, Scalar, reduced
from rectify.metrics.metric import Metric
from rectify.policy.campaigns import MEASURES, CampaignParams, PublishedFigure

COUNTED: dict[str, Any] = {"number": "count", "scales_with_population": True}
LEVEL: dict[str, Any] = {"number": "level", "scales_with_population": False}

OF_THE_RUN = {
    "accounts": Scalar(
        unit="rows", number="stock", meaning="Rows of accounts, open or not.", scales_with_population=False
    ),
    "scale": Scalar(unit="accounts per row", meaning="Real accounts that one row stands for.", **LEVEL),
    "days": Scalar(
        unit="days", number="count", meaning="Days reported, burn-in left out.", scales_with_population=False
    ),
}  # fmt: skip
"""The size of the run."""

OF_AUTHORS = {
    "income_lawful_total": Scalar(
        unit="yuan", meaning="Income of lawful authors in the run.", statistic="total", **COUNTED
    ),
    "income_violators_total": Scalar(
        unit="yuan", meaning="Income of all other accounts in the run.", statistic="total", **COUNTED
    ),
}  # fmt: skip
"""Income by who earns it."""

OF_RETURNS = {
    "returned_share": Scalar(
        unit=SHARE, meaning="Accounts opened by operators returning after a closure, of accounts closed.",
        absent_when="no account was closed", **LEVEL,
    ),
    "days_to_return_mean": Scalar(
        unit="days", meaning="Mean wait of those who returned after a closure.", absent_when="nobody returned", **LEVEL
    ),
    "audience_recovered_share": Scalar(
        unit=SHARE, meaning="Followers who found the returned account, of those it had before closure.",
        absent_when="no account that had followers returned", **LEVEL,
    ),
}  # fmt: skip
"""Ratios of totals about those who come back after a closure."""

REBOUND = {
    "prevalence_before": Scalar(
        unit=SHARE, meaning="Prevalence in the month before the campaign.",
        absent_when="the run has no day before the campaign", **LEVEL,
    ),
    "prevalence_during": Scalar(unit=SHARE, meaning="Prevalence during the campaign.", **LEVEL),
    "prevalence_end": Scalar(unit=SHARE, meaning="Prevalence in the campaign's last week.", **LEVEL),
    "prevalence_after": Scalar(
        unit=SHARE, meaning="Prevalence in the run's last month, without days of the campaign.",
        absent_when="the run has no day after the campaign", **LEVEL,
    ),
    "rebound_share": Scalar(
        unit=SHARE, meaning="How much of the fall of prevalence was undone in the run's last month.",
        absent_when="prevalence did not fall, or the run has no day before or after the campaign", **LEVEL,
    ),
    "rebound_half_life_days": Scalar(
        unit="days", meaning="Days after the campaign until the week's mean had recovered half of the fall.",
        absent_when="prevalence did not fall, or had not recovered half of the fall by the end of the run", **LEVEL,
    ),
}  # fmt: skip
"""What a campaign did to prevalence, by the end of the name: ``campaign.prevalence_before``."""

TARGETED = {
    "before": "Mean of the days in the month before the campaign.",
    "end": "Mean of the days in the campaign's last week.",
    "after": "Mean of the days in the run's last month, without days of the campaign.",
}
"""When a target is looked at, by the end of the name: ``campaign.target.name_before``."""

TARGET_ABSENT = "the run has none of these days"


def of_metrics(metrics: Mapping[str, Metric]) -> dict[str, Scalar]:
    """Totals, means, first and last values of *metrics*, by name: ``harm_total``."""
    return {
        f"{name}_{statistic}": reduced(name, metric.quantity, statistic)
        for name, metric in metrics.items()
        for statistic in metric.statistics
    }


def _of_campaign(name: str, campaign: CampaignParams, metrics: Mapping[str, Metric]) -> Iterator[tuple[str, Scalar]]:
    whose = f"Campaign: {campaign.label}."
    for measure, outcome in REBOUND.items():
        yield f"{name}.{measure}", outcome.model_copy(update={"meaning": f"{outcome.meaning} {whose}"})
    for target, about in campaign.targets.items():
        daily = reduced(about.metric, metrics[about.metric].quantity, "mean")
        kinds = f" Only {', '.join(about.kinds)}." if about.kinds is not None else ""
        for when, sentence in TARGETED.items():
            yield (
                f"{name}.target.{target}_{when}",
                Scalar(
                    unit=daily.unit,
                    number=daily.number,
                    meaning=f"{about.label}: {metrics[about.metric].meaning}{kinds} {sentence} {whose}",
                    scales_with_population=daily.scales_with_population,
                    absent_when=TARGET_ABSENT,
                ),
            )
    for figure, published in campaign.published.items():
        yield f"published.{figure}", _of_figure(campaign, published)


def _of_figure(campaign: CampaignParams, figure: PublishedFigure) -> Scalar:
    limits = "".join(f", only {', '.join(names)}" for names in (figure.kinds, figure.platforms) if names is not None)
    unit, words = MEASURES[figure.measure]
    return Scalar(unit=unit, meaning=f"{words}{limits}, as {campaign.label} published it.", **COUNTED)


def describe(metrics: Mapping[str, Metric], campaigns: Mapping[str, CampaignParams]) -> dict[str, Scalar]:
    """Every number that the summary of a run with these *metrics* and *campaigns* can have, by its name."""
    of_campaigns = (pair for name, campaign in campaigns.items() for pair in _of_campaign(name, campaign, metrics))
    return {**OF_THE_RUN, **of_metrics(metrics), **OF_AUTHORS, **OF_RETURNS, **dict(of_campaigns)}
