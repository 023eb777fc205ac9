"""Files that a configuration names: recorded with their content, and never exchanged unnoticed."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from rectify import RectificationModel, UserError, compose
from rectify.checkpoint import restore, save_state
from rectify.cli import main
from rectify.report import figures
from rectify.study.cells import make_plan
from rectify.study.design import build_experiment
from rectify.study.task import FAILED, OK, simulate

SMALL = ["audience=follower_network", "audience.graph=file", "population.accounts=300", "campaign=none",
         "start=2023-03-01", "end=2023-03-06", "burn_in_days=0"]  # fmt: skip
MESSAGES = ["scenario=takedown_docking", "audience.graph=file", "steps=5"]

Capture = pytest.CaptureFixture[str]


def edges(followed: int = 0) -> str:
    """An edge list in which everybody follows one account."""
    return "follower,followed\n" + "".join(f"{n},{followed}\n" for n in range(20) if n != followed)


def sha256(path: Path) -> str:
    """The digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An edge list in the current folder; figures, which take most of a small run, are left out."""
    monkeypatch.setattr(figures, "draw_all", lambda folder: [])
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "g.csv"
    path.write_text(edges())
    return path


def run(capsys: Capture, *arguments: str) -> Path:
    """The result folder of a run that ends well."""
    main(["run", *arguments])
    return Path(capsys.readouterr().out.strip().splitlines()[-1])


def refused(capsys: Capture, *arguments: str) -> str:
    """What a command prints as an error that ends with exit code 2, a line without notes."""
    with pytest.raises(SystemExit) as exit_:
        main(list(arguments))
    assert exit_.value.code == 2
    printed = capsys.readouterr().err
    assert "Traceback" not in printed
    (line,) = [line for line in printed.splitlines() if not line.startswith("note: ")]
    assert line.startswith("error: ")
    return line


@pytest.mark.parametrize("model", [SMALL, MESSAGES], ids=["accounts", "messages"])
def test_a_run_records_its_file_by_content(graph: Path, capsys: Capture, model: list[str]) -> None:
    """Its absolute path and digest in the manifest and the configuration; moved, one identity; changed, another."""
    first = run(capsys, *model, "audience.file=g.csv")
    recorded = {"path": str(graph), "sha256": sha256(graph)}
    assert json.loads((first / "manifest.json").read_text())["inputs"] == {"audience.file": recorded}
    assert yaml.safe_load((first / "config.yaml").read_text())["audience"]["file"] == recorded
    (graph.parent / "seed=1").mkdir()
    graph.rename(graph.parent / "seed=1" / "moved.txt")
    assert run(capsys, *model, "audience.file=seed=1/moved.txt") == first
    graph.write_text(edges(5))
    second = run(capsys, *model, "audience.file=g.csv")
    assert second.parent != first.parent
    assert json.loads((second / "manifest.json").read_text())["identity"] == second.parent.name


def test_runs_without_a_file_record_none(graph: Path, capsys: Capture) -> None:
    folder = run(capsys, "population.accounts=300", "start=2023-03-01", "end=2023-03-02", "burn_in_days=0")
    assert json.loads((folder / "manifest.json").read_text())["inputs"] == {}


def test_how_a_file_was_read_is_printed_a_line_each(graph: Path, capsys: Capture) -> None:
    """Once, however many runs read it."""
    graph.write_text(edges() + "3,0\n3,0\n4,4\n")
    main(["run", "--multirun", *SMALL, "audience.file=g.csv", "seed=1,2"])
    notes = [line for line in capsys.readouterr().err.splitlines() if line.startswith("note: ")]
    assert notes[:3] == [
        "note: audience.file: g.csv: 19 follows among 20 accounts; follower follows followed",
        "note: audience.file: g.csv: repeated edges, which count once: 2",
        "note: audience.file: g.csv: edges from an account to itself, which are left out: 1",
    ]
    assert notes[3].startswith("note: audience.file: the graph names 20 of ")
    assert len(set(notes)) == len(notes)


def test_reproduce_names_the_file_that_is_missing_or_another(
    graph: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """From any folder; with both digests; and a moved file is found by its new path."""
    folder = run(capsys, *SMALL, "audience.file=g.csv").resolve()
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    main(["reproduce", str(folder)])
    assert "the same" in capsys.readouterr().out
    before = sha256(graph)
    graph.rename(graph.with_name("moved.csv"))
    said = refused(capsys, "reproduce", str(folder))
    for words in ("config.yaml: audience.file", f"there is no file {graph}", before):
        assert words in said
    graph.write_text(edges(5))
    said = refused(capsys, "reproduce", str(folder))
    for words in ("config.yaml: audience.file", f"{graph} changed since", before, sha256(graph)):
        assert words in said
    path = folder / "config.yaml"
    path.write_text(path.read_text().replace(str(graph), str(graph.with_name("moved.csv"))))
    main(["reproduce", str(folder)])
    assert "the same" in capsys.readouterr().out


def test_a_run_does_not_go_on_with_another_file(graph: Path, capsys: Capture) -> None:
    """Its checkpoint is of the file as it was; other runs, and the same file elsewhere, are free to begin."""
    arguments = [*SMALL, "audience.file=g.csv", "checkpoint.every=2", "checkpoint.keep=true"]
    folder = run(capsys, *arguments)
    main(["run", *arguments])
    assert "going on after" in capsys.readouterr().err
    before = sha256(graph)
    graph.write_text(edges(5))
    said = refused(capsys, "run", *arguments)
    checkpoint = folder.with_name("seed=1.checkpoint.npz")
    for words in ("audience.file", f"{graph} changed since {checkpoint} was written", before, sha256(graph), "rm "):
        assert words in said
    run(capsys, *arguments, "seed=2")
    run(capsys, *arguments, "audience.k=3")
    shutil.copy(graph, graph.with_name("other.csv"))
    run(capsys, *arguments, "audience.file=other.csv")
    checkpoint.unlink()
    assert run(capsys, *arguments).parent != folder.parent


@pytest.mark.filterwarnings("ignore::rectify.core.notes.Note")
def test_a_state_is_not_restored_with_another_file(graph: Path) -> None:
    """Nor with another configuration, which is told as such."""
    config = compose([*SMALL, "audience.file=g.csv"])
    model = RectificationModel(config)
    model.step()
    save_state(model, "state.npz")
    shutil.move(graph, "moved.csv")
    assert restore(compose([*SMALL, "audience.file=moved.csv"]), "state.npz").day == 1
    graph.write_text(edges(5))
    with pytest.raises(
        UserError, match=rf"^audience.file: {graph} changed since state.npz was written: its SHA-256 was"
    ):
        restore(compose([*SMALL, "audience.file=g.csv"]), "state.npz")
    with pytest.raises(UserError, match="another configuration"):
        restore(compose([*SMALL, "audience.file=g.csv", "audience.k=3"]), "state.npz")


TINY: dict[str, Any] = {
    "question": "Does anything happen?",
    "base": [*SMALL, "audience.file=g.csv"],
    "factors": {"threshold": {"keys": ["platforms.*.channels.classifier.threshold"], "levels": [2.0, 3.0]}},
    "replicates": 1,
    "outcomes": ["harm_total"],
}


@pytest.fixture
def sweep(graph: Path) -> Callable[..., list[str]]:
    """``sweep(replicates=2)``: arguments of a sweep of the tiny experiment, changed."""

    def arguments(**changes: Any) -> list[str]:
        folder = graph.parent / "own" / "experiment"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tiny.yaml").write_text(yaml.safe_dump({**TINY, **changes}))
        return ["sweep", "--config-dir=own", "experiment=tiny", "output=out", "executor.workers=1"]

    return arguments


def manifest(folder: str = "out/tiny") -> dict[str, Any]:
    """The manifest of a dataset."""
    found: dict[str, Any] = json.loads((Path(folder) / "manifest.json").read_text())
    return found


def test_a_sweep_does_not_go_on_with_another_file(
    graph: Path, sweep: Callable[..., list[str]], capsys: Capture
) -> None:
    main(sweep())
    printed = capsys.readouterr().err
    assert printed.count("note: audience.file: g.csv") == 1
    assert manifest()["inputs"] == [["audience.file", str(graph), sha256(graph)]]
    before, found = sha256(graph), manifest()
    graph.write_text(edges(5))
    said = refused(capsys, *sweep())
    for words in ("audience.file", f"{graph} changed since out/tiny was begun", before, sha256(graph), "output=DIR"):
        assert words in said
    assert manifest() == found
    graph.write_text(edges())
    main(sweep())
    assert "0 computed now" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore::rectify.core.notes.Note")
def test_a_run_of_a_sweep_reads_the_file_that_was_planned_with(graph: Path) -> None:
    """Wherever it runs: the path is absolute, the content the one that the identity is of."""
    design = {**TINY, "name": "tiny", "factors": {"graph": {"keys": ["audience.file"], "levels": ["g.csv"]}}}
    plan = make_plan(build_experiment(design, "here"))
    values = plan.values_of(plan.cells[0])
    assert values["audience"]["file"] == {"path": str(graph), "sha256": sha256(graph)}
    assert simulate(values, 1, ["harm_total"], []).status == OK
    graph.write_text(edges(5))
    outcome = simulate(values, 1, ["harm_total"], [])
    assert outcome.status == FAILED
    assert f"audience.file: {graph} changed since" in outcome.error


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("follower\n1\n", ["one column"]),
        ("".join(f"{n},400\n" for n in range(400)), ["401 accounts", "accounts=graph"]),
    ],
    ids=["unreadable", "too large"],
)
def test_a_file_that_will_not_do_is_told_before_any_run(
    graph: Path, sweep: Callable[..., list[str]], capsys: Capture, text: str, words: list[str]
) -> None:
    graph.write_text(text)
    said = refused(capsys, *sweep())
    for word in ["audience.file", *words]:
        assert word in said
    assert not Path("out/tiny").exists()


def test_a_sweep_of_a_large_graph_works(graph: Path, sweep: Callable[..., list[str]], capsys: Capture) -> None:
    """Larger than the tiny run that names are found with."""
    graph.write_text("".join(f"{n},900\n" for n in range(900)))
    main(sweep(base=[*TINY["base"], "population.accounts=graph"], factors={}, reference=[]))
    assert manifest()["rows"] == {"all": 1, "failed": 0}


def test_files_can_be_a_factor_and_count_by_content(
    graph: Path, sweep: Callable[..., list[str]], capsys: Capture
) -> None:
    """Two names of one content are one configuration."""
    shutil.copy(graph, graph.with_name("same.csv"))
    graph.with_name("other.csv").write_text(edges(5))
    levels = ["g.csv", "same.csv", "other.csv"]
    main(sweep(factors={"graph": {"keys": ["audience.file"], "levels": levels}}))
    assert "2 runs in" in capsys.readouterr().err
    assert [Path(path).name for _, path, _ in manifest()["inputs"]] == levels


@pytest.mark.slow
def test_more_replicates_are_added_to_those_there(
    graph: Path, sweep: Callable[..., list[str]], capsys: Capture
) -> None:
    """Two, then three: the dataset that three at once would be; fewer again are refused."""
    main(sweep(replicates=2))
    main(sweep(replicates=3))
    assert "2 computed now" in capsys.readouterr().err.splitlines()[-1]
    grown = manifest()
    assert grown["experiment"]["replicates"] == 3
    main([argument.replace("output=out", "output=whole") for argument in sweep(replicates=3)])
    assert manifest("whole/tiny")["digest"] == grown["digest"]
    capsys.readouterr()
    assert "another design" in refused(capsys, *sweep(replicates=2))
    assert "another design" in refused(capsys, *sweep(replicates=3, first_seed=2))
    assert manifest() == grown


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("g.csv", b"user,friend\n1,2\n", ["g.csv", "audience.follower_column", "audience.followed_column"]),
        ("g.csv", b"\x00\x01\x02", ["neither text nor Parquet", "GraphML"]),
        ("g.gml", b"graph [ " + b"a [ " * 5000, ["line 1", "within one another"]),
        ("g.graphml", b'<!DOCTYPE g [<!ENTITY a "b">]><graphml/>', ["line 1", "entity"]),
        ("g.parquet", b"PAR1", ["g.parquet", "Parquet"]),
    ],
)
@pytest.mark.parametrize("model", [SMALL, MESSAGES], ids=["accounts", "messages"])
def test_files_that_cannot_be_read_are_named_in_one_line(
    graph: Path, capsys: Capture, model: list[str], name: str, content: bytes, words: list[str]
) -> None:
    graph.with_name(name).write_bytes(content)
    said = refused(capsys, "run", *model, f"audience.file={name}")
    for word in ["audience.file", *words]:
        assert word in said
    assert not list(graph.parent.glob("results/*"))


@pytest.mark.parametrize(("file", "words"), [("h.csv", ["there is no file", "'g.csv'"]), (".", ["is a folder"])])
def test_what_is_no_file_is_said(graph: Path, capsys: Capture, file: str, words: list[str]) -> None:
    said = refused(capsys, "run", *SMALL, f"audience.file={file}")
    for word in ["audience.file", *words]:
        assert word in said


def test_a_plan_needs_no_file_read(graph: Path, capsys: Capture) -> None:
    main(["show", "plan", *SMALL, "audience.file=g.csv"])
    assert "InheritingFollows" in capsys.readouterr().out
