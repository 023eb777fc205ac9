"""Settings: what every run has, whatever it simulates; and its identity, a hash of all that decides its results."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Self

from pydantic import BaseModel, Field, ValidationError

from rectify.configuration.messages import lines_of
from rectify.core.errors import ConfigError
from rectify.core.inputs import InputFile, inputs_of
from rectify.core.params import Params
from rectify.core.showing import as_html, in_a_line

NOT_PART_OF_IDENTITY = {"name", "title", "seed", "threads", "output", "checkpoint"}
"""Fields that name a run or say how to run it; they never change what comes out, but for the seed."""

ORDER_COUNTS = ("platforms", "offices", "campaigns")
"""Groups whose order decides results; entries of the others are sorted by name before anything is drawn."""


def _decisive(name: str, value: Any) -> Any:
    """Plain form of a field's value, without sources and labels, in an order that is its own only where it counts."""
    if isinstance(value, InputFile):
        return value.sha256
    if isinstance(value, BaseModel):
        idle = value.without_effect() if isinstance(value, Params) else set()
        fields = sorted(set(type(value).model_fields) - {"sources", "label"} - idle)
        return [[field, _decisive(field, getattr(value, field))] for field in fields]
    if isinstance(value, dict):
        keys = list(value) if name in ORDER_COUNTS else sorted(value)
        return [[key, _decisive(key, value[key])] for key in keys]
    if isinstance(value, list):
        return [_decisive(name, item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


class Settings(Params):
    """What every run has, whatever it simulates: a name, draws, and where its results go."""

    name: str = Field(min_length=1, pattern=r"^[A-Za-z0-9_.-]+$")
    title: str
    seed: int = Field(ge=0, lt=2**64)
    threads: int | None = Field(default=None, ge=1, le=1024)
    output: str = "results"

    @classmethod
    def load(cls, values: Mapping[str, Any]) -> Self:
        """Validate plain *values* (as from YAML). Raises :class:`ConfigError` naming every error by its key path."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise ConfigError(lines_of(cls, error)) from None

    @classmethod
    def decisive_fields(cls) -> set[str]:
        """Names of the fields that decide the results."""
        return set(cls.model_fields) - NOT_PART_OF_IDENTITY - {"sources"}

    def _facts(self) -> dict[str, object]:
        """What tells this configuration from others, in a few words, by name."""
        return {"seed": self.seed, "identity": self.identity}

    def __repr__(self) -> str:
        return in_a_line(type(self).__name__, self.name, self._facts())

    def __str__(self) -> str:
        return repr(self)

    def _repr_html_(self) -> str:
        return as_html(self.title, {"name": self.name, **self._facts()})

    @property
    def inputs(self) -> dict[str, InputFile]:
        """The files that are read, by the full path of their key."""
        return dict(inputs_of(self))

    @property
    def identity(self) -> str:
        """Hash of all that decides the results but the seed, names and sources: 12 hexadecimal digits.

        Input files count by their content.
        """
        return hashlib.sha256(self._decisive_text().encode()).hexdigest()[:12]

    @property
    def identity_but_for_inputs(self) -> str:
        """The same, whatever the input files hold."""
        text = self._decisive_text()
        for file in self.inputs.values():
            text = text.replace(file.sha256, "")
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def _decisive_text(self) -> str:
        fields = (name for name in sorted(self.decisive_fields()) if name != "plugins" or getattr(self, name))
        return json.dumps({name: _decisive(name, getattr(self, name)) for name in fields})
