"""Overrides as people write them: quotes are put where Hydra needs them, and nowhere else."""

from __future__ import annotations

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from rectify.configuration.composing import with_quotes


def value_of(argument: str) -> object:
    """What Hydra makes of an override's value."""
    (override,) = OverridesParser.create().parse_overrides([argument])
    return override.value()


@pytest.mark.parametrize(
    "path",
    [
        "runs/seed=1/g.csv",
        "a=b=c/d=e.csv",
        "/data/my graph (1).csv",
        "数据/图.csv",
        "it's/x=1.csv",
        "graph#2;final&.csv",
        "~/x=1/g.csv",
        r"back\slash=1.csv",
    ],
)
def test_any_path_is_read_as_it_is(path: str) -> None:
    (quoted,) = with_quotes([f"audience.file={path}"])
    assert value_of(quoted) == path


@pytest.mark.parametrize(
    "argument",
    [
        "seed=1",
        "seed=1,2,3",
        "audience.file='runs/seed=1/g.csv'",
        'audience.file="runs/seed=1/g.csv"',
        "audience.file=plain/g-1.csv",
        "outcomes=[a,b]",
        "kinds={rumours: 1}",
        "seed=range(1,5)",
        "+new.key=3",
        "~campaign",
        "--config-dir=runs/seed=1",
        "-m",
        "seed=[1",
        "title=two words",
        "a.b=",
    ],
)
def test_what_is_read_anyway_or_not_at_all_stays(argument: str) -> None:
    assert with_quotes([argument]) == [argument]


def test_several_values_stay_several() -> None:
    (quoted,) = with_quotes(["audience.file=runs/seed=1/g.csv,plain.csv,x=2.csv"])
    (override,) = OverridesParser.create().parse_overrides([quoted])
    assert override.is_sweep_override()
    assert list(override.sweep_string_iterator()) == ["'runs/seed=1/g.csv'", "plain.csv", "'x=2.csv'"]
