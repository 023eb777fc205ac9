"""Counters: what is counted on a day, by platform and kind."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from rectify.core.errors import nearest
from rectify.core.kernel import kernel
from rectify.core.table import Array


@kernel
def count_events(platform, kind, counter):  # type: ignore[no-untyped-def]
    """Add one to *counter* at [platform, kind] of each event.

    outputs: counter
    """
    for i in range(len(platform)):
        counter[platform[i], kind[i]] += 1.0


@kernel
def _add_amounts(platform, kind, amount, counter):  # type: ignore[no-untyped-def]
    """Add its *amount* to *counter* at [platform, kind] of each event.

    outputs: counter
    """
    for i in range(len(platform)):
        counter[platform[i], kind[i]] += amount[i]


@kernel
def _add_parts(parts, places, block):  # type: ignore[no-untyped-def]
    """Add *parts*, [parts, names, platforms, kinds + 1], to the counters at these *places* of the block, in order.

    outputs: block
    """
    for name in range(len(places)):
        for p in range(parts.shape[2]):
            for k in range(parts.shape[3]):
                total = parts[0, name, p, k]
                for part in range(1, len(parts)):
                    total += parts[part, name, p, k]
                block[places[name], p, k] += total


class Counters:
    """The day's counters by name: float64 [platforms, kinds + 1], lawful in the last place.

    *names*: those that some process fills; there are no others. They lie together in ``block``,
    [counters, platforms, kinds + 1], so that many are cleared or read at once.
    """

    def __init__(self, platforms: int, kinds: int, names: Iterable[str] = ()) -> None:
        self.shape = (platforms, kinds + 1)
        self.names: tuple[str, ...] = ()
        self.block = np.zeros((0, *self.shape))
        self.by_name: dict[str, Array] = {}
        """Views of the block by name, in its order."""
        self._places: dict[tuple[str, ...], Array] = {}
        self.declare(names)

    def declare(self, names: Iterable[str]) -> None:
        """Have counters of these *names*, all zero, in place of those there were."""
        self.names = tuple(dict.fromkeys(names))
        self.block = np.zeros((len(self.names), *self.shape))
        self.by_name = {name: self.block[place] for place, name in enumerate(self.names)}
        self._places = {}

    def __getitem__(self, name: str) -> Array:
        """Counter *name*. Raises ``KeyError``, naming near misses, for one that no process has declared."""
        try:
            return self.by_name[name]
        except KeyError:
            raise KeyError(f"no process writes counters.{name}{nearest(name, self.names)}") from None

    def places(self, names: tuple[str, ...]) -> Array:
        """Where the counters of these *names* lie in ``block``, int64 [names]. Raises ``KeyError`` as above."""
        found = self._places.get(names)
        if found is None:
            for name in names:
                self[name]
            order = {name: place for place, name in enumerate(self.names)}
            found = self._places[names] = np.array([order[name] for name in names], np.int64)
        return found

    def add(self, name: str, array: Array) -> None:
        """Add an array of the counter's shape, or of shape [platforms, kinds] to its violating part."""
        counter = self[name]
        counter[:, : array.shape[1]] += array

    def add_parts(self, names: tuple[str, ...], parts: Array) -> None:
        """Add to the counters of these *names* what was counted apart: [parts, names, platforms, kinds + 1]."""
        _add_parts.serial(parts, self.places(names), self.block)

    def several(self, *names: str) -> list[Array]:
        """The counters of these *names*, for a kernel that adds to them."""
        try:
            return [self.by_name[name] for name in names]
        except KeyError:
            return [self[name] for name in names]  # which says what is missing

    def count(self, name: str, platform: Array, kind: Array, amount: Array | None = None) -> None:
        """Count events at [platform, kind], one or *amount* each (0 or 1 by a mask), summed in order."""
        counter = self[name]
        if len(platform) == 0:
            return
        if amount is None:
            count_events.serial(platform, kind, counter)
        else:
            _add_amounts.serial(platform, kind, amount, counter)

    def clear(self) -> None:
        """Start a new day."""
        self.block[:] = 0.0
