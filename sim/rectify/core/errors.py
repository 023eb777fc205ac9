"""Errors meant for people: one clear message, no traceback, exit code 2."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rapidfuzz import process


class UserError(ValueError):
    """Something the user can put right: the message says where, what was given, and what is allowed.

    Its text is what the command line prints. All errors that the package raises on purpose are of this class.
    """


class ConfigError(UserError):
    """One or more errors in a configuration, each with the full path of its key."""

    def __init__(self, errors: Sequence[str]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(self.errors))


class RunEndedError(UserError):
    """A run was asked for a day after its last, or to go on after an error broke off a day."""


def nearest(given: str, known: Iterable[str]) -> str:
    """End of a sentence: the known words nearest to *given*, as in ``"; did you mean 'weibo'?"``, or just ``"."``."""
    matches = process.extract(given, sorted(set(known) - {given}), limit=2, score_cutoff=70)
    if not matches:
        return "."
    return "; did you mean " + " or ".join(repr(match[0]) for match in matches) + "?"


WORDS_LISTED = 60
"""Known words that a message lists; of more, the others are counted."""


def unknown(path: str, given: str, known: Iterable[str]) -> str:
    """The error of a word that is not among those known."""
    words = sorted(known)
    more = f" and {len(words) - WORDS_LISTED} more" if len(words) > WORDS_LISTED else ""
    listed = ", ".join(words[:WORDS_LISTED]) or "none"
    return f"{path}: {given!r} is not known{nearest(given, words)} Known: {listed}{more}"
