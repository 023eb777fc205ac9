"""How much of the audience on display is real, and who earns from it?"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rectify.report import style
from rectify.report.load import LAWFUL, StoredRun


def _draw_followers(ax: Axes, run: StoredRun) -> None:
    ax.set_title("Followers on display")
    real, zombies = run.series("real_followers"), run.series("zombie_followers")
    if run.has("real_followers") or run.has("zombie_followers"):
        style.draw_line(ax, real + zombies, "Displayed (real and bought)", style.BLACK)
        style.draw_line(ax, real, "Real", style.SKY, style.DASHES[1])
    else:
        style.none_in_this_run(ax)
    style.count_axis(ax, "Followers")
    style.legend(ax)


def _draw_zombie_share(ax: Axes, run: StoredRun) -> None:
    ax.set_title("Bought followers among those on display")
    real, zombies = run.series("real_followers"), run.series("zombie_followers")
    if run.has("zombie_followers"):
        real_violators = real - run.series("real_followers", kind=LAWFUL)
        zombie_violators = zombies - run.series("zombie_followers", kind=LAWFUL)
        share = zombie_violators / (displayed := real_violators + zombie_violators).where(displayed > 0)
        style.draw_line(ax, share, "Accounts that turn to violations", style.VERMILION)
        style.draw_line(
            ax, zombies / (total := real + zombies).where(total > 0), "All accounts", style.BLACK, style.DASHES[1]
        )
    else:
        style.none_in_this_run(ax)
    style.share_axis(ax, "Share of followers")
    style.legend(ax)


def _draw_income(ax: Axes, run: StoredRun) -> None:
    ax.set_title("Income")
    lawful = run.series("income", kind=LAWFUL)
    if run.has("income"):
        style.draw_daily(ax, run.series("income") - lawful, "Accounts that turn to violations", style.VERMILION)
        style.draw_daily(ax, lawful, "Lawful authors", style.BLUE, style.DASHES[1])
    else:
        style.none_in_this_run(ax)
    style.count_axis(ax, "Yuan per day")
    style.legend(ax)


@style.styled
def draw(run: StoredRun) -> Figure:
    """Followers displayed and real, share bought (both at each census), and income per day (yuan)."""
    figure, axes = style.panels("Whose audience is real, and who earns?", [2.2, 2.2, 2.2])
    _draw_followers(axes[0], run)
    _draw_zombie_share(axes[1], run)
    _draw_income(axes[2], run)
    return style.finish(figure, axes, run, f"Followers: counted at each census. Income: {style.MEANS}")
