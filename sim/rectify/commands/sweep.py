"""``rectify sweep``: an experiment file from its design to one dataset, on this machine or on a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

import rectify
from rectify.commands.options import SweepOptions, read_options
from rectify.configuration.composing import options as available
from rectify.core.errors import ConfigError
from rectify.core.paths import config_root
from rectify.study.design import FOLDER

FAILURES_SHOWN = 5


class RunsProgress:
    """A progress bar on standard error, of runs that are done; called with runs done, in all, and failed."""

    def __init__(self, name: str, notes: Console) -> None:
        self.bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
            console=notes, transient=True, disable=not notes.is_terminal,
        )  # fmt: skip
        self.task = self.bar.add_task(name, total=None, rate="starting")
        self.found: int | None = None
        """Runs that were there already: the rate is of this session's."""

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()

    def __call__(self, done: int, total: int, failed: int) -> None:
        """Show how far it is."""
        if self.found is None:
            self.found = done
            self.bar.reset(self.task, total=total, completed=done)
        self.bar.update(self.task, completed=done, total=total)
        seconds = self.bar.tasks[0].elapsed or 0.0
        rate = f"{(done - self.found) / seconds:.2f} runs/s" if seconds and done > self.found else "starting"
        self.bar.update(self.task, rate=rate + (f", [red]{failed} failed[/]" if failed else ""))


def say_how_it_went(dataset: rectify.Dataset, notes: Console) -> bool:
    """Print how many runs were computed, and which failed; True when none did."""
    session = dataset.session
    assert session is not None
    found = session.runs - session.computed
    notes.print(
        f"{session.runs} runs in {dataset.folder}: {session.computed} computed now in {session.seconds:.1f} s"
        + (f", {found} found" if found else "")
        + (f"; shared days spared {session.spared_seconds:.1f} s of runs" if session.spared_seconds else "")
        + f"; digest {session.digest[:12]}",
        highlight=False,
        soft_wrap=True,
    )
    for what, error in session.failed[:FAILURES_SHOWN]:
        notes.print(f"[bold red]failed[/]: {escape(what)}: {escape(error)}", soft_wrap=True, highlight=False)
    if len(session.failed) > FAILURES_SHOWN:
        notes.print(f"[bold red]failed[/]: {len(session.failed) - FAILURES_SHOWN} more; column 'error' of the runs")
    return not session.failed


def sweep(arguments: Sequence[str], config_folder: Path | None = None) -> bool:
    """Run an experiment; the last line printed is its dataset's folder. True when no run failed.

    *arguments*: ``experiment=NAME``, the other keys of :class:`SweepOptions`, and overrides of the base configuration.
    Raises ``UserError`` for errors that can be put right.
    """
    if not any(argument.startswith("experiment=") for argument in arguments):
        known = ", ".join(available(FOLDER, [config_root(), *([config_folder] if config_folder else [])]))
        raise ConfigError([f"experiment: is missing. Known: {known}"])
    options, overrides = read_options(SweepOptions, arguments)
    notes = Console(stderr=True)
    with RunsProgress(options.experiment, notes) as progress:
        dataset = rectify.sweep(
            options.experiment, overrides,
            fast=options.fast, replicates=options.replicates, forks=options.forks, output=options.output,
            config_folder=config_folder, progress=progress, **options.where,
        )  # fmt: skip
    well = say_how_it_went(dataset, notes)
    print(dataset.folder, flush=True)
    return well
