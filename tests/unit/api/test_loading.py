"""``rectify.load``: a stored run comes back as the result that it was."""

from __future__ import annotations

import pickle
from pathlib import Path

import pandas as pd
import pytest
import yaml

import rectify
from rectify import ConfigError, RunResult, UserError

OVERRIDES = ["campaign=none", "population.accounts=300", "end=2023-01-10", "burn_in_days=0"]


@pytest.fixture
def result(tmp_path: Path) -> RunResult:
    return rectify.run(OVERRIDES, output=tmp_path / "out", figures=False)


def load(result: RunResult) -> RunResult:
    assert result.folder is not None
    found = rectify.load(result.folder)
    assert isinstance(found, RunResult)
    return found


def test_what_is_loaded_is_what_was_run(result: RunResult) -> None:
    """Every field; and once more through a pickle."""
    for found in (load(result), pickle.loads(pickle.dumps(load(result)))):
        pd.testing.assert_frame_equal(found.series, result.series)
        pd.testing.assert_frame_equal(found.published, result.published, check_dtype=False)
        assert found.summary == result.summary
        assert found.absent == result.absent
        assert found.config == result.config
        assert found.values == result.values
        assert found.folder == result.folder
        assert (found.accounts, found.threads) == (result.accounts, result.threads)
        assert found.metrics == {name: result.metrics[name] for name in found.metrics}
        assert found.outcomes == result.outcomes
        for by in (None, "platform", "kind"):
            pd.testing.assert_frame_equal(found.curves("posts", by), result.curves("posts", by))
        assert repr(found) == repr(result)


def test_a_configuration_that_is_not_taken_any_more_does_not_keep_results_back(result: RunResult) -> None:
    """Asking for it says where and what; everything else is there."""
    assert result.folder is not None
    path = result.folder / "config.yaml"
    values = yaml.safe_load(path.read_text())
    values["behaviours"]["posting"]["chiling"] = values["behaviours"]["posting"].pop("chilling")
    path.write_text(yaml.safe_dump(values))
    found = load(result)
    assert found.summary == result.summary
    assert found.values["behaviours"]["posting"]["chiling"] == 0.5
    assert "seed 1" in repr(found)
    assert "<table>" in found._repr_html_()
    with pytest.raises(ConfigError, match=r"config.yaml: behaviours\.posting\.chiling: there is no such key") as caught:
        found.config  # noqa: B018
    assert all(line.startswith(f"{path}: ") for line in caught.value.errors)


def test_a_loaded_run_can_be_saved_elsewhere(result: RunResult, tmp_path: Path) -> None:
    saved = load(result).save(tmp_path / "copy", figures=False)
    assert saved.folder == tmp_path / "copy" / result.folder.relative_to(tmp_path / "out")  # type: ignore[union-attr]
    assert load(saved).summary == result.summary


def test_what_is_no_folder_of_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such folder"):
        rectify.load(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"manifest\.json: there is no such file"):
        rectify.load(tmp_path)
