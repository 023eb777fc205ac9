"""DiffusionConfig: the one frozen, validated object that a run of messages on a fixed graph is built from."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from pydantic import Field, field_validator, model_validator

from rectify.audience.diffusion import DiffusionParams
from rectify.audience.graph_file_params import GraphFileParams
from rectify.configuration.settings import Settings
from rectify.core.errors import ConfigError
from rectify.core.params import only_iso_dates, size, uncertainty

MOST_NODES = 100_000_000

GROWTH = ("nodes", "k", "friend_probability")
"""Fields that say how a random-walk graph is grown."""


class FeedParams(GraphFileParams, DiffusionParams):
    """The graph, what agents do in a step, and how fast illegal messages are taken down. A step is a day.

    ``nodes`` and ``k`` are named as in the publication that they come from.
    """

    graph: Literal["random_walk", "file"] = "random_walk"
    nodes: int = size("agents", "Agents in the follow graph.", ge=2, le=MOST_NODES)
    k: int = uncertainty("agents", "Agents that each agent follows.", ge=1, le=1000)
    friend_probability: float = uncertainty(
        "share", "Follows of a newcomer that go to friends of the first one it follows.", ge=0, le=1
    )

    def without_effect(self) -> set[str]:
        """The file's reading where the graph is grown, and the growth where it is read."""
        return {*super().without_effect(), *(GROWTH if self.graph == "file" else ("graph", "file"))}


class DiffusionConfig(Settings):
    """Everything that decides what a run of messages on a fixed graph is. Build one with :func:`rectify.compose`."""

    model: Literal["message_diffusion"] = "message_diffusion"
    start: date
    steps: int = Field(ge=1, le=32766)
    audience: FeedParams

    _only_iso_dates = field_validator("start", mode="before")(only_iso_dates)

    @model_validator(mode="after")
    def _dates_exist(self) -> DiffusionConfig:
        try:
            self.start + timedelta(days=self.steps)
        except OverflowError:
            raise ConfigError(["steps: reach beyond the year 9999"]) from None
        return self

    def _facts(self) -> dict[str, object]:
        return {"steps": self.steps, "graph": self.audience.graph, **super()._facts()}
