"""``rectify plot``: the figures of a result folder or of a dataset, drawn again from what is stored."""

from __future__ import annotations

from pathlib import Path

from rectify.report.datasets import draw_dataset
from rectify.report.figures import draw_all
from rectify.study.stored import is_sweep


def plot(folder: Path) -> None:
    """Draw all figures of *folder* and print their paths. Raises ``UserError`` when it cannot be read."""
    for path in (draw_dataset if is_sweep(folder) else draw_all)(folder):
        print(path)
