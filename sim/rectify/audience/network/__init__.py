"""Messages in feeds of finite length on a follow graph, as in Truong et al. 2025; and follow graphs, grown or read."""

from rectify.audience.network.edges import Reading
from rectify.audience.network.graph_files import read_follow_graph
from rectify.audience.network.graphs import FollowGraph, configuration_model, random_walk_growth
from rectify.audience.network.message_network import MessageNetwork
from rectify.audience.network.rules import FeedRules
from rectify.audience.network.streams import NetworkStream

__all__ = [
    "FeedRules",
    "FollowGraph",
    "MessageNetwork",
    "NetworkStream",
    "Reading",
    "configuration_model",
    "random_walk_growth",
    "read_follow_graph",
]
