"""Parameters that follow from detection channels: of every platform by channel, and of a campaign's effort."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import create_model, model_validator

from rectify.core.params import Params, lever
from rectify.detection.channel import Channel
from rectify.policy.campaigns import CampaignParams, EffortParams
from rectify.policy.platforms import PlatformParams


class ChannelGroups(Params):
    """Parameters of a platform's detection channels, a group for each that has any."""


class PlatformWithChannels(PlatformParams):
    """One platform."""

    channels: ChannelGroups

    @model_validator(mode="before")
    @classmethod
    def _channels_have_the_platforms_source(cls, values: Any) -> Any:
        """A channel whose numbers name no source has the platform's for all of them."""
        if not isinstance(values, Mapping) or not isinstance(values.get("channels"), Mapping):
            return values
        source = values.get("sources")
        everything = source.get("*") if isinstance(source, Mapping) else None
        if everything is None:
            return values
        channels = {
            name: {**group, "sources": {"*": everything, **(group.get("sources") or {})}}
            if isinstance(group, Mapping) and name != "sources"
            else group
            for name, group in values["channels"].items()
        }
        return {**values, "channels": channels}


def platform_params(channels: Iterable[Channel]) -> type[PlatformWithChannels]:
    """Parameters of a platform that has these detection channels."""
    groups: dict[str, Any] = {each.name: (each.params, ...) for each in channels if each.params is not None}
    own = create_model("ChannelGroups", __base__=ChannelGroups, __doc__=ChannelGroups.__doc__, **groups)
    doc = PlatformWithChannels.__doc__
    return create_model("PlatformParams", __base__=PlatformWithChannels, __doc__=doc, channels=(own, ...))


def campaign_params(channels: Iterable[Channel]) -> type[CampaignParams]:
    """Parameters of a campaign that can make these detection channels work harder."""
    efforts: dict[str, Any] = {
        each.name: (
            float,
            lever(each.effort.unit, each.effort.meaning, ge=0, le=each.effort.most, default=each.effort.neutral),
        )
        for each in channels
        if each.effort is not None
    }
    own = create_model("EffortParams", __base__=EffortParams, __doc__=EffortParams.__doc__, **efforts)
    return create_model("CampaignParams", __base__=CampaignParams, __doc__=CampaignParams.__doc__, effort=(own, ...))
