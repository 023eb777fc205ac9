"""``rectify new``: a working plug-in with its test, to begin one's own from."""

from __future__ import annotations

import keyword
import re
from importlib.resources import files
from pathlib import Path

from rectify.core.errors import UserError
from rectify.store import explain_os_error

KINDS = {
    "behaviour": '    assert with_it.summary["@NAME@_days_total"] > 0\n'
    '    assert with_it.summary["posts_total"] < without.summary["posts_total"]',
    "channel": '    assert with_it.summary["cases_total"] > without.summary["cases_total"]',
    "metric": '    assert with_it.summary["@NAME@_mean"] > 0\n    assert "@NAME@_mean" not in without.summary',
}
"""Kinds of plug-ins that there is a template of, and what shows in a test that each is felt."""


def new(kind: str, name: str) -> list[Path]:
    """Write ``NAME.py`` and ``test_NAME.py`` into the current folder and print what to do next; their paths.

    Raises ``UserError`` for a name that is no module's, or when a file is there already.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise UserError(f"new: {name!r} cannot name a plug-in; take small letters, digits and _, as in lying_low")
    written = []
    texts = {f"{name}.py": template(kind, name), f"test_{name}.py": template("test", name, KINDS[kind])}
    if there := [file for file in texts if Path(file).exists()]:
        raise UserError(f"new: {there[0]} is there already; nothing was written")
    for file, text in texts.items():
        path = Path(file)
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise explain_os_error(error, path) from None
        written.append(path)
    print(
        f"{written[0]}  a working {kind}: change what it does\n{written[1]}  its test: pytest {written[1]}\n"
        f"next: rectify check {name}\n      rectify run plugins=[{name}]"
    )
    return written


def template(kind: str, name: str, felt: str = "") -> str:
    """The text of a template for a plug-in called *name*. *felt*: lines of the test that say how it shows."""
    text = (files("rectify.plugins") / "templates" / f"{kind}.txt").read_text(encoding="utf-8")
    words = name.split("_")
    replacements = {
        "@FELT@": felt,
        "@NAME@": name,
        "@CLASS@": "".join(word.capitalize() for word in words),
        "@TITLE@": " ".join(words).capitalize(),
    }
    for mark, value in replacements.items():
        text = text.replace(mark, value)
    return text
