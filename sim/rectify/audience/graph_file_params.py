"""A follow graph that is read from a file: the parameters that say which file, and how to understand it."""

from __future__ import annotations

import re
from functools import lru_cache

from pydantic import Field, StrictInt, field_validator, model_validator

from rectify.audience.network import FollowGraph, Reading, read_follow_graph
from rectify.audience.network.edge_lists import DELIMITERS
from rectify.audience.network.edges import Direction
from rectify.core.errors import ConfigError
from rectify.core.inputs import InputFile
from rectify.core.params import Params

READING = ("follower_column", "followed_column", "delimiter", "direction")
"""Fields that say how a file is read, and nothing where none is."""


class GraphFileParams(Params):
    """Base of audiences whose follow graph may come from a file, with ``graph: file``."""

    graph: str
    file: InputFile | None = Field(
        default=None,
        description="With graph: file, the edge list (text, CSV, Parquet) or graph (GraphML, GML) to read.",
    )
    follower_column: str | StrictInt | None = Field(
        default=None,
        description="Column of an edge list that holds who follows: its name, or its number from 1 where the file has "
        "no header row; null: found by names in use.",
    )
    followed_column: str | StrictInt | None = Field(
        default=None, description="Column that holds who is followed; given along with follower_column."
    )
    delimiter: str | None = Field(
        default=None, description=f"Between columns of text: {', '.join(DELIMITERS)}, or itself; null: found."
    )
    direction: Direction | None = Field(
        default=None,
        description="What an edge from A to B says: A follows B, the other way round, or both; null: as the file says, "
        "and A follows B where it does not.",
    )

    @field_validator("delimiter")
    @classmethod
    def _parts_columns(cls, value: str | None) -> str | None:
        named = value is None or value in DELIMITERS or value == r"\t"
        if not named and not re.fullmatch(r"[^\w\"'\n\r.+-]{1,8}", value or ""):
            raise ValueError(f"must be one of {', '.join(DELIMITERS)}, or a mark that is no part of an id")
        return value

    @model_validator(mode="after")
    def _a_file_where_one_is_read(self) -> GraphFileParams:
        if (self.graph == "file") != (self.file is not None):
            raise ValueError("file: give one where graph is 'file', and only there")
        given = [name for name in READING if getattr(self, name) is not None]
        if given and self.graph != "file":
            raise ValueError(f"{given[0]}: says how a file is read, and graph is {self.graph!r}")
        columns = self.follower_column, self.followed_column
        if (columns[0] is None) != (columns[1] is None) or isinstance(columns[0], int) != isinstance(columns[1], int):
            raise ValueError("follower_column: give it and followed_column together, both as names or both as numbers")
        if columns[0] is not None and self.direction == "followed_to_follower":
            raise ValueError("direction: the columns already say who follows whom; give them the other way round")
        return self

    def without_effect(self) -> set[str]:
        """How a file would be read, where none is."""
        return set() if self.graph == "file" else set(READING)

    @property
    def reading(self) -> Reading:
        """How to understand the file."""
        return Reading(self.follower_column, self.followed_column, self.delimiter, self.direction)


def graph_of_file(params: GraphFileParams) -> tuple[FollowGraph, list[str]]:
    """The graph in the file that *params* name, and what to say of it, a line each.

    Raises :class:`ConfigError` for a file that cannot be read, or is no longer the one that was named.
    """
    assert params.file is not None
    try:
        params.file.verify()
        graph, remarks = _read(params.file, params.reading)
    except ValueError as error:
        raise ConfigError([f"audience.file: {error}"]) from None
    return graph, [f"audience.file: {remark}" for remark in remarks]


@lru_cache(maxsize=2)
def _read(file: InputFile, reading: Reading) -> tuple[FollowGraph, tuple[str, ...]]:
    """Kept, for the runs of a study that share a graph."""
    found = read_follow_graph(file.path, reading)
    file.verify()
    return found
