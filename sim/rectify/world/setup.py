"""Setup: what processes are built from — a run's parameters, its compiled policy, and the world as it is on day 0."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import BaseModel

from rectify.core.params import Params
from rectify.core.table import Array
from rectify.policy.offices import OfficeParams
from rectify.policy.platforms import PlatformParams
from rectify.policy.policy import Policy
from rectify.world.population import Archetypes
from rectify.world.world import World


@dataclass(frozen=True)
class Setup:
    """What a process may build itself from. ``config``: the whole configuration of the run, frozen."""

    config: Any
    world: World
    archetypes: Archetypes
    agents: Mapping[str, Any] = field(default_factory=dict)
    """Agents of the run by what they are: ``platforms`` and ``offices``, lists in the order of the configuration."""
    channels: tuple[Any, ...] = ()
    """Detection channels of the run (:class:`rectify.detection.channel.Channel`), in the order of their bits."""
    metrics: tuple[Any, ...] = ()
    """Metrics of the run besides Rectify's own (:class:`rectify.metrics.metric.Metric`)."""
    _made: dict[Any, Any] = field(default_factory=dict, repr=False)

    @property
    def policy(self) -> Policy:
        """The compiled rules."""
        return self.world.policy

    @property
    def platforms(self) -> dict[str, PlatformParams]:
        """Parameters of the platforms, by name."""
        platforms: dict[str, PlatformParams] = self.config.platforms
        return platforms

    @property
    def offices(self) -> dict[str, OfficeParams]:
        """Parameters of the offices, by name."""
        offices: dict[str, OfficeParams] = self.config.offices
        return offices

    @property
    def counts_followers(self) -> bool:
        """Whether followers are numbers of the accounts' table; else a follow graph has them."""
        return bool(self.config.audience.form == "mean_field")

    @property
    def boost(self) -> float:
        """Views of posts that hired posters push, relative to others."""
        return float(self.config.behaviours.hiring.boost)

    def params[P: Params](self, kind: type[P]) -> P:
        """The parameters of that class. Raises ``LookupError`` when the configuration has none, or several."""
        found = list(_of_kind(self.config, kind))
        if len(found) != 1:
            raise LookupError(f"the configuration holds {len(found)} groups of parameters of the class {kind.__name__}")
        chosen: P = found[0]
        return chosen

    def has(self, kind: type[Params]) -> bool:
        """Whether the configuration holds parameters of that class."""
        return any(True for _ in _of_kind(self.config, kind))

    def by_platform(self, field: str) -> Array:
        """A parameter of every platform, float64 [platforms]. *field* may be a path, as ``channels.reports.x``."""

        def value(params: Any) -> float:
            for name in field.split("."):
                params = getattr(params, name)
            return float(params)

        return np.array([value(platform) for platform in self.platforms.values()], np.float64)

    def bit(self, channel: str) -> int:
        """The bit of a channel in the evidence of a case."""
        return 1 << self.world.channel_rows[channel]

    def of_channel(self, channel: str, field: str) -> Array:
        """A parameter of a detection channel on every platform, float64 [platforms]."""
        return self.by_platform(f"channels.{channel}.{field}")

    def once[Made](self, make: Callable[..., Made], *arguments: Any) -> Made:
        """``make(*arguments)``, called the first time that any process asks for it: what several of them share."""
        if make not in self._made:
            self._made[make] = make(*arguments)
        made: Made = self._made[make]
        return made


def _of_kind[P: Params](params: BaseModel, kind: type[P]) -> Any:
    """Groups of parameters of a class among *params* and below, entries of dictionaries left out."""
    if isinstance(params, kind):
        yield params
        return
    for value in vars(params).values():
        if isinstance(value, BaseModel):
            yield from _of_kind(value, kind)
