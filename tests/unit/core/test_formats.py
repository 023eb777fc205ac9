"""Versions of formats: older ones are read where they can be, and what cannot be read is told in one line."""

from __future__ import annotations

from typing import Any

import pytest

from rectify.core.errors import UserError
from rectify.core.formats import CHECKPOINT, DATASET, RESULT_FOLDER, Format


@pytest.mark.parametrize("form", [RESULT_FOLDER, DATASET, CHECKPOINT])
def test_the_version_that_is_written_is_read(form: Format) -> None:
    assert form.check(form.version, "here") == form.version >= 1


@pytest.mark.parametrize("form", [RESULT_FOLDER, DATASET])
def test_what_was_written_before_versions_counts_as_0(form: Format) -> None:
    assert form.check(None, "here") == 0


@pytest.mark.parametrize("form", [RESULT_FOLDER, DATASET, CHECKPOINT])
def test_a_later_version_is_refused_with_what_it_is_what_is_read_and_what_to_do(form: Format) -> None:
    later = form.version + 1
    with pytest.raises(UserError) as caught:
        form.check(later, "results/a/manifest.json", "9.0.0")
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"results/a/manifest.json: a {form.what} of format {later}, written by Rectify 9.0.0;")
    assert "this version reads format" in message
    assert message.endswith(form.remedy)


def test_a_checkpoint_without_a_version_is_of_other_sources() -> None:
    with pytest.raises(UserError, match="a checkpoint without a format's version; this version reads format 1"):
        CHECKPOINT.check(None, "a.npz")


@pytest.mark.parametrize("found", ["1", 1.0, True, -1, [], {"version": 1}])
def test_a_version_is_a_whole_number(found: Any) -> None:
    with pytest.raises(UserError, match="is no version of a format"):
        RESULT_FOLDER.check(found, "here")
