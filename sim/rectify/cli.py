"""The command line of Rectify, with one clear message for every error that a user can put right."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

DIFFERENT_EXIT, FAILED_EXIT, USAGE_EXIT, INTERRUPTED_EXIT = 1, 1, 2, 130

DESCRIPTION = """\
Rectify simulates account moderation: platforms, the accounts on them, the people behind the accounts, and regulators
who run rectification campaigns. It measures harm and over-enforcement with equal care.
"""

EXAMPLES = """\
examples:
  rectify run                                        the national campaign of 2023, with its published figures
  rectify run campaign=none                          the same world without it
  rectify run scenario=beijing_2018                  the local clean-up of 2018, with a national one inside it
  rectify run offices.national.strategy=reactive     the same budget, spent when an inspection finds too much
  rectify run seed=2 population.accounts=1000000     other random draws, more rows
  rectify run start=2023-02-01 end=2023-06-30        other days
  rectify run audience.attention=branching           views of a cascade of reshares instead of a half-life
  rectify run behaviours.learning.own_half_life=120  one belief changed
  rectify run --multirun seed=1,2,3                  several runs
  rectify run scenario=takedown_docking audience.takedown_half_life=2
                                                     messages on a follow graph, after Truong et al. 2025
  rectify run --config-dir mine campaign=my_own      your own YAML files, laid out like configs/
  rectify reproduce results/selfmedia_2023/.../seed=1   run it again: does the same come out?
  rectify plot results/selfmedia_2023/.../seed=1     draw a run's figures again
  rectify sweep experiment=rebound fast=true         an experiment of many runs, in seconds; without fast, in full
  rectify compare "campaign=none" "campaign=selfmedia_2023" base="population.accounts=20000" seeds=8
  rectify new behaviour lying_low                    a mechanism of your own, in a file of your own
  rectify run plugins=[lying_low]                    and a run with it
  rectify check lying_low                            does it do what it declares, and nothing else?
  rectify show params                                every parameter: value, unit, source, meaning
  rectify show plan                                  a simulated day, in order
  rectify show documents                             what the documents say, and what stands for each line

Every key of the configuration is an override: `rectify show params` lists those with a unit; groups (scenario,
campaign, rulebook, platforms, population, offices, seasons, events, marketing, audience) are chosen by name.
`rectify run --cfg job` prints the whole configuration.
"""


SWEEP_HELP = (
    "experiment=NAME [fast=true] [replicates=N] [output=DIR] [executor=local [executor.workers=N] | executor=dask "
    "executor.address=tcp://HOST:8786], and overrides as for rectify run"
)

COMPARE_HELP = (
    'two quoted override strings, then [base="..."] [seeds=8] [outcomes=[...]] [output=DIR], and executor as for sweep'
)


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    from rectify.commands.new import KINDS
    from rectify.commands.show import TOPICS

    top = argparse.ArgumentParser(
        prog="rectify", description=DESCRIPTION, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    top.add_argument("--version", action="version", version=f"rectify {version('rectify-sim')}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, text: str, *, composes: bool = True, **more: Any) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, **more)
        if composes:
            made.add_argument("--config-dir", "-cd", type=Path, help="a folder of your own, laid out like configs/")
        made.add_argument(
            "--allow-plugins", action="store_true", help="load plug-ins that an experiment or a stored run asks for"
        )
        return made

    run = command(
        "run", "simulate one configuration and write a result folder",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    run.add_argument("--multirun", "-m", action="store_true", help="a run for each combination of KEY=A,B,C")
    run.add_argument("--cfg", choices=["job"], help="print the whole configuration in place of running it")
    run.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="what differs from the defaults")
    again = command("reproduce", "run a result folder again and say what differs; exit code 0 or 1", composes=False)
    again.add_argument("folder", type=Path, help="a result folder, as printed by rectify run")
    again.add_argument("overrides", nargs="*", metavar="plugins=[NAME]", help="plug-ins that the run was made with")
    sweep = command("sweep", "run an experiment of many runs into one dataset; exit code 0 or 1")
    sweep.add_argument("arguments", nargs="*", metavar="KEY=VALUE", help=SWEEP_HELP)
    compare = command("compare", "two policies over the same random draws: paired differences, intervals")
    compare.add_argument("arguments", nargs="*", metavar="A B KEY=VALUE", help=COMPARE_HELP)
    plot = command("plot", "draw the figures of a result folder or a dataset again", composes=False)
    plot.add_argument("folder", type=Path, help="a folder, as printed by rectify run, sweep or compare")
    plot.add_argument("overrides", nargs="*", metavar="plugins=[NAME]", help="plug-ins whose figures are drawn too")
    show = command("show", "print a part of the model as a table")
    show.add_argument("topic", choices=sorted(TOPICS))
    show.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="as for rectify run")
    new = command("new", "write a working plug-in, with its test, into this folder", composes=False)
    new.add_argument("kind", choices=sorted(KINDS))
    new.add_argument("name", help="name of the plug-in, as in lying_low")
    check = command("check", "hold a plug-in to what it declares, and to equal bytes on one and two threads")
    check.add_argument("module", help="the plug-in's module")
    check.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="as for rectify run")
    return top


def flags_first(arguments: Sequence[str]) -> list[str]:
    """*arguments* with the flags that stand among or behind overrides moved to just behind the command."""
    takes_value = {"--config-dir", "-cd", "--cfg", "-c"}
    flags, others, waiting = [], [], list(arguments)
    while waiting:
        each = waiting.pop(0)
        if each == "--":
            others += waiting
            break
        if each.startswith("-") and len(each) > 1 and not each[1].isdigit():
            flags.append(each)
            if each in takes_value and waiting:
                flags.append(waiting.pop(0))
        else:
            others.append(each)
    return [*others[:1], *flags, *others[1:]]


def dispatch(arguments: Sequence[str]) -> None:
    """Do what *arguments* ask for."""
    if not arguments:
        parser().print_help()
        return
    given = parser().parse_args(flags_first(arguments))
    if given.command is None:
        parser().print_help()
        return
    folder = getattr(given, "config_dir", None)
    if folder is not None and not folder.is_dir():
        from rectify.core.errors import UserError

        raise UserError(f"--config-dir: there is no folder {str(folder)!r}")
    if given.allow_plugins:
        from rectify.plugins.loading import allow_plugins

        allow_plugins(["*"])
    if given.command == "run":
        from rectify.commands.run import run_all

        run_all(given.overrides, folder, several=given.multirun, only_print=given.cfg is not None)
    elif given.command == "reproduce":
        from rectify.commands.reproduce import reproduce

        _load_named(given.overrides)
        if not reproduce(given.folder):
            raise SystemExit(DIFFERENT_EXIT)
    elif given.command == "sweep":
        from rectify.commands.sweep import sweep

        if not sweep(given.arguments, folder):
            raise SystemExit(FAILED_EXIT)
    elif given.command == "compare":
        from rectify.commands.compare import compare

        if not compare(given.arguments, folder):
            raise SystemExit(FAILED_EXIT)
    elif given.command == "plot":
        from rectify.commands.plot import plot

        _load_named(given.overrides)
        plot(given.folder)
    elif given.command == "show":
        from rectify.commands.show import show

        show(given.topic, given.overrides, folder)
    elif given.command == "new":
        from rectify.commands.new import new

        new(given.kind, given.name)
    elif given.command == "check":
        from rectify.commands.check import check

        if not check(given.module, given.overrides, folder):
            raise SystemExit(FAILED_EXIT)


def _load_named(overrides: Sequence[str]) -> None:
    """Load the plug-ins named in ``plugins=[...]``, the only override of a command about stored results."""
    from rectify.configuration.composing import split_plugins
    from rectify.core.errors import ConfigError
    from rectify.plugins.loading import load_plugins

    named, rest = split_plugins(overrides)
    if rest:
        raise ConfigError([f"{rest[0]}: stored results are what they are; only plugins=[NAME] may be given"])
    load_plugins(named)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the command ``rectify``: exits with 2 after a error of the user's, 130 after Ctrl-C."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        from rectify.core.errors import UserError
        from rectify.core.notes import notes_to
        from rectify.store import explain_os_error
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED_EXIT) from None
    try:
        with notes_to(lambda text: errors.print(f"[yellow]note[/]: {escape(text)}")):
            dispatch(arguments)
        return
    except KeyboardInterrupt as interrupt:
        errors.print(escape(str(interrupt)) or "interrupted: this run's results were not written")
        raise SystemExit(INTERRUPTED_EXIT) from None
    except UserError as error:
        messages = str(error).split("\n")
    except MemoryError:
        messages = ["population.accounts: this machine has too little memory for so many rows"]
    except OSError as error:
        messages = [str(explain_os_error(error, Path(error.filename or ".")))]
    for message in messages:
        errors.print(f"[bold red]error[/]: {escape(message)}")
    raise SystemExit(USAGE_EXIT)
