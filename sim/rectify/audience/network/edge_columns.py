"""Which columns of an edge list are an edge's ends: by names in use everywhere, or by those that are given."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rectify.audience.network.edges import Reading, listed

ENDS = (
    ("follower", "followed"),
    ("follower", "followee"),
    ("source", "target"),
    ("src", "dst"),
    ("src", "dest"),
    ("from", "to"),
)
"""Names of the columns of an edge's source and target: the source follows."""

WEIGHT = "weight"
"""Name of a column that is not used, but must hold numbers."""

HOW_TO_NAME = (
    "Set audience.follower_column and audience.followed_column to the names of the columns, or to their numbers, "
    "as 1 and 2, where there is no header row"
)


def _is(word: str, name: str) -> bool:
    """Whether *name* is a way to write *word*: ``FromNodeId``, ``from_id`` and ``From`` are ways to write ``from``."""
    plain = re.sub(r"[^a-z0-9]", "", name.casefold())
    return re.fullmatch(rf"{word}(node|user|account|vertex)?(id|name)?", plain) is not None


def has_known(names: Sequence[str]) -> bool:
    """Whether any of *names* is one of an end, alone or with its other."""
    return any(_is(word, name) for pair in ENDS for word in pair for name in names)


def known_ends(names: Sequence[str]) -> tuple[int, int] | None:
    """Places of source and target among *names*, where exactly one pair of well-known names is there, once."""
    pairs = []
    for pair in ENDS:
        found = [[place for place, name in enumerate(names) if _is(word, name)] for word in pair]
        if all(found):
            pairs.append(found)
    if len(pairs) != 1 or any(len(places) > 1 for places in pairs[0]):
        return None
    return pairs[0][0][0], pairs[0][1][0]


def given_ends(names: Sequence[str], reading: Reading) -> tuple[int, int]:
    """Places of the columns that *reading* gives. Raises ``ValueError`` for a name or a number that there is not."""
    places = []
    for key, wanted in (("follower", reading.follower_column), ("followed", reading.followed_column)):
        if isinstance(wanted, int):
            same = [wanted - 1] if 1 <= wanted <= len(names) else []
        else:
            same = [place for place, name in enumerate(names) if name == wanted] or [
                place for place, name in enumerate(names) if name.casefold() == str(wanted).strip().casefold()
            ]
        if len(same) != 1:
            raise ValueError(
                f"audience.{key}_column: {'no column' if not same else 'more than one column'} is {wanted!r}; "
                f"there are {len(names)}: {listed(names)}"
            )
        places += same
    if places[0] == places[1]:
        raise ValueError("audience.follower_column and audience.followed_column are the same column")
    return places[0], places[1]


def not_clear(names: Sequence[str]) -> ValueError:
    """The error for a file whose columns must be named."""
    return ValueError(f"which column follows which is not clear from {listed(names)}. {HOW_TO_NAME}")


def unused_columns(names: Sequence[str], named: bool = True) -> tuple[str, ...]:
    """What an edge list says of columns that nothing is made of; *named*: not by their numbers."""
    return (("columns " if named else "") + listed(names),) if names else ()
