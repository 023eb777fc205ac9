"""Arguments that several functions take: overrides, as a list or as one string, and folders of the user's own."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from rectify.core.errors import ConfigError, UserError

Overrides = Sequence[str] | str
"""Overrides of the configuration: ``["campaign=none", "seed=2"]``, or one string as on the command line."""


def overrides_of(given: Overrides, what: str) -> list[str]:
    """*given* as a list. Raises ``ConfigError``, which *what* begins, for anything but overrides."""
    try:
        found = shlex.split(given) if isinstance(given, str) else list(given)
    except (ValueError, TypeError) as error:
        raise ConfigError([f"{what}: {given!r} cannot be read ({error})"]) from None
    for override in found:
        if not isinstance(override, str) or ("=" not in override and not override.startswith("~")):
            raise ConfigError([f"{what}: {override!r} is not an override, KEY=VALUE"])
    return found


def own_folder(given: str | Path | None) -> Path | None:
    """The folder of the user's own configuration files, absolute. Raises ``UserError`` when there is no such folder."""
    if given is None:
        return None
    if not Path(given).is_dir():
        raise UserError(f"config_folder: there is no folder {str(given)!r}")
    return Path(given).resolve()
