"""Input files: files that a configuration names. They count by their content, its SHA-256, and not by their name."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from rectify.core.errors import nearest

FOLDER_OF = (".parquet", ".parq", ".pq")
"""Endings of the files that a folder may hold to be an input: one table in several Parquet files."""

SETTLED_SECONDS = 2.0
"""A file changed so lately is hashed each time: clocks of file systems are too coarse to tell two changes apart."""


class InputFile(BaseModel):
    """A file that a configuration names, or a folder of Parquet files: absolute path, and SHA-256 of the content.

    A path is resolved against the current folder, and what is there is hashed. Where a digest comes with it, as in a
    stored configuration, the content must still be that. Declare a parameter of this type for every file that is read:
    identities, manifests, datasets and checkpoints then hold its digest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")

    @model_validator(mode="before")
    @classmethod
    def _as_it_is_now(cls, given: Any) -> Any:
        values = dict(given) if isinstance(given, Mapping) else {"path": given}
        path, before = values.get("path"), values.get("sha256")
        if not isinstance(path, (str, os.PathLike)) or not str(path).strip():
            raise _error(f"give the path of a file, not {path!r} (in quotes, where it is no word)")
        place = Path(path).expanduser().absolute()
        try:
            now = digest_of(place)
        except ValueError as error:
            then = f"; its SHA-256 was {before}" if before else ""
            raise _error(f"{error}{then}") from None
        if before is not None and before != now:
            raise _error(changed(str(place), str(before), now))
        return {**values, "path": str(place), "sha256": now}

    def verify(self) -> None:
        """Raise ``ValueError`` where the content is no longer what it was when the configuration was made."""
        now = digest_of(Path(self.path))
        if now != self.sha256:
            raise ValueError(changed(self.path, self.sha256, now))


def _error(text: str) -> PydanticCustomError:
    return PydanticCustomError("input_file", "{text}", {"text": text})


def changed(path: str, then: str, now: str, since: str = "it was named") -> str:
    """In words: the content of *path* is another."""
    return f"{path} changed since {since}: its SHA-256 was {then}, and is {now} now"


def changed_inputs(then: Iterable[tuple[str, str, str]], now: Iterable[tuple[str, str, str]], since: str) -> list[str]:
    """What inputs changed, a line each: of the same key and path, but other content. All as (key, path, SHA-256)."""
    before = {(key, path): digest for key, path, digest in then}
    return [
        f"{key}: {changed(path, before[key, path], digest, since)}"
        for key, path, digest in now
        if before.get((key, path), digest) != digest
    ]


def inputs_of(value: Any, path: str = "") -> Iterator[tuple[str, InputFile]]:
    """All input files below *value*, a group of parameters, with their full key paths."""
    if isinstance(value, InputFile):
        yield path, value
        return
    parts: Mapping[Any, Any] = {}
    if isinstance(value, BaseModel):
        parts = vars(value)
    elif isinstance(value, Mapping):
        parts = value
    elif isinstance(value, (list, tuple)):
        parts = dict(enumerate(value))
    for name, part in parts.items():
        yield from inputs_of(part, f"{path}.{name}".lstrip("."))


def files_of(path: Path) -> list[Path]:
    """The files that an input consists of, in a fixed order: *path* itself, or the Parquet files of a folder.

    Folders below count where they are named ``column=value``, as a partitioned table's are; names that begin with a dot
    or an underscore never do. Raises ``ValueError`` for a path with no file, or a folder of anything else.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        if path.exists():
            raise ValueError(f"{path} is neither a file nor a folder")
        beside = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        raise ValueError(f"there is no file {path}{nearest(path.name, beside)}".rstrip("."))
    found, others = [], []
    for each in sorted(path.iterdir(), key=lambda each: each.name):
        if each.name.startswith((".", "_")):
            continue
        if each.is_dir() and "=" in each.name and not each.is_symlink():
            found += files_of(each)
        elif each.is_file() and each.suffix.lower() in FOLDER_OF:
            found.append(each)
        else:
            others.append(each.name)
    if others or not found:
        why = f"it holds {others[0]}" if others else "it holds none"
        raise ValueError(f"{path} is a folder, and of these only folders of Parquet files are read: {why}")
    return found


def digest_of(path: Path) -> str:
    """SHA-256 of the content of an input. That of a folder is of its files' names below it and digests, in order.

    Raises ``ValueError`` for what cannot be read.
    """
    try:
        files = files_of(path)
        if files == [path]:
            return _digest_of_file(path)
        lines = [f"{file.relative_to(path).as_posix()}\0{_digest_of_file(file)}\n" for file in files]
    except OSError as error:
        raise ValueError(f"{error.filename or path} cannot be read: {error.strerror or error}") from None
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _digest_of_file(path: Path) -> str:
    about = path.stat()
    stamp = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
    if time.time() - max(about.st_mtime, about.st_ctime) < SETTLED_SECONDS:
        return _hashed.__wrapped__(path, stamp)
    return _hashed(path, stamp)


@lru_cache(maxsize=1024)
def _hashed(path: Path, stamp: tuple[int, ...]) -> str:
    """Kept while the *stamp* of the file is the same: a study validates one configuration many times."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
