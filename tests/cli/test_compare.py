"""``rectify compare``, and figures of datasets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rectify.cli import main

BASE = "base=population.accounts=1000 start=2023-03-01 end=2023-04-10 burn_in_days=0"


def test_compare_prints_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table, a figure, numbers to go on with; the same command again computes nothing."""
    command = [
        "compare", "campaign=none", "campaign=selfmedia_2023", BASE, "seeds=3", f"output={tmp_path}",
        "outcomes=[harm_total,closed_total,posts_unwritten_total]", "executor.workers=1",
    ]  # fmt: skip
    main(command)
    printed = capsys.readouterr().out
    assert "B − A over 3 shared seeds" in printed
    folder = Path(printed.strip().splitlines()[-1])
    found = {one["outcome"]: one for one in json.loads((folder / "comparison.json").read_text())}
    assert list(found) == ["harm_total", "closed_total", "posts_unwritten_total"]
    closed = found["closed_total"]
    assert closed["pairs"] == 3
    assert closed["difference"] == pytest.approx(closed["mean_b"] - closed["mean_a"])
    assert closed["low"] <= closed["difference"] <= closed["high"]
    figure = folder / "figures" / "forest.png"
    drawn = figure.read_bytes()
    main(command)
    assert "0 computed now" in capsys.readouterr().err
    main(["plot", str(folder)])
    assert str(figure) in capsys.readouterr().out
    assert figure.read_bytes() == drawn


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["campaign=none"], ["two quoted override strings"]),
        (["campaign=none", "selfmedia"], ["B: 'selfmedia' is not an override"]),
        (["campaign=none", "campaign=non"], ["'non'", "did you mean 'none'"]),
        (["campaign=none", "campaign=none"], ["come to the same configuration"]),
        (
            ["campaign=none", "campaign=selfmedia_2023", "seeds=0"],
            ["seeds: input should be greater than or equal to 1, not 0"],
        ),
        (["campaign=none", "campaign=selfmedia_2023", "outcomes=harm_totl"], ["did you mean 'harm_total'"]),
        (["campaign='none", "seed=2"], ["A: ", "cannot be read"]),
    ],
    ids=lambda value: " ".join(value)[:40],
)
def test_error_is_explained(
    arguments: list[str], words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, what was given and what is allowed."""
    with pytest.raises(SystemExit) as exit_:
        main(["compare", *arguments, f"output={tmp_path / 'out'}"])
    assert exit_.value.code == 2
    printed = capsys.readouterr().err
    assert "Traceback" not in printed
    for word in words:
        assert word in printed
