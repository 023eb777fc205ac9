"""``rectify.reproduce``: true when the same came out, and otherwise the differences, line by line."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import rectify
from rectify import UserError

OVERRIDES = ["campaign=none", "population.accounts=300", "end=2023-01-10", "burn_in_days=0"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = rectify.run(OVERRIDES, output=tmp_path, figures=False).folder
    assert found is not None
    return found


def test_the_same_is_true(folder: Path) -> None:
    found = rectify.reproduce(str(folder))
    assert found
    assert found.differences == ()
    assert found.surroundings == ()
    assert found.again.summary == found.stored.summary
    assert found.digests == json.loads((folder / "manifest.json").read_text())["digests"]
    assert repr(found) == f"<Reproduction of {folder}: the same>"
    assert "yes" in found._repr_html_()


def test_what_differs_is_said(folder: Path) -> None:
    path = folder / "config.yaml"
    path.write_text(path.read_text().replace("seed: 1\n", "seed: 2\n"))
    found = rectify.reproduce(folder)
    assert not found
    assert not found.same_results
    assert found.differences[0] == "config.yaml was changed: its seed is 2, the manifest says 1"
    assert any(line.startswith("series: first difference on 2023-01-01") for line in found.differences)
    assert found.again.config.seed == 2


def test_a_spoilt_folder_is_told_from_another_result(folder: Path) -> None:
    series = pd.read_parquet(folder / "series.parquet")
    series.loc[3, "value"] += 1
    series.to_parquet(folder / "series.parquet", index=False)
    found = rectify.reproduce(folder)
    assert not found
    assert found.same_results
    assert found.differences == ("series.parquet was changed since the run: it does not fit the manifest's digest",)


def test_other_surroundings_are_no_difference(folder: Path) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["versions"]["numpy"] = "1.0.0"
    path.write_text(json.dumps(manifest))
    found = rectify.reproduce(folder)
    assert found
    (line,) = found.surroundings
    assert line.startswith("version of numpy: then 1.0.0, now ")


def test_runs_of_messages_are_reproduced_too(tmp_path: Path) -> None:
    result = rectify.run(["scenario=takedown_docking", "audience.nodes=200", "steps=5"], output=tmp_path, figures=False)
    assert rectify.reproduce(str(result.folder))


def test_a_plugin_must_be_named(folder: Path) -> None:
    """Stored configurations do not run code of their own accord."""
    path = folder / "config.yaml"
    path.write_text(path.read_text().replace("plugins: {}", "plugins: {lying_low: '0123456789abcdef'}"))
    with pytest.raises(UserError, match="needs the plug-in lying_low, whose code would be run: name it"):
        rectify.reproduce(folder)
