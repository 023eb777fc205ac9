"""Datasets on disk: they explain themselves, are read in every format, and what is damaged is told in one line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rectify.core.errors import UserError
from rectify.core.quantity import Quantity, reduced
from rectify.report import datasets, multiples, outcome_curves
from rectify.report.selection import outcome_axis, outcome_label
from rectify.study.dataset import DatasetWriter
from rectify.study.design import Experiment, build_experiment
from rectify.study.stored import is_sweep, load_sweep

HARM = Quantity(unit="harm", number="count", meaning="Harm.", by=("platform", "kind"), scales_with_population=True)
PREVALENCE = Quantity(unit="share", number="level", meaning="Seen.", by=("platform",), scales_with_population=False)
OUTCOMES = {
    "harm_total": reduced("harm", HARM, "total"), "prevalence_mean": reduced("prevalence", PREVALENCE, "mean"),
    "harm_total.weibo": reduced("harm", HARM, "total").of_part("weibo"),
}  # fmt: skip
METRICS = {"harm": HARM, "prevalence": PREVALENCE}
DESIGN: dict[str, Any] = {"design_digest": "of these runs", "sources": "none", "cells": 2, "windows": []}


def experiment() -> Experiment:
    """Two cells, three outcomes, two curves."""
    return build_experiment(
        {
            "name": "tiny", "question": "Does it?", "replicates": 2,
            "factors": {"length": {"keys": ["a.b"], "levels": [1.0, 2.0], "label": "Length", "unit": "days"},
                        "book": {"group": "rulebook", "levels": ["routine", "strict"]}},
            "outcomes": list(OUTCOMES), "curves": ["prevalence", "harm by platform"],
            "figures": [{"kind": "response", "outcome": "harm_total", "over": "length"},
                        {"kind": "curves", "metric": "prevalence"}],
        },
        "here",
    )  # fmt: skip


def write(folder: Path, described: bool = True) -> None:
    """A complete dataset in *folder*."""
    design, dates = experiment(), pd.date_range("2023-01-01", periods=12)
    manifest = {**DESIGN, "experiment": design.model_dump(mode="json")}
    known = (OUTCOMES, METRICS) if described else (None, None)
    with closing(DatasetWriter(folder, design, manifest, *known)) as dataset:
        for cell in (0, 1):
            for seed in (1, 2):
                row = {"cell": cell, "identity": f"{cell:012x}", "seed": seed, "length": 1.0 + cell, "book": "routine",
                       "status": "ok", "error": "", "harm_total": 5e6 + cell + seed, "prevalence_mean": 0.1,
                       "harm_total.weibo": 2.0, "run_seconds": 0.5, "host": "here"}  # fmt: skip
                curves = [pd.DataFrame({"date": dates, "metric": name, "value": 0.1 + seed / 100})
                          for name in ("prevalence", "harm.weibo", "harm.wechat")]  # fmt: skip
                dataset.add([row], pd.concat(curves, ignore_index=True))
        dataset.finish(1.0)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sweep") / "tiny"
    write(folder)
    return folder


@pytest.fixture
def folder(stored: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(stored, tmp_path / "tiny"))


def part(folder: Path, kind: str) -> Path:
    """The one file of that kind."""
    (path,) = folder.glob(f"{kind}-*.parquet")
    return path


def test_tables_say_what_their_columns_are(stored: Path) -> None:
    """Read by pyarrow alone: outcomes, factors, metrics, and of which experiment they are."""
    runs, curves = (pq.read_schema(part(stored, kind)) for kind in ("runs", "curves"))
    for schema, table in ((runs, "runs"), (curves, "curves")):
        about = json.loads(schema.metadata[b"rectify"])
        assert (about["format"], about["table"]) == (1, table)
        assert about["experiment"]["question"] == "Does it?"
        for field in schema:
            assert json.loads(field.metadata[b"rectify"]) == about["columns"][field.name]
            assert about["columns"][field.name]["meaning"]
    own = json.loads(runs.field("harm_total.weibo").metadata[b"rectify"])
    assert (own["unit"], own["number"], own["metric"], own["statistic"], own["part"]) == (
        "harm", "count", "harm", "total", "weibo",
    )  # fmt: skip
    assert json.loads(runs.field("length").metadata[b"rectify"]) == {"meaning": "Length", "unit": "days"}
    assert json.loads(runs.field("run_seconds").metadata[b"rectify"])["unit"] == "seconds"
    assert set(json.loads(curves.metadata[b"rectify"])["metrics"]) == {"harm", "prevalence"}
    assert json.loads(pd.read_parquet(part(stored, "runs")).attrs["rectify"])["table"] == "runs"


def test_descriptions_change_no_digest(stored: Path, tmp_path: Path) -> None:
    write(tmp_path / "plain", described=False)
    digests = {json.loads((each / "manifest.json").read_text())["digest"] for each in (stored, tmp_path / "plain")}
    assert len(digests) == 1


def test_labels_units_and_axes_come_from_what_is_stored(stored: Path) -> None:
    sweep = load_sweep(stored)
    assert sweep.manifest["format"] == 1
    assert [outcome_label(sweep, name) for name in OUTCOMES] == ["Harm", "Prevalence mean", "Harm, Weibo"]
    assert outcome_axis(sweep, "prevalence_mean") == "Prevalence mean (share)"
    assert sweep.unit("never_heard_of") == ""
    assert sweep.metric("harm.weibo") == HARM
    (ax,) = outcome_curves.draw(sweep, {"kind": "curves", "metric": "prevalence"}).axes
    assert ax.yaxis.get_major_formatter()(0.25) == "25 %"
    axes = multiples.draw(sweep, {"kind": "multiples", "metric": "harm", "panels": "platform"}).axes
    assert axes[0].yaxis.get_major_formatter()(2000.0) == "2 k"


def make_old(folder: Path) -> None:
    """Turn a dataset into one as it was written before formats had versions."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["units"] = {name: about["unit"] for name, about in manifest["outcomes"].items()}
    for key in ("format", "outcomes", "metrics", "written"):
        del manifest[key]
    path.write_text(json.dumps(manifest))
    for each in folder.glob("*.parquet"):
        table = pq.read_table(each)
        plain = pa.schema([pa.field(field.name, field.type) for field in table.schema])
        pq.write_table(table.cast(plain).replace_schema_metadata(), each)


def test_a_dataset_without_a_version_is_read_and_drawn(folder: Path) -> None:
    """With the units that it has."""
    new = load_sweep(folder)
    make_old(folder)
    old = load_sweep(folder)
    assert old.manifest["format"] == 0
    pd.testing.assert_frame_equal(old.runs, new.runs)
    assert old.unit("harm_total") == "harm"
    assert old.outcome("harm_total") is None
    assert outcome_axis(old, "prevalence_mean") == "Prevalence mean (share)"
    assert len(datasets.draw_dataset(folder)) == 4
    assert is_sweep(folder)


@pytest.mark.parametrize("format_", [2, "new"])
def test_a_dataset_of_a_later_format_is_neither_read_nor_touched(folder: Path, format_: Any) -> None:
    """Not by figures, and not by a sweep that would go on with it: nothing in it changes."""
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({"format": format_, "versions": manifest["versions"], "new": 1}))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for read in (load_sweep, datasets.draw_dataset, lambda at: DatasetWriter(at, experiment(), DESIGN)):
        with pytest.raises(UserError, match="format") as caught:
            read(folder)
        assert "\n" not in str(caught.value)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def spoil(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    pq.write_table(change(pq.read_table(path)), path)


def replaced(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, values)


DAMAGE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "runs gone": (lambda f: part(f, "runs").unlink(), r"runs-\d+\.parquet: there is no such file"),
    "curves gone": (lambda f: part(f, "curves").unlink(), r"curves-\d+\.parquet: there is no such file"),
    "runs cut off": (lambda f: part(f, "runs").write_bytes(part(f, "runs").read_bytes()[:300]), "cannot be read"),
    "fewer rows": (lambda f: spoil(part(f, "runs"), lambda t: t.slice(1)), "has 3 rows; manifest.json says 4"),
    "no outcome": (lambda f: spoil(part(f, "runs"), lambda t: t.drop(["harm_total"])), "lacks the column.* harm_total"),
    "no factor": (lambda f: spoil(part(f, "runs"), lambda t: t.drop(["length"])), r"lacks the column\(s\) length"),
    "words for numbers": (
        lambda f: spoil(part(f, "runs"), lambda t: replaced(t, "harm_total", pa.array(["a"] * 4))),
        "column harm_total: expected numbers, found string",
    ),
    "no seed": (
        lambda f: spoil(part(f, "runs"), lambda t: replaced(t, "seed", pa.array([1, None, 1, 2], pa.uint64()))),
        "column seed: 1 rows have no value",
    ),
    "a run twice": (
        lambda f: spoil(part(f, "runs"), lambda t: replaced(t, "cell", pa.array([0, 0, 0, 0], pa.int64()))),
        "two runs of cell 0 with seed 1",
    ),
    "none succeeded": (
        lambda f: spoil(part(f, "runs"), lambda t: replaced(t, "status", pa.array(["failed"] * 4))),
        "no run of this dataset has succeeded",
    ),
    "dates with a zone": (
        lambda f: spoil(
            part(f, "curves"), lambda t: replaced(t, "date", t["date"].cast(pa.timestamp("ms", "UTC")))
        ),
        "column date: expected days",
    ),
    "manifest a list": (lambda f: (f / "manifest.json").write_text("[1]"), "names and values"),
    "manifest cut off": (lambda f: (f / "manifest.json").write_text('{"format": 1,'), "cannot be read"),
    "manifest gone": (lambda f: (f / "manifest.json").unlink(), "there is no such file"),
}  # fmt: skip


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_told_in_one_line(folder: Path, what: str) -> None:
    """By whatever draws it; the folder is still known as a dataset where anything of one is left."""
    damage, words = DAMAGE[what]
    damage(folder)
    with pytest.raises(UserError, match=words) as caught:
        datasets.draw_dataset(folder)
    assert "\n" not in str(caught.value)
    assert is_sweep(folder)


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "cannot be read"), ("outcome,factor\n", r"lacks the column\(s\) index"),
     ("outcome,factor,index,value,half_width\ny,a,S1,much,0\n", "column value holds something other than numbers")],
)  # fmt: skip
def test_indices_that_cannot_be_read_are_told(folder: Path, text: str, words: str) -> None:
    (folder / "sensitivity.csv").write_text(text)
    with pytest.raises(UserError, match=words):
        datasets.KINDS["sensitivity"](load_sweep(folder), {"kind": "sensitivity"})


def test_a_figure_of_no_known_kind_is_told(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["experiment"]["figures"][0]["kind"] = "forrest"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match=r"figures\.0\.kind: 'forrest' is not known; did you mean 'forest'"):
        datasets.draw_dataset(folder)
