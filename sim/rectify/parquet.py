"""Parquet tables that explain themselves: what their columns and numbers are is written with them, checked when read.

All of it is JSON, under the one key ``rectify``: of the table, in the schema's metadata, and of each column, in the
column's. pandas finds the table's in ``frame.attrs`` as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rectify.core.errors import UserError
from rectify.core.formats import KEY as FORMAT
from rectify.core.formats import Format
from rectify.core.quantity import Quantity, Scalar

KEY = "rectify"
"""Key of the metadata."""

Kind = Literal["date", "text", "whole number", "number", "number or text"]


@dataclass(frozen=True)
class Column:
    """What a column holds. *lacks*: a row may be without a value. *quantity*: what its numbers are."""

    kind: Kind
    meaning: str
    lacks: bool = False
    quantity: Quantity | None = None
    unit: str = ""

    def described(self) -> dict[str, Any]:
        """All of it in plain values, for metadata."""
        if self.quantity is not None:
            return self.quantity.described()
        return {"meaning": self.meaning, **({"unit": self.unit} if self.unit else {})}


METRIC_VALUE = "What it is, and in which unit, depends on the row's metric: see 'metrics' in the table's metadata."

FIRST_MICROSECOND, LAST_MICROSECOND = -62_135_596_800_000_000, 253_402_300_799_999_999
"""Of the years 1 to 9999, since 1970."""

SERIES = {
    "date": Column("date", "The day."),
    "platform": Column("text", "Name of a platform; 'all': over all of them."),
    "kind": Column("text", "What is violated; 'lawful': nothing; 'all': over everything."),
    "metric": Column("text", "Name of the metric."),
    "value": Column("number", METRIC_VALUE),
}
"""Columns of a run's series."""

CURVES = {
    "identity": Column("text", "Hash of all that decides the run's results but the seed."),
    "seed": Column("whole number", "The run's seed."),
    "date": Column("date", "The day."),
    "metric": Column("text", "Name of the metric; of one platform or kind, with its name behind a dot."),
    "value": Column("number", METRIC_VALUE),
}
"""Columns of the curves of a dataset's runs."""


def described(
    schema: pa.Schema,
    columns: Mapping[str, Column],
    form: Format,
    table: str,
    about: Mapping[str, Any],
    metrics: Mapping[str, Quantity] | None = None,
) -> pa.Schema:
    """*schema* with the metadata of a *table* and of its columns.

    *about*: what else is to be said of the table. *metrics*: those whose values it has rows of.
    """
    own = {name: columns[name].described() for name in schema.names}
    content: dict[str, Any] = {FORMAT: form.version, "table": table, **about, "columns": own}
    if metrics is not None:
        content["metrics"] = {name: quantity.described() for name, quantity in metrics.items()}
    fields = [field.with_metadata({KEY: _text(own[field.name])}) for field in schema]
    return pa.schema(fields, metadata={KEY: _text(content)})


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def write(frame: pd.DataFrame, path: Path, schema: pa.Schema) -> None:
    """Write the columns of a described *schema*."""
    table = frame[schema.names].copy(deep=False)
    table.attrs = {KEY: schema.metadata[KEY.encode()].decode()}
    table.to_parquet(path, index=False, schema=schema)


def metrics_in(path: Path) -> dict[str, Quantity]:
    """What the metrics are that a table has values of, by name; none where it does not say.

    Raises :class:`UserError` when the file cannot be read, or says it in a way that cannot be understood.
    """
    metadata = _guarded(path, lambda: pq.read_schema(path)).metadata or {}
    try:
        # pandas hands on what it was told in attributes, but no schema's metadata.
        text = metadata.get(KEY.encode()) or json.loads(metadata.get(b"PANDAS_ATTRS", "{}")).get(KEY, "{}")
        return {name: Quantity.model_validate(about) for name, about in json.loads(text).get("metrics", {}).items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{path}: metadata '{KEY}' cannot be understood: {_line(error)}") from None


def read(path: Path, columns: Mapping[str, Column]) -> pd.DataFrame:
    """As :func:`read_table`, as a frame; dates become ``datetime64``."""
    return to_pandas(read_table(path, columns), path)


def to_pandas(table: pa.Table, path: Path) -> pd.DataFrame:
    """A table that was read from *path* as a frame. Raises :class:`UserError` where that shows damage."""
    frame: pd.DataFrame = _guarded(path, lambda: table.replace_schema_metadata().to_pandas())
    return frame


def read_table(path: Path, columns: Mapping[str, Column], filters: Any = None) -> pa.Table:
    """The *columns* of a table in that order; others that it has are left out. Dates are timestamps in milliseconds.

    Raises :class:`UserError`, in one line, when there is no such file, when it cannot be read, lacks a column, or has
    something else in it than belongs there.
    """
    if not path.is_file():
        raise UserError(f"{path}: there is no such file; is {path.parent} the folder of finished runs?")
    schema = _guarded(path, lambda: pq.read_schema(path))
    missing = [name for name in columns if name not in schema.names]
    if missing:
        raise UserError(f"{path}: lacks the column(s) {', '.join(missing)}; has {', '.join(schema.names)}")
    for name, column in columns.items():
        if schema.names.count(name) > 1:
            raise UserError(f"{path}: has the column {name} more than once")
        if not _fits(schema.field(name).type, column.kind):
            raise UserError(f"{path}: column {name}: expected {_WORDS[column.kind]}, found {schema.field(name).type}")
    table: pa.Table = _guarded(
        path, lambda: pq.read_table(path, columns=list(columns), filters=filters, partitioning=None)
    )
    for place, (name, column) in enumerate(columns.items()):
        values = table[name]
        if values.null_count and not column.lacks:
            raise UserError(f"{path}: column {name}: {values.null_count} rows have no value")
        if column.kind == "number":
            _refuse(path, name, values, pc.invert(pc.is_finite(values)), "is not a number")
        if column.kind == "date":
            values = _guarded(path, lambda values=values: values.cast(pa.timestamp("us")))
            micros = values.cast(pa.int64())
            beyond = pc.or_(pc.less(micros, FIRST_MICROSECOND), pc.greater(micros, LAST_MICROSECOND))
            _refuse(path, name, micros, beyond, "microseconds since 1970 lie outside the years 1 to 9999")
            _refuse(path, name, values, pc.not_equal(values, pc.floor_temporal(values, unit="day")), "is no whole day")
            table = table.set_column(place, name, values.cast(pa.timestamp("ms")))
    return table


def _refuse(path: Path, name: str, values: pa.ChunkedArray, wrong: pa.ChunkedArray, words: str) -> None:
    """Raise :class:`UserError` with the first value that is *wrong*; what is not there is not wrong."""
    found = values.filter(wrong)
    if len(found):
        raise UserError(f"{path}: column {name}: {found[0].as_py()} {words}")


_WORDS: dict[Kind, str] = {
    "date": "days (dates, or timestamps without a time zone)",
    "text": "text",
    "whole number": "whole numbers",
    "number": "numbers",
    "number or text": "numbers or text",
}


def _fits(found: pa.DataType, kind: Kind) -> bool:
    types = pa.types
    if types.is_dictionary(found):
        found = found.value_type
    is_text = types.is_string(found) or types.is_large_string(found)
    is_number = types.is_integer(found) or types.is_floating(found)
    return bool(
        {
            "date": types.is_date(found) or (types.is_timestamp(found) and found.tz is None),
            "text": is_text,
            "whole number": types.is_integer(found),
            "number": is_number,
            "number or text": is_number or is_text or types.is_null(found),
        }[kind]
    )


def _guarded(path: Path, reader: Any) -> Any:
    """What *reader* gives. Raises :class:`UserError` for anything that goes wrong with the file."""
    try:
        return reader()
    except MemoryError:
        raise
    except Exception as error:  # a damaged file fails in many ways; all mean that it cannot be used
        raise UserError(f"{path}: cannot be read: {_line(error)}") from None


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def outcome_columns(outcomes: Sequence[str], known: Mapping[str, Scalar]) -> dict[str, Column]:
    """A column for each of *outcomes*, with what it is where that is known."""
    return {
        name: Column("number", "The outcome; none where the run has none.", lacks=True, quantity=known.get(name))
        for name in outcomes
    }
