"""Manifests and the files beside them: what they must hold, and what is said of those that do not."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rectify.core.errors import UserError
from rectify.core.formats import DATASET, RESULT_FOLDER
from rectify.manifests import (
    MANIFEST,
    read_config,
    read_csv,
    read_dataset_manifest,
    read_run_manifest,
    read_summary,
    says_dataset,
)

RUN: dict[str, Any] = {
    "format": RESULT_FOLDER.version, "name": "spring", "identity": "0123456789ab", "seed": 2**64 - 1, "accounts": 100,
    "threads": 1, "seconds": 0.5, "digests": {"series": "0" * 64, "summary": "f" * 64},
    "written": "2026-01-01T00:00:00+00:00", "versions": {"rectify": "0.1.0"}, "commit": None,
    "host": {"machine": "x86_64", "system": "Linux", "cores": 2}, "absent": {"returned_share": "no account was closed"},
    "outcomes": {
        "harm_total": {"unit": "harm", "number": "count", "meaning": "Harm.", "scales_with_population": True,
                       "by": ["platform"], "adds_up_over": ["platform"], "statistic": "total", "metric": "harm"},
    },
}  # fmt: skip
SWEEP: dict[str, Any] = {
    "format": DATASET.version, "status": "complete",
    "experiment": {
        "name": "many", "question": "How?", "replicates": 2, "outcomes": ["harm_total"], "curves": ["prevalence"],
        "factors": {"length": {"label": "Length", "unit": "days", "levels": [1, 2.5], "keys": ["a.b"]},
                    "depth": {"range": [0.0, 1.0], "scale": "linear"}},
        "figures": [{"kind": "response", "outcome": "harm_total", "over": "length", "by": "depth"}],
    },
    "reference": 0, "cells": 2, "labels": {"0": "reference"},
    "windows": [{"cells": [0, 1], "campaigns": [["Spring", "2024-01-01", "2024-02-01"]]}],
    "parts": [{"runs": "runs-00001.parquet", "curves": None, "rows": 4, "failed": 0}], "next_part": 2,
    "rows": {"all": 4, "failed": 0}, "digest": "0", "busy_seconds": 1.0, "versions": {"rectify": "0.1.0"},
}  # fmt: skip
READERS: dict[str, tuple[dict[str, Any], Callable[[Path], Any]]] = {
    "run": (RUN, read_run_manifest), "sweep": (SWEEP, read_dataset_manifest),
}  # fmt: skip


def changed(content: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with another value at *path*; ``...`` takes the key away."""
    copied = copy.deepcopy(content)
    *above, last = path.split(".")
    place: Any = copied
    for part in above:
        place = place[int(part) if isinstance(place, list) else part]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return copied


def message(reader: Callable[[Path], Any], folder: Path, content: Any) -> str:
    """What is said of a manifest with this *content*: one line that begins with its path."""
    (folder / MANIFEST).write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(UserError) as caught:
        reader(folder)
    text = str(caught.value)
    assert text.startswith(f"{folder / MANIFEST}: ")
    assert "\n" not in text
    return text


@pytest.mark.parametrize("what", READERS)
def test_whole_manifests_are_read(tmp_path: Path, what: str) -> None:
    content, reader = READERS[what]
    (tmp_path / MANIFEST).write_text(json.dumps(content))
    found = reader(tmp_path)
    assert found.format == 1
    assert found.versions == {"rectify": "0.1.0"}
    assert says_dataset(tmp_path) == (what == "sweep")


@pytest.mark.parametrize("what", READERS)
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot be read"), ("{", "cannot be read"), ('{"format": 1', "cannot be read"),
        ("[1, 2]", "names and values"),
        ("null", "names and values"), ('"x"', "names and values"), ("{}", "name: is missing|status: is missing"),
        ("[" * 99_999, "cannot be read"),
    ],
)  # fmt: skip
def test_nonsense_is_told(tmp_path: Path, what: str, text: str, words: str) -> None:
    found = message(READERS[what][1], tmp_path, text)
    assert any(word in found for word in words.split("|"))


@pytest.mark.parametrize("what", READERS)
def test_bytes_that_are_no_text_and_missing_files_are_told(tmp_path: Path, what: str) -> None:
    reader = READERS[what][1]
    with pytest.raises(UserError, match="there is no such file"):
        reader(tmp_path)
    (tmp_path / MANIFEST).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="cannot be read"):
        reader(tmp_path)
    (tmp_path / MANIFEST).unlink()
    (tmp_path / MANIFEST).mkdir()
    with pytest.raises(UserError, match="there is no such file"):
        reader(tmp_path)


@pytest.mark.parametrize(
    ("what", "path", "value", "words"),
    [
        ("run", "digests", ..., "digests: is missing"),
        ("run", "digests.series", "abc", "digests.series: string should match pattern"),
        ("run", "seed", "1", "seed: input should be a valid integer, not '1'"),
        ("run", "seed", -1, "seed: input should be greater than or equal to 0"),
        ("run", "identity", None, "identity: input should be a valid string"),
        ("run", "versions", ["0.1.0"], "versions: input should be an object"),
        ("run", "versions.rectify", 1, "versions.rectify"),
        ("run", "host", 3, "host"),
        ("run", "seconds", math.nan, "seconds: input should be a finite number"),
        ("run", "absent", ["returned_share"], "absent"),
        ("run", "outcomes.harm_total.number", "heap", "outcomes.harm_total.number"),
        ("run", "outcomes.harm_total.unit", ..., "outcomes.harm_total.unit: is missing"),
        ("sweep", "parts", {}, "parts: input should be a valid array"),
        ("sweep", "parts.0.runs", ..., "parts.0.runs: is missing"),
        ("sweep", "parts.0.runs", "../secret.parquet", "parts.0.runs: string should match pattern"),
        ("sweep", "parts.0.rows", 3, "parts: have 3 rows, rows.all says 4"),
        ("sweep", "rows", ..., "parts: have 4 rows, rows.all says None"),
        ("sweep", "status", "lost", "status"),
        ("sweep", "cells", ..., "cells: is missing"),
        ("sweep", "experiment.factors.length.levels", None, "neither levels nor a range"),
        ("sweep", "experiment.factors.length", 3, "experiment.factors.length"),
        ("sweep", "experiment.outcomes", [], "experiment.outcomes"),
        ("sweep", "experiment.figures.0.over", "lenght", "did you mean 'length'"),
        ("sweep", "experiment.figures.0.outcome", "harm_totals", "did you mean 'harm_total'"),
        ("sweep", "windows.0.campaigns", [["Spring", "soon", "later"]], "windows.0.campaigns.0.1"),
        ("sweep", "reference", "first", "reference"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_place(tmp_path: Path, what: str, path: str, value: Any, words: str) -> None:
    content, reader = READERS[what]
    assert words in message(reader, tmp_path, changed(content, path, value))


@pytest.mark.parametrize("what", READERS)
def test_several_errors_are_counted(tmp_path: Path, what: str) -> None:
    content, reader = READERS[what]
    spoilt = {**content, "versions": 1, "commit": 2, "host": 3}
    assert "(and 2 more errors)" in message(reader, tmp_path, spoilt)


def test_one_is_told_from_the_other(tmp_path: Path) -> None:
    found = message(read_run_manifest, tmp_path, SWEEP)
    assert "is the manifest of a dataset; a result folder is needed here" in found
    found = message(read_dataset_manifest, tmp_path, RUN)
    assert "is the manifest of a result folder; a dataset is needed here" in found


@pytest.mark.parametrize("what", READERS)
def test_manifests_without_a_version_are_read(tmp_path: Path, what: str) -> None:
    """As they were written before formats had versions, and before numbers were described."""
    content, reader = READERS[what]
    old = {key: value for key, value in content.items() if key not in ("format", "written", "outcomes", "absent")}
    (tmp_path / MANIFEST).write_text(json.dumps({**old, "units": {"harm_total": "harm"}}))
    assert reader(tmp_path).format == 0


@pytest.mark.parametrize("what", READERS)
def test_what_a_later_version_adds_is_kept_and_a_later_format_is_refused(tmp_path: Path, what: str) -> None:
    """Whatever else it holds: its version comes first."""
    content, reader = READERS[what]
    (tmp_path / MANIFEST).write_text(json.dumps({**content, "mood": "good"}))
    assert reader(tmp_path).model_dump()["mood"] == "good"
    later = {"format": 2, "versions": {"rectify": "9.0.0"}, "everything": "else"}
    assert "of format 2, written by Rectify 9.0.0; this version reads formats 0 to 1" in message(
        reader, tmp_path, later
    )
    assert "is no version of a format" in message(reader, tmp_path, {**content, "format": "new"})


@pytest.mark.parametrize(
    ("text", "form", "words"),
    [
        ('{"a": "1"}', 1, "a: expected a number, not '1'"), ('{"a": null}', 1, "a: expected a number, not 'None'"),
        ('{"a": true}', 1, "a: expected a number"), ('{"a": [1]}', 1, "a: expected a number"),
        ('{"a": NaN}', 1, "a: nan is not a number"), ('{"a": Infinity}', 0, "a: inf is not a number"),
        ("[]", 1, "names and values"), ("{", 0, "cannot be read"),
    ],
)  # fmt: skip
def test_a_summary_holds_numbers(tmp_path: Path, text: str, form: int, words: str) -> None:
    (tmp_path / "summary.json").write_text(text)
    with pytest.raises(UserError, match=words):
        read_summary(tmp_path / "summary.json", form)


def test_a_summary_without_a_version_may_hold_nan(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text('{"a": NaN, "b": 2}')
    found = read_summary(tmp_path / "summary.json", 0)
    assert math.isnan(found["a"])
    assert found["b"] == 2.0


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "cannot be read"), ("a,c\n1,2\n", r"lacks the column\(s\) b; has a, c"),
     ("a,b\nx,many\n", "column b holds something other than numbers"), ('a,b\n"x', "cannot be read"),
     ("a,b\nx,True\n", "column b holds something other than numbers")],
)  # fmt: skip
def test_wrong_csv_tables_are_told(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(UserError, match=words):
        read_csv(tmp_path / "t.csv", ("a", "b"), ("b",))


CONFIG = "start: 2024-01-01\nend: 2024-02-01\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("start: 2024-01-01\n", "end: is missing"), ("start: 2024-01-01\nsteps: 0\n", "steps: input should be greater"),
        ("start: [2]\nend: 2024-01-02\n", "start: .* is not a date"), (CONFIG + "platforms: [1]\n", "platforms: "),
        (CONFIG + "campaigns: {a: {opens: 2024-01-02}}\n", "campaigns.a.closes: is missing"),
        (CONFIG + "campaigns: {a: {opens: soon, closes: 2024-01-02}}\n", "campaigns.a.opens: 'soon' is not a date"),
        (CONFIG + "kinds: {a: {harm: much}}\n", "kinds.a.harm: "), (CONFIG + "title: [a]\n", "title: "),
        (CONFIG + "sanctions: {a: warn}\n", "sanctions.a: "), ("- a\n", "names and values"),
        ("a: [\n", "cannot be read"),
    ],
)  # fmt: skip
def test_wrong_configurations_are_told(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(UserError, match=words) as caught:
        read_config(tmp_path / "config.yaml")
    assert "\n" not in str(caught.value)
