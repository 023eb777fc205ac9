"""``rectify run``: one scenario from its configuration to a result folder with tables and figures."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from omegaconf import OmegaConf
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

import rectify
from rectify.configuration.composing import combinations, compose_any, composed_values
from rectify.configuration.run_config import RunConfig
from rectify.configuration.settings import Settings
from rectify.diffusion.config import DiffusionConfig
from rectify.model import RectificationModel
from rectify.results import RunResult


class RunProgress:
    """A progress bar on standard error: the date, prevalence and closures so far, and the time left."""

    def __init__(self, days: int | None, console: Console) -> None:
        self.bar = Progress(
            TextColumn("{task.fields[date]}"),
            BarColumn(),
            TextColumn("prevalence {task.fields[prevalence]}  closed {task.fields[closed]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=days is None or not console.is_terminal,
        )
        self.task = self.bar.add_task("", total=days, date="", prevalence="", closed="")
        self.closed = 0.0

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()

    def __call__(self, model: RectificationModel) -> None:
        """Show the day just simulated."""
        counters = model.world.counters
        views = counters["views"]
        total = float(views.sum())
        self.closed += float(counters["closed"].sum()) * model.world.scale
        self.bar.update(
            self.task,
            completed=model.day,
            date=model.date.isoformat(),
            prevalence=f"{views[:, :-1].sum() / total if total else 0:.2%}",
            closed=f"{self.closed:,.0f}",
        )


def published_table(result: RunResult[Any]) -> Table:
    """The comparison with published figures, for the terminal."""
    table = Table(title="Published figures beside the simulated ones")
    for heading, justify in (("figure", "left"), ("published", "right"), ("simulated", "right"), ("ratio", "right")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for row in result.published.itertuples(index=False):
        table.add_row(str(row.figure), f"{row.published:,.0f}", f"{row.simulated:,.0f}", f"{row.ratio:.2f}")
    return table


def outcome_table(result: RunResult[RunConfig]) -> Table:
    """A handful of outcomes, for the terminal."""
    table = Table(title=result.config.title)
    table.add_column("outcome")
    table.add_column("value", justify="right")
    rows = [("mean prevalence", "prevalence_mean")]
    for campaign in result.config.campaigns:
        for measure, label in (
            ("before", "the month before"),
            ("end", "its last week"),
            ("after", "the run's last month"),
        ):
            rows.append((f"{campaign}: prevalence in {label}", f"{campaign}.prevalence_{measure}"))
    rows += [
        ("accounts closed", "closed_total"),
        ("of these wrongly", "wrongly_closed_total"),
        ("returns per closure", "returned_share"),
        ("decisions reversed on appeal", "reversals_total"),
        ("lawful posts not written", "posts_unwritten_total"),
    ]
    for label, name in rows:
        if name in result.summary or name in result.absent:
            table.add_row(label, result.shown(name))
    return table


def target_table(result: RunResult[RunConfig]) -> Table:
    """What campaigns are against, before them, in their last week, and in the run's last month."""
    table = Table(title="Targets")
    for heading in ("target", "month before", "last week", "run's last month"):
        table.add_column(heading, justify="left" if heading == "target" else "right")
    for name, campaign in result.config.campaigns.items():
        for target, about in campaign.targets.items():
            names = (f"{name}.target.{target}_{when}" for when in ("before", "end", "after"))
            table.add_row(about.label, *(result.shown(each) for each in names))
    return table


def message_table(result: RunResult[DiffusionConfig]) -> Table:
    """All numbers of the summary of a run of messages on a fixed graph, for the terminal."""
    table = Table(title=result.config.title)
    table.add_column("outcome")
    table.add_column("value", justify="right")
    for name in (*result.summary, *result.absent):
        table.add_row(name.replace("_", " "), result.shown(name))
    return table


def tables_of(result: RunResult[Any]) -> list[Table]:
    """What the terminal shows of a run, whatever it simulated."""
    if not isinstance(result.config, RunConfig):
        return [message_table(result)]
    published = [published_table(result)] if len(result.published) else []
    targets = [target_table(result)] if any(each.targets for each in result.config.campaigns.values()) else []
    return [*published, *targets, outcome_table(result)]


def run_all(overrides: Sequence[str], config_folder: Path | None, several: bool, only_print: bool) -> list[Path]:
    """Compose and run; with *several*, once for each combination of values given as KEY=A,B,C. Returns the folders.

    *only_print*: print the configurations, as YAML, in place of running them. Raises ``ConfigError``.
    """
    folders = []
    for number, chosen in enumerate(combinations(overrides) if several else [list(overrides)]):
        if only_print:
            composed, _ = composed_values(chosen, config_folder)
            print(("---\n" if number else "") + OmegaConf.to_yaml(composed), end="")
        else:
            folders.append(run(compose_any(chosen, config_folder)))
    return folders


def run(config: Settings) -> Path:
    """Run *config*, write its result folder, print its tables; the last line printed is the folder."""
    days = config.calendar.days if isinstance(config, RunConfig) else None
    with RunProgress(days, Console(stderr=True)) as progress:
        result = rectify.run(config, output=config.output, progress=progress)
    out = Console(file=sys.stdout)
    for table in tables_of(result):
        out.print(table)
    print(result.folder, flush=True)
    assert result.folder is not None
    return result.folder
