"""``rectify reproduce``: run a result folder's stored configuration again and say whether the same came out."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape

import rectify


def reproduce(folder: Path) -> bool:
    """Run *folder*'s stored configuration again; print what differs; True when series and summary are the same.

    Nothing is written. Raises ``UserError`` when the folder cannot be read or its configuration is not valid.
    """
    found = rectify.reproduce(folder)
    out = Console(soft_wrap=True, highlight=False)
    if found:
        out.print(f"[green]the same[/]: series {found.digests['series'][:12]}, summary {found.digests['summary'][:12]}")
        lines = tuple(f"though {line}" for line in found.surroundings)
    elif found.same_results:
        out.print("[yellow]the run is the same, but the folder is not what was written[/]:")
        lines = found.differences
    else:
        out.print("[red]something else came out[/]:")
        lines = found.differences
    for line in lines:
        out.print(f"  {escape(line)}")
    return bool(found)
