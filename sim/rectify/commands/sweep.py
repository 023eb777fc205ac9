"""``rectify sweep``: an experiment file from its design to one dataset, on this machine or on a cluster."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from rectify.core.errors import ConfigError, nearest, unknown
from rectify.core.kernel import is_cold
from rectify.policy.paths import config_root
from rectify.study.cells import Plan, make_plan
from rectify.study.design import load_experiment
from rectify.study.execute import Where, check_reachable
from rectify.study.sweep import SweepResult, check_names, run_plan

EXECUTION = ("output", "executor", "executor.address", "executor.workers")
OPTIONS = ("experiment", "fast", "forks", "replicates", *EXECUTION)
"""Keys that are the sweep's own; every other ``KEY=VALUE`` is an override of the base configuration."""
FAILURES_SHOWN = 5


def split(arguments: Sequence[str], own: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """*arguments* as the values of *own* keys, and the overrides that are left. Raises ``ConfigError``."""
    options: dict[str, Any] = {}
    overrides = []
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if not equals:
            raise ConfigError([f"{argument}: cannot be read; give KEY=VALUE, as one of {', '.join(own)}"])
        if key in own:
            try:
                options[key] = yaml.safe_load(value) if key not in ("output", "executor.address") else value
            except yaml.YAMLError:
                raise ConfigError([f"{key}: {value!r} cannot be read"]) from None
        elif key.startswith("executor."):
            raise ConfigError([unknown("executor", key, own)])
        else:
            overrides.append(argument)
    return options, overrides


def whole(options: Mapping[str, Any], key: str, default: int | None) -> int | None:
    """A whole number of at least 1 among *options*. Raises ``ConfigError``."""
    value = options.get(key)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigError([f"{key}: must be a whole number of at least 1, not {value!r}"])
    return value


def switch(options: Mapping[str, Any], key: str, default: bool) -> bool:
    """A yes or no among *options*. Raises ``ConfigError``."""
    value = options.get(key, default)
    if not isinstance(value, bool):
        raise ConfigError([f"{key}: must be true or false, not {value!r}{nearest(str(value), ['true', 'false'])}"])
    return value


def where_of(options: Mapping[str, Any]) -> Where:
    """Where to execute, from *options*. Raises ``ConfigError``."""
    executor = options.get("executor", "local")
    if executor not in ("local", "dask"):
        raise ConfigError([unknown("executor", str(executor), ("local", "dask"))])
    return Where(executor, options.get("executor.address"), whole(options, "executor.workers", None))


def run_with_bar(plan: Plan, output: Path, where: Where, notes: Console, forks: bool = True) -> SweepResult:
    """Check a plan's names, run it with a progress bar on *notes*, and say how it went there."""
    check_reachable(where)
    if is_cold():
        notes.print("Compiling kernels, first run only: this takes about a minute.")
    units = check_names(plan)
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

        result = run_plan(plan, output, where, watch, forks=forks, units=units)
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

    *arguments*: ``experiment=NAME``, the other keys of :data:`OPTIONS`, and overrides of the base configuration.
    Raises ``UserError`` for faults that can be put right.
    """
    options, overrides = split(arguments, OPTIONS)
    folders = [config_root(), *([Path(config_folder).resolve()] if config_folder else [])]
    if "experiment" not in options:
        raise ConfigError([unknown("experiment", "", _experiments(folders)).replace("'' is not known.", "is missing.")])
    fast, forks = switch(options, "fast", False), switch(options, "forks", True)
    where = where_of(options)
    experiment = load_experiment(str(options["experiment"]), folders)
    replicates = whole(options, "replicates", None)
    if replicates is not None:
        experiment = experiment.model_copy(update={"replicates": replicates})
    if fast:
        experiment = experiment.shrunk()
    experiment = experiment.model_copy(update={"base": [*experiment.base, *overrides]})
    plan = make_plan(experiment, folders[-1] if config_folder else None)
    result = run_with_bar(plan, Path(options.get("output", "results")), where, Console(stderr=True), forks)
    if experiment.figures:
        from rectify.report.datasets import draw_dataset  # matplotlib takes a while to load

        draw_dataset(result.folder)
    from rectify.report.page import write_page

    write_page(result.folder, shlex.join(["rectify", "sweep", *arguments]))
    print(result.folder, flush=True)
    return not result.failed


def _experiments(folders: Sequence[Path]) -> list[str]:
    from rectify.compose import options
    from rectify.study.design import FOLDER

    return options(FOLDER, folders)
