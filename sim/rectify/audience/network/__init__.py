"""The message-level audience: feeds of finite length on a follow graph, as in Truong et al. 2025."""

from rectify.audience.network.diffusion import DiffusionParameters, MessageDiffusion
from rectify.audience.network.edges import Reading
from rectify.audience.network.fading import Fading
from rectify.audience.network.graph_files import read_follow_graph
from rectify.audience.network.graphs import FollowGraph, configuration_model, random_walk_growth
from rectify.audience.network.messages import MessageTable
from rectify.audience.network.records import COLUMNS, StepRecords
from rectify.audience.network.streams import NetworkStream

__all__ = [
    "COLUMNS",
    "DiffusionParameters",
    "Fading",
    "FollowGraph",
    "MessageDiffusion",
    "MessageTable",
    "NetworkStream",
    "Reading",
    "StepRecords",
    "configuration_model",
    "random_walk_growth",
    "read_follow_graph",
]
