"""The table of the documents' lines is true: overrides compose and change something, tests and metrics exist."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from rectify import RectificationModel, RunConfig, compose
from rectify.commands.documents import DocumentLine, document_lines
from rectify.configuration.checks import source_keys
from rectify.study.parts import outcome_of

ROOT = Path(__file__).resolve().parents[3]
LINES = document_lines()


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.document}: {line.line}")
def test_overrides_compose_and_switch_something(line: DocumentLine) -> None:
    """Both sides of a comparison are valid configurations, and are not the same one."""
    assert compose(line.overrides(on=True)).identity != compose(line.overrides(on=False)).identity


def test_documents_are_letters_or_sources() -> None:
    """What is not one of the five documents has an entry in sources.yaml."""
    assert {line.document for line in LINES} - set("ABCDE") <= source_keys()


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.document}: {line.line}")
def test_tests_named_exist(line: DocumentLine) -> None:
    """The file has a test function of that name."""
    path, name = line.test.split("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(
    "base", sorted({tuple(line.overrides(on=True)) for line in LINES}), ids=lambda base: " ".join(base)
)
def test_metrics_named_are_in_the_summary(base: tuple[str, ...]) -> None:
    """A run of the scenario has them, switched on."""
    config = RunConfig.load(
        {
            **compose([*base, "population.accounts=200", "burn_in_days=0"]).model_dump(mode="json"),
            "end": compose(base).start.isoformat(),
        }
    )
    result = RectificationModel(config).run()
    for line in LINES:
        if tuple(line.overrides(on=True)) == base:
            known = line.metric in result.summary or line.metric in result.absent
            assert known or not np.isnan(outcome_of(result, line.metric)), line.line
