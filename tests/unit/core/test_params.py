"""Parameters: each number declares meaning, unit, role and bounds, and its value has a source."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from rectify import RunConfig
from rectify.core.params import Params, Role, lever, size, uncertainty, walk
from rectify.policy.sanctions import SanctionParams


class Spring(Params):
    """Parameters for these tests."""

    label: str = "a spring"
    stiffness: float = uncertainty("N/m", "How stiff it is.", gt=0, le=100)
    length: float = lever("m", "How long it is made.", ge=0, default=1.0)
    rows: int = size("rows", "How many.", ge=1, default=2)


class Mattress(Params):
    """A group of groups."""

    springs: dict[str, Spring]
    best: Spring


SOURCED: dict[str, Any] = {"stiffness": 3.0, "sources": {"*": "assumption"}}


def test_declared_numbers_know_what_they_are() -> None:
    """Role, unit, meaning and bounds are kept with the field; other fields are no parameters."""
    assert Spring.parameters() == ("stiffness", "length", "rows")
    field = Spring.model_fields["stiffness"]
    assert field.description == "How stiff it is."
    assert field.json_schema_extra == {"unit": "N/m", "role": "uncertainty"}
    roles = [Spring.model_fields[name].json_schema_extra["role"] for name in Spring.parameters()]  # type: ignore
    assert roles == ["uncertainty", "lever", "size"]
    assert set(roles) == set(get_args(Role))


def test_every_number_needs_a_source() -> None:
    """All that lack one are named, those with a default too; the star serves all; a text needs none."""
    with pytest.raises(ValidationError, match="no source is given for stiffness, rows: name it under 'sources'"):
        Spring(stiffness=3, sources={"length": "assumption"})
    assert Spring(**SOURCED).source("rows") == "assumption"
    named = Spring(stiffness=3, sources={"*": "assumption", "rows": "document_a: page 2"})
    assert [named.source(name) for name in Spring.parameters()] == ["assumption", "assumption", "document_a: page 2"]


@pytest.mark.parametrize(
    "changes",
    [
        {"stiffness": 0},
        {"stiffness": 101},
        {"stiffness": float("nan")},
        {"stiffness": float("inf"), "length": 1},
        {"rows": 0},
        {"rows": 1.5},
        {"stiffness": "soft"},
        {"stifness": 1},
    ],
)
def test_bad_values_are_refused(changes: dict[str, Any]) -> None:
    """Out of bounds, not a number, not finite, or under an unknown name."""
    with pytest.raises(ValidationError):
        Spring(**{**SOURCED, **changes})


def test_groups_are_frozen() -> None:
    """A parameter cannot be changed once it is set."""
    with pytest.raises(ValidationError, match="frozen"):
        Spring(**SOURCED).stiffness = 4.0  # type: ignore[misc]


def test_walk_finds_every_parameter_by_its_path() -> None:
    """Depth first, through groups and through dictionaries of groups."""
    mattress = Mattress(springs={"left": SOURCED, "right": SOURCED}, best=SOURCED, sources={"*": "x"})  # type: ignore
    found = list(walk(mattress))
    names = ("stiffness", "length", "rows")
    assert [path for path, _, _ in found] == [
        f"{group}.{name}" for group in ("springs.left", "springs.right", "best") for name in names
    ]
    assert all(getattr(group, name) is not None for _, group, name in found)


def groups_below(model: type[BaseModel]) -> set[type[BaseModel]]:
    """All parameter groups that a configuration is made of."""
    found = {model}
    for field in model.model_fields.values():
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                found |= groups_below(inner)
    return found


NOT_PARAMETERS = {"burn_in_days", "seed"}
"""Numbers that say how to run rather than what the world is like."""


@pytest.mark.parametrize("group", sorted(groups_below(RunConfig), key=lambda model: model.__name__))
def test_every_number_of_a_run_is_declared(group: type[BaseModel]) -> None:
    """Each number has unit, meaning, role and at least one bound; no number hides as a plain field."""
    for name, field in group.model_fields.items():
        if field.annotation not in (int, float) or name in NOT_PARAMETERS:
            continue
        about = field.json_schema_extra
        assert isinstance(about, dict), f"{group.__name__}.{name} is not declared"
        assert about["unit"], name
        assert about["role"] in get_args(Role), name
        assert field.description, name
        assert field.description.endswith("."), name
        assert field.metadata, f"{group.__name__}.{name} has no bounds"


def test_the_groups_of_a_run_are_all_found() -> None:
    """The check above is not empty: sanctions, which hang below a dictionary, are among them."""
    assert SanctionParams in groups_below(RunConfig)
    assert len(groups_below(RunConfig)) > 15
