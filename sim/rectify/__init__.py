"""Rectify: an agent-based simulation of account moderation.

>>> from rectify import RectificationModel, compose
>>> result = RectificationModel(compose(["campaign=none", "population.accounts=20000"])).run()  # doctest: +SKIP
"""

from rectify.core import kernel as _kernel  # noqa: F401  # isort: skip  (sets numba's cache and threads before it is imported)

from rectify.compose import compose
from rectify.config import RunConfig
from rectify.core.errors import ConfigError, UserError
from rectify.model import RectificationModel
from rectify.results import RunResult

__all__ = ["ConfigError", "RectificationModel", "RunConfig", "RunResult", "UserError", "compose"]
