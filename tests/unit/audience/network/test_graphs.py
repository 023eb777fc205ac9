"""Follow graphs: built from edges, grown by random walk, matched by degree."""

from __future__ import annotations

import networkx
import numpy as np
import pytest

from rectify.audience.network import FollowGraph, configuration_model, random_walk_growth


def is_sound(graph: FollowGraph) -> bool:
    for node in range(graph.nodes):
        friends = graph.friends_of(node)
        if (
            (np.diff(friends) <= 0).any()
            or (friends == node).any()
            or not ((friends >= 0) & (friends < graph.nodes)).all()
        ):
            return False
    return graph.offsets[0] == 0 and graph.offsets[-1] == graph.edges


def test_edges_are_sorted_and_counted_once() -> None:
    graph = FollowGraph.from_edges(np.array([2, 0, 2, 2]), np.array([1, 2, 0, 1]), 5)
    assert graph.offsets.tolist() == [0, 1, 1, 3, 3, 3]
    assert graph.friends.tolist() == [2, 0, 1]
    assert graph.follower_counts().tolist() == [1, 1, 1, 0, 0]
    assert graph.followers().tolist() == [0, 2, 2]


@pytest.mark.parametrize(
    ("followers", "followed", "nodes", "message"),
    [
        ([], [], None, "no edges"),
        ([0, 1], [1], None, "one length"),
        ([0.5], [1.0], None, "integer"),
        ([0, -1], [1, 0], None, "negative id -1"),
        ([0], [7], 5, "id 7 is too high"),
        ([0, 3], [1, 3], None, "the first is 3"),
    ],
)
def test_broken_edges_are_refused(
    followers: list[float], followed: list[float], nodes: int | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        FollowGraph.from_edges(np.array(followers), np.array(followed), nodes)


@pytest.mark.parametrize(
    ("nodes", "follows", "probability"), [(1000, 3, 0.5), (200, 20, 1.0), (60, 59, 0.3), (500, 1, 0.9)]
)
def test_grown_graph_follows_its_rule(nodes: int, follows: int, probability: float) -> None:
    graph = random_walk_growth(1, nodes, follows, probability)
    assert is_sound(graph)
    degrees = np.diff(graph.offsets)
    assert (degrees[:follows] == follows - 1).all()
    assert (degrees[follows:] == follows).all()
    for node in range(follows, nodes):
        assert graph.friends_of(node).max() < node
    assert (random_walk_growth(1, nodes, follows, probability).friends == graph.friends).all()


def test_small_graph_is_a_clique() -> None:
    graph = random_walk_growth(1, 3, 5)
    assert [graph.friends_of(node).tolist() for node in range(3)] == [[1, 2], [0, 2], [0, 1]]


def test_friends_of_friends_close_triangles() -> None:
    def clustering(probability: float) -> float:
        graph = random_walk_growth(4, 600, 4, probability)
        return networkx.average_clustering(networkx.Graph(zip(graph.followers(), graph.friends, strict=True)))

    assert clustering(0.0) < 0.1 < clustering(0.5) < clustering(1.0)


@pytest.mark.parametrize(("nodes", "follows", "probability"), [(0, 3, 0.5), (10, 0, 0.5), (10, 3, 1.5)])
def test_growth_refuses_bad_parameters(nodes: int, follows: int, probability: float) -> None:
    with pytest.raises(ValueError, match="must"):
        random_walk_growth(1, nodes, follows, probability)


def test_matched_degrees_follow_their_power_laws() -> None:
    graph = configuration_model(5, 20_000, 10.0, follower_exponent=2.8, followed_exponent=3.5)
    assert is_sound(graph)
    assert 9.0 < graph.edges / graph.nodes <= 10.5
    for counts, exponent in ((graph.follower_counts(), 2.8), (np.diff(graph.offsets), 3.5)):
        # The continuous law's maximum-likelihood exponent above a bound, after Clauset, Shalizi and Newman 2009.
        bound = 20
        tail = counts[counts >= bound]
        estimate = 1 + tail.size / np.log(tail / (bound - 0.5)).sum()
        assert estimate == pytest.approx(exponent, abs=0.2)


def test_one_side_may_be_longer() -> None:
    graph = configuration_model(6, 50, 3.0, 2.1, 2.1)
    assert is_sound(graph)


@pytest.mark.parametrize(
    "arguments",
    [(1, 1.0, 2.5, 2.5), (10, 0.0, 2.5, 2.5), (10, 10.0, 2.5, 2.5), (10, 3.0, 2.0, 2.5), (10, 3.0, 2.5, 1.9)],
)
def test_matching_refuses_bad_parameters(arguments: tuple[int, float, float, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        configuration_model(1, *arguments)
