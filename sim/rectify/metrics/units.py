"""Units of a run's summary: what each of its numbers is counted in."""

from __future__ import annotations

from collections.abc import Mapping

ENDS = ("_total", "_mean", "_first", "_last", "_share", "_days")
OWN = {
    "accounts": "rows",
    "scale": "accounts per row",
    "days": "days",
    "returned_share": "share",
    "audience_recovered_share": "share",
    "days_to_return_mean": "days",
    "income_lawful_total": "yuan",
    "income_violators_total": "yuan",
}
"""Numbers of the summary that are no metric's total, mean, first or last value."""
OF_CAMPAIGNS = {"rebound_half_life_days": "days"}
"""Measures of a campaign that are no shares."""


def unit_of(outcome: str, metrics: Mapping[str, str], campaigns: frozenset[str] | set[str]) -> str:
    """Unit of a number of the summary; *metrics*: unit by metric, *campaigns*: their names. "" when it is not known.

    ``prevalence_mean`` and ``prevalence_mean.weibo`` have that of ``prevalence``; ``campaign.rebound_share`` its own;
    published figures count accounts or posts, by their name.
    """
    if outcome in OWN:
        return OWN[outcome]
    head, _, rest = outcome.partition(".")
    if head == "published":
        return "posts" if "posts" in rest else "accounts"
    if head in campaigns and rest.startswith("target."):
        return ""
    if head in campaigns:
        return OF_CAMPAIGNS.get(rest, "share")
    for end in ENDS:
        if outcome.endswith(end) and outcome.removesuffix(end) in metrics:
            return metrics[outcome.removesuffix(end)]
    whole = outcome.rpartition(".")[0]
    return unit_of(whole, metrics, campaigns) if whole else ""
