"""All figures of a run, by name, and drawing them into its result folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from rectify.core.errors import UserError, unknown
from rectify.report import (
    collateral,
    comparison,
    content,
    deterrence,
    feeds,
    followers,
    recidivism,
    sanctioning,
    style,
    targets,
)
from rectify.report.load import StoredRun, load_run

FIGURES: dict[str, Callable[[StoredRun], Figure]] = {
    "content": content.draw,
    "sanctioning": sanctioning.draw,
    "removal": sanctioning.draw_removal,
    "deterrence": deterrence.draw,
    "recidivism": recidivism.draw,
    "followers": followers.draw,
    "collateral": collateral.draw,
    "comparison": comparison.draw,
    "targets": targets.draw,
}
"""Name → function that draws the figure, in the order of a report."""

FEED_FIGURES: dict[str, Callable[[StoredRun], Figure]] = {"account_feeds": feeds.draw_accounts}
"""Besides these, for runs of accounts on a follower network."""

MESSAGE_FIGURES: dict[str, Callable[[StoredRun], Figure]] = {"feeds": feeds.draw}
"""The same for runs of messages on a fixed graph."""

FORMATS: dict[str, dict[str, Any]] = {
    "png": {"metadata": {"Software": None}},
    "svg": {"metadata": {"Date": None}},
}
"""Format → how to save in it; nothing that would differ from one drawing to the next."""


def write_figure(figure: Figure, path: Path) -> None:
    """Save under a temporary name in the same folder, then rename; nothing is left behind when that fails."""
    kind = path.suffix.removeprefix(".")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        figure.savefig(temporary, format=kind, **FORMATS[kind])
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def figures_of(run: StoredRun) -> list[str]:
    """Names of the figures that *run* has something to show in: figures published, targets named."""
    if run.stores(feeds.GRAPH_METRIC):
        return list(MESSAGE_FIGURES)
    empty = {"comparison"} if run.published.empty else set()
    empty |= set() if targets.targets_of(run) else {"targets"}
    names = [name for name in FIGURES if name not in empty]
    return names + (list(FEED_FIGURES) if run.stores(feeds.METRIC) else [])


def draw_all(folder: Path, names: Iterable[str] | None = None) -> list[Path]:
    """Draw the figures *names* of the run stored in *folder* into ``figures/``, each as PNG and SVG.

    Without *names*, those of :func:`figures_of`. Returns the paths written. Raises
    UserError when the folder cannot be read, a name is not that of a figure, or a file cannot be written.
    """
    known = {**FIGURES, **FEED_FIGURES, **MESSAGE_FIGURES}
    chosen = None if names is None else list(names)
    for name in chosen or ():
        if name not in known:
            raise UserError(unknown("figure", name, known))
    run = load_run(folder)
    chosen = figures_of(run) if chosen is None else chosen
    target = Path(folder) / "figures"
    written: list[Path] = []
    existed = target.is_dir()
    try:
        target.mkdir(exist_ok=True)
        for name in chosen:
            figure = known[name](run)
            with style.house_style():
                style.lay_out(figure)
                for kind in FORMATS:
                    path = target / f"{name}.{kind}"
                    write_figure(figure, path)
                    written.append(path)
    except OSError as error:
        raise UserError(f"{target}: cannot be written: {error.strerror or error}") from error
    finally:
        if not existed and target.is_dir() and not any(target.iterdir()):
            target.rmdir()
    return written
