"""Input files count by their content: declared, resolved, hashed, and told when they are gone or another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from rectify.core import inputs
from rectify.core.inputs import InputFile, changed_inputs, digest_of, inputs_of
from rectify.core.params import Params


class Group(Params):
    """A group with an input that is always there and one that need not be."""

    file: InputFile
    other: InputFile | None = None


class Whole(Params):
    """Groups of groups, as configurations are."""

    group: Group
    named: dict[str, Group]


def write(path: Path, text: str = "content") -> Path:
    """A file, and its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def message(given: object) -> str:
    """What is said of a file that is refused."""
    with pytest.raises(ValidationError) as raised:
        Group.model_validate({"file": given})
    (error,) = raised.value.errors()
    assert error["loc"] == ("file",)
    assert error["type"] == "input_file"
    return error["msg"]


def test_paths_are_resolved_against_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a" / "g.csv")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "a"))
    for given in ("a/g.csv", Path("a") / "g.csv", str(tmp_path / "a" / "g.csv"), "~/g.csv"):
        group = Group.model_validate({"file": given})
        assert group.file.path == str(tmp_path / "a" / "g.csv")
        assert Group.model_validate(group.model_dump(mode="json")) == group


def test_content_counts_and_names_do_not(tmp_path: Path) -> None:
    one, same = write(tmp_path / "one"), write(tmp_path / "folder" / "same.csv")
    other = write(tmp_path / "other", "another content")
    assert digest_of(one) == digest_of(same) != digest_of(other)


def test_the_digest_is_that_of_other_tools(tmp_path: Path) -> None:
    """What sha256sum prints for a file without a byte in it."""
    write(tmp_path / "empty", "")
    assert digest_of(tmp_path / "empty") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_folders_count_by_their_files_in_a_fixed_order(tmp_path: Path) -> None:
    """Moved, or with what writers leave beside: the same. With a part changed, added, or of another value: another."""
    for folder, names in (("a", ("1.parquet", "2.parquet")), ("b", ("2.parquet", "1.parquet"))):
        for name in names:
            write(tmp_path / folder / name, name)
    first = digest_of(tmp_path / "a")
    assert digest_of(tmp_path / "b") == first
    write(tmp_path / "b" / "_SUCCESS", "")
    write(tmp_path / "b" / ".1.parquet.crc", "x")
    assert digest_of(tmp_path / "b") == first
    write(tmp_path / "b" / "day=1" / "3.parquet")
    third = digest_of(tmp_path / "b")
    (tmp_path / "b" / "day=1").rename(tmp_path / "b" / "day=2")
    fourth = digest_of(tmp_path / "b")
    write(tmp_path / "b" / "1.parquet", "changed")
    assert len({first, third, fourth, digest_of(tmp_path / "b")}) == 4


@pytest.mark.parametrize("age", [0.0, 100.0], ids=["just written", "long written"])
def test_changes_are_seen_however_often_one_looks(tmp_path: Path, age: float) -> None:
    """Same length, within a tick of the clock, or with the old time put back."""
    path, found = tmp_path / "g", set()
    for content in ("aaaa", "bbbb", "cccc"):
        path.write_text(content)
        stamp = path.stat().st_mtime - age
        os.utime(path, (stamp, stamp))
        found |= {digest_of(path), digest_of(path)}
    assert len(found) == 3


def test_a_file_is_hashed_once_while_it_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "g")
    monkeypatch.setattr(inputs, "SETTLED_SECONDS", -10.0)
    inputs._hashed.cache_clear()
    for _ in range(5):
        Group.model_validate({"file": path})
    assert inputs._hashed.cache_info().misses == 1


def test_what_is_not_there_is_named_with_its_neighbours(tmp_path: Path) -> None:
    write(tmp_path / "graph.csv")
    assert message(str(tmp_path / "grahp.csv")) == (f"there is no file {tmp_path}/grahp.csv; did you mean 'graph.csv'?")
    assert str(tmp_path / "no" / "folder.csv") in message(tmp_path / "no" / "folder.csv")


@pytest.mark.parametrize("given", ["", "  ", None, 5, 1.5, True, [], ["g.csv"], {}, {"sha256": "0" * 64}])
def test_what_is_no_path_is_refused(given: object) -> None:
    assert "give the path of a file" in message(given)


def test_folders_of_anything_else_are_refused(tmp_path: Path) -> None:
    assert "it holds none" in message(tmp_path)
    write(tmp_path / "readme.txt")
    write(tmp_path / "part.parquet")
    assert "it holds readme.txt" in message(tmp_path)
    assert "is neither a file nor a folder" in message("/dev/null")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_that_may_not_be_read_are_said(tmp_path: Path) -> None:
    write(tmp_path / "g").chmod(0)
    assert "Permission denied" in message(tmp_path / "g")


def test_a_stored_file_must_still_be_the_same(tmp_path: Path) -> None:
    path = write(tmp_path / "g")
    group = Group.model_validate({"file": path})
    stored, before = group.model_dump(mode="json"), group.file.sha256
    path.rename(tmp_path / "moved")
    assert message(stored["file"]) == f"there is no file {path}; its SHA-256 was {before}"
    with pytest.raises(ValueError, match="there is no file"):
        group.file.verify()
    assert Group.model_validate({"file": {**stored["file"], "path": tmp_path / "moved"}}).file.sha256 == before
    write(path, "another content")
    now = digest_of(path)
    words = f"{path} changed since it was named: its SHA-256 was {before}, and is {now} now"
    assert message(stored["file"]) == words
    with pytest.raises(ValueError, match="changed since it was named"):
        group.file.verify()


def test_all_inputs_of_a_configuration_are_found(tmp_path: Path) -> None:
    one, two = write(tmp_path / "1", "1"), write(tmp_path / "2", "2")
    whole = Whole.model_validate(
        {"group": {"file": one}, "named": {"x": {"file": two, "other": one}, "y": {"file": one}}}
    )
    assert {key: Path(file.path).name for key, file in inputs_of(whole)} == {
        "group.file": "1", "named.x.file": "2", "named.x.other": "1", "named.y.file": "1",
    }  # fmt: skip


def test_changes_are_of_one_key_and_path() -> None:
    then = [("a.file", "/g", "1"), ("a.file", "/h", "2"), ("b.file", "/g", "1")]
    now = [("a.file", "/g", "9"), ("a.file", "/h", "2"), ("a.file", "/i", "3"), ("c.file", "/g", "4")]
    assert changed_inputs(then, now, "noon") == ["a.file: /g changed since noon: its SHA-256 was 1, and is 9 now"]
