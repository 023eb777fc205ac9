"""Studies: an experiment of many runs, and the comparison of two policies over the same random draws."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from rectify.api.arguments import Overrides, overrides_of, own_folder
from rectify.api.dataset import Dataset
from rectify.api.running import say_if_cold
from rectify.configuration.composing import split_plugins
from rectify.configuration.plugged import plugins_of
from rectify.configuration.run_config import RunConfig
from rectify.core.errors import ConfigError
from rectify.core.paths import config_root
from rectify.manifests import read_names
from rectify.plugins.loading import load_plugins
from rectify.study.cells import Plan, Side, make_pair, make_plan, side_label
from rectify.study.design import Experiment, build_experiment, load_experiment
from rectify.study.execute import Where, check_reachable
from rectify.study.sweep import Watch, check_names, run_plan

OUTCOMES = (
    "prevalence_mean", "harm_total", "closed_total", "wrongly_closed_total", "wrongly_lesser_total",
    "posts_unwritten_total", "returned_share", "takedown_delay_mean", "backlog_mean", "income_violators_total",
    "income_lawful_total",
)  # fmt: skip
"""Outcomes of a comparison where none are named."""

COMPARISON = "comparison.json"
"""Paired differences of a comparison, beside its dataset."""


def sweep(
    experiment: str | Path | Mapping[str, Any] | Experiment,
    overrides: Overrides = (),
    *,
    fast: bool = False,
    replicates: int | None = None,
    forks: bool = True,
    output: str | Path = "results",
    workers: int | None = None,
    address: str | None = None,
    config_folder: str | Path | None = None,
    plugins: Sequence[str] = (),
    figures: bool = True,
    progress: Watch | None = None,
) -> Dataset:
    """Run an experiment of many runs into one dataset, as ``rectify sweep`` does: what is there already is kept.

    *experiment*: the name of a file in ``experiment/``, the path of one, its content as a mapping with a ``name``, or a
    :class:`rectify.study.design.Experiment`. *overrides* of its base configuration. *fast*: its fast form.
    *replicates*: seeds of every cell, in place of its own. *forks*: let runs that are equal up to a date share the days
    before it. *output*: the dataset is ``output/name``. *workers*: processes on this machine, by default one a core; or
    *address* of a Dask scheduler, ``tcp://HOST:8786``. *config_folder*: a folder of your own laid out like
    ``configs/``. *plugins*: names of modules with plug-ins. *figures*: draw them, and write the dataset's page.
    *progress* is called with runs done, runs in all and runs failed so far.

    Runs that fail are rows of the dataset's ``failed``. Raises :class:`rectify.ConfigError` for a bad design, before
    any run, and :class:`rectify.UserError` for what else can be put right; Ctrl-C keeps what is done.

    >>> import rectify
    >>> found = rectify.sweep(
    ...     {
    ...         "name": "how_strict", "question": "Does it matter how strict the classifier is?",
    ...         "base": ["campaign=none", "population.accounts=300", "end=2023-01-07", "burn_in_days=0"],
    ...         "factors": {"threshold": {"keys": ["platforms.*.channels.classifier.threshold"], "levels": [3, 4]}},
    ...         "outcomes": ["harm_total"], "curves": ["prevalence"], "replicates": 2,
    ...     },
    ...     workers=1, figures=False,
    ... )
    >>> found
    <Dataset how_strict: 4 runs of 2 cells; in results/how_strict>
    >>> found.curves("prevalence").columns.tolist()
    ['cell', 'threshold', 'seed', 'date', 'value']
    """
    where, folder = _where(workers, address), own_folder(config_folder)
    chosen = _experiment(experiment, folder)
    if replicates is not None:
        if replicates < 1:
            raise ConfigError([f"replicates: must be at least 1, not {replicates}"])
        chosen = chosen.model_copy(update={"replicates": replicates})
    if fast:
        chosen = chosen.shrunk()
    named, rest = split_plugins(overrides_of(overrides, "sweep"))
    named = list(dict.fromkeys([*plugins, *named]))
    load_plugins(named)
    plugins_of(chosen.plugins)  # which the user must have named
    chosen = chosen.model_copy(
        update={"base": [*chosen.base, *rest], "plugins": list(dict.fromkeys([*chosen.plugins, *named]))}
    )
    dataset = _run(make_plan(chosen, folder), Path(output), where, forks, progress)
    if figures:
        from rectify.report.page import write_page  # matplotlib takes a while to load

        if chosen.figures:
            dataset.draw()
        options = [f"replicates={replicates}"] if replicates is not None else []
        options += ["fast=true"] if fast else []
        options += [f"plugins=[{','.join(named)}]"] if named else []
        write_page(dataset.folder, _command(experiment, [*options, *rest], folder))
    return dataset


def compare(
    a: Overrides | RunConfig,
    b: Overrides | RunConfig,
    *,
    base: Overrides = (),
    seeds: int = 8,
    outcomes: Sequence[str] | None = None,
    output: str | Path = "results",
    workers: int | None = None,
    address: str | None = None,
    config_folder: str | Path | None = None,
    plugins: Sequence[str] = (),
    figures: bool = True,
    progress: Watch | None = None,
) -> Dataset:
    """Run two policies over the same random draws, as ``rectify compare`` does; ``.differences()`` is what changes.

    *a*, *b*: overrides, a list or one string, over those of *base*; or two configurations (their seeds are not used).
    *seeds*: runs of each, with seeds from 1. *outcomes*: by default :data:`rectify.api.studies.OUTCOMES`. The others as
    for :func:`rectify.sweep`, what is raised too. In the dataset *a* is cell 0, the reference, and *b* is cell 1; its
    folder holds the differences as ``comparison.json`` too.

    >>> import rectify
    >>> base = "population.accounts=300 start=2023-03-05 end=2023-03-20 burn_in_days=0"
    >>> found = rectify.compare("campaign=none", "campaign=selfmedia_2023", base=base, seeds=2, workers=1,
    ...                         outcomes=["harm_total", "lesser_total"], figures=False)
    >>> found.differences()[["outcome", "pairs"]].to_dict("records")
    [{'outcome': 'harm_total', 'pairs': 2}, {'outcome': 'lesser_total', 'pairs': 2}]
    """
    where, folder = _where(workers, address), own_folder(config_folder)
    sides: tuple[Side, Side] = (_side(a, "A"), _side(b, "B"))
    named, shared = split_plugins(overrides_of(base, "base"))
    if shared and any(isinstance(side, RunConfig) for side in sides):
        raise ConfigError(["base: is for overrides; a configuration has been composed already"])
    named = list(dict.fromkeys([*plugins, *named]))
    load_plugins(named)
    named = list(
        dict.fromkeys([*named, *(name for side in sides if isinstance(side, RunConfig) for name in side.plugins)])
    )
    chosen = list(outcomes) if outcomes is not None else list(OUTCOMES)
    # The name tells this comparison from others, so that none refuses another's dataset.
    plain = [side_label(side) if isinstance(side, RunConfig) else list(side) for side in sides]
    what = [*plain, shared, *([named] if named else []), seeds, chosen]
    before, after = (side_label(side) or "the base" for side in sides)
    experiment = build_experiment(
        {
            "name": "compare_" + hashlib.sha256(json.dumps(what).encode()).hexdigest()[:10],
            "question": f"What changes from {before} to {after}?",
            "base": shared, "plugins": named, "replicates": seeds, "outcomes": chosen,
            "reference": [] if isinstance(sides[0], RunConfig) else sides[0],
            "figures": [{"kind": "forest", "outcomes": chosen}],
        },
        "compare",
    )  # fmt: skip
    dataset = _run(make_pair(experiment, *sides, folder), Path(output), where, True, progress)
    found = dataset.differences().drop(columns=["cell", "unit"])
    rows = [
        {name: None if value != value else value for name, value in row.items()} for row in found.to_dict("records")
    ]
    (dataset.folder / COMPARISON).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    if figures:
        dataset.draw()
    return dataset


def _side(given: Overrides | RunConfig, name: str) -> Side:
    return given if isinstance(given, RunConfig) else overrides_of(given, name)


def _where(workers: int | None, address: str | None) -> Where:
    return Where("local" if address is None else "dask", address, workers)


def _run(plan: Plan, output: Path, where: Where, forks: bool, progress: Watch | None) -> Dataset:
    check_reachable(where)
    say_if_cold()
    named = check_names(plan)
    session = run_plan(plan, output, where, progress or (lambda *_: None), forks=forks, named=named)
    return Dataset.load(session.folder, session)


def _experiment(given: str | Path | Mapping[str, Any] | Experiment, folder: Path | None) -> Experiment:
    """The experiment that is meant. Raises ``ConfigError``, also for the path of a file that cannot be read."""
    if isinstance(given, Experiment):
        return given
    if isinstance(given, Mapping):
        return build_experiment(dict(given), "sweep")
    if isinstance(given, Path) or given.endswith((".yaml", ".yml")):
        path = Path(given)
        return build_experiment({**read_names(path, yaml.safe_load), "name": path.stem}, str(path))
    return load_experiment(given, [config_root(), *([folder] if folder else [])])


def _command(
    experiment: str | Path | Mapping[str, Any] | Experiment, arguments: Sequence[str], folder: Path | None
) -> str:
    """What makes the dataset again, for its page."""
    if isinstance(experiment, str) and not experiment.endswith((".yaml", ".yml")):
        own = [f"--config-dir={folder}"] if folder else []
        return shlex.join(["rectify", "sweep", *own, f"experiment={experiment}", *arguments])
    name = str(experiment) if isinstance(experiment, (str, Path)) else "experiment"
    return f"rectify.sweep({name!r}, {list(arguments)!r})" if arguments else f"rectify.sweep({name!r})"
