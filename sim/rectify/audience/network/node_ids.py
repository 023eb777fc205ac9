"""Ids of nodes are labels, whatever they look like: accounts are numbered anew, in an order that formats share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
"""A whole number as it is usually written; ``007`` and ``+7`` are other labels."""
WITH_ZEROS = re.compile(r"(-?(?:0|[1-9][0-9]*))\.0+")
"""A whole number that went through a column of fractions."""
SHORTENED = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[eE]\+[0-9]+")
"""A whole number as spreadsheet programs write it once they have dropped its last digits."""
DIGITS = re.compile(r"([0-9]+)")
EXACT = 2.0**53
"""Above it, fractions no longer tell whole numbers apart."""
LONGEST = 1000
"""Characters of a label; a longer one is no id but a damaged file."""


class Numbered(NamedTuple):
    """Columns of ids as numbers 0, 1, 2, … of their *labels* in all, int64 each; and what to say of the labels."""

    columns: list[NDArray[np.int64]]
    labels: int
    remarks: list[str]


def label_of(value: Any) -> str:
    """The label that an id stands for: ``7``, ``"7"``, ``7.0``, ``"7.0"`` and ``" 7 "`` are the same one.

    Raises ``ValueError`` for what is no number and no text, for empty text, and for text that is far too long.
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8")
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (str, int, float, np.integer, np.floating)):
        raise ValueError(f"{value!r} is no id of a node: numbers and text are")
    if isinstance(value, (float, np.floating)):
        if not np.isfinite(value):
            raise ValueError(f"{value!r} is no id of a node")
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    text = str(value).strip()
    if not text:
        raise ValueError("an id is empty")
    if len(text) > LONGEST:
        raise ValueError(f"an id has {len(text):,} characters: {text[:40]}…")
    zeros = WITH_ZEROS.fullmatch(text)
    return zeros[1] if zeros else text


def in_order(labels: Iterable[str]) -> list[str]:
    """*labels* in the order of their numbers: whole numbers as such, others as people count, ``n2`` before ``n10``."""
    labels = list(labels)
    if all(WHOLE.fullmatch(label) for label in labels):
        return sorted(labels, key=int)

    def parts(label: str) -> tuple[list[int | str], str]:
        return [int(part) if place % 2 else part for place, part in enumerate(DIGITS.split(label))], label

    return sorted(labels, key=parts)


def number_anew(columns: Sequence[pd.Series]) -> Numbered:
    """Number the labels in all *columns* together, in order. Memory grows with the ids there are, not with their size.

    Raises ``ValueError`` as :func:`label_of`.
    """
    if all(_fits(column) for column in columns):
        whole = [column.to_numpy(np.int64) for column in columns]
        distinct = np.unique(np.concatenate([np.unique(column) for column in whole]))
        return Numbered([np.searchsorted(distinct, column) for column in whole], distinct.size, [])
    coded, labelled, rounded = [], [], list[Any]()
    for column in columns:
        codes, unique = pd.factorize(column)
        if (codes < 0).any():
            raise ValueError("an id is missing")
        values = unique.tolist()
        coded.append(codes)
        labelled.append([label_of(value) for value in values])
        rounded += [value for value in values if _lost_digits(value)]
    place = {label: number for number, label in enumerate(in_order(set[str]().union(*labelled)))}
    places = [np.array([place[label] for label in labels], np.int64) for labels in labelled]
    remarks = []
    if rounded:
        remarks.append(
            f"ids that have lost their last digits, as in a spreadsheet program: {len(rounded):,}, such as "
            f"{rounded[0]}; different accounts may have become one"
        )
    return Numbered([new[codes] for new, codes in zip(places, coded, strict=True)], len(place), remarks)


def _fits(column: pd.Series) -> bool:
    """Whether a column holds whole numbers that NumPy can sort, as they are."""
    kind = column.dtype
    if not isinstance(kind, np.dtype) or kind.kind not in "iu":
        return False
    return kind.kind == "i" or column.empty or int(column.max()) < 2**63


def _lost_digits(value: Any) -> bool:
    if isinstance(value, str):
        return SHORTENED.fullmatch(value.strip()) is not None
    return isinstance(value, float) and abs(value) >= EXACT
