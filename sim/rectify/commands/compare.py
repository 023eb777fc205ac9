"""``rectify compare``: two policies over the same random draws, their paired differences, what the pairing saves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

import rectify
from rectify.api.arguments import overrides_of
from rectify.commands.options import CompareOptions, keys_of, read_options
from rectify.commands.sweep import RunsProgress, say_how_it_went
from rectify.core.errors import ConfigError


def number(value: float) -> str:
    """A number in four digits; a dash when there is none."""
    return "–" if math.isnan(value) else f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def table_of(found: pd.DataFrame, a: str, b: str) -> Table:
    """The differences as a table for the terminal."""
    table = Table(title=f"B − A over {found['pairs'].iloc[0]} shared seeds", caption=f"A: {a}\nB: {b}")
    table.add_column("outcome")
    for heading in ("A", "B", "B − A", "95 % interval", "variance ratio"):
        table.add_column(heading, justify="right")
    for one in found.itertuples(index=False):
        table.add_row(
            one.outcome, number(one.mean_a), number(one.mean_b), number(one.difference),
            f"{number(one.low)} … {number(one.high)}", "–" if math.isnan(one.variance_ratio) else
            f"{one.variance_ratio:.1f}",
        )  # fmt: skip
    return table


def compare(arguments: Sequence[str], config_folder: Path | None = None) -> bool:
    """Compare two quoted override strings, the first two of *arguments*; True when no run failed.

    The other arguments: ``base="..."`` overrides of both, ``seeds=8``, ``outcomes=[...]``, and where to execute. Prints
    the table and, last, the dataset's folder, which gets ``comparison.json`` and a figure. Raises ``UserError``.
    """
    own = keys_of(CompareOptions)
    if len(arguments) < 2 or any(argument.partition("=")[0] in own for argument in arguments[:2]):
        raise ConfigError(['compare: give two quoted override strings, as "campaign=none" "campaign=selfmedia_2023"'])
    options, overrides = read_options(CompareOptions, arguments[2:])
    base, notes = [*overrides_of(options.base, "base"), *overrides], Console(stderr=True)
    with RunsProgress("compare", notes) as progress:
        dataset = rectify.compare(
            arguments[0], arguments[1],
            base=base, seeds=options.seeds, outcomes=options.outcomes, output=options.output,
            config_folder=config_folder, progress=progress, **options.where,
        )  # fmt: skip
    well = say_how_it_went(dataset, notes)
    out = Console()
    if not out.is_terminal:
        out = Console(width=150)
    labels = dataset.manifest["labels"]
    out.print(table_of(dataset.differences(), labels.get("0", ""), labels.get("1", "")))
    out.print(
        "Variance ratio: how many times as many replicates independent seeds would need for the same precision.",
        highlight=False,
    )
    print(dataset.folder, flush=True)
    return well
