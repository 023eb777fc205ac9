"""Each line of ``configs/documents.yaml`` with and without its mechanism, over shared seeds; the table of the README.

python experiments/ablations/analyse.py [seeds] [words of a line, to measure those lines alone]
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from rectify import RectificationModel, RunConfig, compose
from rectify.commands.documents import DocumentLine, document_lines
from rectify.results import RunResult
from rectify.study.paired import Difference, difference
from rectify.study.parts import outcome_of

HERE = Path(__file__).resolve().parent
MARKED = re.compile(r"(<!-- table -->\n).*?(<!-- end of table -->)", re.DOTALL)
ROWS = 40_000
"""Rows of a run, unless one row stands for one account already: small figures need them all."""
SEEDS = 8


def sized(overrides: tuple[str, ...]) -> RunConfig:
    """The composition, with no more rows than are needed."""
    config = compose(overrides)
    if config.population.represents <= config.population.accounts:
        return config
    return compose([*overrides, f"population.accounts={min(ROWS, config.population.accounts)}"])


@lru_cache(maxsize=512)
def run(overrides: tuple[str, ...], seed: int) -> RunResult[RunConfig]:
    """One run; lines that share a side share it."""
    return RectificationModel(sized(overrides).model_copy(update={"seed": seed})).run()


def outcome(metric: str, overrides: tuple[str, ...], seed: int) -> float:
    """A number of a run's summary, or that of one platform or kind, such as ``moved_total.weibo``."""
    result = run(overrides, seed)
    return outcome_of(result, metric)


def measure(line: DocumentLine, seeds: int) -> Difference:
    """What the mechanism adds to its metric: with it minus without it, paired by seed."""
    sides = [
        np.array([outcome(line.metric, tuple(line.overrides(on)), seed) for seed in range(101, 101 + seeds)])
        for on in (False, True)
    ]
    return difference(line.metric, *sides)


def number(value: float) -> str:
    """Four digits."""
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def main(arguments: list[str]) -> None:
    """Measure all lines, or those whose words hold the text given; print and store the table."""
    seeds = int(arguments[0]) if arguments else SEEDS
    wanted = arguments[1] if len(arguments) > 1 else ""
    rows = []
    for line in document_lines():
        if wanted not in line.line:
            continue
        found = measure(line, seeds)
        moves = found.low > 0 or found.high < 0
        rows.append(
            {
                "document": line.document,
                "line": line.line,
                "scenario": " ".join([line.scenario, *line.base]),
                "metric": line.metric,
                "without": number(found.mean_a),
                "with": number(found.mean_b),
                "difference": number(found.difference),
                "95 % interval": f"{number(found.low)} … {number(found.high)}",
                "moves": "yes" if moves else "no",
            }
        )
        print(" | ".join(rows[-1].values()), flush=True)
    table = pd.DataFrame(rows)
    if not wanted:
        table.to_csv(HERE / "table.csv", index=False)
        head = [f"| {' | '.join(table.columns)} |", "|" + "---|" * len(table.columns)]
        body = [f"| {' | '.join(row)} |" for row in table.itertuples(index=False)]
        readme = HERE / "README.md"
        text = readme.read_text(encoding="utf-8")
        readme.write_text(
            MARKED.sub(lambda marks: marks[1] + "\n".join([*head, *body]) + "\n" + marks[2], text), encoding="utf-8"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
