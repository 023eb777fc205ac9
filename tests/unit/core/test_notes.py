"""Notes: warnings of a kind of their own, each text said once."""

from __future__ import annotations

import warnings

import pytest

from rectify.core.notes import Note, note, notes_to


def test_notes_are_said_once_each_and_nothing_else_is() -> None:
    said: list[str] = []
    with warnings.catch_warnings(record=True) as others, notes_to(said.append):
        warnings.simplefilter("always")
        for text in ("one", "two", "one"):
            note(text)
        warnings.warn("something else", UserWarning, stacklevel=1)
    assert said == ["one", "two"]
    assert [str(other.message) for other in others] == ["something else"]


def test_python_users_see_them_as_warnings() -> None:
    with pytest.warns(Note, match="^as it is$"):
        note("as it is")
