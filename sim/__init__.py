"""Rectify: an agent-based simulation of account moderation.

>>> from sim import RectificationModel, compose
>>> result = RectificationModel(compose(["campaign=none", "population.accounts=20000"])).run()  # doctest: +SKIP
"""

from sim.core import kernel as _kernel  # noqa: F401  # isort: skip  (sets numba's cache and threads before it is imported)

from sim.compose import compose
from sim.config import RunConfig
from sim.core.errors import ConfigError, UserError
from sim.model import RectificationModel
from sim.results import RunResult

__all__ = ["ConfigError", "RectificationModel", "RunConfig", "RunResult", "UserError", "compose"]
