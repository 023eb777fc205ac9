"""The commands as a new user types them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml

from rectify.cli import main
from rectify.store import series_digest, summary_digest

SMALL = ["population.accounts=2000", "start=2023-03-01", "end=2023-03-31", "burn_in_days=0"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result folder of a small run."""
    output = tmp_path_factory.mktemp("results")
    main(["run", *SMALL, f"output={output}"])
    (found,) = output.glob("selfmedia_2023/*/seed=1")
    return found


def test_result_folder_holds_what_is_promised(folder: Path) -> None:
    """Tables, manifest and figures, and nothing unfinished beside them."""
    names = {path.name for path in folder.iterdir()}
    assert names == {"config.yaml", "series.parquet", "summary.json", "published.csv", "manifest.json", "figures"}
    figures = {path.stem for path in (folder / "figures").iterdir()}
    for figure in figures:
        assert (folder / "figures" / f"{figure}.png").stat().st_size > 5000
        assert (folder / "figures" / f"{figure}.svg").stat().st_size > 5000
    assert len(figures) >= 6
    assert [path.name for path in folder.parent.iterdir()] == ["seed=1"]


def test_a_module_of_the_users_called_sim_does_no_harm(tmp_path: Path) -> None:
    """The source root's name is no import name: neither a file nor a folder of that name stands in the way."""
    (tmp_path / "sim.py").write_text("raise SystemExit('the wrong module')\n")
    (tmp_path / "sim").mkdir()
    command = [sys.executable, "-m", "rectify", "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("rectify ")


def test_series_is_tidy(folder: Path) -> None:
    """One row per date, platform, kind and metric; totals add up."""
    series = pd.read_parquet(folder / "series.parquet")
    assert list(series.columns) == ["date", "platform", "kind", "metric", "value"]
    assert not series.duplicated(["date", "platform", "kind", "metric"]).any()
    posts = series[series["metric"] == "posts"]
    total = posts[posts["platform"] == "all"].set_index("date")["value"]
    parts = posts[posts["platform"] != "all"].groupby("date")["value"].sum()
    pd.testing.assert_series_equal(total, parts, check_names=False)
    assert len(total) == 31


def test_manifest_tells_how_to_check(folder: Path) -> None:
    """Identity, versions and digests that fit the files beside it."""
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["identity"] == folder.parent.name
    assert manifest["digests"]["series"] == series_digest(pd.read_parquet(folder / "series.parquet"))
    assert manifest["digests"]["summary"] == summary_digest(json.loads((folder / "summary.json").read_text()))
    assert {"rectify", "numpy", "numba", "mesa", "python"} <= manifest["versions"].keys()
    assert manifest["accounts"] == 2000
    assert manifest["seconds"] > 0


def test_published_table(folder: Path) -> None:
    """Every figure of document C, with the ratio of what is beside it."""
    published = pd.read_csv(folder / "published.csv")
    assert list(published.columns) == ["figure", "published", "simulated", "ratio"]
    assert published["figure"].tolist() == [
        "closed_total", "lesser_total", "posts_removed", "closed_rumours", "closed_hype", "punished_fake_military",
        "punished_fake_institution", "punished_fake_media", "punished_unqualified", "closed_fake_anchors",
    ]  # fmt: skip
    assert published["published"].tolist() == [
        67000,
        930000,
        1400000,
        8000,
        45000,
        13000,
        25000,
        187000,
        430000,
        100000,
    ]
    assert (published["ratio"] * published["published"] - published["simulated"]).abs().max() < 1e-6 * 1e6


def test_stored_config_runs_again(folder: Path) -> None:
    """The stored configuration is complete: loading it gives the same identity."""
    from rectify import RunConfig

    stored = RunConfig.load(yaml.safe_load((folder / "config.yaml").read_text()))
    assert stored.identity == folder.parent.name


def test_last_line_is_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Scripts read the folder off standard output."""
    main(["run", *SMALL, f"output={tmp_path}", "seed=5", "campaign=none"])
    printed = capsys.readouterr().out.strip().splitlines()
    assert Path(printed[-1]).is_dir()
    assert printed[-1].endswith("seed=5")
    assert pd.read_csv(Path(printed[-1]) / "published.csv").empty


def test_multirun_writes_a_folder_each(tmp_path: Path) -> None:
    """Ad-hoc values of one key."""
    main(["run", "--multirun", *SMALL, f"output={tmp_path}", "seed=7,8", "campaign=none"])
    assert sorted(path.name for path in tmp_path.glob("selfmedia_2023/*/seed=*")) == ["seed=7", "seed=8"]
    assert not Path("multirun.yaml").exists(), "nothing is left in the folder that the command was called from"


@pytest.mark.parametrize("topic", ["plan", "params", "columns", "sources", "sanctions", "kinds"])
def test_show(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every topic prints a table."""
    main(["show", topic])
    assert len(capsys.readouterr().out.splitlines()) > 8


def test_show_takes_overrides(capsys: pytest.CaptureFixture[str]) -> None:
    """What is shown is the configuration asked for."""
    main(["show", "params", "behaviours.posting.chilling=0.123"])
    assert "0.123" in capsys.readouterr().out


def test_plot_draws_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same bytes as at first."""
    before = {path.name: path.read_bytes() for path in (folder / "figures").iterdir()}
    main(["plot", str(folder)])
    assert {path.name: path.read_bytes() for path in (folder / "figures").iterdir()} == before
    assert len(capsys.readouterr().out.splitlines()) == len(before)


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    """Help shows commands to copy."""
    for arguments in ([], ["--help"], ["run", "--help"]):
        with contextlib.suppress(SystemExit):
            main(arguments)
        assert "rectify run campaign=none" in capsys.readouterr().out


SANCTION = """
label: Half of the followers for 14 days of silence
counted_as: lesser
severity: 0.4
followers_kept: 0.5
posting_ban_days: 14
sources: {"*": assumption}
"""

RULEBOOK = """
defaults: [base/registration_and_appeals@_here_, _self_]
label: One step
ladders: {post: &only [[halve_followers]], profile: *only, popularity: *only}
appeals: {filed_if_wrong: 0, filed_if_right: 0}
"""

CAMPAIGN = """
# @package campaigns
spring:
  label: Spring
  office: national
  opens: 2023-03-05
  closes: 2023-03-20
  kinds: [unqualified]
  pressure: 1.0
  publicity: 0.1
  effort:
    review_capacity: 10
    name_screening: 1
    qualification_check: 400
    reports: 1
    classifier: 0
    sources: {"*": assumption}
  published:
    punished_unqualified: {value: 1000, measure: punished, kinds: [unqualified], sources: {"*": assumption}}
  sources: {"*": assumption}
"""


def test_new_sanction_and_campaign_with_yaml_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A user's own folder adds a sanction (halve followers, 14 days) and a campaign using it; both take effect."""
    own = tmp_path / "own"
    for place, text in (
        ("sanctions/halve_followers", SANCTION), ("rulebook/gentle", RULEBOOK), ("campaign/spring", CAMPAIGN),
    ):  # fmt: skip
        (own / place).parent.mkdir(parents=True, exist_ok=True)
        (own / f"{place}.yaml").write_text(text)
    output = tmp_path / "results"
    main(["run", f"--config-dir={own}", *SMALL, f"output={output}", "rulebook=gentle", "campaign=spring"])
    capsys.readouterr()
    (folder,) = output.glob("selfmedia_2023/*/seed=1")
    series = pd.read_parquet(folder / "series.parquet")
    of = series[(series["platform"] == "all")].set_index(["metric", "date"])["value"]
    applied = of["sanction.halve_followers"]
    assert applied[:"2023-03-04"].sum() * 5 < applied["2023-03-05":"2023-03-20"].sum()
    assert of["followers_taken"].sum() > 0
    assert of["muted_accounts"].iloc[-1] > 0
    assert pd.read_csv(folder / "published.csv")["simulated"].iloc[0] > 0


def test_interrupt_leaves_nothing_half_written(tmp_path: Path) -> None:
    """Ctrl-C in mid-run: exit code 130, no traceback, no result folder."""
    command = [
        sys.executable, "-m", "rectify", "run", "population.accounts=400000", "threads=1",
        f"output={tmp_path}",
    ]  # fmt: skip
    run = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )  # fmt: skip
    time.sleep(8)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 130, errors
    assert "Traceback" not in errors
    assert list(tmp_path.rglob("*seed=*")) == []
