"""Shared fixtures: configurations changed by key path, small models, and a hook on every simulated day."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from rectify import RectificationModel, RunConfig, compose
from rectify.core.schedule import Process
from rectify.world.turn import Turn
from rectify.world.world import World

# Examples are the same on every run, so that a red suite is red for everybody; HYPOTHESIS_PROFILE=search looks further.
settings.register_profile(
    "repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=False
)
settings.register_profile("search", deadline=None, max_examples=500, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

Configure = Callable[..., RunConfig]
Watch = Callable[..., None]


@pytest.fixture(scope="session")
def defaults() -> dict[str, Any]:
    """The packaged configuration as plain values: do not change it, :func:`configure` copies it."""
    return compose().model_dump(mode="json")


@pytest.fixture(scope="session")
def configure(defaults: dict[str, Any]) -> Configure:
    """``configure({"population.accounts": 500})``: the packaged configuration with some key paths set anew.

    Small and short unless said otherwise: 3000 rows, January 2023, no burn-in.
    """

    def build(changes: Mapping[str, Any] | None = None) -> RunConfig:
        values = copy.deepcopy(defaults)
        small = {"population.accounts": 3000, "end": "2023-01-31", "burn_in_days": 0}
        for path, value in {**small, **(changes or {})}.items():
            *folders, name = path.split(".")
            place = values
            for folder in folders:
                place = place[folder]
            place[name] = copy.deepcopy(value)
        return RunConfig.load(values)

    return build


@pytest.fixture(scope="session")
def build(configure: Configure) -> Callable[..., RectificationModel]:
    """``build({...})``: the model of :func:`configure`'s configuration."""

    def model(changes: Mapping[str, Any] | None = None) -> RectificationModel:
        return RectificationModel(configure(changes))

    return model


@pytest.fixture(scope="session")
def watch() -> Watch:
    """``watch(model, before, after, around)``: call these every day, or process by process.

    *before* and *after* get (world, turn). *around* gets (process, world, turn) in place of the process's step.
    """

    def hook(
        model: RectificationModel,
        before: Callable[[World, Turn], object] | None = None,
        after: Callable[[World, Turn], object] | None = None,
        around: Callable[[Process, World, Turn], object] | None = None,
    ) -> None:
        def run(world: World, turn: Turn) -> None:
            if before is not None:
                before(world, turn)
            for process in model.schedule:
                if around is not None:
                    around(process, world, turn)
                else:
                    process.step(world, turn)
            if after is not None:
                after(world, turn)

        model.schedule.run = run  # type: ignore[method-assign]

    return hook


@pytest.fixture(scope="session")
def process_of() -> Callable[[RectificationModel, type], Any]:
    """``process_of(model, Classifier)``: the one process of that class."""

    def find(model: RectificationModel, kind: type) -> Any:
        (found,) = [process for process in model.schedule if isinstance(process, kind)]
        return found

    return find
