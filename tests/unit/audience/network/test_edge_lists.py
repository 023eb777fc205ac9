"""Edge lists in text: any delimiter, any names of columns, and what is refused with its line and the key to set."""

from __future__ import annotations

from pathlib import Path

import pytest

from rectify.audience.network import FollowGraph, Reading, read_follow_graph

FOLLOWS = [[], [0], [0, 1]]
"""Of the accounts 5, 7 and 12, or of their like: 7 follows 5, and 12 follows both."""


def friends(graph: FollowGraph) -> list[list[int]]:
    """Whom each account follows."""
    return [graph.friends_of(node).tolist() for node in range(graph.nodes)]


def read(tmp_path: Path, text: str | bytes, name: str = "edges.csv", **reading: object) -> FollowGraph:
    """The graph in a file of this *text*."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_follow_graph(path, Reading(**reading))[0]  # type: ignore[arg-type]


DELIMITED = {
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    "pipe": "|",
    "space": " ",
    "blanks": "   ",
}


@pytest.mark.parametrize("mark", DELIMITED.values(), ids=DELIMITED)
@pytest.mark.parametrize("header", [True, False], ids=["header", "headerless"])
@pytest.mark.parametrize("more", [0, 2], ids=["two columns", "four columns"])
def test_delimiters_are_found(tmp_path: Path, mark: str, header: bool, more: int) -> None:
    rows = [["Source", "Target", "since", "Label"][: 2 + more]] if header else []
    rows += [[*ends, "2009", "x"][: 2 + more] for ends in (["7", "5"], ["12", "5"], ["12", "7"])]
    assert friends(read(tmp_path, "\n".join(mark.join(row) for row in rows) + "\n")) == FOLLOWS


@pytest.mark.parametrize(
    ("follower", "followed"),
    [
        ("follower", "followed"),
        ("Follower", "Followee"),
        ("follower_id", "followed_id"),
        ("Source", "Target"),
        ("SOURCE ID", "TARGET ID"),
        ("src", "dst"),
        ("src", "dest"),
        ("from", "to"),
        ("FromNodeId", "ToNodeId"),
    ],
)
@pytest.mark.parametrize("order", [1, -1], ids=["as said", "turned"])
def test_usual_names_are_known_in_any_order(tmp_path: Path, follower: str, followed: str, order: int) -> None:
    rows = [(follower, followed), (7, 5), (12, 5), (12, 7)]
    text = "".join(",".join(map(str, row[::order])) + "\n" for row in rows)
    assert friends(read(tmp_path, text)) == FOLLOWS


ROWS = "7,5\n12,5\n12,7\n"


@pytest.mark.parametrize(
    "text",
    [
        "# Directed graph\n# Nodes: 3 Edges: 3\n# FromNodeId\tToNodeId\n7\t5\n12\t5\n12 \t7\n",
        "# ToNodeId FromNodeId\n5 7\n5 12\n7 12\n",
        "% asym unweighted\n% 3 3 3\n7 5\n12 5\n12 7\n",
        "\n\n# a comment\n\n7,5\n\n12,5\n12,7\n\n",
        "sep=;\nfollower;followed\n7;5\n12;5\n12;7\n",
        "\ufefffollower,followed\n" + ROWS,
        ",follower,followed\n0,7,5\n1,12,5\n2,12,7\n",
        "Unnamed: 0,follower,followed\n0,7,5\n1,12,5\n2,12,7\n",
        '"follower","followed"\n"7","5"\n"12","5"\n"12","7"\n',
        " follower , followed \n 7 , 5\n12, 5\n 12,7\n",
        ("follower,followed\n" + ROWS).replace("\n", "\r\n"),
        ("follower,followed\n" + ROWS).encode("utf-16"),
        "Source,Target,Type,Id,Weight\n7,5,Directed,0,1.0\n12,5,Directed,1,1e-3\n12,7,Directed,2,\n",
        "Source;Target;Weight\n7;5;0,5\n12;5;1,5\n12;7;2\n",
        "7 5 0,5\n12 5 1,5\n12 7 2,5\n",
        "follower,followed\n7.0,5\n12.0,5.0\n12,7.00\n",
    ],
    ids=[
        "SNAP", "SNAP turned", "KONECT", "blank lines", "sep=", "BOM", "pandas index", "pandas index named", "quoted",
        "blanks around", "CRLF", "UTF-16", "Gephi", "decimal commas", "decimal commas and blanks", "fractions",
    ],
)  # fmt: skip
def test_dialects_give_one_graph(tmp_path: Path, text: str | bytes) -> None:
    assert friends(read(tmp_path, text)) == FOLLOWS


@pytest.mark.parametrize("name", ["e.csv", "E.CSV", "e.txt", "e.tsv", "e.edges", "out.wiki", "edges"])
def test_names_of_files_are_no_matter(tmp_path: Path, name: str) -> None:
    assert friends(read(tmp_path, "follower,followed\n" + ROWS, name)) == FOLLOWS


def test_a_row_of_accounts_is_no_header_where_one_comes_again(tmp_path: Path) -> None:
    """An account that follows, or is followed, twice: no name of a column does."""
    assert friends(read(tmp_path, "n7,n5\nn12,n5\nn12,n7\n")) == FOLLOWS
    late = "".join(f"x{number},y{number}\n" for number in range(3000))
    assert read(tmp_path, f"anna,ben\n{late}carl,anna\n").nodes == 6003


@pytest.mark.parametrize(
    "reading",
    [
        {"follower_column": "user", "followed_column": "friend"},
        {"follower_column": "USER", "followed_column": "Friend"},
        {"follower_column": "user", "followed_column": "friend", "delimiter": ","},
        {"follower_column": "user", "followed_column": "friend", "delimiter": "comma"},
    ],
)
def test_columns_can_be_named(tmp_path: Path, reading: dict[str, object]) -> None:
    assert friends(read(tmp_path, "friend,since,user\n5,1,7\n5,1,12\n7,1,12\n", **reading)) == FOLLOWS


def test_columns_can_be_numbered_where_there_is_no_header(tmp_path: Path) -> None:
    text = "0,5,7\n1,5,12\n2,7,12\n"
    assert friends(read(tmp_path, text, follower_column=3, followed_column=2)) == FOLLOWS
    assert friends(read(tmp_path, "anna,ben\ncarl,dora\n", follower_column=1, followed_column=2)) == [[1], [], [3], []]


@pytest.mark.parametrize(
    ("delimiter", "mark"), [("::", "::"), ("tab", "\t"), (r"\t", "\t"), (" ", "  "), ("space", " "), ("^", "^")]
)
def test_delimiters_can_be_given(tmp_path: Path, delimiter: str, mark: str) -> None:
    text = "follower,followed\n7,5\n12,5\n12,7\n".replace(",", mark)
    assert friends(read(tmp_path, text, delimiter=delimiter)) == FOLLOWS


def test_blanks_within_ids_stay_where_the_delimiter_is_given(tmp_path: Path) -> None:
    text = "Jane Doe,John Smith\nAnn Lee,John Smith\n"
    assert friends(read(tmp_path, text, delimiter="comma")) == [[2], [2], []]


@pytest.mark.parametrize(
    ("text", "reading", "words"),
    [
        ("user,friend\n1,2\n", {}, ["user, friend", "audience.follower_column", "audience.followed_column"]),
        ("follower,to\n0,1\n", {}, ["follower, to", "audience.follower_column"]),
        ("source,target,from,to\n1,2,3,4\n", {}, ["source, target, from, to", "audience.follower_column"]),
        ("follower,followed,followed\n1,2,3\n", {}, ["audience.follower_column"]),
        ("anna,ben\ncarl,dora\n", {}, ["anna, ben", "1 and 2", "header"]),
        ("anna,ben\n", {}, ["anna, ben", "audience.follower_column"]),
        (",a,b\n0,1,2\n1,2,3\n", {}, ["audience.follower_column"]),
        ("0,5,7\n1,6,8\n2,5,8\n", {}, ["number of the row", "audience.follower_column"]),
        ("Jane Doe,John Smith\nAnn Lee,Bo Ek\n", {}, ["comma or by space", "audience.delimiter"]),
        ("user,friend\n1,2\n", {"follower_column": "usr", "followed_column": "friend"},
         ["audience.follower_column", "'usr'", "user, friend"]),
        ("1,2\n3,4\n", {"follower_column": 1, "followed_column": 3}, ["audience.followed_column", "3", "there are 2"]),
        ("1,2\n3,4\n", {"follower_column": 0, "followed_column": 1}, ["audience.follower_column", "0"]),
        ("a,b\n3,4\n", {"follower_column": "a", "followed_column": "a"}, ["same column"]),
        ("follower,followed\n1,2\n", {"delimiter": ";"}, ["audience.delimiter", "';'", "follower,followed"]),
        ("follower\n1\n2\n", {}, ["one column"]),
        ("1\n2\n", {}, ["one column"]),
        ("1\n2 3\n4 5\n", {}, ["first row has one column"]),
        ("follower,followed\n1,2\n1,2,3\n", {}, ["line 3", "3 columns"]),
        ("# one\n\nfollower,followed\n1,2\n\n3\n4,5\n", {}, ["followed", "1 empty", "line 6"]),
        ("1,2\n,3\n", {}, ["column 1", "line 2"]),
        ("follower,followed\n1,\n2,\n", {}, ["followed", "2 empty", "line 2"]),
        ('follower,followed\n1,2\n"3,4\n', {}, ["quotation mark"]),
        ("source,target,weight\n1,2,1\n1,3,heavy\n", {}, ["weight", "line 3", "'heavy'", "number"]),
        ("follower,followed\n", {}, ["no edges"]),
        ("# nothing\n", {}, ["no rows"]),
        ("follower,followed\n1,1\n", {}, ["from a node to itself"]),
        (b"follower,followed\n1,2\ncaf\xe9,3\n", {}, ["line 3", "UTF-8"]),
        (f"{'a' * 5000},b\n{'a' * 5000},c\n", {}, ["5,000 characters"]),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_explained(
    tmp_path: Path, text: str | bytes, reading: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(ValueError, match=r"/edges\.csv: ") as raised:
        read(tmp_path, text, **reading)
    for word in words:
        assert word in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def test_unused_columns_are_said(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("follower,followed,since,weight\n1,2,2009,1\n")
    assert "e.csv: not used: columns since, weight" in read_follow_graph(tmp_path / "e.csv")[1]
    (tmp_path / "e.txt").write_text("5 6 2009\n7 6 2010\n")
    _, said = read_follow_graph(tmp_path / "e.txt")
    assert said == ("e.txt: 2 follows among 3 accounts; column 1 follows column 2", "e.txt: not used: column 3")


@pytest.mark.parametrize(
    ("text", "edges"),
    [
        ("# Undirected graph: x.txt\n# FromNodeId\tToNodeId\n1\t2\n2\t3\n", [[1], [0, 2], [1]]),
        ("% sym unweighted\n1 2\n2 3\n", [[1], [0, 2], [1]]),
        ("Source,Target,Type\n1,2,Undirected\n2,3,undirected\n", [[1], [0, 2], [1]]),
        ("Source,Target,Type\n1,2,Undirected\n2,3,Directed\n", [[1], [0, 2], []]),
        ("Source,Target,Type\n1,2,fan\n2,3,friend\n", [[1], [2], []]),
    ],
    ids=["SNAP", "KONECT", "Gephi", "Gephi, mixed", "another type"],
)
def test_edges_without_direction_are_mutual(tmp_path: Path, text: str, edges: list[list[int]]) -> None:
    assert friends(read(tmp_path, text)) == edges
