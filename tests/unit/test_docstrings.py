"""Examples in the docstrings of what the package offers are true, and everything but errors has one."""

from __future__ import annotations

import doctest
import inspect
import sys
from pathlib import Path

import pytest

import rectify

WITHOUT = {"ConfigError", "Note", "RunEndedError", "UserError"}
HOMES = sorted({getattr(rectify, name).__module__ for name in set(rectify.__all__) - WITHOUT} | {"rectify"})


def test_whatever_is_offered_shows_how_it_is_used() -> None:
    docs = {name: inspect.getdoc(getattr(rectify, name)) or "" for name in rectify.__all__}
    assert {name for name, doc in docs.items() if ">>> " not in doc} == WITHOUT


@pytest.mark.parametrize("module", HOMES)
def test_examples_are_true(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an empty folder, which is where they write."""
    monkeypatch.chdir(tmp_path)
    found = doctest.testmod(sys.modules[module], optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.failed == 0
    assert found.attempted > 0
