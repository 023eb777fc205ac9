"""GraphML and GML as programs write them, with labels of any kind; and what is refused before it can do harm."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import networkx
import pytest

from rectify.audience.network import FollowGraph, Reading, read_follow_graph

FOLLOWS = [[], [0], [0, 1]]
"""Of n0, n1 and n2, or of their like: n1 follows n0, and n2 follows both."""

IGRAPH_GRAPHML = """\
<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns"
         xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
         xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
<!-- Created by igraph -->
  <key id="v_bot" for="node" attr.name="bot" attr.type="boolean"/>
  <key id="v_party" for="node" attr.name="party" attr.type="double"/>
  <key id="e_weight" for="edge" attr.name="weight" attr.type="double"/>
  <graph id="G" edgedefault="directed">
    <node id="n0"><data key="v_bot">false</data><data key="v_party">NaN</data></node>
    <node id="n1"><data key="v_bot">true</data><data key="v_party">1e-05</data></node>
    <node id="n2"/>
    <edge source="n1" target="n0"><data key="e_weight">1</data></edge>
    <edge source="n2" target="n0"><data key="e_weight">0.5</data></edge>
    <edge source="n2" target="n1"/>
  </graph>
</graphml>
"""

GEPHI_GRAPHML = """\
<?xml version="1.0" encoding="UTF-8"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key attr.name="label" attr.type="string" for="node" id="label"/>
<key attr.name="Modularity Class" attr.type="int" for="node" id="modularity_class"/>
<key attr.name="tags" attr.type="liststring" for="node" id="tags"/>
<key attr.name="weight" attr.type="double" for="edge" id="weight"/>
<graph edgedefault="directed">
<node id="5"><data key="label">ännchen</data><data key="modularity_class">1.0</data></node>
<node id="7"><data key="label">&lt;b&gt;</data><data key="tags">[a, b]</data></node>
<node id="12"/>
<edge id="0" source="7" target="5"><data key="weight">1.0</data></edge>
<edge id="1" source="12" target="5"/>
<edge id="2" source="12" target="7"/>
</graph>
</graphml>
"""

IGRAPH_GML = """\
Creator "igraph version 0.10.7"
Version 1
graph
[
  directed 1
  node
  [
    id 0
    party 1e-05
    bot 1
    uid "1000"
  ]
  node
  [
    id 1
    party NaN
    uid "# no comment"
  ]
  node
  [
    id 2
    party -Inf
  ]
  edge
  [
    source 1
    target 0
  ]
  edge
  [
    source 2
    target 0
    weight 1.5e+10
  ]
  edge
  [
    source 2
    target 1
  ]
]
"""

GEPHI_GML = """\
graph
[
  Creator "Gephi"
  directed 1
  node
  [
    id 5
    label "Änne \u6570\u636e"
    graphics
    [
      x 1.0E-4
      fill "#000000"
    ]
  ]
  node [ id 7 label "two
lines [ graph [" ]
  node [ id 12 label "x" ]
  edge [ id 0 source 7 target 5 value 1.0 ]
  edge [ id 1 source 12 target 5 ]
  edge [ id 2 source 12 target 7 ]
]
"""


def friends(graph: FollowGraph) -> list[list[int]]:
    """Whom each account follows."""
    return [graph.friends_of(node).tolist() for node in range(graph.nodes)]


def read(tmp_path: Path, text: str | bytes, name: str, **reading: object) -> FollowGraph:
    """The graph in a file of this *text*."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_follow_graph(path, Reading(**reading))[0]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["g.graphml", "g.GraphML", "g.xml", "g"])
@pytest.mark.parametrize(
    "text",
    [
        IGRAPH_GRAPHML,
        GEPHI_GRAPHML,
        IGRAPH_GRAPHML.replace(' xmlns="http://graphml.graphdrawing.org/xmlns"', ""),
        IGRAPH_GRAPHML.replace("graphdrawing.org/xmlns", "graphdrawing.org/xmlns/graphml"),
        IGRAPH_GRAPHML.replace("Created", "é").replace("UTF-8", "ISO-8859-1").encode("latin-1"),
        "\ufeff" + GEPHI_GRAPHML,
    ],
    ids=["igraph", "Gephi", "no namespace", "another namespace", "Latin-1", "BOM"],
)
def test_graphml_is_read(tmp_path: Path, text: str | bytes, name: str) -> None:
    assert friends(read(tmp_path, text, name)) == FOLLOWS


@pytest.mark.parametrize("name", ["g.gml", "G.GML", "g"])
@pytest.mark.parametrize(
    "text",
    [IGRAPH_GML, GEPHI_GML, IGRAPH_GML.replace("\n", "\r\n"), "\ufeff" + IGRAPH_GML, '# "a comment\n' + IGRAPH_GML],
    ids=["igraph", "Gephi", "CRLF", "BOM", "comment"],
)
def test_gml_is_read(tmp_path: Path, text: str, name: str) -> None:
    assert friends(read(tmp_path, text, name)) == FOLLOWS


LABELS = {
    "from 1": (1, 2, 3),
    "sparse": (5, 10**6, 10**18),
    "beyond 64 bits": (1, 2, 10**30),
    "text": ("n0", "n2", "n10"),
    "handles": ("@anna", "Ben Ek", "王"),
    "negative": (-3, 0, 4),
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
@pytest.mark.parametrize("ending", ["graphml", "gml", "csv"])
def test_labels_of_any_kind_make_no_accounts_of_their_own(
    tmp_path: Path, labels: tuple[object, object, object], ending: str
) -> None:
    one, two, three = labels
    graph = networkx.DiGraph([(two, one), (three, one), (three, two)])
    path = tmp_path / f"g.{ending}"
    if ending == "graphml":
        networkx.write_graphml(graph, path)
    elif ending == "gml":
        # In GML ids are whole numbers; networkx writes others as labels, and numbers the nodes.
        whole = graph if isinstance(one, int) else networkx.convert_node_labels_to_integers(graph, ordering="sorted")
        edges = "".join(f"edge [ source {a} target {b} ]\n" for a, b in whole.edges)
        path.write_text("graph [ directed 1\n" + "".join(f"node [ id {node} ]\n" for node in whole) + edges + "]\n")
    else:
        path.write_text("follower,followed\n" + "".join(f"{a},{b}\n" for a, b in graph.edges), encoding="utf-8")
    found, _ = read_follow_graph(path)
    assert found.nodes == 3
    assert sorted(map(len, friends(found))) == [0, 1, 2]
    if ending == "csv" or isinstance(one, int):
        assert friends(found) == FOLLOWS


def test_accounts_without_edges_are_accounts(tmp_path: Path) -> None:
    graph = networkx.DiGraph([(1, 2)])
    graph.add_nodes_from([0, 5])
    networkx.write_graphml(graph, tmp_path / "g.graphml")
    networkx.write_gml(graph, tmp_path / "g.gml")
    for name in ("g.graphml", "g.gml"):
        assert read_follow_graph(tmp_path / name)[0].nodes == 4


@pytest.mark.parametrize("announced", ["", "multigraph 0", "multigraph 1"])
def test_repeated_edges_of_gml_need_not_be_announced(tmp_path: Path, announced: str) -> None:
    path = tmp_path / "g.gml"
    edges = "edge [ source 2 target 1 ] " * 3 + "edge [ source 1 target 1 ] " * 2
    path.write_text(f"graph [ directed 1 {announced} node [ id 1 ] node [ id 2 ] {edges} ]")
    graph, said = read_follow_graph(path)
    assert friends(graph) == [[], [0]]
    assert "g.gml: repeated edges, which count once: 2" in said
    assert "g.gml: edges from an account to itself, which are left out: 2" in said


def test_repeated_edges_of_graphml_count_once(tmp_path: Path) -> None:
    edge = '<edge source="a" target="b"/>'
    text = f'<graphml><graph edgedefault="directed"><node id="a"/><node id="b"/>{edge * 3}</graph></graphml>'
    (tmp_path / "g.graphml").write_text(text)
    graph, said = read_follow_graph(tmp_path / "g.graphml")
    assert friends(graph) == [[1], []]
    assert "g.graphml: repeated edges, which count once: 2" in said


@pytest.mark.parametrize("ending", ["graphml", "gml"])
def test_undirected_graphs_are_mutual_unless_said_otherwise(tmp_path: Path, ending: str) -> None:
    graph = networkx.path_graph(3)
    path = tmp_path / f"g.{ending}"
    (networkx.write_graphml if ending == "graphml" else networkx.write_gml)(graph, path)
    assert friends(read_follow_graph(path)[0]) == [[1], [0, 2], [1]]
    follows = friends(read_follow_graph(path, Reading(direction="follower_to_followed"))[0])
    followed = friends(read_follow_graph(path, Reading(direction="followed_to_follower"))[0])
    assert sum(map(len, follows)) == sum(map(len, followed)) == 2
    assert follows != followed


@pytest.mark.parametrize(("name", "text"), [("g.graphml", IGRAPH_GRAPHML), ("g.gml", IGRAPH_GML)])
def test_attributes_are_said_not_to_be_used(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    _, said = read_follow_graph(tmp_path / name)
    unused = " ".join(line for line in said if "not used" in line)
    for word in ("nodes", "bot", "party", "edges", "weight"):
        assert word in unused


def entities(levels: int) -> str:
    """XML whose one node has a name of ten to the *levels* letters, by entities made of entities."""
    made = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, levels + 1))
    return f'<!DOCTYPE g [<!ENTITY e0 "x">{made}]><graphml><graph><node id="&e{levels};"/></graph></graphml>'


@pytest.mark.parametrize(
    "text",
    [
        entities(12),
        '<!DOCTYPE g [<!ENTITY e "' + "x" * 100_000 + '">]><graphml>' + "&e;" * 100_000 + "</graphml>",
        '<!DOCTYPE g [<!ENTITY e SYSTEM "file:///etc/hostname">]><graphml><graph>&e;</graph></graphml>',
        "<!DOCTYPE g [<!ENTITY % e \"<!ENTITY f 'x'>\"> %e;]><graphml/>",
        "<graphml>" + "<a>" * 200_000 + "</a>" * 200_000 + "</graphml>",
    ],
    ids=["nested entities", "long entity", "file", "parameter entity", "depth"],
)
def test_hostile_xml_is_refused_in_bounded_time_and_memory(tmp_path: Path, text: str) -> None:
    path = tmp_path / "g.graphml"
    path.write_text(text)
    del text
    size = path.stat().st_size
    tracemalloc.start()
    started = time.monotonic()
    with pytest.raises(ValueError, match=r"g\.graphml: line 1: (it defines an entity|more than 50 elements)"):
        read_follow_graph(path)
    assert time.monotonic() - started < 5
    assert tracemalloc.get_traced_memory()[1] < 4 * size + 2**20
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("g.graphml", "", ["it is empty"]),
        ("g.graphml", "hello", ["line 1"]),
        ("g.graphml", "<graphml><graph>", ["line 1", "no element found"]),
        ("g.graphml", "<graphml>\n<graph>\n</gruph>", ["line 3", "mismatched tag"]),
        ("g.graphml", "<html><body>Not found</body></html>", ["<html>", "<graphml>"]),
        ("g.xml", "<gexf/>", ["<gexf>", "networkx.read_gexf"]),
        ("g.graphml", "<graphml/>", ["no <graph>"]),
        ("g.graphml", '<graphml><graph edgedefault="directed"><node id="a"/></graph></graphml>', ["no edges"]),
        ("g.graphml", '<graphml><graph>\n<node/></graph></graphml>', ["line 2", "<node> has no id"]),
        ("g.graphml", '<graphml><graph>\n<edge source="a"/></graph></graphml>', ["line 2", "<edge> has no target"]),
        ("g.graphml", '<graphml><graph/><graph/></graphml>', ["second graph"]),
        ("g.graphml", '<graphml><graph edgedefault="directed"><hyperedge/></graph></graphml>', ["hyperedges"]),
        ("g.graphml", IGRAPH_GRAPHML.replace(">0.5<", ">heavy<"), ["weight", "n2 to n0", "'heavy'"]),
        ("g.gml", "", ["it is empty"]),
        ("g.gml", "graph 5", ["graph [ … ]"]),
        ("g.gml", "hello", ["g.gml"]),
        ("g.gml", "graph [ node 5 edge 6 ]", ["node [ id … ]"]),
        ("g.gml", "graph [ node [ id [ a 1 ] ] ]", ["node [ id … ]"]),
        ("g.gml", "graph [ node [ label 1 ] edge [ source 0 target 1 ] ]", ["node #0", "'id'"]),
        ("g.gml", "graph [ node [ id 0", ["found EOF at (2, 1)"]),
        ("g.gml", "graph [\n node [ id 0 ]\n ] ]", ["(3, 4)"]),
        ("g.gml", "graph [ node [ id 0 ] node [ id 0 ] ]", ["node id 0 is duplicated"]),
        ("g.gml", "graph [ directed 1 node [ id 0 ] edge [ source 0 target 7 ] ]", ["undefined target 7"]),
        ("g.gml", 'graph [ directed 1 node [ id 0 label "a" ] ]', ["no edges"]),
        ("g.gml", "graph [ node [ id 0.5 ] node [ id 1.5 ] edge [ source 0.5 target 1.5 ] ]", ["0.5", "whole numbers"]),
        ("g.gml", f"graph [ node [ id {'9' * 5000} ] ]", ["g.gml"]),
        ("g.gml", "graph [ a " + "[ a " * 3000 + "]" * 3000 + " ]", ["line 1", "50 lists"]),
        ("g.gml", "\n" + "graph [ node [ id [ " * 3000, ["50 lists"]),
        ("g.gml", "graph [ ] graph [ ]", ["more than one graph"]),
        ("g.gml", IGRAPH_GML.replace("1.5e+10", '"heavy"'), ["weight", "2 to 0", "'heavy'"]),
        ("g.gml", b"graph [ node [ id 0\n label \"\xff\" ] ]", ["line 2", "UTF-8"]),
    ],
)  # fmt: skip
def test_broken_graphs_are_explained(tmp_path: Path, name: str, text: str | bytes, words: list[str]) -> None:
    with pytest.raises(ValueError, match=r"/g\.") as raised:
        read(tmp_path, text, name)
    for word in [*words, "GraphML, GML"]:
        assert word in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1
