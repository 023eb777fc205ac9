"""Edge lists in text, with any delimiter, any names of columns, a header row or none, and comments before it.

What a file leaves open is settled only where that is safe: by names that are in use everywhere, or where a single way
to read it makes sense. Else the error names the key that settles it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TextIO

import numpy as np
import pandas as pd

from rectify.audience.network.edge_columns import (
    HOW_TO_NAME,
    WEIGHT,
    given_ends,
    has_known,
    known_ends,
    not_clear,
    unused_columns,
)
from rectify.audience.network.edges import Edges, Reading, check_weights

DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
"""Delimiters that are looked for, under the names that they may be given by; a space stands for any run of blanks."""

COMMENT = re.compile(r"\s*[#%]+\s*(.*?)\s*")
"""A line before the first row that is no row."""

EXCEL_SEPARATOR = re.compile(r"\s*sep=(.)\s*", re.IGNORECASE)
"""A first line that tells spreadsheet programs the delimiter."""

UNDIRECTED = re.compile(r"undirected|sym\b", re.IGNORECASE)
"""Beginning of a comment that says that an edge goes both ways, in SNAP's files and in KONECT's."""

NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
SAMPLE = 200
"""Rows that a file's form is told by."""

TYPE = "type"
"""Name of Gephi's column that says of each edge whether it is directed."""

Open = Callable[[], TextIO]
Rows = list[list[str]]


@dataclass(frozen=True)
class _Form:
    """How a text is laid out: lines before its first row, delimiter, first rows, and what the last comment names."""

    skipped: int
    delimiter: str
    rows: Rows
    above: list[str]
    undirected: bool


@dataclass(frozen=True)
class _Layout:
    """Places of the columns of source and target, the names of all columns, and whether the first row holds them."""

    source: int
    target: int
    names: list[str] | None
    header: bool


def read_text(open_text: Open, sample: Sequence[str], reading: Reading) -> Edges:
    """Read an edge list. *open_text* opens its text from the start; *sample*: its first lines.

    Raises ``ValueError`` for what is no edge list, with the line where it can be told.
    """
    form = _form_of(sample, reading.delimiter)
    layout = _layout_of(form, reading)
    table = _table_of(open_text, form)
    if layout is None:
        # A name of a column is no account's at the same time: one that comes again below is an account.
        first = table.iloc[0, :2].str.strip()
        if not any(table.iloc[1:, place].str.strip().isin(first).any() for place in (0, 1)):
            raise not_clear(form.rows[0])
        layout = _Layout(0, 1, None, header=False)
    names = layout.names or [f"column {number + 1}" for number in range(table.shape[1])]
    names = names[: table.shape[1]]
    body = table.iloc[1:] if layout.header else table
    if not len(body):
        raise ValueError("it has no edges, only names of columns")
    if layout.names is None and reading.follower_column is None and len(names) > 2 and _counts_rows(body[0]):
        raise ValueError(f"its first column could be a follower, or the number of the row. {HOW_TO_NAME}")

    def line_of(row: int) -> str:
        return f"in line {_line_of(open_text, form.skipped, row + layout.header):,}"

    source, target = (body[place].str.strip() for place in (layout.source, layout.target))
    for name, ids in ((names[layout.source], source), (names[layout.target], target)):
        empty = np.flatnonzero((ids == "").to_numpy())
        if empty.size:
            raise ValueError(f"{name} has {empty.size:,} empty cells, the first {line_of(int(empty[0]))}")
    by_name = {} if layout.names is None else {name.casefold(): body[place] for place, name in enumerate(names)}
    if WEIGHT in by_name:
        decimal_comma = form.delimiter != ","
        weights = by_name[WEIGHT].str.replace(",", ".") if decimal_comma else by_name[WEIGHT]
        check_weights(weights, line_of)
    mutual = np.full(len(body), form.undirected)
    types = by_name[TYPE].str.strip().str.casefold() if TYPE in by_name else None
    if types is not None and types.isin(["directed", "undirected"]).all():
        mutual = (types == "undirected").to_numpy(np.bool_)
    ends = (names[layout.source], names[layout.target])
    unused = [name for name in names if name.strip() and name not in ends and name.casefold() != TYPE]
    return Edges(source, target, mutual, ends, unused=unused_columns(unused, layout.names is not None))


def _form_of(sample: Sequence[str], given: str | None) -> _Form:
    """How a text is laid out, by its first lines. Raises ``ValueError`` where that is not clear."""
    comments, skipped = [""], 0
    for line in sample:
        comment, separator = COMMENT.fullmatch(line.rstrip("\n")), EXCEL_SEPARATOR.fullmatch(line)
        if separator and given is None:
            given = separator[1]
        elif comment:
            comments.append(comment[1])
        elif line.strip() and not separator:
            break
        skipped += 1
    lines = [line.rstrip("\r\n") for line in sample[skipped:] if line.strip()][:SAMPLE]
    if not lines:
        raise ValueError("it has no rows")
    delimiter = DELIMITERS.get(given, given) if given is not None else _delimiter_of(lines, comments[-1])
    delimiter = "\t" if delimiter == r"\t" else delimiter
    rows = [_cells(line, delimiter) for line in lines]
    above = [_cells(comments[-1], delimiter), comments[-1].split()]
    fitting = next((names for names in above if len(names) == len(rows[0])), [])
    return _Form(skipped, delimiter, rows, fitting, any(map(UNDIRECTED.match, comments)))


def _cells(line: str, delimiter: str) -> list[str]:
    """A line's cells, without the blanks around them."""
    if delimiter == " ":
        return line.split()
    if len(delimiter) > 1:
        return [cell.strip() for cell in line.split(delimiter)]
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])]


def _are_numbers(row: Sequence[str]) -> bool:
    return len(row) >= 2 and all(map(NUMBER.fullmatch, row[:2]))


def _delimiter_of(lines: Sequence[str], above: str) -> str:
    """The one delimiter that makes a table of *lines*. Raises ``ValueError`` where none does, or several do."""
    tables = {mark: [_cells(line, mark) for line in lines] for mark in DELIMITERS.values()}
    tables = {mark: rows for mark, rows in tables.items() if max(map(len, rows)) >= 2}
    if not tables:
        raise ValueError("it has one column, and an edge has two ends: a follower and whom it follows")
    even = {mark: rows for mark, rows in tables.items() if len(set(map(len, rows))) == 1}
    if not even:  # which line is uneven, reading it will tell
        return max(tables, key=lambda mark: _rows_alike(tables[mark]))
    left = list({repr(rows): mark for mark, rows in reversed(even.items())}.values())

    def named(mark: str) -> bool:
        return known_ends(even[mark][0]) is not None or known_ends(_cells(above, mark)) is not None

    def numbers(mark: str) -> bool:
        return all(map(_are_numbers, even[mark][1:] or even[mark]))

    for fits in (named, numbers):
        left = (len(left) > 1 and [mark for mark in left if fits(mark)]) or left
    if len(left) > 1:
        words = [name for name, mark in DELIMITERS.items() if mark in left]
        raise ValueError(
            f"its columns could be parted by {' or by '.join(words)}: set audience.delimiter to one of them"
        )
    return left[0]


def _rows_alike(rows: Rows) -> int:
    """Rows that are as wide as most are, of those with two columns or more."""
    widths = [len(row) for row in rows if len(row) >= 2]
    return max(map(widths.count, widths))


def _layout_of(form: _Form, reading: Reading) -> _Layout | None:
    """Which columns are an edge's ends; None where that shows only in the rows that are not in the sample.

    Raises ``ValueError``, naming the keys to set, where nothing can tell.
    """
    first, above = form.rows[0], form.above
    if isinstance(reading.follower_column, int):
        return _Layout(*given_ends(first, reading), None, header=False)
    if reading.follower_column is not None:
        header = reading.follower_column not in above
        names = first if header else above
        return _Layout(*given_ends(names, reading), names, header)
    for names, header in ((first, True), (above, False)):
        ends = known_ends(names)
        if ends is not None:
            return _Layout(*ends, names, header)
    if _are_numbers(first):
        return _Layout(0, 1, None, header=False)
    if len(first) < 2:
        given = "" if reading.delimiter is None else f" when audience.delimiter is {reading.delimiter!r}"
        raise ValueError(f"its first row has one column{given}: {first[0][:80] if first else ''}")
    if "" in first[:2] or has_known(first) or all(map(_are_numbers, form.rows[1:])):
        raise not_clear(first)
    return None


def _table_of(open_text: Open, form: _Form) -> pd.DataFrame:
    """All rows, as text; cells that a short row lacks are empty. Raises ``ValueError`` for a row that is too long."""
    separator, engine = form.delimiter, "c"
    if separator == " ":
        separator = r"\s+"
    elif len(separator) > 1:
        separator, engine = re.escape(separator), "python"
    try:
        with open_text() as text:
            return pd.read_csv(
                text, sep=separator, engine=engine, header=None, skiprows=form.skipped, dtype=str, index_col=False,
                keep_default_na=False, skipinitialspace=True,
            )  # fmt: skip
    except pd.errors.ParserError as error:
        uneven = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
        if uneven:
            raise ValueError(f"line {uneven[2]} has {uneven[3]} columns, and those before it {uneven[1]}") from None
        open_quote = "EOF inside string" in str(error)
        raise ValueError("a quotation mark is not closed" if open_quote else " ".join(str(error).split())) from None


def _line_of(open_text: Open, skipped: int, row: int) -> int:
    """The line, from 1, of a row, from 0; blank lines are no rows."""
    with open_text() as text:
        for number, line in enumerate(text, 1):
            row -= number > skipped and bool(line.strip())
            if row < 0:
                return number
    return 0


def _counts_rows(column: pd.Series) -> bool:
    """Whether a column is 0, 1, 2, … or 1, 2, 3, … over three rows or more, as an index of rows is."""
    if len(column) < 3 or not column.str.fullmatch(r"[0-9]{1,18}").all():
        return False
    values = column.astype(np.int64).to_numpy()
    return bool(values[0] <= 1 and (np.diff(values) == 1).all())
