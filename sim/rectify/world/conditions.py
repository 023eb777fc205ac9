"""Conditions: what is the same for everybody on a platform today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, cast

import numpy as np

from rectify.core.schedule import Store
from rectify.core.table import Array

Shape = Literal["platforms", "platforms, kinds"]


@dataclass(frozen=True)
class Condition:
    """Declaration of one condition: its *shape*, *unit* and *meaning*, and whether the next day finds it as it was."""

    shape: Shape
    unit: str
    meaning: str
    carried: bool
    dtype: str = "float64"
    initial: float = 0.0


def _condition(
    shape: Shape, unit: str, meaning: str, carried: bool = False, dtype: str = "float64", initial: float = 0.0
) -> Array:
    return cast(Array, Condition(shape, unit, meaning, carried, dtype, initial))


class Conditions:
    """Arrays by platform, or by platform and kind. Those that are not carried are set anew every morning."""

    declared: ClassVar[dict[str, Condition]] = {}

    attention: Array = _condition(
        "platforms", "ratio", "views of a post written today relative to other days", initial=1.0
    )
    premium: Array = _condition(
        "platforms, kinds", "ratio", "views of a violating post relative to a lawful one", initial=1.0
    )
    everyday: Array = _condition("platforms", "share", "everyday search and review that goes on today", initial=1.0)
    player_check_effort: Array = _condition(
        "platforms", "ratio", "real-name checks of players, relative to their rate", initial=1.0
    )
    disposal: Array = _condition("platforms", "share", "accounts without an office that are disposed of today")
    acts: Array = _condition("platforms", "share", "upheld cases that the platform acts on", initial=1.0)
    escalation: Array = _condition("platforms, kinds", "steps", "steps of the ladder that are skipped", dtype="int64")
    ladder_severity: Array = _condition("platforms, kinds", "0 to 1", "severity of what a first strike brings today")
    notified: Array = _condition(
        "platforms, kinds", "0 to 1", "certainty that last night's notices make credible", True
    )
    observed: Array = _condition("platforms, kinds", "0 to 1", "certainty learnt from others' sanctions", True)
    announced: Array = _condition("platforms, kinds", "0 to 1", "certainty that announcements make credible", True)
    severity: Array = _condition(
        "platforms, kinds", "0 to 1", "severity that people believe in: rises at once, is forgotten slowly", True
    )
    provocation: Array = _condition(
        "platforms, kinds", "logit", "what yesterday's quarrels add to the readiness to violate in kind", True
    )

    def __init__(self, platforms: int, kinds: int) -> None:
        for name, each in self.declared.items():
            shape = (platforms, kinds) if each.shape == "platforms, kinds" else (platforms,)
            self.__dict__[name] = np.full(shape, each.initial, each.dtype)

    def __setattr__(self, name: str, value: Any) -> None:
        if self.__dict__.get(name, value) is not value:
            raise AttributeError(f"conditions.{name} is shared: write to its entries, with [...]")
        super().__setattr__(name, value)

    @classmethod
    def stores(cls) -> dict[str, Store]:
        """What the schedule needs to know of them, by ``conditions.name``."""
        return {
            f"conditions.{name}": Store(each.carried, unit=each.unit, shape=each.shape, meaning=each.meaning)
            for name, each in cls.declared.items()
        }


Conditions.declared = {name: value for name, value in vars(Conditions).items() if isinstance(value, Condition)}
