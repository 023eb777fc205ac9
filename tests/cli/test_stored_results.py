"""Stored results from the command line: of every format, damaged in many ways, and read as the README shows."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rectify.checkpoint import restore, save_state
from rectify.cli import main
from rectify.configuration.composing import compose
from rectify.core.errors import UserError
from rectify.core.paths import CHECKOUT
from rectify.core.state import read_state, write_state
from rectify.model import RectificationModel
from rectify.report import figures
from rectify.store import summary_digest

SMALL = ["population.accounts=600", "start=2023-03-01", "end=2023-03-20", "burn_in_days=0"]


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seeds of one configuration, as `rectify run` writes them."""
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "FIGURES", {"content": figures.FIGURES["content"]})
        for seed in (1, 2):
            main(["run", *SMALL, f"seed={seed}", f"output={folder}"])
    return folder


@pytest.fixture
def folder(output: Path, tmp_path: Path) -> Path:
    """A copy of the first seed's folder that a test may spoil."""
    (found,) = output.glob("selfmedia_2023/*/seed=1")
    return Path(shutil.copytree(found, tmp_path / "seed=1"))


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line with which a command ends, with exit code 2 and no traceback."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    printed = capsys.readouterr().err.strip().splitlines()
    assert len(printed) == 1
    assert printed[0].startswith("error: ")
    return printed[0]


def edit(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change a folder's manifest."""
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def spoil_series(folder: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    change(pd.read_parquet(folder / "series.parquet")).to_parquet(folder / "series.parquet", index=False)


DAMAGE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "manifest gone": (lambda f: (f / "manifest.json").unlink(), "manifest.json: there is no such file"),
    "manifest a list": (lambda f: (f / "manifest.json").write_text("[[1, 2], [3, 4]]"), "names and values"),
    "manifest cut off": (lambda f: (f / "manifest.json").write_text('{"format": 1'), "cannot be read"),
    "manifest empty": (lambda f: (f / "manifest.json").write_text("{}"), "name: is missing"),
    "manifest of a later format": (lambda f: edit(f, lambda m: m.update(format=99)), "a result folder of format 99"),
    "no digests": (lambda f: edit(f, lambda m: m.pop("digests")), "digests: is missing"),
    "manifest of a sweep": (lambda f: edit(f, lambda m: m.update(experiment={})), "is the manifest of a dataset"),
    "summary gone": (lambda f: (f / "summary.json").unlink(), "summary.json: there is no such file"),
    "summary of words": (lambda f: (f / "summary.json").write_text('{"days": "many"}'), "days: expected a number"),
    "summary with NaN": (lambda f: (f / "summary.json").write_text('{"days": NaN}'), "days: nan is not a number"),
    "summary cut off": (lambda f: (f / "summary.json").write_text('{"days": 1'), "summary.json: cannot be read"),
    "series gone": (lambda f: (f / "series.parquet").unlink(), "series.parquet: there is no such file"),
    "series cut off": (
        lambda f: (f / "series.parquet").write_bytes((f / "series.parquet").read_bytes()[:-200]), "cannot be read",
    ),
    "series of another thing": (
        lambda f: pq.write_table(pa.table({"follower": [1], "followed": [2]}), f / "series.parquet"),
        "lacks the column",
    ),
    "dates with a zone": (
        lambda f: spoil_series(f, lambda s: s.assign(date=s["date"].dt.tz_localize("UTC"))), "without a time zone",
    ),
    "other dates": (
        lambda f: spoil_series(f, lambda s: s.assign(date=s["date"] + pd.Timedelta(days=99))), "is not within the run",
    ),
    "infinite values": (lambda f: spoil_series(f, lambda s: s.assign(value=np.inf)), "inf is not a number"),
    "published gone": (lambda f: (f / "published.csv").unlink(), "published.csv: there is no such file"),
    "published empty": (lambda f: (f / "published.csv").write_text(""), "published.csv: cannot be read"),
    "published of words": (
        lambda f: (f / "published.csv").write_text("figure,published,simulated,ratio\na,b,c,d\n"), "other than numbers",
    ),
    "config gone": (lambda f: (f / "config.yaml").unlink(), "config.yaml: there is no such file"),
    "config a list": (lambda f: (f / "config.yaml").write_text("[1]"), "names and values"),
    "bytes": (lambda f: (f / "summary.json").write_bytes(b"\xff\x00"), "summary.json: cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("command", ["plot", "reproduce"])
@pytest.mark.parametrize("what", DAMAGE)
def test_damaged_folders_are_refused_in_one_line(
    folder: Path, what: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit code 2, by every command that reads them; nothing is written."""
    damage, words = DAMAGE[what]
    damage(folder)
    before = sorted(path for path in folder.rglob("*") if path.is_file())
    assert words in refused([command, str(folder)], capsys)
    assert sorted(path for path in folder.rglob("*") if path.is_file()) == before


def test_a_folder_without_a_version_comes_out_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As written before formats had versions: NaN in its summary, and digests of that."""
    manifest = json.loads((folder / "manifest.json").read_text())
    summary = json.loads((folder / "summary.json").read_text())
    assert manifest["absent"]["returned_share"] == "no account was closed"
    summary |= dict.fromkeys(manifest["absent"], math.nan)
    (folder / "summary.json").write_text(json.dumps(summary))

    def age(old: dict[str, Any]) -> None:
        for key in ("format", "absent", "outcomes", "written"):
            del old[key]
        old["digests"]["summary"] = summary_digest(summary)

    edit(folder, age)
    main(["reproduce", str(folder)])
    assert "the same" in capsys.readouterr().out
    summary["harm_total"] += 1
    (folder / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(SystemExit) as exit_:
        main(["reproduce", str(folder)])
    assert exit_.value.code == 1
    printed = capsys.readouterr().out
    assert "summary.json was changed since the run" in printed
    assert "nan" not in printed


def test_what_there_is_nothing_to_work_out_from_is_said(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In words on the terminal; summary.json is JSON to the letter."""
    main(["run", *SMALL, f"output={output}", "name=again", "campaign=none", "end=2023-03-05"])
    printed = capsys.readouterr().out
    assert "none: no account was closed" in printed
    assert "nan" not in printed.lower()
    for path in output.rglob("*.json"):

        def fail(name: str, path: Path = path) -> None:
            raise AssertionError(f"{path}: {name}")

        json.loads(path.read_text(), parse_constant=fail)


def test_a_checkpoint_of_another_format_is_refused(tmp_path: Path) -> None:
    """Also one without a version; what it is, what is read and what to do are said."""
    config, path = compose(SMALL), tmp_path / "state.npz"
    model = RectificationModel(config)
    model.step()
    save_state(model, path)
    saved = read_state(path)
    assert saved["of"]["format"] == 1
    assert restore(config, path).day == 1
    for version, words in ((2, "a checkpoint of format 2; this version reads format 1. Go on with"), (None, "without")):
        write_state(path, {**saved, "of": {**saved["of"], "format": version}})
        with pytest.raises(UserError, match=words) as caught:
            restore(config, path)
        assert "\n" not in str(caught.value)
    write_state(path, {"something": "else"})
    with pytest.raises(UserError, match="not the checkpoint of a run"):
        restore(config, path)
    np.savez(path, a=np.zeros(3))
    with pytest.raises(UserError, match="not a whole checkpoint"):
        restore(config, path)


def test_the_command_starts_anew_from_a_checkpoint_of_another_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["run", *SMALL, f"output={tmp_path}", "checkpoint.every=5d", "checkpoint.keep=true"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "FIGURES", {})
        main(arguments)
        (path,) = tmp_path.rglob("*.checkpoint.npz")
        saved = read_state(path)
        write_state(path, {**saved, "of": {**saved["of"], "format": 7}})
        capsys.readouterr()
        main(arguments)
    assert "starting anew" in (told := " ".join(capsys.readouterr().err.split()))
    assert "a checkpoint of format 7; this version reads format 1" in told
    assert read_state(path, "of")["format"] == 1


def blocks(marker: str) -> list[str]:
    """Blocks of Python in the README that have *marker* in them."""
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    return [block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if marker in block]


def test_the_readme_reads_several_seeds_in_one_call(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block as printed, in a folder with results beside it: all seeds in one table, and what the numbers are."""
    (block,) = blocks("read_parquet")
    (identity,) = (output / "selfmedia_2023").iterdir()
    (output.parent / "results").unlink(missing_ok=True)
    (output.parent / "results").symlink_to(output)
    monkeypatch.chdir(output.parent)
    found: dict[str, Any] = {}
    exec(block.replace("<identity>", identity.name), found)
    runs = found["runs"]
    assert sorted(runs["seed"].unique()) == [1, 2]
    for seed in (1, 2):
        own = pd.read_parquet(identity / f"seed={seed}" / "series.parquet")
        of_seed = runs[runs["seed"] == seed].reset_index(drop=True)
        assert of_seed["value"].tolist() == own["value"].tolist()
        assert of_seed["metric"].astype(str).tolist() == own["metric"].astype(str).tolist()
    assert found["about"]["metrics"]["harm"]["unit"] == "harm"
