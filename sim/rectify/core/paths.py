"""Where the configuration files lie: inside an installed package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent

CHECKOUT = PACKAGE.parent.parent
"""Root of the tree that the package runs from, where it is not installed: ``sim/`` is its source root."""


def config_root(package: Path = PACKAGE) -> Path:
    """Folder of the configuration files: ``_configs`` inside *package* if it is there, else the checkout's.

    A wheel carries the files inside the package, so that a run needs no checkout. Nothing is checked: a missing file
    raises where it is opened.
    """
    inside = package / "_configs"
    return inside if inside.is_dir() else package.parent.parent / "configs"
