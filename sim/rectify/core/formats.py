"""Versions of the formats that files are written in, and what is said of one that cannot be read.

A version is raised when a reader of the one before would stop at the new files, or take them for something else: when a
file, a key or a column goes, changes its name, or means something else. It is not raised when one is added. What was
written before formats were numbered has none, which counts as 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rectify.core.errors import UserError

KEY = "format"
"""Key under which a file says its version."""


@dataclass(frozen=True)
class Format:
    """A format: what is written in it, the version that is written, and the oldest that is still read."""

    what: str
    version: int
    oldest: int = 0
    remedy: str = "Read it with the version of Rectify that wrote it, or a later one"

    def check(self, found: Any, where: object, wrote: str | None = None) -> int:
        """The version *found* in *where*, 0 for None, if it can be read; *wrote*: the version of Rectify that wrote it.

        Raises :class:`UserError` with what it is, what this version reads, and what to do.
        """
        version = 0 if found is None else found
        known = f"format {self.version}" if self.oldest == self.version else f"formats {self.oldest} to {self.version}"
        if not isinstance(version, int) or isinstance(version, bool) or version < 0:
            raise UserError(
                f"{where}: {KEY}: {found!r} is no version of a format; this version of Rectify reads {known}"
            )
        if not self.oldest <= version <= self.version:
            by = f", written by Rectify {wrote}" if wrote else ""
            which = "without a format's version" if found is None else f"of format {version}"
            raise UserError(f"{where}: a {self.what} {which}{by}; this version reads {known}. {self.remedy}")
        return version


RESULT_FOLDER = Format("result folder", 1)
DATASET = Format(
    "dataset", 1, remedy="Read it with the version of Rectify that wrote it, or write elsewhere with output=DIR"
)  # fmt: skip
CHECKPOINT = Format("checkpoint", 1, oldest=1, remedy="Go on with the version of Rectify that wrote it, or remove it")
