"""``rectify reproduce``: the same comes out, or exactly what differs is said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from rectify.cli import main

SMALL = ["population.accounts=2000", "start=2023-03-01", "end=2023-03-20", "burn_in_days=0"]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result folder of a small run."""
    output = tmp_path_factory.mktemp("results")
    main(["run", *SMALL, f"output={output}"])
    (found,) = output.glob("selfmedia_2023/*/seed=1")
    return found


@pytest.fixture
def folder(stored: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(stored, tmp_path / "seed=1"))


def failing(folder: Path) -> int:
    """Exit code of reproducing *folder*, which does not succeed."""
    with pytest.raises(SystemExit) as exit_:
        main(["reproduce", str(folder)])
    return int(str(exit_.value.code))


def test_the_same_comes_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0, and the folder is left as it was."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    main(["reproduce", str(folder)])
    assert "the same" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_edited_config_is_named_with_the_first_difference(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another seed: exit code 1, the seeds, the first day, and outcomes."""
    path = folder / "config.yaml"
    path.write_text(path.read_text().replace("seed: 1\n", "seed: 2\n"))
    assert failing(folder) == 1
    printed = capsys.readouterr().out
    for words in ("its seed is 2, the manifest says 1", "first difference on 2023-03-01", "summary: "):
        assert words in printed


def test_edited_series_is_told_from_another_result(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The run still gives what the manifest says; the file does not."""
    series = pd.read_parquet(folder / "series.parquet")
    series.loc[3, "value"] += 1
    series.to_parquet(folder / "series.parquet", index=False)
    assert failing(folder) == 1
    printed = capsys.readouterr().out
    assert "the run is the same, but the folder is not" in printed
    assert "series.parquet was changed since the run" in printed


def test_other_versions_are_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A manifest of other versions and another result."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["versions"]["numpy"] = "1.0.0"
    manifest["host"]["machine"] = "vax"
    path.write_text(json.dumps(manifest))
    main(["reproduce", str(folder)])
    assert "though version of numpy: then 1.0.0" in capsys.readouterr().out
    manifest["digests"]["series"] = "0" * 64
    path.write_text(json.dumps(manifest))
    assert failing(folder) == 1
    printed = capsys.readouterr().out
    assert "version of numpy: then 1.0.0" in printed
    assert "machine: then vax" in printed


@pytest.mark.parametrize("missing", ["manifest.json", "config.yaml", "series.parquet"])
def test_folder_that_cannot_be_read(missing: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and the file's name."""
    (folder / missing).unlink()
    assert failing(folder) == 2
    assert missing in capsys.readouterr().err


def test_config_that_is_not_valid(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and the key."""
    path = folder / "config.yaml"
    path.write_text(path.read_text().replace("burn_in_days: 0", "burn_in_days: -1"))
    assert failing(folder) == 2
    assert "burn_in_days" in capsys.readouterr().err
