"""Rectify: an agent-based simulation of account moderation."""

from sim.core import kernel as _kernel  # noqa: F401  (sets numba's cache and threads before numba is imported)
