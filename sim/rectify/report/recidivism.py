"""Do closed accounts come back, what stops them, and how much of their audience finds them again?"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rectify.report import style
from rectify.report.load import StoredRun

ENOUGH = 0.05
"""Shares are drawn from the day by which this much of the run's closures, or audiences, is counted."""
FLOWS = (("closed", "Closures", style.VERMILION, "-"), ("returned", "Returns", style.BLUE, style.DASHES[1]))
REFUSALS = (
    ("refused_identity", "For the identity", style.PURPLE, "-"),
    ("refused_name", "For the name", style.GREEN, style.DASHES[1]),
    ("refused_cap", "For too many accounts on the identity", style.BLACK, style.DASHES[2]),
)
SHARES = (
    ("returned", "closed", "Returns, of closures", style.BLUE, "-"),
    ("audience_recovered", "audience_lost", "Audience that found the new account, of that before closure",
     style.ORANGE, style.DASHES[1]),
)  # fmt: skip


def _draw_flows(ax: Axes, run: StoredRun, flows: tuple[tuple[str, str, str, object], ...], label: str) -> None:
    present = [flow for flow in flows if run.has(flow[0])]
    for metric, name, colour, dash in present:
        style.draw_daily(ax, run.series(metric), name, colour, dash)
    if not present:
        style.none_in_this_run(ax)
    style.count_axis(ax, label)
    style.legend(ax)


def _draw_shares(ax: Axes, run: StoredRun) -> None:
    ax.set_title("Coming back, cumulative since the start of the run")
    present = [share for share in SHARES if run.has(share[1])]
    for part, whole, label, colour, dash in present:
        total = run.series(whole).cumsum()
        share = run.series(part).cumsum() / total.where(total >= ENOUGH * total.iloc[-1])
        style.draw_line(ax, share, label, colour, dash)
    if not present:
        style.none_in_this_run(ax)
    style.share_axis(ax, "Share")
    style.legend(ax)


@style.styled
def draw(run: StoredRun) -> Figure:
    """Closures and returns per day; cumulative shares that return and that is recovered; refused returns by reason."""
    figure, axes = style.panels("Do closed accounts come back?", [2.3, 2.3, 2.1])
    axes[0].set_title("Closures and returns")
    _draw_flows(axes[0], run, FLOWS, "Accounts per day")
    _draw_shares(axes[1], run)
    note = f"Shares: from the day by which {100 * ENOUGH:g} % of the run's closures, or audiences, are counted."
    axes[2].set_title("Registrations of returning operators refused")
    _draw_flows(axes[2], run, REFUSALS, "Refusals per day")
    return style.finish(figure, axes, run, f"Per day: {style.MEANS} {note} {style.scale_note(run)}")
