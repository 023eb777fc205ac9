"""Rectify: an agent-based simulation of account moderation.

>>> from rectify import RectificationModel, compose
>>> result = RectificationModel(compose(["campaign=none", "population.accounts=20000"])).run()  # doctest: +SKIP

Names are resolved when they are first used, so that importing the package, or one part of it, loads no other part.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rectify.configuration.composing import compose
    from rectify.configuration.run_config import RunConfig
    from rectify.core.errors import ConfigError, UserError
    from rectify.model import RectificationModel
    from rectify.results import RunResult

__all__ = ["ConfigError", "RectificationModel", "RunConfig", "RunResult", "UserError", "compose"]

_HOMES = {
    "ConfigError": "rectify.core.errors",
    "RectificationModel": "rectify.model",
    "RunConfig": "rectify.configuration.run_config",
    "RunResult": "rectify.results",
    "UserError": "rectify.core.errors",
    "compose": "rectify.configuration.composing",
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
