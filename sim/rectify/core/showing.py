"""How objects show themselves in notebooks: facts as small HTML tables, figures as pictures."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from html import escape
from pathlib import Path


def in_a_line(kind: str, name: str, facts: Mapping[str, object]) -> str:
    """A short ``repr``: ``<RunConfig selfmedia_2023: seed 1, …>``."""
    return f"<{kind} {name}: {', '.join(f'{fact} {value}' for fact, value in facts.items())}>"


def as_html(title: str, *parts: Mapping[str, object]) -> str:
    """Facts by name as an HTML table under a *title*, with a line between its *parts*. All text is escaped."""
    bodies = []
    for part in parts:
        rows = (
            f'<tr><th style="text-align: left">{escape(name)}</th>'
            f'<td style="text-align: right">{escape(str(value))}</td></tr>'
            for name, value in part.items()
        )
        bodies.append(f"<tbody>{''.join(rows)}</tbody>")
    return f"<table><caption>{escape(title)}</caption>{''.join(bodies)}</table>"


class Figures(tuple[Path, ...]):
    """Paths of figures that were drawn, PNG and SVG; a notebook shows the pictures."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        shown = (path for path in self if path.suffix == ".png" and path.is_file())
        return "".join(
            f'<img alt="{escape(path.stem)}" title="{escape(path.stem)}" style="max-width: 100%" '
            f'src="data:image/png;base64,{b64encode(path.read_bytes()).decode()}">'
            for path in shown
        )
