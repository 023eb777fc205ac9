"""Shapes of a dataset's tables, and digests of their reproducible content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from rectify.core.formats import DATASET
from rectify.core.quantity import Quantity, Scalar
from rectify.parquet import CURVES, Column, described
from rectify.store import DISTRIBUTION
from rectify.study.design import Experiment, Factor
from rectify.study.parts import asked
from rectify.study.stored import CURVES_SCHEMA, run_columns


def is_number(factor: Factor) -> bool:
    """Whether a factor's values are numbers; otherwise they are words."""
    return factor.levels is None or all(
        isinstance(level, int | float) and not isinstance(level, bool) for level in factor.levels
    )


def columns_of(experiment: Experiment, known: Mapping[str, Scalar]) -> dict[str, Column]:
    """What the columns of the runs hold; *known*: what outcomes are."""
    factors = {name: (factor.label, factor.unit) for name, factor in experiment.factors.items()}
    return run_columns(factors, experiment.outcomes, known)


def about(experiment: Experiment) -> dict[str, Any]:
    """What the metadata of a dataset's tables say of it."""
    return {
        "experiment": {"name": experiment.name, "question": experiment.question, "base": experiment.base},
        "versions": {"rectify": version(DISTRIBUTION)},
    }


def runs_schema(experiment: Experiment, known: Mapping[str, Scalar]) -> pa.Schema:
    """Columns of the runs: cell, identity, seed, factors, status, error, outcomes, seconds and host."""
    schema = pa.schema(
        [
            ("cell", pa.int64()),
            ("identity", pa.string()),
            ("seed", pa.uint64()),
            *[(name, pa.float64() if is_number(f) else pa.string()) for name, f in experiment.factors.items()],
            ("status", pa.string()),
            ("error", pa.string()),
            *[(name, pa.float64()) for name in experiment.outcomes],
            ("run_seconds", pa.float64()),
            ("host", pa.string()),
        ]
    )
    return described(schema, columns_of(experiment, known), DATASET, "runs", about(experiment))


def curves_schema(experiment: Experiment, known: Mapping[str, Quantity]) -> pa.Schema:
    """Columns of the curves; *known*: what their metrics are."""
    kept = {asked(curve)[0] for curve in experiment.curves}
    metrics = {name: quantity for name, quantity in known.items() if name in kept}
    return described(CURVES_SCHEMA, CURVES, DATASET, "curves", about(experiment), metrics)


def is_reproducible(column: str) -> bool:
    """False for columns that tell how long something took, and where."""
    return "seconds" not in column and "host" not in column


def update_digest(digest: Any, frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Feed the content of *frame*'s reproducible *columns* to a hash: the same whatever the file format's version."""
    for name in filter(is_reproducible, columns):
        column = frame[name]
        digest.update(f"{name}:{len(column)}\n".encode())
        if pd.api.types.is_float_dtype(column.dtype):
            values = column.to_numpy(np.float64, copy=True)
            values[np.isnan(values)] = np.nan  # one bit pattern for all that is not there
            digest.update(values.tobytes())
        elif pd.api.types.is_integer_dtype(column.dtype):
            digest.update(column.to_numpy(np.uint64).tobytes())
        elif pd.api.types.is_datetime64_any_dtype(column.dtype):
            digest.update(column.to_numpy("datetime64[D]").astype(np.int64).tobytes())
        else:
            codes, words = pd.factorize(column)  # words in the order in which they come
            digest.update("\n".join(map(str, words)).encode() + codes.astype(np.int64).tobytes())


def new_digest() -> Any:
    """An empty SHA-256."""
    return hashlib.sha256()
