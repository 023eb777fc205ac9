"""What does enforcement do to those who broke no rule?"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rectify.report import style
from rectify.report.load import StoredRun

DECISIONS = (
    ("wrongly_lesser", "Wrongful lesser punishments", style.ORANGE, "-"),
    ("wrongly_closed", "Wrongful closures", style.VERMILION, style.DASHES[2]),
    ("reversals", "Decisions of any sort reversed on appeal", style.BLUE, style.DASHES[1]),
)


def _draw_decisions(ax: Axes, run: StoredRun) -> None:
    ax.set_title("Wrongful sanctions, and reversals")
    present = [decision for decision in DECISIONS if run.has(decision[0])]
    for metric, label, colour, dash in present:
        style.draw_daily(ax, run.series(metric), label, colour, dash)
    if not present:
        style.none_in_this_run(ax)
    style.count_axis(ax, "Decisions per day")
    style.legend(ax)


def _draw_unwritten(ax: Axes, run: StoredRun) -> None:
    ax.set_title("Chilling effect: lawful posts not written for fear of punishment")
    if run.has("posts_unwritten"):
        style.draw_line(ax, run.series("posts_unwritten"), "Lawful posts not written", style.PURPLE, width=1.3)
    else:
        style.none_in_this_run(ax)
    style.count_axis(ax, "Posts per day")


def _draw_false_share(ax: Axes, run: StoredRun) -> None:
    ax.set_title("Cases about accounts that broke no rule")
    if run.has("cases"):
        false, cases = run.series("false_cases"), run.series("cases")
        style.draw_faint(ax, style.ratio(false, cases, days=1), style.GREEN)
        style.draw_line(ax, style.ratio(false, cases), "Share of cases", style.GREEN)
    else:
        style.none_in_this_run(ax)
    style.share_axis(ax, "Share of cases")


@style.styled
def draw(run: StoredRun) -> Figure:
    """Wrongful sanctions and reversals per day; lawful posts not written per day; false share among cases opened."""
    figure, axes = style.panels("What does enforcement cost those who broke no rule?", [2.3, 2.1, 2.1])
    _draw_decisions(axes[0], run)
    _draw_unwritten(axes[1], run)
    _draw_false_share(axes[2], run)
    return style.finish(figure, axes, run, f"Decisions, cases: {style.MEANS} Posts: daily. {style.scale_note(run)}")
