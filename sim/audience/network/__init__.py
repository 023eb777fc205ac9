"""The message-level audience: feeds of finite length on a follow graph, as in Truong et al. 2025."""

from sim.audience.network.diffusion import DiffusionParameters, MessageDiffusion
from sim.audience.network.edge_lists import from_edge_list
from sim.audience.network.fading import Fading
from sim.audience.network.graphs import FollowGraph, configuration_model, random_walk_growth
from sim.audience.network.messages import MessageTable
from sim.audience.network.records import COLUMNS, StepRecords
from sim.audience.network.streams import NetworkStream

__all__ = [
    "COLUMNS",
    "DiffusionParameters",
    "Fading",
    "FollowGraph",
    "MessageDiffusion",
    "MessageTable",
    "NetworkStream",
    "StepRecords",
    "configuration_model",
    "from_edge_list",
    "random_walk_growth",
]
