"""What do platforms do to accounts and posts, and how much work does it make?

Sanctions are drawn in three panels, by how published figures count them, because they differ a hundredfold in number.
"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rectify.report import style
from rectify.report.load import StoredRun, plain

GROUPS = {"closure": "Closures", "lesser": "Lesser punishments", "notice": "Notices and removals"}
"""How a sanction counts → title of its panel."""
PREFIX = "sanction."


def _applied(run: StoredRun) -> dict[str, list[str]]:
    """Sanctions that were ever applied, by how they count; known groups first."""
    stored = [str(name) for name in run.frame["metric"].unique()]
    known = [PREFIX + name for name in run.config.get("sanctions") or {}]
    names = [name for name in dict.fromkeys(known + sorted(stored)) if name.startswith(PREFIX) and run.has(name)]
    groups: dict[str, list[str]] = {group: [] for group in GROUPS}
    for name in names:
        group = str(run.entry("sanctions", name.removeprefix(PREFIX)).get("counted_as", "other"))
        groups.setdefault(group, []).append(name)
    return groups


def _draw_lines(ax: Axes, run: StoredRun, lines: dict[str, str]) -> None:
    """Draw metrics, given with their labels, that are not zero throughout."""
    present = {metric: label for metric, label in lines.items() if run.has(metric)}
    for place, (metric, label) in enumerate(present.items()):
        colour = style.SERIES_COLOURS[place % len(style.SERIES_COLOURS)]
        style.draw_daily(ax, run.series(metric), label, colour, style.DASHES[place % len(style.DASHES)])
    if not present:
        style.none_in_this_run(ax)


@style.styled
def draw(run: StoredRun) -> Figure:
    """Sanctions applied per day, by type; those that never occur are left out."""
    groups = _applied(run)
    figure, axes = style.panels("Which sanctions do platforms impose?", [2.3] * len(groups))
    for ax, (group, metrics) in zip(axes, groups.items(), strict=True):
        ax.set_title(GROUPS.get(group, plain(group)))
        _draw_lines(ax, run, {name: run.label("sanctions", name.removeprefix(PREFIX)) for name in metrics})
        style.count_axis(ax, "Sanctions per day")
        style.legend(ax)
    return style.finish(figure, axes, run, f"Lines: {style.MEANS} {style.scale_note(run)}")


@style.styled
def draw_removal(run: StoredRun) -> Figure:
    """Posts removed per day; cases opened per day and cases waiting; days from writing to takedown."""
    figure, axes = style.panels("How much is removed, and how soon?", [2.1, 2.1, 2.1])
    removed = run.series("posts_removed")
    axes[0].set_title("Posts removed")
    _draw_lines(axes[0], run, {"posts_removed": "Posts removed"})
    style.count_axis(axes[0], "Posts per day")
    axes[1].set_title("Work for reviewers")
    _draw_lines(axes[1], run, {"cases": "Cases opened per day", "backlog": "Cases waiting at the end of the day"})
    style.count_axis(axes[1], "Cases")
    axes[2].set_title("Takedown delay: mean time from writing to takedown")
    if run.has("takedown_delay"):
        delay = run.series("takedown_delay").where(removed > 0)
        style.draw_faint(axes[2], delay, style.BLUE)
        mean = style.ratio((delay * removed).fillna(0.0), removed)
        style.draw_line(axes[2], mean, "Delay", style.BLUE)
    else:
        style.none_in_this_run(axes[2])
    style.number_axis(axes[2], "Days")
    style.legend(axes[1])
    return style.finish(figure, axes, run, f"Lines: {style.MEANS} {style.scale_note(run)}")
