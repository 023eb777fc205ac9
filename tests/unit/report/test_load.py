"""Reading result folders back: of every format, and what is said of those that are damaged."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from rectify import RunResult
from rectify.core.errors import UserError
from rectify.model import RectificationModel
from rectify.report import figures, targets
from rectify.report.load import UNRECORDED, load_run
from rectify.store import summary_digest

Build = Callable[..., RectificationModel]


def folder_of(result: RunResult[Any]) -> Path:
    """Where a result is stored."""
    assert result.folder is not None
    return result.folder


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory, configure: Any) -> Path:
    """The result folder of a small run in which no account was closed, without its figures."""
    output = tmp_path_factory.mktemp("results")
    config = configure({"population.accounts": 600, "end": "2023-01-20", "campaigns": {}, "output": str(output)})
    return folder_of(RectificationModel(config).run().save(figures=False))


@pytest.fixture
def folder(stored: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(stored, tmp_path / "seed=1"))


def make_old(folder: Path) -> None:
    """Turn a result folder into one as it was written before formats had versions."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    summary = json.loads((folder / "summary.json").read_text()) | dict.fromkeys(manifest["absent"], math.nan)
    (folder / "summary.json").write_text(json.dumps(summary))
    for key in ("format", "absent", "outcomes", "written"):
        del manifest[key]
    manifest["digests"]["summary"] = summary_digest(summary)
    path.write_text(json.dumps(manifest))
    frame = pd.read_parquet(folder / "series.parquet")
    frame.attrs = {}
    frame.to_parquet(folder / "series.parquet", index=False)


def test_what_was_written_is_read_back(folder: Path) -> None:
    run = load_run(folder)
    assert run.manifest.format == 1
    assert "NaN" not in (folder / "summary.json").read_text()
    assert run.absent["returned_share"] == "no account was closed"
    assert "returned_share" not in run.summary
    assert run.manifest.outcomes.keys() == run.summary.keys() | run.absent.keys()
    assert run.metrics["harm"].unit == "harm"
    assert run.metrics.keys() == set(run.frame["metric"].astype(str))


def test_a_folder_without_a_version_is_read_and_drawn(folder: Path) -> None:
    """Without descriptions, what adds up is told by its rows; NaN in its summary counts as absent."""
    new = load_run(folder)
    make_old(folder)
    run = load_run(folder)
    assert run.manifest.format == 0
    assert run.metrics == {}
    assert run.absent == dict.fromkeys(new.absent, UNRECORDED)
    assert run.summary == new.summary
    for metric in ("prevalence", "harm", "pressure", "real_followers"):
        for platform in ("all", "weibo"):
            pd.testing.assert_series_equal(run.series(metric, platform), new.series(metric, platform))
    assert run.is_by_kind("harm")
    assert not run.is_by_kind("prevalence")
    for name in figures.figures_of(run):
        assert figures.FIGURES[name](run).axes


def test_a_folder_of_a_later_format_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"format": 2}))
    with pytest.raises(UserError, match=r"a result folder of format 2, written by Rectify [0-9.]+; this version reads"):
        load_run(folder)


def test_what_is_not_by_kind_is_not_summed_over_kinds(folder: Path) -> None:
    """Review slots are counted by platform alone; of one kind nothing is known of them."""
    run = load_run(folder)
    assert run.metrics["review_slots"].number == "count"
    assert run.series("review_slots", "weibo").notna().all()
    assert run.series("review_slots", kind="rumours").isna().all()
    assert (run.series("closed", kind="rumours") == 0).all()


PUBLISHED = "figure,published,simulated,ratio\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot be read"), ("figure,published\n", r"lacks the column\(s\) simulated, ratio"),
        (PUBLISHED + "a,many,1,1\n", "column published holds something other than numbers"),
        (PUBLISHED + "a,0,1,1\n", "column published: 0 is not a published figure"),
        (PUBLISHED + "a,5,-1,1\n", "column simulated: -1 is not a count"),
        (PUBLISHED + "a,5,1,inf\n", "column ratio: inf is not a count"),
        (PUBLISHED + "a,,1,1\n", "column published: nan"),
    ],
)  # fmt: skip
def test_published_figures_are_counts(folder: Path, text: str, words: str) -> None:
    (folder / "published.csv").write_text(text)
    with pytest.raises(UserError, match=words) as caught:
        load_run(folder)
    assert str(caught.value).startswith(f"{folder / 'published.csv'}: ")


def test_axes_of_targets_are_labelled_by_unit(build: Build, tmp_path: Path) -> None:
    """A count so many a day, a stock as it is, a share in per cent."""
    about = {"sources": {"*": "assumption"}, "kinds": None, "label": "Less"}
    metrics = {"count": "views", "stock": "open_accounts", "share": "prevalence"}
    chosen = {name: {**about, "metric": metric} for name, metric in metrics.items()}
    changes = {"population.accounts": 600, "campaigns.selfmedia_2023.targets": chosen, "output": str(tmp_path)}
    run = load_run(folder_of(build(changes).run().save(figures=False)))
    axes = targets.draw(run).axes
    assert [ax.get_ylabel() for ax in axes] == ["Views per day", "Accounts", "Share"]
    assert "%" in axes[2].yaxis.get_major_formatter()(0.25)
