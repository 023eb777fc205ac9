"""Graphs in GraphML and GML: networkx reads them; here is what it lacks for graphs as people have them.

XML that could grow without end is refused before anything is built from it. Attributes stay text, whatever type they
are said to be of. All repeated edges are read, also from GML that does not announce them.
"""

from __future__ import annotations

import re
import warnings
from typing import Any
from xml.parsers import expat

import networkx
import numpy as np
import pandas as pd
from networkx.readwrite.graphml import GraphMLReader

from rectify.audience.network.edge_columns import WEIGHT
from rectify.audience.network.edges import Edges, Reading, check_weights, listed

DEEPEST = 50
"""Elements, or lists, within one another; those of graphs are some four deep."""

OTHER_ROOTS = {"gexf": ": networkx.write_graphml(networkx.read_gexf(FILE), NEW_FILE) converts it"}
"""What to do with other graphs in XML."""

GML_TOKEN = re.compile(
    r'"[^"]*"|#[^\n]*|(?P<open>\[)|(?P<close>\])|(?P<graph>\bgraph\s*(?=\[))|\bdirected\s+(?P<directed>[0-9]+)'
    r"|(?<=\s)(?P<whole>[+-]?[0-9]+)(?=[eE][+-]?[0-9])|(?<=\s)(?P<none>[+-]?(?:nan|inf))\b",
    re.IGNORECASE,
)
"""What is looked at in GML: strings and comments are left alone."""


class _FirstLook:
    """A pass over XML, in bounded memory, that finds its namespace, and refuses what is no graph that can be read."""

    def __init__(self, data: bytes) -> None:
        self.namespace, self.depth, self.graphs = "", 0, 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._entity
        try:
            self.parser.Parse(data, True)
        except expat.ExpatError as error:
            raise ValueError(f"line {error.lineno}: {expat.ErrorString(error.code)}") from None

    def _error(self, text: str) -> ValueError:
        return ValueError(f"line {self.parser.CurrentLineNumber}: {text}")

    def _entity(self, name: str, *_: object) -> None:
        raise self._error(f"it defines an entity, {name!r}: graphs need none, and entities can grow without end")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, tag = name.rpartition(" ")
        if self.depth == 0:
            self.namespace = namespace
            if tag != "graphml":
                raise self._error(f"it holds <{tag}>, and not <graphml>{OTHER_ROOTS.get(tag, '')}")
        self.depth += 1
        self.graphs += tag == "graph" and self.depth == 2
        if self.graphs > 1:
            raise self._error("it holds a second graph, and one can be read")
        if self.depth > DEEPEST:
            raise self._error(f"more than {DEEPEST} elements within one another")
        for needed in {"node": ("id",), "edge": ("source", "target")}.get(tag, ()):
            if not attributes.get(needed, "").strip():
                raise self._error(f"<{tag}> has no {needed}")

    def _end(self, _: str) -> None:
        self.depth -= 1


class _Reader(GraphMLReader):
    """networkx's reader, for any namespace, with attributes as text; *directed*: whatever the graph says itself."""

    def __init__(self, namespace: str, directed: bool) -> None:
        super().__init__(node_type=str, force_multigraph=True)
        self.NS_GRAPHML, self.directed = namespace, directed

    def find_graphml_keys(self, graph_element: Any) -> tuple[dict[str, str], dict[str, str]]:
        keys = graph_element.findall(f"{{{self.NS_GRAPHML}}}key")
        return {key.get("id"): key.get("attr.name") or key.get("id") for key in keys}, {}

    def decode_data_elements(self, graphml_keys: dict[str, str], obj_xml: Any) -> dict[str, str]:
        values = obj_xml.findall(f"{{{self.NS_GRAPHML}}}data")
        return {graphml_keys.get(each.get("key"), each.get("key")): (each.text or "").strip() for each in values}

    def make_graph(self, graph_xml: Any, *rest: Any, **more: Any) -> Any:
        if self.directed:
            graph_xml.set("edgedefault", "directed")
        return super().make_graph(graph_xml, *rest, **more)


def read_graphml(data: bytes, reading: Reading) -> Edges:
    """Read GraphML of igraph, Gephi, networkx and so on. Raises ``ValueError``, with the line where it can be told."""
    look = _FirstLook(data)
    reader = _Reader(look.namespace, directed=reading.direction is not None)
    try:
        with warnings.catch_warnings(action="ignore"):  # of ports, which are nothing to a graph of accounts
            graphs = list(reader(string=data))
    except Exception as error:  # networkx meets what is no graph with errors of many kinds
        raise ValueError(_in_words(error)) from None
    if not graphs:
        raise ValueError("it holds no <graph>")
    return _edges_of(graphs[0])


def read_gml(text: str, reading: Reading) -> Edges:
    """Read GML, as igraph, Gephi and networkx write it. Raises ``ValueError``, with the line where it can be told."""
    try:
        graph = networkx.parse_gml(_for_networkx(text, reading.direction is not None).split("\n"), label="id")
    except RecursionError:
        raise ValueError(f"more than {DEEPEST} lists within one another") from None
    except (AttributeError, TypeError):  # what should be a list in brackets is not
        raise ValueError("it is not made of graph [ … ], node [ id … ] and edge [ source … target … ]") from None
    except Exception as error:  # networkx meets what is no graph with errors of many kinds
        raise ValueError(_in_words(error)) from None
    for node in graph.nodes:
        if isinstance(node, float) and not node.is_integer():
            raise ValueError(f"a node has the id {node}, and ids are whole numbers in GML")
    return _edges_of(graph)


def _for_networkx(text: str, directed: bool) -> str:
    """*text* as networkx reads it: it announces repeated edges, and *directed* ones where that is asked.

    Numbers that networkx does not know as such (``1e-05``, ``NaN``) are written as it does, and text in one line.
    """
    depth, inside = 0, False

    def rewritten(found: re.Match[str]) -> str:
        nonlocal depth, inside
        whole, none = found["whole"], found["none"]
        if found["open"]:
            depth += 1
            if depth > DEEPEST:
                raise ValueError(
                    f"line {text.count(chr(10), 0, found.start()) + 1}: more than {DEEPEST} lists within one another"
                )
            if inside and depth == 1:
                return "[ multigraph 1 " + ("directed 1 " if directed else "")
        elif found["close"]:
            depth -= 1
            inside = inside and depth > 0
        elif found["graph"]:
            inside = inside or depth == 0
        elif found["directed"]:
            return "" if directed and inside and depth == 1 else found[0]
        elif whole:
            return f"{whole}.0"
        elif none:
            return none.upper() if none[0] in "+-" and none[1:].upper() == "INF" else none.lstrip("+-").upper()
        elif found[0].startswith('"'):
            return found[0].replace("\n", " ") + "\n" * found[0].count("\n")
        elif found[0].startswith("#"):
            return ""  # networkx takes a quotation mark in a comment for the beginning of a text
        return found[0]

    return GML_TOKEN.sub(rewritten, text)


def _edges_of(graph: networkx.Graph) -> Edges:
    """The edges and nodes of a graph that networkx has read, and the names of what else they carry."""
    edges = list(graph.edges(data=True))
    if not edges:
        raise ValueError("it has no edges")
    weights = [(number, data[WEIGHT]) for number, (_, _, data) in enumerate(edges) if WEIGHT in data]
    check_weights(
        pd.Series([weight for _, weight in weights], dtype=object),
        lambda place: "of the edge from {} to {}".format(*edges[weights[place][0]][:2]),
    )
    carried = {
        "nodes": sorted({str(name) for _, data in graph.nodes(data=True) for name in data}),
        "edges": sorted({str(name) for _, _, data in edges for name in data}),
    }
    return Edges(
        pd.Series([edge[0] for edge in edges], dtype=object),
        pd.Series([edge[1] for edge in edges], dtype=object),
        np.full(len(edges), not graph.is_directed()),
        ends=("source", "target"),
        nodes=pd.Series(list(graph.nodes), dtype=object),
        unused=tuple(f"attributes of {what} {listed(names)}" for what, names in carried.items() if names),
    )


def _in_words(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
