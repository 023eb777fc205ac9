"""``rectify compare``: two policies over the same random draws, their paired differences, what the pairing saves."""

from __future__ import annotations

import hashlib
import json
import math
import shlex
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from rectify.commands.options import CompareOptions, keys_of, read_options
from rectify.commands.sweep import run_with_bar
from rectify.configuration.composing import split_plugins
from rectify.core.errors import ConfigError
from rectify.plugins.loading import load_plugins
from rectify.study.cells import make_pair
from rectify.study.design import build_experiment
from rectify.study.paired import Difference, differences
from rectify.study.stored import load_sweep

OUTCOMES = (
    "prevalence_mean", "harm_total", "closed_total", "wrongly_closed_total", "wrongly_lesser_total",
    "posts_unwritten_total", "returned_share", "takedown_delay_mean", "backlog_mean", "income_violators_total",
    "income_lawful_total",
)  # fmt: skip


def words(text: str, what: str) -> list[str]:
    """The overrides in a quoted string. Raises ``ConfigError``."""
    try:
        found = shlex.split(text)
    except ValueError as error:
        raise ConfigError([f"{what}: {text!r} cannot be read ({error})"]) from None
    for override in found:
        if "=" not in override:
            raise ConfigError([f"{what}: {override!r} is not an override, KEY=VALUE"])
    return found


def number(value: float) -> str:
    """A number in four digits; a dash when there is none."""
    return "–" if math.isnan(value) else f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def table_of(found: Sequence[Difference], a: str, b: str) -> Table:
    """The differences as a table for the terminal."""
    table = Table(title=f"B − A over {found[0].pairs if found else 0} shared seeds", caption=f"A: {a}\nB: {b}")
    table.add_column("outcome")
    for heading in ("A", "B", "B − A", "95 % interval", "variance ratio"):
        table.add_column(heading, justify="right")
    for one in found:
        table.add_row(
            one.outcome, number(one.mean_a), number(one.mean_b), number(one.difference),
            f"{number(one.low)} … {number(one.high)}", "–" if math.isnan(one.variance_ratio) else
            f"{one.variance_ratio:.1f}",
        )  # fmt: skip
    return table


def compare(arguments: Sequence[str], config_folder: str | None = None) -> bool:
    """Compare two quoted override strings, the first two of *arguments*; True when no run failed.

    The other arguments: ``base="..."`` overrides of both, ``seeds=8``, ``outcomes=[...]``, and where to execute. Prints
    the table and, last, the dataset's folder, which gets ``comparison.json`` and a figure. Raises ``UserError``.
    """
    own = keys_of(CompareOptions)
    if len(arguments) < 2 or any(argument.partition("=")[0] in own for argument in arguments[:2]):
        raise ConfigError(['compare: give two quoted override strings, as "campaign=none" "campaign=selfmedia_2023"'])
    a, b = words(arguments[0], "A"), words(arguments[1], "B")
    options, overrides = read_options(CompareOptions, arguments[2:])
    plugins, base = split_plugins([*words(options.base, "base"), *overrides])
    load_plugins(plugins)
    seeds, outcomes = options.seeds, options.outcomes or list(OUTCOMES)
    # The name tells this comparison from others, so that none refuses another's dataset.
    name = (
        "compare_"
        + hashlib.sha256(
            json.dumps([a, b, base, plugins, seeds, outcomes] if plugins else [a, b, base, seeds, outcomes]).encode()
        ).hexdigest()[:10]
    )
    experiment = build_experiment(
        {
            "name": name, "question": f"What changes from {' '.join(a) or 'the base'} to {' '.join(b) or 'the base'}?",
            "base": base, "plugins": plugins, "reference": a, "replicates": seeds, "outcomes": outcomes,
            "figures": [{"kind": "forest", "outcomes": outcomes}],
        },
        "compare",
    )  # fmt: skip
    plan = make_pair(experiment, a, b, Path(config_folder).resolve() if config_folder else None)
    result = run_with_bar(plan, Path(options.output), options.where, Console(stderr=True))
    found = differences(load_sweep(result.folder).runs, 0, 1, outcomes)
    (result.folder / "comparison.json").write_text(
        json.dumps([{k: None if v != v else v for k, v in vars(one).items()} for one in found], indent=1) + "\n"
    )
    out = Console()
    if not out.is_terminal:
        out = Console(width=150)
    out.print(table_of(found, plan.cells[0].label, plan.cells[1].label))
    out.print(
        "Variance ratio: how many times as many replicates independent seeds would need for the same precision.",
        highlight=False,
    )
    from rectify.report.datasets import draw_dataset  # matplotlib takes a while to load

    draw_dataset(result.folder)
    print(result.folder, flush=True)
    return not result.failed
