"""Notes: what is worth a line to the user, and no error. The command line prints each once, as one line."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Note(UserWarning):
    """How an input was understood, and what of it was left out."""


def note(text: str) -> None:
    """Say *text*, a line: a Python warning, which the command line prints as a note."""
    warnings.warn(Note(text), stacklevel=2)


@contextmanager
def notes_to(say: Callable[[str], None]) -> Iterator[None]:
    """Hand every note that comes up in the block to *say*, each text once; other warnings stay as they are."""
    said = set[str]()
    with warnings.catch_warnings():
        warnings.simplefilter("always", Note)
        before = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
            if not issubclass(category, Note):
                before(message, category, *rest, **more)
            elif str(message) not in said:
                said.add(str(message))
                say(str(message))

        warnings.showwarning = show
        yield
