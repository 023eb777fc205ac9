"""Graphs from files: one graph whatever the format and the packing, tables in Parquet, and files of other kinds."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
from collections.abc import Callable
from pathlib import Path

import networkx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rectify.audience.network import FollowGraph, Reading, read_follow_graph

EDGES = [(7, 5), (12, 5), (12, 7)]
FOLLOWS = [[], [0], [0, 1]]


def friends(graph: FollowGraph) -> list[list[int]]:
    """Whom each account follows."""
    return [graph.friends_of(node).tolist() for node in range(graph.nodes)]


def table(edges: list[tuple[object, object]] | None = None) -> pd.DataFrame:
    """An edge list as a table."""
    return pd.DataFrame(edges or EDGES, columns=["follower", "followed"])


def write_csv(edges: list[tuple[int, int]], path: Path) -> None:
    table(edges).to_csv(path, index=False)  # type: ignore[arg-type]


def write_parquet(edges: list[tuple[int, int]], path: Path) -> None:
    table(edges).to_parquet(path)  # type: ignore[arg-type]


def write_handles(edges: list[tuple[int, int]], path: Path) -> None:
    table([(f"user{a}", f"user{b}") for a, b in edges]).to_csv(path, index=False)


def write_graphml(edges: list[tuple[int, int]], path: Path) -> None:
    graph = networkx.MultiDiGraph(edges)
    networkx.write_graphml(networkx.relabel_nodes(graph, {node: f"n{node}" for node in graph}), path)


def write_gml(edges: list[tuple[int, int]], path: Path) -> None:
    nodes = sorted({end for edge in edges for end in edge})
    lines = [f"node [ id {node} ]" for node in nodes] + [f"edge [ source {a} target {b} ]" for a, b in edges]
    path.write_text("graph [ directed 1\n" + "\n".join(lines) + "\n]\n")


def write_snap(edges: list[tuple[int, int]], path: Path) -> None:
    path.write_text("# FromNodeId\tToNodeId\n" + "".join(f"{a}\t{b}\n" for a, b in edges))


def write_gzip(edges: list[tuple[int, int]], path: Path) -> None:
    write_snap(edges, path)
    path.write_bytes(gzip.compress(path.read_bytes()))


WRITERS: list[Callable[[list[tuple[int, int]], Path], None]] = [
    write_csv, write_parquet, write_handles, write_graphml, write_gml, write_snap, write_gzip,
]  # fmt: skip


@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=60).filter(
        lambda edges: any(a != b for a, b in edges)
    )
)
def test_all_formats_give_one_graph_and_count_alike(
    tmp_path_factory: pytest.TempPathFactory, edges: list[tuple[int, int]]
) -> None:
    """The graph is what sets make of the edges; repeated edges and loops are said with the same numbers everywhere."""
    nodes = sorted({end for edge in edges for end in edge})
    follows = [sorted(nodes.index(b) for b in {b for a, b in edges if a == node and b != node}) for node in nodes]
    straight = [edge for edge in edges if edge[0] != edge[1]]
    counts = [n for n in (len(straight) - len(set(straight)), len(edges) - len(straight)) if n]
    for writer in WRITERS:
        path = tmp_path_factory.mktemp("graph") / "graph"
        writer(edges, path)
        graph, said = read_follow_graph(path)
        assert friends(graph) == follows, writer.__name__
        assert [int(line.rpartition(" ")[2]) for line in said if "repeated" in line or "itself" in line] == counts


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("writer", [write_csv, write_graphml, write_gml])
@pytest.mark.parametrize("name", ["g.csv.gz", "g.xz", "G.GZ", "g.txt"])
def test_packed_files_are_unpacked_whatever_their_name(
    tmp_path: Path, pack: Callable[[bytes], bytes], writer: Callable[[list[tuple[int, int]], Path], None], name: str
) -> None:
    writer(EDGES, tmp_path / "plain")
    (tmp_path / name).write_bytes(pack((tmp_path / "plain").read_bytes()))
    assert friends(read_follow_graph(tmp_path / name)[0]) == FOLLOWS


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t,
        lambda t: t.astype(float),
        lambda t: t.astype(str),
        lambda t: t.astype("uint64"),
        lambda t: t.astype("int32").astype({"followed": float}),
        lambda t: t.astype("str").astype("category"),
        lambda t: t.rename(columns={"follower": "Source", "followed": "Target"}),
        lambda t: t[["followed", "follower"]],
        lambda t: t.set_index("follower"),
        lambda t: t.sample(frac=1, random_state=2).assign(since=pd.Timestamp("2020-01-01"), weight=[1, np.nan, 3]),
        lambda t: pd.concat([t, t, t.iloc[:1].assign(followed=7)]),
    ],
    ids=["whole", "fractions", "text", "unsigned", "mixed", "categories", "other names", "turned", "index", "more",
         "repeated and a loop"],
)  # fmt: skip
def test_parquet_of_many_kinds(tmp_path: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    change(table()).to_parquet(tmp_path / "g")
    assert friends(read_follow_graph(tmp_path / "g")[0]) == FOLLOWS


def test_parquet_columns_can_be_named_or_numbered(tmp_path: Path) -> None:
    table().rename(columns={"follower": "x", "followed": "y"}).to_parquet(tmp_path / "g.parquet")
    for x, y in (("x", "y"), (1, 2)):
        reading = Reading(follower_column=x, followed_column=y)
        assert friends(read_follow_graph(tmp_path / "g.parquet", reading)[0]) == FOLLOWS
    with pytest.raises(ValueError, match=r"x, y\. Set audience.follower_column and audience.followed_column"):
        read_follow_graph(tmp_path / "g.parquet")
    with pytest.raises(ValueError, match=r"audience.followed_column: no column is 'z'; there are 2: x, y"):
        read_follow_graph(tmp_path / "g.parquet", Reading(follower_column="x", followed_column="z"))


def test_folders_of_parquet_are_one_table(tmp_path: Path) -> None:
    """Parts, parts in folders named by a column, which may be an end of an edge, and what writers leave beside them."""
    parts = tmp_path / "parts"
    parts.mkdir()
    table().iloc[:2].to_parquet(parts / "part-0.parquet")
    table().iloc[2:].to_parquet(parts / "part-1.PARQUET")
    (parts / "_SUCCESS").touch()
    (parts / ".part-0.parquet.crc").write_bytes(b"x")
    table().to_parquet(tmp_path / "hive", partition_cols=["followed"])
    for folder in (parts, tmp_path / "hive"):
        assert friends(read_follow_graph(folder)[0]) == FOLLOWS


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (table().assign(followed=[5, None, 7]), ["followed", "1 empty", "row 2"]),
        (table().astype(str).assign(follower=["7", None, None]), ["follower", "2 empty", "row 2"]),
        (table().assign(followed=pd.Timestamp("2020-01-01")), ["followed", "timestamp", "numbers or text"]),
        (table().assign(followed=[True, False, True]), ["followed", "bool"]),
        (table().assign(followed=[[1], [2], [3]]), ["followed", "list"]),
        (table().assign(followed=["5", " ", "6"]), ["empty"]),
        (table().iloc[:0], ["no edges"]),
        (table()[["follower"]], ["audience.follower_column"]),
        (table().assign(weight=["1", "2", "heavy"]), ["weight of row 3", "'heavy'"]),
    ],
)
def test_broken_parquet_is_explained(tmp_path: Path, frame: pd.DataFrame, words: list[str]) -> None:
    frame.to_parquet(tmp_path / "g.parquet")
    with pytest.raises(ValueError, match=r"/g\.parquet: ") as raised:
        read_follow_graph(tmp_path / "g.parquet")
    for word in words:
        assert word in str(raised.value)


def damaged(name: str) -> bytes:
    """A file of some kind that was cut off, or is none."""
    whole = gzip.compress(b"".join(f"{n} {n + 1}\n".encode() for n in range(5000)))
    return {
        "cut.txt.gz": whole[: len(whole) // 2],
        "flipped.txt.gz": whole[:200] + bytes(byte ^ 255 for byte in whole[200:300]) + whole[300:],
        "cut.parquet": b"PAR1" + bytes(200),
        "none.parquet": b"hello",
        "picture.csv": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "bytes.txt": bytes(range(256)) * 20,
        "empty.csv": b"",
        "empty.csv.gz": gzip.compress(b""),
        "book.xlsx": b"PK\x03\x04" + bytes(30),
        "book.xls": b"\xd0\xcf\x11\xe0" + bytes(30),
        "matrix.mtx": b"%%MatrixMarket matrix coordinate pattern general\n2 2 1\n1 2\n",
        "pajek.net": b'*Vertices 2\n1 "a"\n2 "b"\n*Arcs\n1 2\n',
        "graph.gdf": b"nodedef>name VARCHAR\na\nb\n",
        "graph.json": b'{"nodes": []}',
        "graph.dot": b"digraph g {\n a -> b\n}\n",
        "out.bip": b"% bip unweighted\n1 1\n",
    }[name]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cut.txt.gz", ["ended before"]),
        ("flipped.txt.gz", ["/flipped.txt.gz: "]),
        ("cut.parquet", ["cannot be read as Parquet"]),
        ("none.parquet", ["is not Parquet"]),
        ("picture.csv", ["neither text nor Parquet"]),
        ("bytes.txt", ["neither text nor Parquet"]),
        ("empty.csv", ["it is empty"]),
        ("empty.csv.gz", ["it is empty"]),
        ("book.xlsx", ["Excel", "CSV"]),
        ("book.xls", ["Excel", "CSV"]),
        ("matrix.mtx", ["MatrixMarket", "CSV"]),
        ("pajek.net", ["networkx.read_pajek"]),
        ("graph.gdf", ["GDF", "GraphML"]),
        ("graph.json", ["JSON"]),
        ("graph.dot", ["DOT"]),
        ("out.bip", ["two kinds of nodes"]),
    ],
)
def test_files_of_other_kinds_are_told(tmp_path: Path, name: str, words: list[str]) -> None:
    (tmp_path / name).write_bytes(damaged(name))
    with pytest.raises(ValueError, match=re.escape(name)) as raised:
        read_follow_graph(tmp_path / name)
    for word in [*words, "Read are edge lists"]:
        assert word in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def test_a_file_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "graph.csv").touch()
    with pytest.raises(ValueError, match=r"there is no file .*/grahp\.csv; did you mean 'graph\.csv'\?"):
        read_follow_graph(tmp_path / "grahp.csv")


@pytest.mark.parametrize(
    ("direction", "follows"),
    [
        (None, [[1], [0], [1], []]),
        ("follower_to_followed", [[1], [0], [1], []]),
        ("followed_to_follower", [[1], [0, 2], [], []]),
        ("mutual", [[1], [0, 2], [1], []]),
    ],
)
@pytest.mark.parametrize("writer", WRITERS)
def test_direction_can_be_said(
    tmp_path: Path,
    writer: Callable[[list[tuple[int, int]], Path], None],
    direction: str | None,
    follows: list[list[int]],
) -> None:
    writer([(0, 1), (1, 0), (2, 1), (2, 1), (3, 3)], tmp_path / "g")
    graph, said = read_follow_graph(tmp_path / "g", Reading(direction=direction))  # type: ignore[arg-type]
    assert friends(graph) == follows
    assert f"g: repeated edges, which count once: {2 if direction == 'mutual' else 1}" in said
    first, _, second = said[0].partition("; ")[2].partition(" follows ")
    assert ("other way round" in second) == (direction == "mutual")
    if direction == "followed_to_follower":
        assert (first, second) in [("followed", "follower"), ("target", "source"), ("ToNodeId", "FromNodeId")]
