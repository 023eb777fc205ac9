"""How much of what stands in feeds is illegal, how widely it is seen, and how fast it is taken down?"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rectify.report import style
from rectify.report.load import StoredRun

METRIC = "feed_prevalence"
"""The metric that only runs with feeds have."""

GRAPH_METRIC = "messages_in_feeds"
"""The metric that only runs of messages on a fixed graph have."""

SHARES = (
    (METRIC, "Of filled feed slots", style.BLACK, "-"),
    ("prevalence", "Of messages seen", style.BLUE, style.DASHES[1]),
)
COUNTS = (
    ("posts", "Written", style.BLACK, "-"),
    ("posts_removed", "Taken down", style.VERMILION, style.DASHES[1]),
    ("messages_in_feeds", "In some feed", style.BLUE, style.DASHES[2]),
)


def _draw_counts(ax: Axes, run: StoredRun) -> None:
    present = [count for count in COUNTS if run.stores(count[0])]
    for metric, label, colour, dash in present:
        style.draw_daily(ax, run.series(metric, kind="illegal"), label, colour, dash)
    if not present:
        style.none_in_this_run(ax)
    style.count_axis(ax, "Messages")
    style.legend(ax)


def _draw_shares(ax: Axes, run: StoredRun) -> None:
    present = [share for share in SHARES if run.has(share[0])]
    for metric, label, colour, dash in present:
        style.draw_daily(ax, run.series(metric), label, colour, dash)
    if not present:
        style.none_in_this_run(ax)
    style.share_axis(ax, "Illegal share")
    style.legend(ax)


ACCOUNT_SHARES = (
    *SHARES,
    ("unique_prevalence", "Of distinct messages in feeds", style.VERMILION, style.DASHES[2]),
)


@style.styled
def draw_accounts(run: StoredRun) -> Figure:
    """Of accounts on a follower network: violating share of feeds and views, cascade sizes, ages at takedown."""
    figure, (shares, cascades, ages) = style.panels("How much of what stands in feeds breaks a rule?", [2.6, 1.9, 1.9])
    shares.set_title("Prevalence of violating messages")
    for metric, label, colour, dash in ACCOUNT_SHARES:
        style.draw_daily(shares, run.series(metric), label, colour, dash)
    style.share_axis(shares, "Violating share")
    style.legend(shares)
    cascades.set_title("Times that a violating message in some feed has been shared")
    style.draw_daily(cascades, run.series("cascade_size"), "Mean", style.BLACK)
    style.number_axis(cascades, "Shares")
    ages.set_title("Age of messages when taken down")
    style.draw_daily(ages, run.series("takedown_age"), "Mean", style.BLACK)
    style.number_axis(ages, "Days")
    return style.finish(figure, [shares, cascades, ages], run, f"Lines: {style.MEANS}")


@style.styled
def draw(run: StoredRun) -> Figure:
    """Illegal share of feed slots and of views; illegal messages written, taken down, and in feeds. One step a day."""
    figure, (shares, counts) = style.panels("How much of what stands in feeds is illegal?", [2.6, 2.6])
    shares.set_title("Prevalence of illegal messages")
    _draw_shares(shares, run)
    counts.set_title("Illegal messages")
    _draw_counts(counts, run)
    return style.finish(figure, [shares, counts], run, f"One step is one day. Lines: {style.MEANS}")
