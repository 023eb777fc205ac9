"""The state of a run: all that a day can have changed, taken down, and put back into a new model.

The clock is wound forward first: a new model is stepped without simulating, so that the campaigns' dated events have
happened as they did. Then every attribute that is state is put back as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from rectify.actors.office import Office
from rectify.actors.platform import Platform
from rectify.core.schedule import KeepsState, Schedule
from rectify.core.state import State, get_attributes, plain, restored, set_attributes
from rectify.metrics.recorder import Recorder
from rectify.world.world import World

OF_THE_WORLD = ("policy", "calendar", "seed", "scale", "active_campaigns", "counters", "conditions", "channel_rows")
"""Attributes of the world that the configuration gives, or that have a form of their own."""

OF_THE_RECORD = ("policy", "first_day", "counter_places", "column_places", "in_block")
"""Attributes of the recorder's record that the configuration gives."""

OF_AGENTS = (
    "model",
    "world",
    "unique_id",
    "pos",
    "row",
    "name",
    "params",
    "pressure_params",
    "reach",
    "calendar",
    "programme",
)
"""Attributes of platforms and offices that the configuration gives."""


class Run(Protocol):
    """What of a model its state is taken from."""

    world: World
    platforms: Sequence[Platform]
    offices: Sequence[Office]
    schedule: Schedule
    recorder: Recorder

    @property
    def day(self) -> int:
        """Days simulated so far."""

    def wind_to(self, day: int) -> None:
        """Let the clock go on to *day* without simulating."""


def get_state(model: Run) -> State:
    """Everything that a day can have changed."""
    world = model.world
    return {
        "day": model.day,
        "world": get_attributes(world, OF_THE_WORLD) | {"conditions": get_attributes(world.conditions)},
        "campaigns": [campaign.name for campaign in world.active_campaigns],
        "platforms": [_of_agent(platform) for platform in model.platforms],
        "offices": [_of_agent(office) for office in model.offices],
        "record": _of_recorder(model.recorder),
        "processes": [process.get_state() if isinstance(process, KeepsState) else {} for process in model.schedule],
    }


def _of_agent(agent: Any) -> State:
    # Mesa's own attributes begin with an underscore.
    return get_attributes(agent, {*OF_AGENTS, *(name for name in vars(agent) if name.startswith("_"))})


def _of_recorder(recorder: Recorder) -> State:
    return {
        "days": get_attributes(recorder.record, OF_THE_RECORD),
        "observed": plain(recorder.observed, "observed"),
    }


def set_state(model: Run, state: State) -> None:
    """Set a new *model* to *state*; it must have been built from a configuration that is equal up to that day."""
    model.wind_to(state["day"])
    world = model.world
    parts = dict(state["world"])
    set_attributes(world.conditions, parts.pop("conditions"))
    set_attributes(world, parts)
    for agents, states in ((model.platforms, state["platforms"]), (model.offices, state["offices"])):
        for agent, own in zip(agents, states, strict=True):
            set_attributes(agent, own)
    day = state["day"]
    for office in model.offices:
        office.resume(day)
    programmes = [campaign for office in model.offices for campaign in office.programme]
    named = {campaign.name: campaign for campaign in programmes if campaign.opens < day < campaign.closes + 1.5}
    world.active_campaigns[:] = [named[name] for name in state["campaigns"]]
    set_attributes(model.recorder.record, state["record"]["days"])
    restored(model.recorder.observed, state["record"]["observed"])
    for process, own in zip(model.schedule, state["processes"], strict=True):
        if isinstance(process, KeepsState):
            process.set_state(own)
