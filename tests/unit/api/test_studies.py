"""``rectify.sweep`` and ``rectify.compare``: datasets as objects, the same as the commands'."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import rectify
from rectify import ConfigError, Dataset, UserError
from rectify.cli import main
from rectify.study.cells import make_plan
from rectify.study.design import build_experiment
from rectify.study.execute import Where
from rectify.study.paired import differences
from rectify.study.sweep import run_plan
from rectify.study.task import Outcome, simulate

SMALL = "population.accounts=400 start=2023-03-01 end=2023-03-25 burn_in_days=0"
TINY: dict[str, Any] = {
    "name": "tiny",
    "question": "Does anything happen?",
    "base": SMALL.split(),
    "reference": ["campaign=none"],
    "factors": {"threshold": {"keys": ["platforms.*.channels.classifier.threshold"], "levels": [3, 4]}},
    "replicates": 2,
    "outcomes": ["harm_total", "prevalence_mean"],
    "curves": ["prevalence", "harm by platform"],
    "figures": [{"kind": "forest"}],
    "fast": {"base": ["end=2023-03-05"], "replicates": 1, "levels": 2},
}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The tiny experiment, run once."""
    return rectify.sweep(TINY, "rulebook=warning_alone", output=tmp_path_factory.mktemp("out"), workers=1)


def test_a_sweep_is_a_dataset_with_its_runs(dataset: Dataset) -> None:
    """A row a cell and seed; folder, manifest and session say how it went."""
    assert dataset.runs.groupby("cell")["seed"].apply(list).to_dict() == {0: [1, 2], 1: [1, 2], 2: [1, 2]}
    assert dataset.runs["threshold"].dropna().unique().tolist() == [3.0, 4.0]
    assert len(dataset.failed) == 0
    assert dataset.manifest["status"] == "complete"
    assert dataset.manifest["experiment"]["base"] == [*TINY["base"], "rulebook=warning_alone"]
    assert dataset.session is not None
    assert (dataset.session.computed, dataset.session.runs) == (6, 6)
    assert {path.name for path in dataset.folder.iterdir()} >= {"README.md", "figures", "manifest.json"}
    assert repr(dataset) == f"<Dataset tiny: 6 runs of 3 cells; in {dataset.folder}>"
    assert "Does anything happen?" in dataset._repr_html_()


def test_curves_come_with_factors_and_units(dataset: Dataset) -> None:
    curves = dataset.curves("prevalence")
    assert curves.columns.tolist() == ["cell", "threshold", "seed", "date", "value"]
    assert len(curves) == 6 * 25
    assert curves.attrs["unit"] == "share"
    assert set(dataset.curves("harm.weibo", cells=[1])["cell"]) == {1}
    for cell, seed in ((0, 1), (2, 2)):
        own = curves[(curves["cell"] == cell) & (curves["seed"] == seed)]
        assert own["date"].is_monotonic_increasing
        row = dataset.runs[(dataset.runs["cell"] == cell) & (dataset.runs["seed"] == seed)].iloc[0]
        assert own["value"].mean() == pytest.approx(row["prevalence_mean"], rel=1e-12)
    with pytest.raises(UserError, match="'prevalance' is not known; did you mean 'prevalence'"):
        dataset.curves("prevalance")
    with pytest.raises(UserError, match="no run of a cell 9 has succeeded; cells: 0, 1, 2"):
        dataset.curves("prevalence", cells=[9])


def test_differences_are_paired(dataset: Dataset) -> None:
    """As :mod:`rectify.study.paired` works them out, a row a cell and outcome; from another cell where one is named."""
    found = dataset.differences()
    assert found[["cell", "outcome"]].to_numpy().tolist() == [
        [1, "harm_total"], [1, "prevalence_mean"], [2, "harm_total"], [2, "prevalence_mean"],
    ]  # fmt: skip
    assert found["threshold"].tolist() == [3, 3, 4, 4]
    assert found["unit"].tolist() == ["harm", "share"] * 2
    (one,) = differences(dataset.runs, 0, 2, ["prevalence_mean"])
    assert one.difference > 0
    row = found[(found["cell"] == 2) & (found["outcome"] == "prevalence_mean")].iloc[0]
    for name, value in vars(one).items():
        assert row[name] == value, name
    other = dataset.differences("harm_total", reference=1)
    assert other["cell"].tolist() == [0, 2]
    with pytest.raises(UserError, match="outcomes: 'harm' is not known; did you mean 'harm_total'"):
        dataset.differences(["harm"])
    with pytest.raises(UserError, match="there is no cell 3; cells: 0 to 2"):
        dataset.differences(reference=3)


def test_a_dataset_is_loaded_and_drawn_again(dataset: Dataset) -> None:
    found = rectify.load(str(dataset.folder))
    assert isinstance(found, Dataset)
    assert found.session is None
    pd.testing.assert_frame_equal(found.runs, dataset.runs)
    before = {path: path.read_bytes() for path in (dataset.folder / "figures").iterdir()}
    figures = found.draw()
    assert {path: path.read_bytes() for path in figures} == before
    assert figures._repr_html_().count("<img ") == len(figures) // 2


def test_what_is_there_is_not_run_again(dataset: Dataset) -> None:
    """Also from the command line, and from the path of a file; the page says how to make the dataset again."""
    path = dataset.folder.parent / "tiny.yaml"
    path.write_text(yaml.safe_dump({key: value for key, value in TINY.items() if key != "name"}))
    calls: list[tuple[int, int, int]] = []
    again = rectify.sweep(
        path, ["rulebook=warning_alone"], output=dataset.folder.parent, workers=1,
        progress=lambda *done: calls.append(done),
    )  # fmt: skip
    assert again.session is not None
    assert again.session.computed == 0
    assert calls == []
    assert again.manifest["digest"] == dataset.manifest["digest"]
    assert f"rectify.sweep('{path}', ['rulebook=warning_alone'])" in (again.folder / "README.md").read_text()


def test_the_command_makes_the_same_dataset(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own"
    (own / "experiment").mkdir(parents=True)
    (own / "experiment" / "tiny.yaml").write_text(yaml.safe_dump({k: v for k, v in TINY.items() if k != "name"}))
    main(["sweep", f"--config-dir={own}", "experiment=tiny", f"output={tmp_path}", "executor.workers=1",
          "rulebook=warning_alone"])  # fmt: skip
    folder = Path(capsys.readouterr().out.strip().splitlines()[-1])
    assert Dataset.load(folder).manifest["digest"] == dataset.manifest["digest"]
    assert f"rectify sweep --config-dir={own} experiment=tiny rulebook=warning_alone" in (
        (folder / "README.md").read_text()
    )


def test_the_fast_form_and_fewer_seeds(tmp_path: Path) -> None:
    found = rectify.sweep(build_experiment(TINY, "here"), fast=True, output=tmp_path, workers=1, figures=False)
    assert found.manifest["experiment"]["name"] == "tiny_fast"
    assert found.runs["seed"].unique().tolist() == [1]
    assert not (found.folder / "README.md").exists()


@pytest.mark.parametrize(
    ("experiment", "more", "words"),
    [
        ("rebond", {}, "experiment: 'rebond' is not known; did you mean 'rebound'"),
        ("nowhere.yaml", {}, "nowhere.yaml: there is no such file"),
        ({**TINY, "replicats": 3}, {}, "sweep: replicats: there is no such key; did you mean 'replicates'"),
        (TINY, {"replicates": 0}, "replicates: must be at least 1, not 0"),
        (TINY, {"overrides": ["campagn=none"]}, "campagn: there is no such key; did you mean 'campaign'"),
        (TINY, {"overrides": "campaign"}, "sweep: 'campaign' is not an override"),
        ({**TINY, "outcomes": ["harm_totl"], "figures": []}, {}, "'harm_totl' is not known; did you mean 'harm_total'"),
        (TINY, {"workers": 2, "address": "tcp://nowhere:1"}, "executor.workers: is for executor=local"),
    ],
)
def test_bad_designs_are_refused_before_any_run(
    experiment: Any, more: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=words) if "file" not in words else pytest.raises(UserError, match=words):
        rectify.sweep(experiment, **{"overrides": (), "output": tmp_path / "out", **more})
    assert not (tmp_path / "out").exists()


def failing() -> Callable[..., Outcome]:
    """A run that fails at one threshold. Nested, so that it travels to the workers by value."""

    def run(values: dict[str, Any], seed: int, *names: Any) -> Outcome:
        if values["platforms"]["weibo"]["channels"]["classifier"]["threshold"] == 3:
            raise ValueError("not this one")
        return simulate(values, seed, *names)

    return run


def test_runs_that_fail_are_told_from_those_that_do_not(tmp_path: Path) -> None:
    """Differences have no pairs where one side failed."""
    plan = make_plan(build_experiment(TINY, "here"))
    found = Dataset.load(run_plan(plan, tmp_path, Where(workers=1), function=failing()).folder)
    assert found.failed["cell"].tolist() == [1, 1]
    assert found.failed["error"].tolist() == ["ValueError: not this one"] * 2
    assert found.runs["cell"].tolist() == [0, 0, 2, 2]
    apart = found.differences("harm_total")
    assert apart["pairs"].tolist() == [0, 2]
    assert apart["difference"].isna().tolist() == [True, False]
    assert repr(found).startswith("<Dataset tiny: 4 runs of 3 cells, 2 failed; in ")


def test_a_comparison_is_its_differences(tmp_path: Path) -> None:
    """Two strings or lists of overrides, or two configurations: the same numbers, in the frame and in the file."""
    outcomes = ["harm_total", "posts_unwritten_total"]
    found = rectify.compare(
        "campaign=none", ["campaign=selfmedia_2023"], base=SMALL, seeds=2, outcomes=outcomes, output=tmp_path, workers=1
    )
    apart = found.differences()
    assert apart["outcome"].tolist() == outcomes
    stored = json.loads((found.folder / "comparison.json").read_text())
    pd.testing.assert_frame_equal(pd.DataFrame(stored), apart.drop(columns=["cell", "unit"]))
    assert (found.folder / "figures" / "forest.svg").is_file()
    a, b = (rectify.compose([f"campaign={name}", *SMALL.split()]) for name in ("none", "selfmedia_2023"))
    whole = rectify.compare(a, b, seeds=2, outcomes=outcomes, output=tmp_path, workers=1, figures=False)
    assert whole.folder != found.folder
    pd.testing.assert_frame_equal(whole.differences(), apart)
    assert whole.manifest["labels"] == {"0": f"{a.name} {a.identity}", "1": f"{b.name} {b.identity}"}
    with pytest.raises(ConfigError, match="come to the same configuration"):
        rectify.compare(a, a, output=tmp_path)
    with pytest.raises(ConfigError, match="base: is for overrides"):
        rectify.compare(a, b, base="seed=1", output=tmp_path)


SCRIPT = f"""
import rectify

found = rectify.compare(
    "campaign=none", "rulebook=warning_alone", base="{SMALL}", seeds=2, outcomes=["harm_total"], workers=2,
    figures=False,
)
print(len(found.runs))
"""


def test_a_script_is_run_once(tmp_path: Path) -> None:
    """Workers do not run it again, so that it need not be guarded against that."""
    (tmp_path / "study.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "study.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "4"


def test_a_log_level_of_the_users_stays(tmp_path: Path) -> None:
    log = logging.getLogger("distributed")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        rectify.compare(
            "campaign=none", "rulebook=warning_alone", base=SMALL, seeds=1, outcomes=["harm_total"], output=tmp_path,
            workers=1, figures=False,
        )  # fmt: skip
        assert log.level == logging.ERROR
    finally:
        log.setLevel(before)
