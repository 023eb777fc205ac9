"""Puts the configuration files into wheels.

An editable install must not get them: it would keep a copy that edits of ``configs/`` no longer reach.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ConfigsInWheel(BuildHookInterface):  # type: ignore[type-arg]
    """Adds ``configs/`` as ``rectify/_configs`` to a wheel that is to be handed on."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it builds; *version* is ``standard`` or ``editable``."""
        if version == "standard":
            build_data["force_include"]["configs"] = "rectify/_configs"
