"""The command line of Rectify, with one clear message for every error that a user can put right."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

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
    """The parser of all commands but ``run``, whose arguments are Hydra's."""
    from rectify.commands.show import TOPICS

    top = argparse.ArgumentParser(
        prog="rectify", description=DESCRIPTION, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    top.add_argument("--version", action="version", version=f"rectify {version('rectify-sim')}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("run", help="simulate one configuration and write a result folder", add_help=False)
    again = commands.add_parser("reproduce", help="run a result folder again and say what differs; exit code 0 or 1")
    again.add_argument("folder", type=Path, help="a result folder, as printed by rectify run")
    sweep = commands.add_parser("sweep", help="run an experiment of many runs into one dataset; exit code 0 or 1")
    sweep.add_argument("--config-dir", help="a folder of your own, laid out like configs/")
    sweep.add_argument("arguments", nargs="*", metavar="KEY=VALUE", help=SWEEP_HELP)
    compare = commands.add_parser(
        "compare", help="two policies over the same random draws: paired differences, intervals"
    )
    compare.add_argument("--config-dir", help="a folder of your own, laid out like configs/")
    compare.add_argument("arguments", nargs="*", metavar="A B KEY=VALUE", help=COMPARE_HELP)
    plot = commands.add_parser("plot", help="draw the figures of a result folder or a dataset again")
    plot.add_argument("folder", type=Path, help="a folder, as printed by rectify run, sweep or compare")
    show = commands.add_parser("show", help="print a part of the model as a table")
    show.add_argument("topic", choices=sorted(TOPICS))
    show.add_argument("--config-dir", help="a folder of your own, laid out like configs/")
    show.add_argument("overrides", nargs="*", help="as for rectify run")
    return top


def run_with_hydra(arguments: Sequence[str]) -> None:
    """``rectify run``: a Hydra application; *arguments* are overrides and Hydra's flags."""
    import hydra
    from omegaconf import DictConfig

    from rectify.commands.run import run
    from rectify.configuration.composing import register_catalogues, to_config, with_quotes
    from rectify.core.paths import config_root

    register_catalogues([config_root(), *own_folders(arguments)])
    raised: list[Exception] = []

    @hydra.main(version_base="1.3", config_path=str(config_root()), config_name="config")
    def application(composed: DictConfig) -> None:
        try:
            run(to_config(composed))
        except Exception as error:  # kept from Hydra, which would print its own words before passing it on
            raised.append(error)

    os.environ["HYDRA_FULL_ERROR"] = "1"  # let errors through: they are explained below
    sys.argv = ["rectify run", *with_quotes(arguments)]
    application()
    if raised:
        raise raised[0]


def own_folders(arguments: Sequence[str]) -> list[Path]:
    """Folders given with ``--config-dir`` (or ``-cd``). Raises ``UserError`` when there is no such folder."""
    from rectify.core.errors import UserError

    folders = []
    for place, argument in enumerate(arguments):
        flag, _, value = argument.partition("=")
        if flag in ("--config-dir", "-cd"):
            given = value or (arguments[place + 1] if place + 1 < len(arguments) else "")
            if not Path(given).is_dir():
                raise UserError(f"--config-dir: there is no folder {given!r}")
            folders.append(Path(given).resolve())
    return folders


def dispatch(arguments: Sequence[str]) -> None:
    """Do what *arguments* ask for."""
    if arguments[:1] == ["run"] and not {"--help", "-h"} & set(arguments):
        run_with_hydra(arguments[1:])
        return
    if not arguments or arguments[0] == "run":
        parser().print_help()
        return
    given = parser().parse_args(arguments)
    if given.command == "reproduce":
        from rectify.commands.reproduce import reproduce

        if not reproduce(given.folder):
            raise SystemExit(DIFFERENT_EXIT)
    elif given.command == "sweep":
        from rectify.commands.sweep import sweep

        own_folders([f"--config-dir={given.config_dir}"] if given.config_dir else [])
        if not sweep(given.arguments, given.config_dir):
            raise SystemExit(FAILED_EXIT)
    elif given.command == "compare":
        from rectify.commands.compare import compare

        own_folders([f"--config-dir={given.config_dir}"] if given.config_dir else [])
        if not compare(given.arguments, given.config_dir):
            raise SystemExit(FAILED_EXIT)
    elif given.command == "plot":
        from rectify.commands.plot import plot

        plot(given.folder)
    elif given.command == "show":
        from rectify.commands.show import show

        show(given.topic, given.overrides, given.config_dir)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the command ``rectify``: exits with 2 after a error of the user's, 130 after Ctrl-C."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        import yaml
        from hydra.errors import HydraException
        from omegaconf.errors import OmegaConfBaseException

        from rectify.configuration.composing import explain
        from rectify.core.errors import UserError
        from rectify.core.notes import notes_to
        from rectify.core.paths import config_root
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
    except (HydraException, OmegaConfBaseException, yaml.YAMLError) as error:
        try:
            folders = [config_root(), *own_folders(arguments)]
        except UserError:
            folders = [config_root()]
        messages = [explain(error, folders)]
    except MemoryError:
        messages = ["population.accounts: this machine has too little memory for so many rows"]
    except OSError as error:
        messages = [str(explain_os_error(error, Path(error.filename or ".")))]
    for message in messages:
        errors.print(f"[bold red]error[/]: {escape(message)}")
    raise SystemExit(USAGE_EXIT)
