"""Errors of a configuration in words: the key's path, what was given, what is allowed."""

from __future__ import annotations

import re
from types import UnionType
from typing import Any

from pydantic import BaseModel, ValidationError

from rectify.configuration.audience import AUDIENCES
from rectify.core.errors import UserError, nearest, unknown

RENAMED = {
    "poses": "impersonates",
    "seen_half_life": "observed_half_life",
    "seen_weight": "observed_weight",
    "threshold_shift": "classifier",
    "classifier_threshold": "channels.classifier.threshold",
    "name_screening_per_year": "channels.name_screening.checks_per_year",
    "qualification_check_per_year": "channels.qualification_check.checks_per_year",
    "profile_false_alarm": "channels.name_screening.false_alarm",
    "false_reports_per_million_views": "channels.reports.false_per_million_views",
    "coordinated_reports_per_year": "channels.reports.coordinated_per_year",
    "council_reports_per_million_views": "channels.trusted_flaggers.per_million_views",
    "council_false_reports_per_million_views": "channels.trusted_flaggers.false_per_million_views",
    "poster_false_alarm": "channels.poster_search.false_alarm",
    "growth_checks": "channels.growth_check.checked",
    "growth_threshold": "channels.growth_check.threshold",
    "growth_spread": "channels.growth_check.spread",
}
"""Keys of earlier versions, by the last part of their path, and what they are called now."""

IN_WORDS = {
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
}
"""What is allowed, where pydantic speaks of types."""


def _without_none(annotation: Any) -> Any:
    """The type that is given where none need be."""
    options = [option for option in getattr(annotation, "__args__", ()) if option is not type(None)]
    return options[0] if isinstance(annotation, UnionType) and len(options) == 1 else annotation


def _model_at(model: type[BaseModel], path: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model whose field the last part of *path* names, when it can be told."""
    current: Any = model
    for part in path[:-1]:
        if part in AUDIENCES:
            current = AUDIENCES[str(part)]
            continue
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(str(part))
            current = _without_none(field.annotation) if field else None
        arguments = getattr(current, "__args__", None)
        if getattr(current, "__origin__", None) is dict and arguments:
            # A dict's value type stands in for every key: step into it with the next part.
            current = _DictOf(arguments[1])
        elif isinstance(current, _DictOf):
            current = current.item
    if isinstance(current, _DictOf):
        current = current.item
    return current if isinstance(current, type) and issubclass(current, BaseModel) else None


def _without_tags(path: tuple[int | str, ...]) -> list[int | str]:
    """A error's place without the audience's form, which pydantic puts between ``audience`` and the key."""
    return [
        part for before, part in zip(("", *path), path, strict=False) if before != "audience" or part not in AUDIENCES
    ]


class _DictOf:
    def __init__(self, item: Any) -> None:
        self.item = item


def renamed(key: str) -> str | None:
    """What a key of an earlier version is called now; None where it never was one. *key*: the last part of its path."""
    return RENAMED.get(key)


def describe(model: type[BaseModel], error: Any) -> str:
    """One line about one of pydantic's errors: key path, what is allowed, what was given, and near misses of a key."""
    path = ".".join(str(part) for part in _without_tags(error["loc"]))
    if error["type"] == "extra_forbidden":
        holder = _model_at(model, error["loc"])
        known = [name for name in holder.model_fields if name != "sources"] if holder else []
        if new := renamed(str(error["loc"][-1])):
            return f"{path}: there is no such key any more; did you mean {new!r}? It is that key's new name."
        return f"{path}: there is no such key{nearest(str(error['loc'][-1]), known)}" + (
            f" Known here: {', '.join(known)}" if known else ""
        )
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "missing":
        return f"{path}: is missing"
    given = error["input"]
    if error["type"] == "literal_error" and isinstance(given, str):
        return unknown(path, given, re.findall(r"'([^']*)'", error["ctx"]["expected"]))
    message = IN_WORDS.get(error["type"], message)
    shown = "" if isinstance(given, (dict, BaseModel)) or error["type"] == "input_file" else f", not {given!r}"
    return f"{path}: {message[:1].lower()}{message[1:]}{shown}".lstrip(": ")


def lines_of(model: type[BaseModel], error: ValidationError) -> list[str]:
    """Everything that is wrong with values of a *model*, a line each; an error of ours in its own words."""
    lines: list[str] = []
    for each in error.errors():
        ours = each.get("ctx", {}).get("error")
        lines += str(ours).split("\n") if isinstance(ours, UserError) else [describe(model, each)]
    return lines
