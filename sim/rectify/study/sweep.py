"""Running a plan into its dataset: what is there already is skipped, what fails is recorded, what is done is kept."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import Any

from rectify.core.errors import ConfigError, unknown
from rectify.core.kernel import source_digest
from rectify.core.quantity import Quantity, Scalar
from rectify.store import check_writable
from rectify.study.cells import Cell, Plan
from rectify.study.dataset import DatasetWriter, RunKey
from rectify.study.execute import Where, connected, execute, share_plugins
from rectify.study.forks import Fork, cut, find_forks, simulate_forked
from rectify.study.parts import asked
from rectify.study.sensitivity import has_indices, write_indices
from rectify.study.tables import is_number
from rectify.study.task import OK, Outcome, names_known

CONFIGURATIONS_KEPT = 1000
"""Configurations of cells that are kept while their seeds are handed out; each is some hundred kilobytes."""

Watch = Callable[[int, int, int], None]
"""Called with runs done, runs in all, and runs failed so far."""


class SweepInterrupted(KeyboardInterrupt):
    """Ctrl-C in a sweep; the message says what is kept."""


@dataclass(frozen=True)
class Batch:
    """Runs of one seed that one worker does: those of a fork, or one alone."""

    fork: Fork
    seed: int

    @property
    def keys(self) -> list[RunKey]:
        """Each run's identity and seed."""
        return [(identity, self.seed) for identity in self.fork.identities]

    def split(self) -> list[Batch]:
        """Every run by itself."""
        return [Batch(Fork((identity,), 0, {}), self.seed) for identity in self.fork.identities]


@dataclass(frozen=True)
class SweepResult:
    """Where the dataset is, and how its runs ended: failed ones as (what was run, error)."""

    folder: Path
    runs: int
    computed: int
    failed: tuple[tuple[str, str], ...]
    seconds: float
    busy_seconds: float
    spared_seconds: float
    digest: str


@dataclass(frozen=True)
class Named:
    """What the outcomes of a plan are, and the metrics of its curves, by name."""

    outcomes: dict[str, Scalar] = field(default_factory=dict)
    metrics: dict[str, Quantity] = field(default_factory=dict)


def design_of(plan: Plan) -> dict[str, Any]:
    """What a dataset's manifest says of its design: the experiment, its cells' campaigns, and digests to compare."""
    experiment = plan.experiment
    cells = [[cell.number, cell.parameters, cell.identity] for cell in plan.cells]
    rest = [experiment.outcomes, experiment.curves]
    windows: dict[tuple[tuple[str, str, str], ...], list[int]] = {}
    for cell in plan.cells:
        windows.setdefault(cell.windows, []).append(cell.number)
    inputs = dict.fromkeys(each for cell in plan.cells for each in cell.inputs)
    return {
        "experiment": experiment.model_dump(mode="json"),
        "reference": next((cell.number for cell in plan.cells if cell.label), None),
        "cells": len(plan.cells),
        "labels": {str(cell.number): cell.label for cell in plan.cells if cell.label},
        "windows": [{"cells": numbers, "campaigns": [list(w) for w in key]} for key, numbers in windows.items()],
        "inputs": [list(each) for each in inputs],
        "design_digest": _digest([cells, list(experiment.seeds), *rest]),
        "cells_digest": _digest([cells, *rest]),
        "sources": source_digest(),
    }


def _digest(plain: Any) -> str:
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()


def check_names(plan: Plan) -> Named:
    """What the plan's outcomes and curves are. Raises :class:`ConfigError` for those that no run of it has."""
    outcomes: dict[str, Scalar] = {}
    curves: dict[str, Quantity] = {}
    for values in _kinds_of_config(plan):
        more_outcomes, more_curves = names_known(values)
        outcomes |= more_outcomes
        curves |= more_curves
    experiment = plan.experiment
    errors = [unknown("outcomes", name, outcomes) for name in experiment.outcomes if name not in outcomes]
    errors += [unknown("curves", name, curves) for name in experiment.curves if name not in curves]
    if errors:
        raise ConfigError(errors)
    return Named(
        {name: outcomes[name] for name in experiment.outcomes},
        {asked(name)[0]: curves[name] for name in experiment.curves},
    )


def _kinds_of_config(plan: Plan) -> Sequence[dict[str, Any]]:
    """Configurations of cells that differ in the names of their campaigns or sanctions, and so in their outcomes.

    Those with other input files are among them.
    """
    found: dict[str, dict[str, Any]] = {}
    for cell in {(cell.windows, cell.inputs): cell for cell in reversed(plan.cells)}.values():
        values = plan.values_of(cell)
        found.setdefault(repr([sorted(values["campaigns"]), sorted(values["sanctions"]), cell.inputs]), values)
    return list(found.values())


def rows_of(plan: Plan, cells: Sequence[Cell], seed: int, outcome: Outcome) -> list[dict[str, Any]]:
    """The dataset's rows of one run: one for every cell that has its configuration."""
    experiment, rows = plan.experiment, []
    for cell in cells:
        row: dict[str, Any] = {"cell": cell.number, "identity": cell.identity, "seed": seed}
        for name, factor in experiment.factors.items():
            value = cell.parameters.get(name)
            row[name] = value if value is None or is_number(factor) else str(value)
        row |= {"status": outcome.status, "error": outcome.error}
        row |= {name: outcome.outcomes.get(name) for name in experiment.outcomes}
        rows.append(row | {"run_seconds": outcome.seconds, "host": outcome.host})
    return rows


def batches(
    missing: Sequence[RunKey], values_of: Callable[[str], dict[str, Any]], forks: bool, most: int
) -> list[Batch]:
    """The *missing* runs in batches, seed by seed; with *forks*, those that share days together, in about *most*."""
    identities: dict[int, list[str]] = {}
    for identity, seed in missing:
        identities.setdefault(seed, []).append(identity)
    if not forks:
        return [Batch(Fork((identity,), 0, {}), seed) for identity, seed in missing]
    configurations = {identity: values_of(identity) for identity in dict.fromkeys(identity for identity, _ in missing)}
    found: dict[tuple[str, ...], list[Fork]] = {}
    for names in {tuple(names) for names in identities.values()}:
        chosen = {name: configurations[name] for name in names}
        found[names] = cut(find_forks(chosen), math.ceil(most / len(identities)))
    return [Batch(fork, seed) for seed, names in identities.items() for fork in found[tuple(names)]]


def run_plan(
    plan: Plan,
    output: Path,
    where: Where,
    watch: Watch = lambda *_: None,
    function: Callable[..., Outcome] | None = None,
    forks: bool = True,
    named: Named | None = None,
) -> SweepResult:
    """Run what is missing of *plan* in ``output/<experiment>`` and complete the dataset.

    *function* does one run in place of :func:`simulate`, and without forks: values, seed, outcomes, curves → Outcome.
    *named*: what outcomes and curves are, kept with them. *forks*: runs that are equal up to a date share the days
    before it.
    Raises ``UserError`` for errors that can be put right, before any run where possible, and
    :class:`SweepInterrupted` on Ctrl-C; finished runs are kept in all cases.
    """
    started = perf_counter()
    experiment = plan.experiment
    check_writable(output)
    cells_of: dict[str, list[Cell]] = {}
    for cell in plan.cells:
        cells_of.setdefault(cell.identity, []).append(cell)
    # Replicate by replicate, so that an unfinished sweep has all cells, and every cell has as many of the same seeds.
    keys: list[RunKey] = [(identity, seed) for seed in experiment.seeds for identity in cells_of]
    folder, known = output / experiment.name, named or Named()
    with closing(DatasetWriter(folder, experiment, design_of(plan), known.outcomes, known.metrics)) as dataset:
        missing = [key for key in keys if key not in dataset.done]
        failed: list[tuple[str, str]] = []

        @lru_cache(CONFIGURATIONS_KEPT)
        def values_of(identity: str) -> dict[str, Any]:
            return plan.values_of(cells_of[identity][0])

        def arguments_of(batch: Batch) -> tuple[Any, ...]:
            arms = [values_of(identity) for identity in batch.fork.identities]
            rest = (batch.seed, experiment.outcomes, experiment.curves)
            return (arms[0], *rest) if function else (arms, batch.fork.days, batch.fork.campaigns, *rest)

        done, spared = len(keys) - len(missing), 0.0
        try:
            if missing:
                watch(done, len(keys), 0)
                with connected(where) as client:
                    share_plugins(client, where, experiment.plugins)
                    workers = sum(client.nthreads().values())
                    work = batches(missing, values_of, forks and function is None, 2 * workers)
                    for batch, came in execute(client, function or simulate_forked, work, arguments_of, Batch.split):
                        outcomes, seconds = came if isinstance(came, tuple) else ([came] * len(batch.keys), 0.0)
                        spared += seconds
                        for (identity, seed), outcome in zip(batch.keys, outcomes, strict=True):
                            cells = cells_of[identity]
                            dataset.add(rows_of(plan, cells, seed, outcome), outcome.curves)
                            if outcome.status != OK:
                                what = " ".join(f"{k}={v}" for k, v in cells[0].parameters.items()) or cells[0].label
                                failed.append((f"{what} seed={seed}", outcome.error))
                            done += 1
                        watch(done, len(keys), len(failed))
        except KeyboardInterrupt:
            dataset.flush()
            raise SweepInterrupted(
                f"interrupted: {done} of {len(keys)} runs are kept in {dataset.folder}; the same command goes on"
            ) from None
        finally:
            dataset.flush()
        seconds = perf_counter() - started
        dataset.manifest["spared_seconds"] = round(dataset.manifest["spared_seconds"] + spared, 3)
        manifest = dataset.finish(seconds)
        if has_indices(experiment):
            runs = dataset.runs()
            sampled = [cell.number for cell in plan.cells if not cell.label]
            write_indices(dataset.folder, experiment, runs[(runs["status"] == OK) & runs["cell"].isin(sampled)])
        return SweepResult(
            dataset.folder, len(keys), len(missing), tuple(failed), seconds, manifest["busy_seconds"],
            spared, manifest["digest"],
        )  # fmt: skip
