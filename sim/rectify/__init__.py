"""Rectify: an agent-based simulation of account moderation.

>>> import rectify
>>> result = rectify.run(["campaign=none", "population.accounts=300", "end=2023-01-07", "burn_in_days=0"])
>>> result.series.columns.tolist()
['date', 'platform', 'kind', 'metric', 'value']

Names are resolved when they are first used, so that importing the package, or one part of it, loads no other part.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rectify.api.dataset import Dataset
    from rectify.api.loading import load
    from rectify.api.reproducing import Reproduction, reproduce
    from rectify.api.running import run
    from rectify.api.studies import compare, sweep
    from rectify.checkpoint import restore, save_state
    from rectify.configuration.composing import compose
    from rectify.configuration.run_config import RunConfig
    from rectify.core.errors import ConfigError, RunEndedError, UserError
    from rectify.core.notes import Note
    from rectify.model import RectificationModel
    from rectify.results import RunResult

__all__ = [
    "ConfigError",
    "Dataset",
    "Note",
    "RectificationModel",
    "Reproduction",
    "RunConfig",
    "RunEndedError",
    "RunResult",
    "UserError",
    "compare",
    "compose",
    "load",
    "reproduce",
    "restore",
    "run",
    "save_state",
    "sweep",
]

_HOMES = {
    "ConfigError": "rectify.core.errors",
    "Dataset": "rectify.api.dataset",
    "Note": "rectify.core.notes",
    "RectificationModel": "rectify.model",
    "Reproduction": "rectify.api.reproducing",
    "RunConfig": "rectify.configuration.run_config",
    "RunEndedError": "rectify.core.errors",
    "RunResult": "rectify.results",
    "UserError": "rectify.core.errors",
    "compare": "rectify.api.studies",
    "compose": "rectify.configuration.composing",
    "load": "rectify.api.loading",
    "reproduce": "rectify.api.reproducing",
    "restore": "rectify.checkpoint",
    "run": "rectify.api.running",
    "save_state": "rectify.checkpoint",
    "sweep": "rectify.api.studies",
}
"""Modules that the public names are defined in."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
