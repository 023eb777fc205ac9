"""Cells: a design's points as configurations, composed once and then changed in memory."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rectify.configuration.composing import compose
from rectify.configuration.run_config import RunConfig
from rectify.configuration.settings import NOT_PART_OF_IDENTITY
from rectify.core.errors import ConfigError, UserError, nearest
from rectify.study.design import Experiment, Factor, Level
from rectify.study.sampling import Point, points

Values = dict[str, Any]
"""A configuration as plain values."""

REFERENCE = "reference"
SHOWN_AT_MOST = 20
"""Errors that are shown; the others are counted."""

SINGLE_RUN = {"threads": 1}
"""A sweep runs many runs at once, each on one thread."""


@dataclass(frozen=True)
class Cell:
    """One point of a design: ``number`` in its order, ``parameters`` by factor (none for the reference), identity.

    ``windows``: label, first and last day of every campaign. ``inputs``: key, path and SHA-256 of every input file.
    """

    number: int
    parameters: Point
    identity: str
    label: str = ""
    windows: tuple[tuple[str, str, str], ...] = ()
    inputs: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Plan:
    """A design made ready: its cells, and their configurations on demand (they are too large to keep all)."""

    experiment: Experiment
    cells: tuple[Cell, ...]
    base: Values
    values_of: Callable[[Cell], Values]


def set_key(values: Values, path: str, value: object) -> set[str]:
    """Set every key that *path* names to *value*; ``*`` stands for all entries. Raises ``ConfigError`` if none is.

    Returns the full paths of the keys set.
    """
    found_paths = set[str]()
    places: list[tuple[str, Any]] = [("", values)]
    *above, last = path.split(".")
    for part in above:
        places = [found for where, place in places for found in _below(place, part, where, path)]
    for where, place in places:
        if not isinstance(place, dict) or (last != "*" and last not in place):
            known = [name for name in place if name != "sources"] if isinstance(place, dict) else []
            raise ConfigError([f"{path}: there is no such key{nearest(last, known)}"])
        for name in place if last == "*" else [last]:
            if name != "sources":
                place[name] = copy.deepcopy(value)
                found_paths.add(f"{where}.{name}".lstrip("."))
    return found_paths


def _below(place: Any, part: str, where: str, path: str) -> Iterable[tuple[str, Any]]:
    if not isinstance(place, dict) or (part != "*" and part not in place):
        known = [name for name in place if name != "sources"] if isinstance(place, dict) else []
        at = f" at {where}" if where else ""
        raise ConfigError([f"{path}: there is no {part!r}{at}{nearest(part, known)}"])
    for name in place if part == "*" else [part]:
        if name != "sources":
            yield f"{where}.{name}".lstrip("."), place[name]


def composed(overrides: Sequence[str], folder: Path | None, plugins: Sequence[str] = ()) -> Values:
    """The configuration that *overrides* make with these *plugins*, as plain values."""
    return {**compose(overrides, folder, plugins).model_dump(mode="json"), **SINGLE_RUN}


def overlaid(base: Sequence[str], further: Sequence[str]) -> list[str]:
    """*base* with *further* overrides, which take the place of those of the same key: Hydra refuses a group twice."""
    replaced = {override.partition("=")[0] for override in further}
    return [*(override for override in base if override.partition("=")[0] not in replaced), *further]


def _overlap(one: str, other: str) -> bool:
    """Whether setting one key sets the other too."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


class Variation:
    """The base configuration, and how each factor's values change it. Files of groups are composed once per level."""

    def __init__(self, experiment: Experiment, folder: Path | None) -> None:
        self.experiment = experiment
        self.base = self._settled(composed(experiment.base, folder, experiment.plugins))
        self.groups: dict[tuple[str, object], Values] = {}
        self.reference = (
            None
            if experiment.reference is None
            else self._settled(composed(overlaid(experiment.base, experiment.reference), folder, experiment.plugins))
        )
        errors, owners = [], dict[str, str]()
        for name, factor in experiment.factors.items():
            changed: set[str] = set()
            for level in factor.levels or ():
                chosen = [f"{group}={file}" for group, file in factor.files(level).items()]
                if not chosen:
                    continue
                try:
                    values = self._settled(composed(overlaid(experiment.base, chosen), folder, experiment.plugins))
                except UserError as error:
                    errors += [f"factors.{name}: {line}" for line in str(error).split("\n")]
                    continue
                self.groups[name, level] = {
                    key: value for key, value in values.items() if value != self.base.get(key) and key != "title"
                }
                changed |= self.groups[name, level].keys()
            for key in changed:
                if key in owners:
                    errors.append(f"factors.{name}: sets {key!r}, which factors.{owners[key]} sets too")
                owners[key] = name
        errors += self._key_errors()
        if errors:
            raise ConfigError(list(dict.fromkeys(errors)))

    def _key_errors(self) -> Iterable[str]:
        """Keys that two factors set, and keys that decide nothing about a cell."""
        owners: dict[str, str] = {}
        for name, factor in self.experiment.factors.items():
            own = set[str]()
            for key in _keys_of(factor):
                if key.partition(".")[0] in NOT_PART_OF_IDENTITY:
                    yield f"factors.{name}: {key!r} changes no result" + (
                        "; replicates differ in their seed" if key == "seed" else ""
                    )
                    continue
                own |= self._keys_set(key)
            for path in sorted(own):
                other = next((o for known, o in owners.items() if _overlap(path, known)), None)
                if other is not None:
                    yield f"factors.{name}: {path!r} is set by {other} too"
            owners |= dict.fromkeys(own, f"factors.{name}")

    def _keys_set(self, key: str) -> set[str]:
        """Full paths that *key* stands for, in the base or with any level of a group; none where it is in neither."""
        found = set[str]()
        for changes in ({}, *self.groups.values()):
            with suppress(ConfigError):  # told with the cell
                found |= set_key(copy.deepcopy(self.base | changes), key, None)
        return found

    def _settled(self, values: Values) -> Values:
        """*values* with the experiment's settings."""
        for key, value in self.experiment.settings.items():
            try:
                set_key(values, key, value)
            except ConfigError as error:
                raise ConfigError([f"settings: {line}" for line in error.errors]) from None
        return values

    def values(self, point: Point) -> Values:
        """A changed copy of the base for one *point*. Raises :class:`ConfigError`."""
        values = copy.deepcopy(self.base)
        for name, level in point.items():
            values.update(copy.deepcopy(self.groups.get((name, level), {})))
        for name, level in point.items():
            for key, value in self.experiment.factors[name].changes(level).items():
                set_key(values, key, value)
        return values


def _keys_of(factor: Factor) -> Iterable[str]:
    """Keys to which some value of a *factor* gives a value, each once."""
    arms: Iterable[Level] = (factor.levels or ()) if factor.arms else ()
    return dict.fromkeys([*factor.keys, *(key for arm in arms for key in factor.changes(arm))])


def make_plan(experiment: Experiment, folder: Path | None = None) -> Plan:
    """Compose *experiment*, and validate every cell. *folder*: a folder of the user's own, laid out like ``configs/``.

    Raises :class:`ConfigError` with the errors of all cells together, each with the cell's parameters.
    """
    variation = Variation(experiment, folder)
    cells: list[Cell] = []
    errors: dict[str, list[str]] = {}
    if variation.reference is not None:
        cells.append(_cell(0, {}, RunConfig.load(variation.reference), REFERENCE))
    for point in points(experiment):
        try:
            config = RunConfig.load(variation.values(point))
        except ConfigError as error:
            for line in error.errors:
                errors.setdefault(line, []).append(described(point))
        else:
            cells.append(_cell(len(cells), point, config))
    if errors:
        lines = [
            f"{line} (cell {where[0]}{f' and {len(where) - 1} more' if len(where) > 1 else ''})"
            for line, where in errors.items()
        ]
        rest = len(lines) - SHOWN_AT_MOST
        raise ConfigError(lines[:SHOWN_AT_MOST] + ([f"and {rest} more errors"] if rest > 0 else []))

    def values_of(cell: Cell) -> Values:
        if cell.label == REFERENCE:
            assert variation.reference is not None
            return _pinned(copy.deepcopy(variation.reference), cell)
        return _pinned(variation.values(cell.parameters), cell)

    return Plan(experiment, tuple(cells), variation.base, values_of)


Side = Sequence[str] | RunConfig
"""One side of a comparison: overrides, or a whole configuration."""


def make_pair(experiment: Experiment, a: Side, b: Side, folder: Path | None = None) -> Plan:
    """A plan of two cells, the reference *a* and the other *b*; overrides lie over *experiment*'s base.

    Raises :class:`ConfigError` for bad overrides, and when both come to the same configuration.
    """
    both = [
        {**side.model_dump(mode="json"), **SINGLE_RUN}
        if isinstance(side, RunConfig)
        else composed(overlaid(experiment.base, side), folder, experiment.plugins)
        for side in (a, b)
    ]
    cells = tuple(
        _cell(number, {}, RunConfig.load(values), side_label(side))
        for number, (values, side) in enumerate(zip(both, (a, b), strict=True))
    )
    if cells[0].identity == cells[1].identity:
        raise ConfigError([f"compare: {cells[0].label!r} and {cells[1].label!r} come to the same configuration"])
    return Plan(experiment, cells, both[0], lambda cell: _pinned(copy.deepcopy(both[cell.number]), cell))


def side_label(side: Side) -> str:
    """What to call one side of a comparison."""
    return f"{side.name} {side.identity}" if isinstance(side, RunConfig) else " ".join(side)


def _cell(number: int, point: Point, config: RunConfig, label: str = "") -> Cell:
    planned = [c for c in config.campaigns.values() if config.offices[c.office].strategy == "calendar"]
    windows = ((c.label, c.opens.isoformat(), c.closes.isoformat()) for c in planned)
    inputs = ((key, file.path, file.sha256) for key, file in config.inputs.items())
    return Cell(number, point, config.identity, label, tuple(windows), tuple(inputs))


def _pinned(values: Values, cell: Cell) -> Values:
    """*values* with the input files as they were when the plan was made, wherever they are read, and whenever."""
    for key, path, digest in cell.inputs:
        set_key(values, key, {"path": path, "sha256": digest})
    return values


def described(parameters: Mapping[str, object]) -> str:
    """A cell's parameters in one line."""
    return " ".join(f"{name}={value}" for name, value in parameters.items())
