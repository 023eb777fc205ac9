"""Plain tables on the terminal, for what benchmarks print."""

from __future__ import annotations

from collections.abc import Iterable

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table


def show(title: str, headings: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Print a table: its first column to the left, numbers to the right."""
    table = Table(box=SIMPLE)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left")
    for row in rows:
        table.add_row(*map(str, row))
    console = Console(width=140)
    console.print(f"\n{title}", table)
