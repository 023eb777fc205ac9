"""Result folders: written under a temporary name, renamed when complete, with a manifest to check them by."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform as host
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import yaml

from rectify.core.errors import UserError
from rectify.core.formats import KEY as FORMAT
from rectify.core.formats import RESULT_FOLDER
from rectify.core.paths import CHECKOUT
from rectify.core.quantity import Quantity, Scalar
from rectify.manifests import MANIFEST
from rectify.parquet import SERIES as SERIES_COLUMNS
from rectify.parquet import described, write

DISTRIBUTION = "rectify-sim"
"""Name under which the package is installed; the plain one belongs to another project."""

LIBRARIES = ("mesa", "numpy", "numba", "scipy", "pandas", "pyarrow", "hydra-core", "pydantic")
SERIES, SUMMARY, CONFIG, PUBLISHED = "series.parquet", "summary.json", "config.yaml", "published.csv"


def run_folder(output: str | Path, name: str, identity: str, seed: int) -> Path:
    """Where a run's results go: ``output/name/identity/seed=n``."""
    return Path(output) / name / identity / f"seed={seed}"


def explain_os_error(error: OSError, path: Path) -> UserError:
    """What went wrong with a file or folder, in words."""
    place = error.filename or path
    words = {
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "the disk quota is used up",
        errno.EACCES: "no permission to write there",
        errno.EPERM: "no permission to write there",
        errno.EROFS: "the file system is read-only",
        errno.ENOTDIR: "a file stands where a folder is needed",
        errno.EEXIST: "a file stands where a folder is needed",
        errno.ENAMETOOLONG: "the name is too long",
    }.get(error.errno or 0, error.strerror or str(error))
    return UserError(f"output: cannot write results to {place}: {words}. Choose another folder with output=DIR")


def check_writable(output: str | Path) -> None:
    """Find out before a long run that its results could not be written. Raises :class:`UserError`."""
    folder = Path(output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"rectify")
    except OSError as error:
        raise explain_os_error(error, folder) from None


@contextmanager
def new_folder(final: Path) -> Iterator[Path]:
    """A temporary folder beside *final* that takes its place, whole, when the block ends without an error.

    On any error, Ctrl-C included, it is removed and *final* stays as it was. Raises :class:`UserError` for a full
    disk and the like.
    """
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{final.name}.partial-", dir=final.parent))
    except OSError as error:
        raise explain_os_error(error, final) from None
    try:
        os.chmod(partial, 0o755)
        yield partial
        if final.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{final.name}.old-", dir=final.parent))
            os.rename(final, old / final.name)
            os.rename(partial, final)
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.rename(partial, final)
    except OSError as error:
        raise explain_os_error(error, final) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def series_digest(series: pd.DataFrame) -> str:
    """SHA-256 of a tidy series' content: the same whatever the version of the file format."""
    digest = hashlib.sha256()
    for name in series.columns:
        column = series[name]
        digest.update(name.encode())
        if isinstance(column.dtype, pd.CategoricalDtype):
            digest.update("\n".join(map(str, column.cat.categories)).encode())
            digest.update(column.cat.codes.to_numpy(np.int32).tobytes())
        elif column.dtype.kind == "M":
            digest.update(column.to_numpy("datetime64[D]").astype(np.int64).tobytes())
        else:
            digest.update(column.to_numpy(np.float64).tobytes())
    return digest.hexdigest()


def summary_digest(summary: Mapping[str, float]) -> str:
    """SHA-256 of a summary's names and exact values."""
    return hashlib.sha256(json.dumps(dict(summary), sort_keys=True).encode()).hexdigest()


def current_commit() -> str | None:
    """Commit of the source tree that the package runs from, with ``+`` when it has been edited; None outside one."""
    if not (CHECKOUT / ".git").exists():
        return None
    try:
        commit = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=CHECKOUT, capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()
        edited = subprocess.run(
            ["git", "status", "--porcelain", "sim", "configs"], cwd=CHECKOUT, capture_output=True, text=True, timeout=10
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
    return commit + ("+" if edited else "")


def versions() -> dict[str, str]:
    """Versions of Rectify, Python and the libraries that results could depend on."""
    return {
        "rectify": version(DISTRIBUTION),
        "python": host.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def about_this() -> dict[str, Any]:
    """What every manifest says of the moment: when, with which versions, from which sources, on which machine."""
    return {
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "commit": current_commit(),
        "host": {"machine": host.machine(), "system": host.system(), "cores": os.cpu_count()},
    }


def series_schema(
    series: pd.DataFrame, metrics: Mapping[str, Quantity], config: Mapping[str, Any], about: Mapping[str, Any]
) -> pa.Schema:
    """Columns of a run's series, with what they and the *metrics* are, and of which run they are."""
    run = {key: about.get(key) for key in ("name", "identity", "seed")}
    run |= {key: config[key] for key in ("title", "start", "end", "steps") if key in config}
    content = {"run": run, "versions": {"rectify": version(DISTRIBUTION)}}
    schema = pa.Schema.from_pandas(series, preserve_index=False)
    return described(schema, SERIES_COLUMNS, RESULT_FOLDER, "series", content, metrics)


def write_tables(
    folder: Path,
    *,
    config: Mapping[str, Any],
    series: pd.DataFrame,
    summary: Mapping[str, float],
    absent: Mapping[str, str],
    published: pd.DataFrame,
    metrics: Mapping[str, Quantity],
    outcomes: Mapping[str, Scalar],
    about: Mapping[str, Any],
) -> None:
    """Write a run's tables and, last, its manifest into *folder*. *about* adds to the manifest.

    *absent*: why a number is not in *summary* that could be. *metrics*, *outcomes*: what the numbers of *series* and
    *summary* are. Raises ``ValueError`` for a number that is none.
    """
    (folder / CONFIG).write_text(yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True), encoding="utf-8")
    write(series, folder / SERIES, series_schema(series, metrics, config, about))
    (folder / SUMMARY).write_text(json.dumps(dict(summary), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    published.to_csv(folder / PUBLISHED, index=False)
    manifest = {
        FORMAT: RESULT_FOLDER.version,
        **about,
        "digests": {"series": series_digest(series), "summary": summary_digest(summary)},
        **about_this(),
        "absent": dict(absent),
        "outcomes": {name: each.described() for name, each in outcomes.items() if name in summary or name in absent},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, allow_nan=False) + "\n", encoding="utf-8")
