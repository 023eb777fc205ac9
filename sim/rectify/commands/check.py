"""``rectify check``: a plug-in's processes are held to what they declare, and its runs to equal bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from rectify.api.running import say_if_cold
from rectify.configuration.composing import compose
from rectify.configuration.run_config import RunConfig
from rectify.conformance import UNCOUPLED, changed_by_one_more, examine_run, same_on_threads
from rectify.core.groups import kernel_errors
from rectify.model import RectificationModel
from rectify.plugins.loading import load_plugins
from rectify.study.cells import set_key

SMALL = (
    "campaign=selfmedia_2023", "population.accounts=4000", "start=2023-02-20", "end=2023-04-10", "burn_in_days=0",
)  # fmt: skip
"""A small run in which something happens, which *overrides* may change."""
MORE_ROWS = 400


def check(module: str, overrides: Sequence[str] = (), config_folder: Path | None = None) -> bool:
    """Examine the plug-in *module*; prints a line for each thing examined. True when nothing was found.

    Raises ``UserError`` when the plug-in cannot be used at all.
    """
    out, notes = Console(soft_wrap=True, highlight=False), Console(stderr=True)
    (plugin,) = load_plugins([module])
    given = {override.partition("=")[0] for override in overrides}
    base = [each for each in SMALL if each.partition("=")[0] not in given]
    config = compose([*base, *overrides], config_folder, [module])
    say_if_cold()
    own = {placed.process for placed in plugin.plugin.processes}
    found = 0

    def report(what: str, lines: Sequence[str]) -> None:
        nonlocal found
        found += len(lines)
        out.print(f"{'[red]no [/]' if lines else '[green]yes[/]'} {what}")
        for line in lines:
            out.print(f"      {escape(line)}")

    report("its kernels say what they write, and take few inputs", kernel_errors(module))
    with notes.status("running"):
        lines = examine_run(RectificationModel(config), lambda process: type(process) in own, lambda _: None)
        report("one step of each process touches what it declares, and nothing else", lines)
        equal = same_on_threads(config)
        report("one thread and two give the same bytes", [] if equal else ["the series differ"])
        rows = len(RectificationModel(config).accounts)
        changed = list(changed_by_one_more(_uncoupled(config), rows, MORE_ROWS))
        report(
            "where accounts share nothing, one more operator changes nobody else",
            [f"accounts.{name} differs for accounts that both runs have" for name in changed],
        )
    return not found


def _uncoupled(config: RunConfig) -> RunConfig:
    values = config.model_dump(mode="json")
    for key, value in UNCOUPLED.items():
        set_key(values, key, value)
    return RunConfig.load(values)
