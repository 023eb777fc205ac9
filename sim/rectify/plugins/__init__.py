"""Plug-ins: mechanisms of anybody's, in a module of their own, that enter by the same door as Rectify's.

A module says what it brings in ``PLUGIN = Plugin(...)``. This package holds all that such a module needs::

    from rectify.plugins import Params, Plugin, Setup, before, kernel, stream, uncertainty
"""

from rectify.core.draws import fill_first_uniforms, fill_uniforms, uniform, uniforms
from rectify.core.due import WORK_BLOCK, work_blocks
from rectify.core.groups import group
from rectify.core.kernel import Index, device, kernel
from rectify.core.params import Params, lever, size, uncertainty
from rectify.core.table import Array, Column
from rectify.detection.channel import Channel, Effort
from rectify.metrics.metric import Metric, of_platforms, share, share_with_total, tally
from rectify.plugins.loading import allow_plugins, load_plugins, loaded_plugins
from rectify.plugins.plugin import API, Outcome, Plugin, PluginError, after, before, instead_of, stream
from rectify.world.setup import Setup
from rectify.world.turn import Turn
from rectify.world.world import World

__all__ = [
    "API",
    "WORK_BLOCK",
    "Array",
    "Channel",
    "Column",
    "Effort",
    "Index",
    "Metric",
    "Outcome",
    "Params",
    "Plugin",
    "PluginError",
    "Setup",
    "Turn",
    "World",
    "after",
    "allow_plugins",
    "before",
    "device",
    "fill_first_uniforms",
    "fill_uniforms",
    "group",
    "instead_of",
    "kernel",
    "lever",
    "load_plugins",
    "loaded_plugins",
    "of_platforms",
    "share",
    "share_with_total",
    "size",
    "stream",
    "tally",
    "uncertainty",
    "uniform",
    "uniforms",
    "work_blocks",
]
