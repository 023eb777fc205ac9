"""Options of commands that run many configurations: their own keys, typed, apart from the overrides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rectify.configuration.messages import lines_of
from rectify.core.errors import ConfigError, unknown
from rectify.study.execute import Where


class ExecutionOptions(BaseModel):
    """Where runs are executed, and where their dataset goes. Options are given as KEY=VALUE, by their alias."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    output: str = "results"
    executor: Literal["local", "dask"] = "local"
    address: str | None = Field(default=None, alias="executor.address")
    workers: int | None = Field(default=None, alias="executor.workers", ge=1)

    @property
    def where(self) -> dict[str, Any]:
        """Where to execute, as arguments of functions. Raises ``ConfigError`` when the options do not go together."""
        where = Where(self.executor, self.address, self.workers)
        return {"workers": where.workers, "address": where.address}


class SweepOptions(ExecutionOptions):
    """Options of ``rectify sweep``."""

    experiment: str
    fast: bool = False
    forks: bool = True
    replicates: int | None = Field(default=None, ge=1)


class CompareOptions(ExecutionOptions):
    """Options of ``rectify compare``."""

    base: str = ""
    seeds: int = Field(default=8, ge=1)
    outcomes: list[str] | None = None


def keys_of(kind: type[ExecutionOptions]) -> list[str]:
    """The keys of a command's options as they are typed."""
    return [field.alias or name for name, field in kind.model_fields.items()]


def read_options[Options: ExecutionOptions](kind: type[Options], arguments: Sequence[str]) -> tuple[Options, list[str]]:
    """*arguments*, KEY=VALUE each, as options of a *kind* and the overrides that are left.

    Raises :class:`ConfigError` for an argument that is no KEY=VALUE, an option given twice, and a value that is not
    allowed.
    """
    own = {field.alias or name: field for name, field in kind.model_fields.items()}
    given: dict[str, Any] = {}
    overrides: list[str] = []
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if not equals:
            raise ConfigError([f"{argument}: cannot be read; give KEY=VALUE, as one of {', '.join(own)}"])
        if key in given:
            raise ConfigError([f"{key}: is given twice, as {given[key]!r} and as {value!r}"])
        if key in own:
            given[key] = value if own[key].annotation in (str, str | None) else _plain(key, value)
        elif key.startswith("executor."):
            raise ConfigError([unknown("executor", key, own)])
        else:
            overrides.append(argument)
    if isinstance(given.get("outcomes"), str):
        given["outcomes"] = [given["outcomes"]]
    try:
        return kind.model_validate(given), overrides
    except ValidationError as error:
        raise ConfigError(lines_of(kind, error)) from None


def _plain(key: str, value: str) -> Any:
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError:
        raise ConfigError([f"{key}: {value!r} cannot be read"]) from None
