"""Edge lists in Parquet: one file, or a folder of them that are parts of one table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.dataset

from rectify.audience.network.edge_columns import WEIGHT, given_ends, known_ends, not_clear, unused_columns
from rectify.audience.network.edges import Edges, Reading, check_weights


def read_parquet(folder: Path, files: Sequence[Path], reading: Reading) -> Edges:
    """Read *files*, parts of one table in *folder*. Raises ``ValueError`` for what is no edge list."""
    try:
        table = pyarrow.dataset.dataset(
            [str(file) for file in files], format="parquet", partitioning="hive", partition_base_dir=str(folder)
        )
        # pandas stores its index as one more column.
        names = [name for name in table.schema.names if not name.startswith("__index_level_")]
        ends = known_ends(names) if reading.follower_column is None else given_ends(names, reading)
        if ends is None:
            raise not_clear(names)
        source, target = (names[place] for place in ends)
        weights = [name for name in names if name.casefold() == WEIGHT and name not in (source, target)]
        columns = table.to_table(columns=[source, target, *weights])
    except (pyarrow.ArrowException, OSError) as error:
        raise ValueError(f"it cannot be read as Parquet: {' '.join(str(error).split())[:200]}") from None
    if not columns.num_rows:
        raise ValueError("it has no edges")
    for name in weights:
        check_weights(columns.column(name).to_pandas().dropna(), lambda row: f"of row {row + 1}")
    return Edges(
        _ids_of(source, columns.column(0)),
        _ids_of(target, columns.column(1)),
        np.zeros(columns.num_rows, np.bool_),
        ends=(source, target),
        unused=unused_columns([name for name in names if name not in (source, target)]),
    )


def _ids_of(name: str, column: Any) -> pd.Series:
    """A column of ids. Raises ``ValueError`` for one with empty cells, or of anything but numbers and text."""
    types = pyarrow.types
    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if column.null_count:
        first = column.is_null().index(True).as_py() + 1
        raise ValueError(f"column {name} has {column.null_count:,} empty cells, the first in row {first:,}")
    is_text = types.is_string(column.type) or types.is_large_string(column.type)
    if not (is_text or types.is_integer(column.type) or types.is_floating(column.type)):
        raise ValueError(f"column {name} holds {column.type}, and ids are numbers or text")
    return column.to_pandas()
