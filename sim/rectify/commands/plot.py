"""``rectify plot``: the figures of a result folder or of a dataset, drawn again from what is stored."""

from __future__ import annotations

from pathlib import Path

import rectify


def plot(folder: Path) -> None:
    """Draw all figures of *folder* and print their paths. Raises ``UserError`` when it cannot be read."""
    for path in rectify.load(folder).draw():
        print(path)
