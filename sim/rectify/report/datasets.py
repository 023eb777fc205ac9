"""Figures of a sweep's dataset: those its experiment file asks for, drawn from what is stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from rectify.core.errors import UserError, unknown
from rectify.report import forest, heat, multiples, outcome_curves, pareto, response, sensitivities, style
from rectify.report.figures import FORMATS, write_figure
from rectify.study.stored import StoredSweep, load_sweep

KINDS: dict[str, Callable[[StoredSweep, dict[str, Any]], Figure]] = {
    "curves": outcome_curves.draw,
    "multiples": multiples.draw,
    "response": response.draw,
    "heat": heat.draw,
    "forest": forest.draw,
    "pareto": pareto.draw,
    "sensitivity": sensitivities.draw,
}
"""Kind → function that draws it. curves: metric, by, where. multiples: metric, panels, by, where.
response, heat: outcome, over, by, where. forest: outcomes, and where; from the reference, or from the cells with the
level *against* of the factor *over*. pareto: outcomes, where. sensitivity: outcomes."""


def name_of(request: dict[str, Any], taken: set[str]) -> str:
    """A file name for a figure, from its kind and what it shows, told apart from those *taken*."""
    parts = [request["kind"], request.get("metric") or request.get("outcome")]
    parts += [f"by_{request['panels']}"] if request.get("panels") else []
    parts += [f"{factor}_{value}" for factor, value in (request.get("where") or {}).items()]
    name = "-".join(str(part) for part in parts if part).replace("/", "_")
    number = 2
    while name in taken:
        name, number = f"{name}-{number}", number + 1
    return name


def draw_dataset(folder: Path) -> list[Path]:
    """Draw the figures of the dataset in *folder* into ``figures/``, as PNG and SVG; returns the paths written.

    Without any in the experiment, a forest plot where there is a reference. Raises ``UserError`` when the dataset
    cannot be read or lacks what a figure needs.
    """
    stored = load_sweep(folder)
    requests = list(stored.experiment["figures"])
    if not requests and stored.reference is not None:
        requests = [{"kind": "forest"}]
    target, written, taken = folder / "figures", list[Path](), set[str]()
    try:
        target.mkdir(exist_ok=True)
        for number, request in enumerate(requests):
            if request["kind"] not in KINDS:
                raise UserError(unknown(f"{folder}: figures.{number}.kind", str(request["kind"]), KINDS))
            figure = KINDS[request["kind"]](stored, request)
            name = name_of(request, taken)
            taken.add(name)
            with style.house_style():
                style.lay_out(figure)
                for kind in FORMATS:
                    written.append(target / f"{name}.{kind}")
                    write_figure(figure, written[-1])
    except OSError as error:
        raise UserError(f"{target}: cannot be written: {error.strerror or error}") from error
    return written
