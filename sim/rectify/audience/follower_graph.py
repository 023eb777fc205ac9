"""The follow graph over the accounts: its parameters, and how it is laid over the population on day 0."""

from __future__ import annotations

from typing import Literal

import numpy as np

from rectify.audience.graph_file_params import GraphFileParams, graph_of_file
from rectify.audience.network import FeedRules, FollowGraph, MessageNetwork, configuration_model, random_walk_growth
from rectify.core.errors import ConfigError, UserError
from rectify.core.notes import note
from rectify.core.params import lever, uncertainty
from rectify.world.accounts import Accounts

BYTES_PER_ROW = 200
"""Memory of a row besides its feed and its follows, its messages included."""


class FollowerNetworkParams(GraphFileParams, FeedRules):
    """A follow graph over the accounts, and feeds of finite length."""

    form: Literal["follower_network"] = "follower_network"
    graph: Literal["random_walk", "configuration_model", "file"] = "random_walk"
    k: int = uncertainty("accounts", "Accounts that each follows in a random-walk graph, and newcomers.", ge=1, le=1000)
    friend_probability: float = uncertainty("share", "Follows that go to friends of the first one.", ge=0, le=1)
    mean_degree: float = uncertainty("accounts", "Mean followers in a configuration model.", gt=0, le=10000)
    follower_exponent: float = uncertainty("exponent", "Power law of followers there.", gt=2, le=10)
    followed_exponent: float = uncertainty("exponent", "Power law of accounts followed there.", gt=2, le=10)
    spare_follows: int = uncertainty("accounts", "Follows an account takes up before old ones go.", ge=1, le=1000)
    mu: float = uncertainty("share", "Acts that write a message instead of resharing one.", gt=0, le=1)
    people_per_row: float = uncertainty("people", "Readers that one row stands for.", gt=0, le=1e9)
    follow_per_view: float = lever(
        "probability", "That a reader who comes across an account it does not follow yet follows it.", ge=0, le=1
    )


def memory_needed(params: FollowerNetworkParams, rows: int) -> int:
    """Bytes that feeds, follows and messages of that many account rows take, roughly."""
    if params.graph == "file":
        follows = graph_of_file(params)[0].edges / rows
    else:
        follows = max(params.k, params.mean_degree if params.graph == "configuration_model" else 0)
    return int(rows * (BYTES_PER_ROW + 10 * params.feed_length + 16 * (follows + params.spare_follows)))


def _grown(params: FollowerNetworkParams, nodes: int, seed: int) -> FollowGraph:
    try:
        if params.graph == "random_walk":
            return random_walk_growth(seed, nodes, params.k, params.friend_probability)
        return configuration_model(seed, nodes, params.mean_degree, params.follower_exponent, params.followed_exponent)
    except ValueError as error:
        raise UserError(f"audience: {error}") from None


def _read(params: FollowerNetworkParams, rows: int) -> FollowGraph:
    """The graph in a file, for so many open rows; says how it was read, and how many of these it names."""
    graph, remarks = graph_of_file(params)
    if graph.nodes > rows:
        raise ConfigError(
            [
                f"audience.file: {graph.nodes:,} accounts, but only {rows:,} are open at the start; "
                "population.accounts=graph makes as many"
            ]
        )
    for remark in remarks:
        note(remark)
    if graph.nodes < rows:
        note(
            f"audience.file: the graph names {graph.nodes:,} of {rows:,} accounts that are open at the start; the "
            "others begin without follows (population.accounts=graph leaves them out)"
        )
    return graph


def build_network(params: FollowerNetworkParams, accounts: Accounts, seed: int) -> MessageNetwork:
    """Lay the graph over the accounts open on day 0: the most followed node is the account of largest natural audience.

    Raises :class:`UserError` for a graph file that cannot be read, or has more accounts than are open. Says how a file
    was read as notes.
    """
    rows = np.flatnonzero(accounts.opened_on < 0)
    if len(rows) < 2:
        raise UserError("population.accounts: a follower network needs at least two accounts open at the start")
    graph = _read(params, len(rows)) if params.graph == "file" else _grown(params, len(rows), seed)
    by_audience = rows[np.argsort(-accounts.natural_audience[rows], kind="stable")]
    row_of = np.empty(graph.nodes, np.int64)
    row_of[np.argsort(-graph.follower_counts(), kind="stable")] = by_audience[: graph.nodes]
    laid = FollowGraph.from_edges(row_of[graph.followers()], row_of[graph.friends], len(accounts))
    return MessageNetwork(laid, params, seed, params.k + params.spare_follows)
