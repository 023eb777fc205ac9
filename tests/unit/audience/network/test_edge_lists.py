"""Follow graphs from files, sound and broken."""

from __future__ import annotations

from pathlib import Path

import networkx
import pyarrow
import pyarrow.parquet
import pytest

from rectify.audience.network import from_edge_list

EDGES = [(0, 1), (0, 2), (3, 0)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    followers, followed = zip(*EDGES, strict=True)
    table = pyarrow.table({"follower": followers, "followed": followed, "since": [1, 2, 3]})
    pyarrow.parquet.write_table(table, tmp_path / "edges.parquet")
    (tmp_path / "edges.csv").write_text("follower,followed\n" + "".join(f"{a},{b}\n" for a, b in EDGES))
    graph = networkx.DiGraph(EDGES)
    networkx.write_graphml(graph, tmp_path / "edges.graphml")
    return tmp_path


@pytest.mark.parametrize("ending", ["parquet", "csv", "graphml"])
def test_formats_give_one_graph(folder: Path, ending: str) -> None:
    graph = from_edge_list(folder / f"edges.{ending}")
    assert [graph.friends_of(node).tolist() for node in range(graph.nodes)] == [[1, 2], [], [], [0]]


def test_gml_ids_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "graph.gml"
    path.write_text('graph [ directed 1 node [ id 0 label "x" ] node [ id 4 label "y" ] edge [ source 4 target 0 ] ]')
    graph = from_edge_list(path)
    assert graph.nodes == 5
    assert graph.friends_of(4).tolist() == [0]


def test_undirected_graph_is_mutual(tmp_path: Path) -> None:
    networkx.write_graphml(networkx.path_graph(3), tmp_path / "path.graphml")
    graph = from_edge_list(tmp_path / "path.graphml")
    assert [graph.friends_of(node).tolist() for node in range(3)] == [[1], [0, 2], [1]]


def test_columns_and_number_of_accounts_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("a,b\n0,1\n")
    assert from_edge_list(tmp_path / "e.csv", "a", "b", nodes=9).nodes == 9


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("e.csv", "follower,to\n0,1\n", "no column followed; it has follower, to"),
        ("e.csv", "from,to\n0,1\n", "no column follower and no column followed"),
        ("e.csv", "follower,followed\n0,-1\n", "negative id -1"),
        ("e.csv", "follower,followed\n0,1.5\n", "followed must hold integer ids, not double"),
        ("e.csv", "follower,followed\n0,bob\n", "followed must hold integer ids, not string"),
        ("e.csv", "follower,followed\n0,1\n2,\n", "followed has 1 empty cells"),
        ("e.csv", "follower,followed\n0,1\n2,2\n", "follow themselves, the first is 2"),
        ("e.csv", "follower,followed\n0,9999999999\n", "ids above"),
        ("e.csv", "follower,followed\n", "no edges"),
        ("e.csv", "", "cannot be read"),
        ("e.csv", "follower,followed\n0,1,2\n", "cannot be read"),
        ("e.parquet", "not parquet", "cannot be read"),
        ("e.graphml", "<graphml", "cannot be read"),
        ("e.graphml", "", "cannot be read"),
        ("e.gml", "graph [ node [ id 0", "cannot be read"),
        ("e.gml", 'graph [ directed 1 node [ id 0 label "a" ] ]', "no edges"),
        ("e.txt", "0 1", "must end in"),
    ],
)
def test_broken_files_are_refused_by_name(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message) as raised:
        from_edge_list(tmp_path / name)
    assert name in str(raised.value)


@pytest.mark.parametrize("nodes", [["a", "b"], [-1, 0]])
def test_node_ids_must_be_numbers_from_zero(tmp_path: Path, nodes: list[object]) -> None:
    networkx.write_graphml(networkx.DiGraph([tuple(nodes)]), tmp_path / "g.graphml")
    with pytest.raises(ValueError, match=r"integer ids|negative"):
        from_edge_list(tmp_path / "g.graphml")


def test_too_few_accounts_are_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"edges\.csv: id 3 is too high"):
        from_edge_list(folder / "edges.csv", nodes=3)


def test_absent_file_is_said_to_be_absent(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.csv"):
        from_edge_list(tmp_path / "none.csv")
