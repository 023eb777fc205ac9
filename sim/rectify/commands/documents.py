"""Lines of the documents, each with the mechanism that stands for it: ``configs/documents.yaml``, read and checked."""

from __future__ import annotations

from functools import lru_cache

import yaml
from pydantic import BaseModel, ConfigDict, Field

from rectify.core.paths import config_root


class DocumentLine(BaseModel):
    """One line: what a document says, what stands for it, how to switch that off, what tests it, where it shows.

    ``base`` are overrides that a comparison sets on both sides, ``without`` those that switch the mechanism off; both
    on top of ``scenario``. ``test`` is a test's path and name; ``metric`` is a name in ``summary.json``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    document: str = Field(pattern=r"^([A-E]+|[a-z]+(_[a-z0-9]+)+)$")
    line: str
    mechanism: str
    scenario: str = "selfmedia_2023"
    base: list[str] = Field(default_factory=list)
    without: list[str] = Field(min_length=1)
    test: str = Field(pattern=r"^tests/[\w/]+\.py::\w+$")
    metric: str

    def overrides(self, on: bool) -> list[str]:
        """The composition with the mechanism *on*, or off."""
        return [f"scenario={self.scenario}", *self.base, *([] if on else self.without)]


@lru_cache(maxsize=1)
def document_lines() -> tuple[DocumentLine, ...]:
    """All lines, in the file's order. Raises ``pydantic.ValidationError`` for a line that is not complete."""
    entries = yaml.safe_load((config_root() / "documents.yaml").read_text(encoding="utf-8"))
    return tuple(DocumentLine.model_validate(entry) for entry in entries)
