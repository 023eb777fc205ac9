"""The model description is not stale, and the READMEs' words are true."""

from __future__ import annotations

from rectify.commands.document import README, render


def test_generated_tables_are_fresh() -> None:
    """`make docs` would change nothing."""
    text = README.read_text(encoding="utf-8")
    assert text.count("<!-- generated: ") == 13
    assert render(text) == text
