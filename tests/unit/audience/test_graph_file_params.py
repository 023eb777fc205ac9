"""The parameters of a graph from a file: what they allow, what of them decides a run, and content that counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rectify import ConfigError
from rectify.audience.follower_graph import FollowerNetworkParams
from rectify.audience.graph_file_params import graph_of_file
from rectify.audience.network import Reading
from rectify.configuration.composing import compose_any
from rectify.configuration.settings import Settings

MODELS = {"accounts": ["audience=follower_network"], "messages": ["scenario=takedown_docking"]}
"""Both models that take a graph from a file."""

Compose = Callable[..., Settings]


@pytest.fixture(params=MODELS.values(), ids=MODELS)
def composed(request: pytest.FixtureRequest) -> Compose:
    """``composed(file, "key=value")``: a configuration of either model, which reads *file* unless it is None."""

    def build(file: Path | None, *overrides: str) -> Settings:
        read = [] if file is None else ["audience.graph=file", f"audience.file={file}"]
        return compose_any([*request.param, *read, *overrides])

    return build


EDGES = "follower,followed\n1,0\n2,0\n2,1\n"


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    """A small edge list."""
    path = tmp_path / "graph.csv"
    path.write_text(EDGES)
    return path


def test_identity_follows_the_content_and_not_the_name(composed: Compose, graph: Path, tmp_path: Path) -> None:
    first = composed(graph).identity
    (tmp_path / "folder").mkdir()
    moved = graph.rename(tmp_path / "folder" / "another name.txt")
    assert composed(moved).identity == first
    rest = composed(moved).identity_but_for_inputs
    moved.write_text(EDGES + "3,0\n")
    assert composed(moved).identity != first
    assert composed(moved).identity_but_for_inputs == rest
    assert composed(moved, "seed=5").identity == composed(moved).identity


@pytest.mark.parametrize(
    "overrides",
    [
        ["audience.direction=mutual"],
        ["audience.delimiter=comma"],
        ["audience.follower_column=followed", "audience.followed_column=follower"],
    ],
)
def test_how_a_file_is_read_decides_a_run(composed: Compose, graph: Path, overrides: list[str]) -> None:
    assert composed(graph, *overrides).identity != composed(graph).identity


def test_inputs_are_listed_and_survive_being_stored(composed: Compose, graph: Path) -> None:
    config = composed(graph)
    assert {key: file.path for key, file in config.inputs.items()} == {"audience.file": str(graph)}
    again = type(config).load(config.model_dump(mode="json"))
    assert again == config
    assert again.identity == config.identity
    assert composed(None).inputs == {}
    graph.write_text("follower,followed\n1,0\n")
    with pytest.raises(ConfigError, match=r"^audience.file: .*graph.csv changed since it was named: its SHA-256 was"):
        type(config).load(config.model_dump(mode="json"))


def test_what_grows_a_graph_decides_nothing_where_one_is_read(graph: Path) -> None:
    """And what reads one decides nothing where it is grown, so that identities without a file are as they were."""
    messages = [*MODELS["messages"], "audience.graph=file", f"audience.file={graph}"]
    assert compose_any([*messages, "audience.nodes=77"]).identity == compose_any(messages).identity
    grown = compose_any(MODELS["messages"])
    assert compose_any([*MODELS["messages"], "audience.nodes=77"]).identity != grown.identity
    assert {"graph", "file", "direction"} <= grown.audience.without_effect()  # type: ignore[attr-defined]
    network = compose_any(MODELS["accounts"]).audience  # type: ignore[attr-defined]
    assert network.without_effect() == {"follower_column", "followed_column", "delimiter", "direction"}


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["audience.graph=file"], ["audience", "file: give one"]),
        (["audience.graph=fiel"], ["audience.graph", "'fiel'", "did you mean 'file'"]),
        (["audience.direction=mutual"], ["direction", "graph is 'random_walk'"]),
        (["audience.direction=upwards", "+read"], ["audience.direction", "'upwards'", "followed_to_follower"]),
        (["audience.delimiter=x", "+read"], ["audience.delimiter", "tab, comma", "'x'"]),
        (["audience.delimiter=''", "+read"], ["audience.delimiter", "tab, comma"]),
        (["audience.follower_column=a", "+read"], ["follower_column", "followed_column together"]),
        (["audience.follower_column=a", "audience.followed_column=2", "+read"], ["both as names or both as numbers"]),
        (["audience.follower_column=1", "audience.followed_column=2", "+read",
          "audience.direction=followed_to_follower"], ["direction", "the other way round"]),
        (["audience.follower_column=true", "audience.followed_column=2", "+read"], ["audience.follower_column"]),
        (["audience.graph=file", "audience.file=5"], ["audience.file", "path of a file", "5"]),
        (["audience.graph=file", "audience.file=[a,b]"], ["audience.file", "path of a file"]),
        (["audience.graph=file", "audience.file=''"], ["audience.file", "path of a file"]),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(composed: Compose, graph: Path, overrides: list[str], words: list[str]) -> None:
    file = graph if "+read" in overrides else None
    with pytest.raises(ConfigError) as raised:
        composed(file, *(override for override in overrides if override != "+read"))
    for word in words:
        assert word in str(raised.value)


def params(file: Path) -> FollowerNetworkParams:
    """Parameters that read *file*."""
    config = compose_any([*MODELS["accounts"], "audience.graph=file", f"audience.file={file}"])
    found = config.audience  # type: ignore[attr-defined]
    assert isinstance(found, FollowerNetworkParams)
    return found


def test_the_graph_is_that_of_the_file_that_was_named(graph: Path) -> None:
    named = params(graph)
    assert named.reading == Reading()
    found, said = graph_of_file(named)
    assert (found.nodes, found.edges) == (3, 3)
    assert said == ["audience.file: graph.csv: 3 follows among 3 accounts; follower follows followed"]
    assert graph_of_file(named)[0] is found, "kept for the runs of a study"
    graph.write_text("follower,followed\n1,0\n")
    with pytest.raises(ConfigError, match=r"^audience.file: .* changed since"):
        graph_of_file(named)
    assert graph_of_file(params(graph))[0].edges == 1
    graph.unlink()
    with pytest.raises(ConfigError, match=r"^audience.file: there is no file"):
        graph_of_file(named)
