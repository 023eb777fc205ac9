"""DiffusionConfig: the one frozen, validated object that a run of messages on a fixed graph is built from."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from pydantic import Field, field_validator, model_validator

from rectify.audience.graph_file_params import GraphFileParams
from rectify.audience.network import DiffusionParameters
from rectify.configuration.settings import Settings
from rectify.core.errors import ConfigError
from rectify.core.params import lever, only_iso_dates, size, uncertainty

MOST_NODES = 100_000_000

GROWTH = ("nodes", "k", "friend_probability")
"""Fields that say how a random-walk graph is grown."""


class FeedParams(GraphFileParams):
    """The graph, what agents do in a step, and how fast illegal messages are taken down. A step is a day.

    ``nodes``, ``k``, ``mu``, ``feed_length`` and ``illegal_mean`` are named as in the publication that they come from.
    """

    graph: Literal["random_walk", "file"] = "random_walk"
    nodes: int = size("agents", "Agents in the follow graph.", ge=2, le=MOST_NODES)
    k: int = uncertainty("agents", "Agents that each agent follows.", ge=1, le=1000)
    mu: float = uncertainty("share", "Acts that write a message instead of resharing one.", ge=0, le=1)
    feed_length: int = uncertainty("messages", "Messages a feed holds (sigma).", ge=1, le=255)
    illegal_mean: float = uncertainty("share", "New messages that are illegal.", ge=0, le=1)
    takedown_half_life: float | None = lever(
        "steps", "Steps in which half of the illegal messages are taken down (tau); null: no takedown.", gt=0, le=1e6
    )
    friend_probability: float = uncertainty(
        "share", "Follows of a newcomer that go to friends of the first one it follows.", ge=0, le=1
    )
    activity_exponent: float = uncertainty("exponent", "Power law of acts a step across agents.", gt=1, le=100)
    activity_minimum: float = uncertainty("acts per step", "Smallest activity.", gt=0, le=1000)
    appeal_exponent: float = uncertainty("exponent", "Appeal has density in proportion to (1 - a)^(this - 1).", gt=0)
    recency_rate: float = uncertainty("rate", "Recency is exp(-rate * age^power), age in steps.", ge=0, le=100)
    recency_power: float = uncertainty("exponent", "See recency_rate.", gt=0, le=10)

    def without_effect(self) -> set[str]:
        """The file's reading where the graph is grown, and the growth where it is read."""
        return {*super().without_effect(), *(GROWTH if self.graph == "file" else ("graph", "file"))}

    @property
    def diffusion(self) -> DiffusionParameters:
        """The same numbers as the engine takes them."""
        return DiffusionParameters(
            new_message_probability=self.mu,
            feed_length=self.feed_length,
            illegal_mean=self.illegal_mean,
            takedown_half_life=self.takedown_half_life,
            activity_exponent=self.activity_exponent,
            activity_minimum=self.activity_minimum,
            appeal_exponent=self.appeal_exponent,
            recency_rate=self.recency_rate,
            recency_power=self.recency_power,
        )


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
