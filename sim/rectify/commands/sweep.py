"""``rectify sweep``: an experiment file from its design to one dataset, on this machine or on a cluster."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from rectify.commands.options import SweepOptions, read_options
from rectify.configuration.composing import options as available
from rectify.configuration.composing import split_plugins
from rectify.configuration.plugged import plugins_of
from rectify.core.errors import ConfigError
from rectify.core.kernel import is_cold
from rectify.core.paths import config_root
from rectify.plugins.loading import load_plugins
from rectify.study.cells import Plan, make_plan
from rectify.study.design import FOLDER, load_experiment
from rectify.study.execute import Where, check_reachable
from rectify.study.sweep import SweepResult, check_names, run_plan

FAILURES_SHOWN = 5


def run_with_bar(plan: Plan, output: Path, where: Where, notes: Console, forks: bool = True) -> SweepResult:
    """Check a plan's names, run it with a progress bar on *notes*, and say how it went there."""
    check_reachable(where)
    if is_cold():
        notes.print("Compiling kernels, first run only: this takes about a minute.")
    named = check_names(plan)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
        console=notes, transient=True, disable=not notes.is_terminal,
    )  # fmt: skip
    with bar:
        task = bar.add_task(plan.experiment.name, total=None, rate="starting")
        first: list[int] = []

        def watch(done: int, total: int, failed: int) -> None:
            if not first:
                first.append(done)  # the rate is of this session's runs, not of those found
                bar.reset(task, total=total, completed=done)
            bar.update(task, completed=done, total=total)
            seconds = bar.tasks[0].elapsed or 0.0
            rate = f"{(done - first[0]) / seconds:.2f} runs/s" if seconds and done > first[0] else "starting"
            bar.update(task, rate=rate + (f", [red]{failed} failed[/]" if failed else ""))

        result = run_plan(plan, output, where, watch, forks=forks, named=named)
    found = result.runs - result.computed
    notes.print(
        f"{result.runs} runs in {result.folder}: {result.computed} computed now in {result.seconds:.1f} s"
        + (f", {found} found" if found else "")
        + (f"; shared days spared {result.spared_seconds:.1f} s of runs" if result.spared_seconds else "")
        + f"; digest {result.digest[:12]}",
        highlight=False,
        soft_wrap=True,
    )
    for what, error in result.failed[:FAILURES_SHOWN]:
        notes.print(f"[bold red]failed[/]: {escape(what)}: {escape(error)}", soft_wrap=True, highlight=False)
    if len(result.failed) > FAILURES_SHOWN:
        notes.print(f"[bold red]failed[/]: {len(result.failed) - FAILURES_SHOWN} more; column 'error' of the runs")
    return result


def sweep(arguments: Sequence[str], config_folder: str | None = None) -> bool:
    """Run an experiment; the last line printed is its dataset's folder. True when no run failed.

    *arguments*: ``experiment=NAME``, the other keys of :class:`SweepOptions`, and overrides of the base configuration.
    Raises ``UserError`` for errors that can be put right.
    """
    folders = [config_root(), *([Path(config_folder).resolve()] if config_folder else [])]
    if not any(argument.startswith("experiment=") for argument in arguments):
        known = ", ".join(available(FOLDER, folders))
        raise ConfigError([f"experiment: is missing. Known: {known}"])
    options, overrides = read_options(SweepOptions, arguments)
    where = options.where
    experiment = load_experiment(options.experiment, folders)
    if options.replicates is not None:
        experiment = experiment.model_copy(update={"replicates": options.replicates})
    if options.fast:
        experiment = experiment.shrunk()
    named, overrides = split_plugins(overrides)
    load_plugins(named)
    plugins_of(experiment.plugins)  # which the user must have named
    plugins = list(dict.fromkeys([*experiment.plugins, *named]))
    experiment = experiment.model_copy(update={"base": [*experiment.base, *overrides], "plugins": plugins})
    plan = make_plan(experiment, folders[-1] if config_folder else None)
    result = run_with_bar(plan, Path(options.output), where, Console(stderr=True), options.forks)
    if experiment.figures:
        from rectify.report.datasets import draw_dataset  # matplotlib takes a while to load

        draw_dataset(result.folder)
    from rectify.report.page import write_page

    write_page(result.folder, shlex.join(["rectify", "sweep", *arguments]))
    print(result.folder, flush=True)
    return not result.failed
