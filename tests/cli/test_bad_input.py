"""Bad input on the command line: a clear message with the key's path, exit code 2, no traceback, nothing written."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pandas as pd
import pytest

from rectify.cli import main

SMALL = ["population.accounts=500", "end=2023-01-03", "burn_in_days=0"]

ERRORS = [
    (["scenario=selfmedia_203"], ["scenario", "'selfmedia_203'", "did you mean 'selfmedia_2023'", "Known: "]),
    (["campaign=selfmedia"], ["campaign", "'selfmedia'", "none, selfmedia_2023"]),
    (["rulebook=rutine"], ["rulebook", "did you mean 'routine'"]),
    (["population.acounts=5"], ["population.acounts", "did you mean 'population.accounts'"]),
    (["+population.acounts=5"], ["population.acounts", "did you mean 'accounts'"]),
    (["population.accounts=0"], ["population.accounts", "greater than or equal to 1", "not 0"]),
    (["population.accounts=many"], ["population.accounts", "whole number", "'many'"]),
    (["behaviours.posting.unpaid_gain=1.5"], ["behaviours.posting.unpaid_gain", "less than or equal to 1", "1.5"]),
    (["behaviours.posting.chilling=nan"], ["behaviours.posting.chilling", "finite"]),
    (["start=2023-02-30"], ["start", "'2023-02-30'"]),
    (["start=20230101"], ["start", "YYYY-MM-DD"]),
    (["end=2022-12-31"], ["end", "2022-12-31", "before start"]),
    (["end=2199-01-01"], ["end", "32766 days"]),
    (["rulebook.ladders.post=[[clsure]]"], ["rulebook.ladders.post[0]", "'clsure'", "did you mean 'closure'"]),
    (["rulebook.ladders.default=[[closure]]"], ["rulebook.ladders.default", "write post, profile and popularity"]),
    (["campaigns.selfmedia_2023.platforms=[weebo]"], ["campaigns.selfmedia_2023.platforms", "did you mean 'weibo'"]),
    (["campaigns.selfmedia_2023.closes=2023-01-01"], ["campaigns.selfmedia_2023.closes", "before it opens"]),
    (["campaigns.selfmedia_2023.office=mayor"], ["campaigns.selfmedia_2023.office", "Known: national"]),
    (["population.shares.hobbyist=0.5"], ["population", "add up to 1"]),
    (["seed=-1"], ["seed", "-1"]),
    (["threads=0"], ["threads", "0"]),
    (["name=a/b"], ["name", "'a/b'"]),
    (["kinds.rumours.basis=rumour"], ["kinds.rumours.basis", "Known: popularity, post, profile"]),
    (["seed=[1"], ["seed=[1"]),
    (["--config-dir=/there/is/none"], ["--config-dir", "/there/is/none"]),
]


@pytest.mark.parametrize(("arguments", "words"), ERRORS, ids=[" ".join(error[0]) for error in ERRORS])
def test_error_is_explained(
    arguments: list[str], words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every error ends with exit code 2 and names the key, what was given, and what is allowed."""
    output = tmp_path / "results"
    given = [a for a in SMALL if a.split("=")[0] not in {b.split("=")[0] for b in arguments}]
    with pytest.raises(SystemExit) as exit_:
        main(["run", *given, f"output={output}", *arguments])
    assert exit_.value.code == 2
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    assert "error" in printed.err
    for word in words:
        assert word in printed.err
    assert not output.exists()


def test_all_errors_are_named_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Two errors, two lines."""
    with pytest.raises(SystemExit):
        main(["run", "population.accounts=0", "behaviours.evading.deterrence=7"])
    printed = capsys.readouterr().err
    assert "population.accounts" in printed
    assert "behaviours.evading.deterrence" in printed


def test_output_that_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Found out before the run, not after it."""
    (tmp_path / "results").write_text("a file")
    with pytest.raises(SystemExit) as exit_:
        main(["run", *SMALL, f"output={tmp_path / 'results'}"])
    assert exit_.value.code == 2
    assert "a file stands where a folder is needed" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_output_without_permission(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that may not be written."""
    tmp_path.chmod(0o500)
    with pytest.raises(SystemExit) as exit_:
        main(["run", *SMALL, f"output={tmp_path / 'results'}"])
    assert exit_.value.code == 2
    assert "no permission" in capsys.readouterr().err


def test_full_disk_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fills up while the series is written: a message, and no folder that looks finished."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(SystemExit) as exit_:
        main(["run", *SMALL, f"output={tmp_path}"])
    assert exit_.value.code == 2
    assert "the disk is full" in capsys.readouterr().err
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert list(tmp_path.rglob("*seed=*")) == []


def test_full_disk_keeps_earlier_results(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Running again over finished results loses nothing when the disk fills up."""
    main(["run", *SMALL, f"output={tmp_path}"])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(SystemExit):
        main(["run", *SMALL, f"output={tmp_path}"])
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_too_little_memory(capsys: pytest.CaptureFixture[str]) -> None:
    """A population that no machine holds."""
    with pytest.raises(SystemExit) as exit_:
        main(["run", "population.accounts=2000000000", "end=2023-01-02"])
    assert exit_.value.code == 2
    assert "memory" in capsys.readouterr().err


def test_plot_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that is no result folder."""
    with pytest.raises(SystemExit) as exit_:
        main(["plot", str(tmp_path / "nowhere")])
    assert exit_.value.code == 2
    assert "nowhere" in capsys.readouterr().err
