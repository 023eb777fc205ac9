"""Parameters: Python gives each number its meaning, unit, bounds and role; YAML gives its value and its source."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

Role = Literal["lever", "uncertainty", "size"]


class Params(BaseModel):
    """Base of every group of parameters: frozen, unknown keys refused, and a source for every number.

    ``sources`` maps a field to a key of ``configs/sources.yaml``, optionally followed by ``: note``; the field ``*``
    covers all that are not named. It says where a value comes from and never changes a result.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    sources: dict[str, str] = Field(default_factory=dict, repr=False)

    @field_validator("*", mode="before")
    @classmethod
    def _a_switch_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, bool) and info.field_name in cls.parameters():
            raise ValueError("input should be a number")
        return value

    @model_validator(mode="after")
    def _every_number_has_a_source(self) -> Params:
        if "*" in self.sources:
            return self
        missing = [name for name in self.parameters() if name not in self.sources]
        if missing:
            raise ValueError(f"no source is given for {', '.join(missing)}: name it under 'sources' (or '*' for all)")
        return self

    def without_effect(self) -> set[str]:
        """Fields that decide nothing while the others are as they are: the identity leaves them out."""
        return set()

    @classmethod
    @cache
    def parameters(cls) -> tuple[str, ...]:
        """Names of the fields that were declared with :func:`lever`, :func:`uncertainty` or :func:`size`."""
        return tuple(name for name, field in cls.model_fields.items() if isinstance(field.json_schema_extra, dict))

    def source(self, name: str) -> str:
        """The source given for field *name*."""
        return self.sources.get(name, self.sources.get("*", ""))


def _parameter(role: Role, unit: str, meaning: str, **bounds: Any) -> Any:
    return Field(description=meaning, json_schema_extra={"unit": unit, "role": role}, **bounds)


def lever(unit: str, meaning: str, **bounds: Any) -> Any:
    """Declare a parameter that somebody decides: a platform, a regulator, an office. *bounds* as in pydantic."""
    return _parameter("lever", unit, meaning, **bounds)


def uncertainty(unit: str, meaning: str, **bounds: Any) -> Any:
    """Declare a parameter that is a belief about the world. *bounds* as in pydantic."""
    return _parameter("uncertainty", unit, meaning, **bounds)


def size(unit: str, meaning: str, **bounds: Any) -> Any:
    """Declare a parameter that says how much to simulate. *bounds* as in pydantic."""
    return _parameter("size", unit, meaning, **bounds)


def groups(params: BaseModel, path: str = "") -> Iterator[tuple[str, Params]]:
    """*params* and all groups of parameters below, depth first: key path with a dot at its end, and group."""
    if isinstance(params, Params):
        yield path, params
    for name, value in vars(params).items():
        if isinstance(value, BaseModel):
            yield from groups(value, f"{path}{name}.")
        elif isinstance(value, dict):
            for key, item in value.items():
                if isinstance(item, BaseModel):
                    yield from groups(item, f"{path}{name}.{key}.")


def walk(params: BaseModel) -> Iterator[tuple[str, Params, str]]:
    """All declared parameters below *params*, depth first: full key path, the group holding it, the field's name."""
    for path, group in groups(params):
        for name in group.parameters():
            yield path + name, group, name


def only_iso_dates(value: object) -> object:
    """Refuse a number for a date, which pydantic would take for seconds. Raises ``ValueError``."""
    if isinstance(value, (int, float)):
        raise ValueError("give a date as YYYY-MM-DD")
    return value
