"""The takedown-delay experiment from the command line: its result folder, several runs at once, and its errors."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from rectify.audience.diffusion import MessageDiffusion
from rectify.audience.network import random_walk_growth
from rectify.cli import main
from rectify.diffusion.config import DiffusionConfig
from rectify.store import series_digest
from tests.reference.messages import published

COMMAND = [
    "run", "scenario=takedown_docking", "audience.nodes=1000", "audience.k=3", "audience.mu=0.5",
    "audience.feed_length=15", "audience.illegal_mean=0.05", "audience.takedown_half_life=2", "steps=60", "seed=1",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Result folder of the command as it is documented."""
    output = tmp_path_factory.mktemp("results")
    main([*COMMAND, f"output={output}"])
    (found,) = output.glob("takedown_docking/*/seed=1")
    return found


def test_result_folder_is_like_any_other(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {"config.yaml", "series.parquet", "summary.json", "published.csv", "manifest.json", "figures"}
    assert {path.name for path in (folder / "figures").iterdir()} == {"feeds.png", "feeds.svg"}
    manifest = json.loads((folder / "manifest.json").read_text())
    series = pd.read_parquet(folder / "series.parquet")
    assert manifest["digests"]["series"] == series_digest(series)
    assert list(series.columns) == ["date", "platform", "kind", "metric", "value"]
    assert not series.duplicated(["date", "platform", "kind", "metric"]).any()
    assert series["date"].nunique() == 60
    stored = DiffusionConfig.load(yaml.safe_load((folder / "config.yaml").read_text()))
    assert stored.identity == folder.parent.name


def test_numbers_are_the_engine_s(folder: Path) -> None:
    records = MessageDiffusion(random_walk_growth(1, 1000), published(takedown_half_life=2), 1).run(60)
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["prevalence_21_60"] == records.mean_prevalence(21, 60)
    assert summary["impressions_per_illegal_message"] == records.impressions_per_illegal()
    series = pd.read_parquet(folder / "series.parquet")
    levels = series[(series["metric"] == "feed_prevalence") & (series["platform"] == "all")].sort_values("date")
    assert levels["value"].to_list() == records.prevalence.tolist()
    posts = series[series["metric"] == "posts"].groupby("platform", observed=True)["value"].sum()
    assert posts["all"] == posts["network"] == records.column("written").sum()


def test_last_line_is_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without takedown, and for fewer steps than the published mean covers."""
    main([*COMMAND[:-3], "audience.takedown_half_life=null", "steps=5", "seed=4", f"output={tmp_path}"])
    printed = Path(capsys.readouterr().out.strip().splitlines()[-1])
    summary = json.loads((printed / "summary.json").read_text())
    assert summary["takedowns_total"] == 0
    assert "prevalence_21_60" not in summary


def test_multirun_over_seed_and_half_life(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    main(
        ["run", "--multirun", "scenario=takedown_docking", "audience.nodes=100", "steps=5", "seed=1,2",
         "audience.takedown_half_life=null,2"]
    )  # fmt: skip
    capsys.readouterr()
    assert len(list(tmp_path.glob("results/takedown_docking/*/seed=[12]"))) == 4


ERRORS = [
    ("audience.nodez=5", ["audience.nodez", "did you mean 'audience.nodes'"]),
    ("audience.nodes=1", ["audience.nodes", "greater than or equal to 2", "not 1"]),
    ("audience.takedown_half_life=0", ["audience.takedown_half_life", "greater than 0", "not 0"]),
    ("audience.mu=2", ["audience.mu", "less than or equal to 1", "not 2"]),
    ("steps=0", ["steps", "greater than or equal to 1"]),
    ("steps=many", ["steps", "whole number", "'many'"]),
    ("start=9999-12-30", ["steps", "beyond the year 9999"]),
    ("burn_in_days=3", ["burn_in_days", "the chosen scenario has no such key"]),
    ("population.accounts=5", ["population.accounts", "the chosen scenario has no such key"]),
    ("model=acounts", ["model", "'acounts'", "did you mean 'accounts'"]),
    ("audience.nodes=100000000 audience.feed_length=255 audience.k=1000", ["audience.nodes", "GiB"]),
]


@pytest.mark.parametrize(("given", "words"), ERRORS, ids=[given for given, _ in ERRORS])
def test_error_is_explained(given: str, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One message with the key's path, exit code 2, and nothing written."""
    with pytest.raises(SystemExit) as exit_:
        main(["run", "scenario=takedown_docking", f"output={tmp_path / 'results'}", *given.split()])
    assert exit_.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: ")
    for word in words:
        assert word in line
    assert not list(tmp_path.glob("results/*"))


def test_steps_are_not_for_accounts(capsys: pytest.CaptureFixture[str]) -> None:
    """The account model runs from date to date."""
    with pytest.raises(SystemExit):
        main(["run", "steps=5"])
    assert "steps: the chosen scenario has no such key" in capsys.readouterr().err


def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    """Parameters of either model; what only accounts have is refused for the other."""
    main(["show", "params", "scenario=takedown_docking"])
    assert "audience.takedown_half_life" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["show", "plan", "scenario=takedown_docking"])
    assert "takedown_docking has no accounts" in capsys.readouterr().err
