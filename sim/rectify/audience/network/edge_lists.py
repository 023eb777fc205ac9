"""Follow graphs from files: edge lists in Parquet or CSV, and GraphML or GML."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import ParseError

import networkx
import numpy as np
import pyarrow
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from rectify.audience.network.graphs import FollowGraph

Pairs = tuple[NDArray[np.int64], NDArray[np.int64], int | None]
"""Followers, followed, and the number of accounts where the file says it."""


def _table(path: Path, follower: str, followed: str) -> Pairs:
    try:
        table = pyarrow.parquet.read_table(path) if path.suffix == ".parquet" else pyarrow.csv.read_csv(path)
    except pyarrow.ArrowException as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    missing = [name for name in (follower, followed) if name not in table.column_names]
    if missing:
        raise ValueError(
            f"{path} has no column {' and no column '.join(missing)}; it has {', '.join(table.column_names)}"
        )
    if table.num_rows == 0:
        raise ValueError(f"{path} has no edges")
    columns = []
    for name in (follower, followed):
        column = table.column(name)
        if not pyarrow.types.is_integer(column.type):
            raise ValueError(f"{path}: column {name} must hold integer ids, not {column.type}")
        if column.null_count:
            raise ValueError(f"{path}: column {name} has {column.null_count} empty cells")
        columns.append(column.to_numpy())
    if max(int(column.max()) for column in columns) >= 2**31 - 1:
        raise ValueError(f"{path} has ids above {2**31 - 2}: number the accounts 0, 1, 2, …")
    return columns[0].astype(np.int64), columns[1].astype(np.int64), None


def _graph(path: Path) -> Pairs:
    try:
        if path.suffix == ".graphml":
            graph = networkx.read_graphml(path, node_type=int)
        else:
            graph = networkx.read_gml(path, label="id")
    except (networkx.NetworkXException, ParseError, ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read as a graph of integer ids: {error}") from error
    edges = np.array([edge[:2] for edge in graph.edges()], np.int64).reshape(-1, 2)
    if not edges.size:
        raise ValueError(f"{path} has no edges")
    if min(graph.nodes) < 0:
        raise ValueError(f"{path} has the negative id {min(graph.nodes)}")
    if not graph.is_directed():
        edges = np.concatenate((edges, edges[:, ::-1]))
    return edges[:, 0], edges[:, 1], max(graph.nodes) + 1


def from_edge_list(
    path: str | Path, follower: str = "follower", followed: str = "followed", nodes: int | None = None
) -> FollowGraph:
    """Read a follow graph whose accounts are numbered 0, 1, 2, …; repeated edges count once.

    path: ``.parquet`` or ``.csv`` with the integer columns *follower* and *followed* (others are ignored), or
    ``.graphml`` or ``.gml`` with integer node ids, whose edges run from follower to followed; an undirected graph is
    read as mutual follows. nodes: number of accounts, by default the highest id and one more.

    Raises ``FileNotFoundError`` where there is no file, and ``ValueError``, naming the file, for one that cannot be
    read, lacks a column or any edge, or has ids that are missing, negative, not integers or not below *nodes*, or an
    account that follows itself.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}")
    if path.suffix in (".parquet", ".csv"):
        followers, accounts, known = _table(path, follower, followed)
    elif path.suffix in (".graphml", ".gml"):
        followers, accounts, known = _graph(path)
    else:
        raise ValueError(f"{path}: the name must end in .parquet, .csv, .graphml or .gml")
    try:
        return FollowGraph.from_edges(followers, accounts, known if nodes is None else nodes)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
