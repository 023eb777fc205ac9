"""A study's dataset: few Parquet parts of many runs each, and a manifest that names the parts that count.

Parts are written under a temporary name and renamed, and take effect when the manifest, replaced in one step, names
them; so a driver that is killed at any moment leaves a dataset that can be read, and that the next one completes.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from rectify.core.errors import UserError
from rectify.core.formats import DATASET
from rectify.core.formats import KEY as FORMAT
from rectify.core.inputs import changed_inputs
from rectify.core.quantity import Quantity, Scalar
from rectify.manifests import MANIFEST
from rectify.parquet import write
from rectify.store import about_this, explain_os_error, versions
from rectify.study.design import Experiment
from rectify.study.stored import read_curves, read_manifest, read_runs
from rectify.study.tables import columns_of, curves_schema, new_digest, runs_schema, update_digest

PART_RUNS = 1000
"""Runs in a finished part."""
LOOSE_PARTS = 12
"""Parts written while a sweep goes on before they are put together."""
FLUSH_SECONDS, FLUSH_RUNS = 5.0, 500
"""Finished runs are written after so long, or when so many wait."""

COMPLETED = ("status", "rows", "digest", "last_session_seconds")
"""What a manifest says once a dataset is complete, and goes on saying until a run is added."""

RunKey = tuple[str, int]
"""Identity of a configuration, and seed."""


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Replace a JSON file in one step."""
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(json.dumps(content, indent=1, allow_nan=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


class DatasetWriter:
    """The one writer of a dataset; close it, or use it as a context. All errors of files become ``UserError``."""

    def __init__(
        self,
        folder: Path,
        experiment: Experiment,
        design: Mapping[str, Any],
        outcomes: Mapping[str, Scalar] | None = None,
        metrics: Mapping[str, Quantity] | None = None,
    ) -> None:
        """Open or begin the dataset in *folder*. Raises ``UserError`` when it is of another design, or being written.

        *design*: what the runs depend on, as ``study.sweep.design_of`` gives it; it becomes part of the manifest.
        *outcomes*, *metrics*: what they are, where that is known.
        """
        self.folder, self.experiment = folder, experiment
        outcomes, metrics = outcomes or {}, metrics or {}
        self.columns = columns_of(experiment, outcomes)
        self.schema, self.curves_schema = runs_schema(experiment, outcomes), curves_schema(experiment, metrics)
        self.rows: list[dict[str, Any]] = []
        self.curves: list[tuple[RunKey, pd.DataFrame]] = []
        self.flushed = monotonic()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.lock: IO[str] = (folder / ".lock").open("w")
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"output: another sweep is writing {folder} at this moment") from None
        except OSError as error:
            raise explain_os_error(error, folder) from None
        found = read_manifest(folder) if (folder / MANIFEST).is_file() else None
        if found is not None:
            refuse_other(folder, found, design)
        self.manifest: dict[str, Any] = {
            FORMAT: DATASET.version,
            "status": "running",
            **{key: found[key] for key in COMPLETED if found and found[key] is not None},
            **design,
            "outcomes": {name: outcome.described() for name, outcome in outcomes.items()},
            "metrics": {name: quantity.described() for name, quantity in metrics.items()},
            "parts": found["parts"] if found else [],
            "next_part": found["next_part"] if found else 1,
            "busy_seconds": found["busy_seconds"] if found else 0.0,
            "spared_seconds": found["spared_seconds"] if found else 0.0,
            **about_this(),
        }
        self._remove_unnamed()
        self.done = self._succeeded()
        self._save()

    def close(self) -> None:
        """Let others write."""
        self.lock.close()

    def _succeeded(self) -> set[RunKey]:
        runs = self.runs()
        there = runs[runs["status"] == "ok"]
        return set(zip(there["identity"], map(int, there["seed"]), strict=True))

    def _save(self) -> None:
        try:
            write_json(self.folder / MANIFEST, self.manifest)
        except OSError as error:
            raise explain_os_error(error, self.folder) from None

    def _remove_unnamed(self) -> None:
        named = {name for part in self.manifest["parts"] for name in part.values() if isinstance(name, str)}
        for pattern in ("runs-*.parquet", "curves-*.parquet", ".*.part"):
            for path in self.folder.glob(pattern):
                if path.name not in named:
                    path.unlink(missing_ok=True)

    def runs(self) -> pd.DataFrame:
        """All runs written so far."""
        return read_runs(self.folder, self.manifest["parts"], self.columns)

    def add(self, rows: Sequence[Mapping[str, Any]], curves: pd.DataFrame | None) -> None:
        """Take one finished run: a row for every cell it belongs to, and its curves (columns date, metric, value).

        Written before long.
        """
        self.rows.extend(map(dict, rows))
        if curves is not None:
            self.curves.append(((rows[0]["identity"], rows[0]["seed"]), curves))
        if len(self.rows) >= FLUSH_RUNS or monotonic() - self.flushed > FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write all that waits as one part."""
        self.flushed = monotonic()
        if not self.rows:
            return
        again = {(row["cell"], row["seed"]) for row in self.rows}
        curves = _labelled(self.curves) if self.curves else None
        self.manifest["status"] = "running"
        took = {(row["identity"], row["seed"]): row["run_seconds"] for row in self.rows}.values()
        self.manifest["busy_seconds"] += sum(seconds for seconds in took if not math.isnan(seconds))
        part = self._write_part(pd.DataFrame(self.rows), curves)
        self._drop_failed(again)
        self.manifest["parts"].append(part)
        self._save()
        self.rows, self.curves = [], []
        self._remove_unnamed()
        if len(self.manifest["parts"]) >= LOOSE_PARTS:
            self._put_together([part for part in self.manifest["parts"] if part["rows"] < PART_RUNS])

    def _drop_failed(self, again: set[tuple[int, int]]) -> None:
        """Take rows that are about to be replaced (failed runs, done again) out of earlier parts."""
        for place, part in enumerate(self.manifest["parts"]):
            if not part["failed"]:
                continue
            runs = read_runs(self.folder, [part], self.columns)
            kept = runs[[key not in again for key in zip(runs["cell"], map(int, runs["seed"]), strict=True)]]
            if len(kept) < len(runs):
                self.manifest["parts"][place] = {**self._write_part(kept, None), "curves": part["curves"]}
        self.manifest["parts"] = [part for part in self.manifest["parts"] if part["rows"]]

    def _write_part(self, runs: pd.DataFrame, curves: pd.DataFrame | None) -> dict[str, Any]:
        number = self.manifest["next_part"]
        self.manifest["next_part"] += 1
        part: dict[str, Any] = {
            "runs": f"runs-{number:05d}.parquet", "curves": None, "rows": len(runs),
            "failed": int((runs["status"] != "ok").sum()),
        }  # fmt: skip
        try:
            self._write(part["runs"], runs, self.schema)
            if curves is not None and len(curves):
                part["curves"] = f"curves-{number:05d}.parquet"
                self._write(part["curves"], curves, self.curves_schema)
        except OSError as error:
            raise explain_os_error(error, self.folder) from None
        return part

    def _write(self, name: str, frame: pd.DataFrame, schema: pa.Schema) -> None:
        temporary = self.folder / f".{name}.part"
        write(frame, temporary, schema)
        os.replace(temporary, self.folder / name)

    def _put_together(self, parts: list[dict[str, Any]]) -> Any:
        """Replace *parts* by sorted ones of many runs each; returns the digest of their content, in order."""
        runs = read_runs(self.folder, parts, self.columns).sort_values(["cell", "seed"], ignore_index=True)
        first = runs.drop_duplicates(["identity", "seed"])
        digest, written = new_digest(), []
        for start in range(0, len(runs), PART_RUNS):
            chunk = runs.iloc[start : start + PART_RUNS]
            keys = first.loc[first.index.isin(chunk.index), ["identity", "seed"]]
            curves = read_curves(self.folder, parts if len(keys) else [], sorted(set(keys["identity"])))
            order = keys.assign(order=range(len(keys)))
            curves = curves.merge(order, on=["identity", "seed"]).sort_values(
                ["order", "metric", "date"], ignore_index=True
            )
            written.append(self._write_part(chunk, curves))
            update_digest(digest, chunk, self.schema.names)
            update_digest(digest, curves, self.curves_schema.names)
        self.manifest["parts"] = [part for part in self.manifest["parts"] if part not in parts] + written
        self._save()
        self._remove_unnamed()
        return digest

    def finish(self, seconds: float) -> dict[str, Any]:
        """Sort everything into its final parts and complete the manifest, which is returned."""
        self.flush()
        if self.manifest["status"] == "complete":
            return self.manifest
        digest = self._put_together(list(self.manifest["parts"])).hexdigest()
        failed = sum(part["failed"] for part in self.manifest["parts"])
        rows = sum(part["rows"] for part in self.manifest["parts"])
        self.manifest |= {
            "status": "complete", "rows": {"all": rows, "failed": failed}, "digest": digest,
            "last_session_seconds": round(seconds, 3), "busy_seconds": round(self.manifest["busy_seconds"], 3),
        }  # fmt: skip
        self._save()
        return self.manifest


def _labelled(curves: Sequence[tuple[RunKey, pd.DataFrame]]) -> pd.DataFrame:
    """Curves of many runs in one table, each row with its run."""
    lengths = [len(frame) for _, frame in curves]
    identities, seeds = zip(*(key for key, _ in curves), strict=True)
    table = pd.concat([frame for _, frame in curves], ignore_index=True)
    table["identity"] = pd.array(identities, dtype="str").repeat(lengths)
    table["seed"] = np.repeat(np.array(seeds, np.uint64), lengths)
    return table


def _has_more_seeds(found: Mapping[str, Any], design: Mapping[str, Any]) -> bool:
    """Whether *design* is that of a dataset *found*, with all its seeds and more."""
    if found.get("cells_digest") is None or found["cells_digest"] != design.get("cells_digest"):
        return False
    before, now = found["experiment"], design["experiment"]
    return bool(before["first_seed"] == now["first_seed"] and before["replicates"] <= now["replicates"])


def refuse_other(folder: Path, found: Mapping[str, Any], design: Mapping[str, Any]) -> None:
    """Raise ``UserError``, with what differs, when the dataset in *folder* is not of this *design* and version."""
    then, now = dict(found.get("versions") or {}), versions()
    changed = [f"{name} {then.get(name, 'none')}, now {now[name]}" for name in now if then.get(name) != now[name]]
    lines = changed_inputs(found.get("inputs", []), design.get("inputs", []), f"{folder} was begun")
    if lines:
        raise UserError("\n".join(lines) + ". Nothing was changed: put it back to go on, or use another output=DIR")
    if found.get("design_digest") != design["design_digest"] and not _has_more_seeds(found, design):
        why = "by another design (its cells, seeds, outcomes or curves differ)"
    elif found.get("sources") != design["sources"]:
        why = "by other sources of Rectify, whose results may differ"
    elif changed:
        why = f"with other versions ({'; '.join(changed)})"
    else:
        return
    raise UserError(
        f"output: {folder} was made {why}. Nothing was changed. To go on, keep it and write elsewhere with output=DIR, "
        f"or remove it: rm -r {folder}"
    )
