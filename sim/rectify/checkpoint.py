"""Checkpoints: the whole state of a run on a day, from which it, or another that is equal up to that day, goes on.

The clock is wound forward first: a new model is stepped without simulating, so that the campaigns' dated events have
happened as they did. Then every attribute that is state is put back as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rectify.configuration.run_config import RunConfig
from rectify.core.errors import UserError
from rectify.core.formats import CHECKPOINT
from rectify.core.formats import KEY as FORMAT
from rectify.core.inputs import changed_inputs
from rectify.core.kernel import source_digest
from rectify.core.schedule import KeepsState
from rectify.core.state import State, get_attributes, plain, read_state, restored, set_attributes, write_state
from rectify.metrics.recorder import Recorder
from rectify.model import RectificationModel

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


def get_state(model: RectificationModel) -> State:
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


def set_state(model: RectificationModel, state: State) -> None:
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


@dataclass(frozen=True)
class Checkpoint:
    """A file that a run of *config* is saved to, and goes on from."""

    path: Path
    config: RunConfig

    def save(self, model: RectificationModel) -> None:
        """Write the state of *model*, in one step."""
        write_state(self.path, {"of": self._origin(), "state": get_state(model)})

    def load(self, model: RectificationModel) -> int:
        """Set a new *model* to what was saved; the days simulated by then.

        Raises :class:`UserError` where the file is damaged, of a format that is not known, or of other sources of
        Rectify, another configuration or another seed.
        """
        saved, origin = read_state(self.path), self._origin()
        of = saved.get("of") if isinstance(saved, dict) else None
        if not isinstance(of, dict) or "state" not in saved:
            raise UserError(f"{self.path}: not the checkpoint of a run")
        CHECKPOINT.check(of.get(FORMAT), self.path)
        if any(of.get(name) != origin[name] for name in ("identity", "seed", "sources")):
            self._refuse_changed_inputs(of)
            raise UserError(f"{self.path}: of other sources of Rectify, another configuration or another seed")
        set_state(model, saved["state"])
        return int(saved["state"]["day"])

    def check_inputs(self) -> None:
        """Raise :class:`UserError` where this file is of the same run, but for input files that have changed since."""
        self._refuse_changed_inputs(read_state(self.path, "of"))

    def _refuse_changed_inputs(self, saved: State) -> None:
        origin = self._origin()
        if any(saved.get(name) != origin[name] for name in ("but_for_inputs", "seed")):
            return
        lines = changed_inputs(saved["inputs"], origin["inputs"], f"{self.path} was written")
        if lines:
            raise UserError("\n".join(lines) + f". Put it back to go on; to begin anew: rm {self.path}")

    def _origin(self) -> State:
        return {
            FORMAT: CHECKPOINT.version,
            "identity": self.config.identity,
            "seed": str(self.config.seed),
            "sources": source_digest(),
            "but_for_inputs": self.config.identity_but_for_inputs,
            "inputs": [[key, file.path, file.sha256] for key, file in self.config.inputs.items()],
        }


def save_state(model: RectificationModel, path: str | Path) -> None:
    """Write the state of *model* to *path* (a NumPy archive, ``.npz``), to go on from with :func:`restore`."""
    Checkpoint(Path(path), model.config).save(model)


def restore(config: RunConfig, path: str | Path) -> RectificationModel:
    """The model of *config* as :func:`save_state` left it. Raises :class:`UserError` where *path* is not its own."""
    model = RectificationModel(config)
    Checkpoint(Path(path), config).load(model)
    return model
