"""How much of what stands in feeds is illegal, how widely it is seen, and how fast it is taken down?"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.report import style
from sim.report.load import StoredRun

METRIC = "feed_prevalence"
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


@style.styled
def draw(run: StoredRun) -> Figure:
    """Illegal share of feed slots and of views; illegal messages written, taken down, and in feeds. One step a day."""
    figure, (shares, counts) = style.panels("How much of what stands in feeds is illegal?", [2.6, 2.6])
    shares.set_title("Prevalence of illegal messages")
    _draw_shares(shares, run)
    counts.set_title("Illegal messages")
    _draw_counts(counts, run)
    return style.finish(figure, [shares, counts], run, f"One step is one day. Lines: {style.MEANS}")
