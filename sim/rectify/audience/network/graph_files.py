"""Follow graphs from files: told by their content, unpacked, read, numbered anew, and every edge counted once."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np

from rectify.audience.network.edge_lists import read_text
from rectify.audience.network.edge_tables import read_parquet
from rectify.audience.network.edges import Edges, Reading
from rectify.audience.network.graph_formats import read_gml, read_graphml
from rectify.audience.network.graphs import MOST_NODES, FollowGraph, distinct
from rectify.audience.network.node_ids import number_anew
from rectify.core.inputs import files_of

READ = (
    "Read are edge lists (CSV, TSV, text as SNAP's, Parquet or a folder of it) and graphs (GraphML, GML); of text also "
    ".gz, .bz2 and .xz"
)
"""What is allowed, for errors."""

PACKED: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}
"""Ways to open packed files, by the bytes that they begin with."""

OTHERS: dict[bytes, str] = {
    rb"PK\x03\x04": "a ZIP archive or an Excel workbook: unpack it, or save it as CSV",
    rb"\xd0\xcf\x11\xe0": "an Excel workbook: save it as CSV",
    rb"%%MatrixMarket": "a MatrixMarket matrix: write its row and column numbers as CSV",
    rb"(?i)\s*\*(network|vertices)": "Pajek: networkx.write_graphml(networkx.read_pajek(FILE), NEW_FILE) converts it",
    rb"\s*nodedef>": "GDF: export it as GraphML",
    rb"\s*[{\[]": "JSON: write its edges as CSV",
    rb"\s*(strict\s+)?(di)?graph\b[^\[{]*\{": "DOT: export it as GraphML",
    rb"%\s*bip\b": "a graph of two kinds of nodes, and accounts are of one kind",
}
"""What is not read, by what it begins with, and what to do."""

GML = re.compile(r"\s*((#|creator|version|comment)[^\n]*\n\s*)*graph\s*\[", re.IGNORECASE)
HEAD_BYTES = 1 << 16


def read_follow_graph(path: str | Path, reading: Reading | None = None) -> tuple[FollowGraph, tuple[str, ...]]:
    """The follow graph in a file or a folder of Parquet files; and what to say of it, a line each.

    The format is told by the content. Accounts are numbered in the order of their ids (see :mod:`node_ids`), so that
    all formats give one graph. An edge's source follows its target, unless *reading* has it otherwise; an edge without
    direction is two follows. Repeated edges count once, and those from a node to itself are left out: both are said.
    Raises ``ValueError``, naming the file, for one that cannot be read; it says what can.
    """
    path, reading = Path(path), reading or Reading()
    try:
        graph, remarks = _graph_of(_edges_of(path, files_of(path), reading), reading)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError) as error:
        words = getattr(error, "strerror", None) or " ".join(str(error).split()).rstrip(".") or type(error).__name__
        allowed = "" if "audience." in words else f". {READ}"
        raise ValueError(f"{path}: {words}{allowed}") from None
    return graph, tuple(f"{path.name}: {remark}" for remark in remarks)


def _edges_of(path: Path, files: list[Path], reading: Reading) -> Edges:
    """The edges in *files*, which are *path* or lie in it."""
    if files != [path]:
        return read_parquet(path, files, reading)
    with path.open("rb") as file:
        begins = file.read(16)
    if begins.startswith(b"PAR1"):
        return read_parquet(path.parent, files, reading)
    opener = next((opener for magic, opener in PACKED.items() if begins.startswith(magic)), open)

    def open_bytes() -> IO[bytes]:
        return opener(path, "rb")

    with open_bytes() as unpacked:
        head = unpacked.read(HEAD_BYTES)
    if not head:
        raise ValueError("it is empty")
    for pattern, what in OTHERS.items():
        if re.match(pattern, head):
            raise ValueError(f"it is {what}")
    ending = re.sub(r"\.(gz|bz2|xz)$", "", path.name.lower()).rpartition(".")[2]
    encoding = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head)
    if "\0" in text:
        raise ValueError("it is neither text nor Parquet")
    if text.lstrip().startswith("<") or ending == "graphml":
        with open_bytes() as unpacked:
            return read_graphml(unpacked.read(), reading)
    if ending in ("parquet", "parq", "pq"):
        raise ValueError("it is not Parquet")

    def open_text() -> io.TextIOWrapper:
        return io.TextIOWrapper(open_bytes(), encoding=encoding)

    try:
        if GML.match(text) or ending == "gml":
            with open_text() as whole:
                return read_gml(whole.read(), reading)
        lines = io.StringIO(text, newline=None).readlines()
        return read_text(open_text, lines[:-1] if len(head) == HEAD_BYTES and len(lines) > 1 else lines, reading)
    except UnicodeDecodeError:
        with open_bytes() as unpacked:
            raise ValueError(f"line {_line_not_text(unpacked):,} is not text in UTF-8: save the file as that") from None


def _line_not_text(unpacked: IO[bytes]) -> int:
    """The first line that is not UTF-8."""
    lines = 1
    for line in unpacked:
        try:
            line.decode()
        except UnicodeDecodeError:
            break
        lines += 1
    return lines


def _graph_of(edges: Edges, reading: Reading) -> tuple[FollowGraph, list[str]]:
    """The graph that *edges* make, and what to say of it."""
    columns = [edges.source, edges.target, edges.nodes]
    (source, target, *_), count, remarks = number_anew([column for column in columns if len(column)])
    if count > MOST_NODES:
        raise ValueError(f"it has {count:,} accounts, and {MOST_NODES:,} are the most")
    ends, mutual = edges.ends, edges.mutual
    if reading.direction is not None:
        mutual = np.full(source.size, reading.direction == "mutual")
    if reading.direction == "followed_to_follower":
        source, target, ends = target, source, ends[::-1]
    loops = source == target
    followers, followed, mutual = source[~loops], target[~loops], mutual[~loops]
    if not followers.size:
        raise ValueError("all its edges lead from a node to itself")
    graph = FollowGraph.from_edges(
        np.concatenate((followers, followed[mutual])), np.concatenate((followed, followers[mutual])), count
    )
    how = f"{ends[0]} follows {ends[1]}"
    if mutual.any():
        how += ", and the other way round" + ("" if mutual.all() else f" in {int(mutual.sum()):,} edges")
    said = [f"{graph.edges:,} follows among {graph.nodes:,} accounts; {how}"]
    # An edge without direction is the same one when it is given from its other end.
    first = np.where(mutual, np.minimum(followers, followed), followers)
    second = np.where(mutual, np.maximum(followers, followed), followed)
    repeated = followers.size - sum(distinct(first[part] * count + second[part]).size for part in (mutual, ~mutual))
    if repeated:
        said.append(f"repeated edges, which count once: {repeated:,}")
    if loops.any():
        said.append(f"edges from an account to itself, which are left out: {int(loops.sum()):,}")
    said += [f"not used: {what}" for what in edges.unused]
    return graph, said + remarks
