"""``rectify run``: one scenario from its configuration to a result folder with tables and figures."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import singledispatch
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from omegaconf import OmegaConf
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from rectify.checkpoint import Checkpoint
from rectify.configuration.composing import combinations, compose_any, composed_values
from rectify.configuration.run_config import RunConfig
from rectify.configuration.settings import Settings
from rectify.core.errors import UserError
from rectify.core.kernel import is_cold
from rectify.diffusion.config import DiffusionConfig
from rectify.diffusion.run import run_diffusion
from rectify.model import RectificationModel
from rectify.results import RunResult
from rectify.store import check_writable, explain_os_error, new_folder, run_folder, write_tables

COMPILING = "Compiling kernels, first run only: this takes about a minute."


class RunProgress:
    """A progress bar on standard error: the date, prevalence and closures so far, and the time left."""

    def __init__(self, days: int, console: Console) -> None:
        self.bar = Progress(
            TextColumn("{task.fields[date]}"),
            BarColumn(),
            TextColumn("prevalence {task.fields[prevalence]}  closed {task.fields[closed]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
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

    def start_at(self, day: int) -> None:
        """Count the days that a checkpoint spares as done."""
        self.bar.update(self.task, completed=day)

    def __call__(self, model: RectificationModel) -> None:
        """Show the day just simulated."""
        counters = model.world.counters
        views = counters["views"]
        total = float(views.sum())
        self.closed += float(counters["closed"].sum()) * model.world.scale
        self.bar.update(
            self.task,
            advance=1,
            date=model.date.isoformat(),
            prevalence=f"{views[:, :-1].sum() / total if total else 0:.2%}",
            closed=f"{self.closed:,.0f}",
        )


@contextmanager
def checkpointed(model: RectificationModel, notes: Console) -> Iterator[Callable[[RectificationModel], None]]:
    """Set a new *model* to its last checkpoint, if there is one; gives what writes the next ones, called every day.

    A checkpoint that cannot be gone on from is left aside, with a note that says why. The last one goes with the end
    of the run, unless it is to be kept.
    """
    config = model.config
    settings = config.checkpoint
    if settings.every is None:
        yield lambda _: None
        return
    every = settings.every
    folder = run_folder(config.output, config.name, config.identity, config.seed)
    checkpoint = Checkpoint(folder.with_name(f"{folder.name}.checkpoint.npz"), config)
    if config.inputs and not checkpoint.path.exists():
        # Another content of an input file is another identity, whose folder lies beside.
        for other in sorted(folder.parent.parent.glob(f"*/{checkpoint.path.name}")):
            Checkpoint(other, config).check_inputs()
    if checkpoint.path.exists():
        try:
            checkpoint.load(model)
            notes.print(f"going on after {model.date}, from {checkpoint.path}")
        except UserError as error:
            notes.print(f"starting anew: {error}")

    def save(model: RectificationModel) -> None:
        if model.day % every == 0 and model.running:
            try:
                checkpoint.path.parent.mkdir(parents=True, exist_ok=True)
                checkpoint.save(model)
            except OSError as error:
                raise explain_os_error(error, checkpoint.path) from None

    yield save
    if not settings.keep:
        checkpoint.path.unlink(missing_ok=True)


def published_table(result: RunResult[Any]) -> Table:
    """The comparison with published figures, for the terminal."""
    table = Table(title="Published figures beside the simulated ones")
    for heading, justify in (("figure", "left"), ("published", "right"), ("simulated", "right"), ("ratio", "right")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for row in result.published.itertuples(index=False):
        table.add_row(str(row.figure), f"{row.published:,.0f}", f"{row.simulated:,.0f}", f"{row.ratio:.2f}")
    return table


def shown(result: RunResult[Any], name: str) -> str:
    """A number of the summary in few digits, or why there is none."""
    if name not in result.summary:
        return f"none: {result.absent[name]}"
    value, about = result.summary[name], result.outcomes[name]
    return f"{value:.2%}" if about.is_share else f"{value:,.0f}" if about.number != "level" else f"{value:.6g}"


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
            table.add_row(label, shown(result, name))
    return table


def target_table(result: RunResult[RunConfig]) -> Table:
    """What campaigns are against, before them, in their last week, and in the run's last month."""
    table = Table(title="Targets")
    for heading in ("target", "month before", "last week", "run's last month"):
        table.add_column(heading, justify="left" if heading == "target" else "right")
    for name, campaign in result.config.campaigns.items():
        for target, about in campaign.targets.items():
            names = (f"{name}.target.{target}_{when}" for when in ("before", "end", "after"))
            table.add_row(about.label, *(shown(result, each) for each in names))
    return table


def message_table(result: RunResult[DiffusionConfig]) -> Table:
    """All numbers of the summary of a run of messages on a fixed graph, for the terminal."""
    table = Table(title=result.config.title)
    table.add_column("outcome")
    table.add_column("value", justify="right")
    for name in (*result.summary, *result.absent):
        table.add_row(name.replace("_", " "), shown(result, name))
    return table


@singledispatch
def simulate(config: Settings, notes: Console) -> tuple[RunResult[Any], list[Table]]:
    """Run what *config* describes: the result, and tables for the terminal. One form for each kind of configuration."""
    raise NotImplementedError(type(config).__name__)


@simulate.register
def _(config: RunConfig, notes: Console) -> tuple[RunResult[Any], list[Table]]:
    model = RectificationModel(config)
    with RunProgress(config.calendar.days, notes) as progress, checkpointed(model, notes) as saving:

        def after_a_day(model: RectificationModel) -> None:
            progress(model)
            saving(model)

        progress.start_at(model.day)
        result = model.run(after_a_day)
    published = [published_table(result)] if len(result.published) else []
    targets = [target_table(result)] if any(each.targets for each in config.campaigns.values()) else []
    return result, [*published, *targets, outcome_table(result)]


@simulate.register
def _(config: DiffusionConfig, notes: Console) -> tuple[RunResult[Any], list[Table]]:
    result = run_diffusion(config)
    return result, [message_table(result)]


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
    notes = Console(stderr=True)
    check_writable(config.output)
    if is_cold():
        notes.print(COMPILING)
    result, tables = simulate(config, notes)
    folder = save(result)
    out = Console(file=sys.stdout)
    for table in tables:
        out.print(table)
    print(folder, flush=True)
    return folder


def save(result: RunResult[Any]) -> Path:
    """Write the result folder of a finished run, figures included; returns it."""
    from rectify.report.figures import (
        draw_all,  # matplotlib takes a while to load: only when there is something to draw
    )

    config = result.config
    final = run_folder(config.output, config.name, config.identity, config.seed)
    with new_folder(final) as folder:
        write_tables(
            folder,
            config=config.model_dump(mode="json"),
            series=result.series,
            summary=result.summary,
            absent=result.absent,
            published=result.published,
            metrics=result.metrics,
            outcomes=result.outcomes,
            about={
                "name": config.name,
                "identity": config.identity,
                "seed": config.seed,
                "inputs": {key: file.model_dump() for key, file in config.inputs.items()},
                "accounts": result.accounts,
                "threads": result.threads,
                "seconds": round(result.seconds, 3),
            },
        )
        draw_all(folder)
    return final
