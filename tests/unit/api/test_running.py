"""``rectify.run``: a configuration or overrides, into memory or a folder, with checkpoints where they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import rectify
from rectify import Note, RectificationModel, RunConfig, UserError
from rectify.store import series_digest

Configure = Callable[..., RunConfig]
TINY = {"population.accounts": 300, "end": "2023-01-10", "campaigns": {}}
OVERRIDES = ["campaign=none", "population.accounts=300", "end=2023-01-10", "burn_in_days=0"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_overrides_and_configurations_come_to_the_same(here: Path) -> None:
    """As a list, as one string, and composed; and nothing is written."""
    config = rectify.compose(OVERRIDES)
    digests = {series_digest(rectify.run(each).series) for each in (OVERRIDES, " ".join(OVERRIDES), config)}
    assert digests == {series_digest(RectificationModel(config).run().series)}
    assert list(here.iterdir()) == []


def test_a_result_that_is_written_knows_its_folder(here: Path) -> None:
    """The folder is the command's, and says where it was written; figures are drawn from it."""
    result = rectify.run(OVERRIDES, output="out")
    config = rectify.compose(OVERRIDES)
    assert result.folder == Path("out") / config.name / config.identity / "seed=1"
    assert {path.name for path in result.folder.iterdir()} == {
        "config.yaml", "series.parquet", "summary.json", "published.csv", "manifest.json", "figures",
    }  # fmt: skip
    assert "output: out\n" in (result.folder / "config.yaml").read_text()
    drawn = {path: path.read_bytes() for path in (result.folder / "figures").iterdir()}
    figures = result.draw()
    assert set(figures) == set(drawn)
    assert all(path.read_bytes() == drawn[path] for path in figures)
    assert result.draw("content") == tuple(result.folder / "figures" / f"content.{kind}" for kind in ("png", "svg"))
    with pytest.raises(UserError, match="figure: 'contant' is not known; did you mean 'content'"):
        result.draw("contant")


def test_a_result_that_is_not_written_cannot_be_drawn(here: Path) -> None:
    result = rectify.run(OVERRIDES)
    assert result.folder is None
    with pytest.raises(UserError, match="save it first"):
        result.draw()
    saved = result.save("later", figures=False)
    assert saved.folder is not None
    assert not (saved.folder / "figures").exists()
    assert saved.draw()


def test_progress_is_called_after_every_day(here: Path) -> None:
    days: list[int] = []
    rectify.run(OVERRIDES, progress=lambda model: days.append(model.day))
    assert days == list(range(1, 11))


def test_messages_on_a_graph_are_run_too(here: Path) -> None:
    """Whatever the command runs."""
    result = rectify.run(["scenario=takedown_docking", "audience.nodes=200", "steps=5"], output="out", figures=False)
    assert result.summary["messages_total"] > 0
    again = rectify.load(str(result.folder))
    assert isinstance(again, rectify.RunResult)
    assert again.config.identity == result.config.identity


@pytest.mark.parametrize(
    ("given", "more", "words"),
    [
        (["campaign"], {}, "run: 'campaign' is not an override, KEY=VALUE"),
        ({"seed": 2}, {}, "run: 'seed' is not an override"),
        (3, {}, "run: 3 cannot be read"),
        ("title='one", {}, "cannot be read"),
        (["campagn=none"], {}, "campagn: there is no such key; did you mean 'campaign'"),
        (["seed=1"], {"config_folder": "nowhere"}, "config_folder: there is no folder 'nowhere'"),
        (["seed=1"], {"output": "a file/below"}, "a file stands where a folder is needed"),
    ],
)
def test_bad_input_is_one_clear_error(here: Path, given: Any, more: dict[str, Any], words: str) -> None:
    (here / "a file").write_text("")
    with pytest.raises(UserError, match=words):
        rectify.run(given, **more)


def test_what_belongs_to_overrides_is_refused_with_a_configuration(configure: Configure, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="config_folder: is for overrides"):
        rectify.run(configure(TINY), config_folder=tmp_path)


def test_a_run_goes_on_from_its_checkpoint(here: Path, configure: Configure) -> None:
    """A run that was broken off after its sixth day; the next one says where it goes on, and comes to the same."""
    config = configure({**TINY, "checkpoint": {"every": 3, "keep": False}})

    def stop(model: RectificationModel) -> None:
        days.append(model.day)
        if model.day == 7:
            raise KeyboardInterrupt

    days: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        rectify.run(config, output="out", progress=stop)
    assert [path.name for path in here.rglob("*.npz")] == ["seed=1.checkpoint.npz"]
    days.clear()
    with pytest.warns(Note, match="going on after 2023-01-06"):
        result = rectify.run(config, output="out", progress=lambda model: days.append(model.day), figures=False)
    assert days == [7, 8, 9, 10]
    assert list(here.rglob("*.npz")) == []
    assert series_digest(result.series) == series_digest(RectificationModel(config).run().series)


def test_checkpoints_without_an_output_are_said_to_be_unused(here: Path, configure: Configure) -> None:
    config = configure({**TINY, "checkpoint": {"every": 3, "keep": True}})
    with pytest.warns(Note, match="checkpoint.every: not used"):
        rectify.run(config)
    assert list(here.rglob("*")) == []


def test_a_saved_state_goes_on(here: Path, configure: Configure) -> None:
    """``save_state`` and ``restore`` are public."""
    model = RectificationModel(configure(TINY))
    for _ in range(4):
        model.step()
    rectify.save_state(model, "state.npz")
    again = rectify.restore(model.config, "state.npz")
    assert again.day == 4
    pd.testing.assert_frame_equal(again.run().series, model.run().series)
