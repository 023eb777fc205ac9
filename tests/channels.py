"""Bits of Rectify's own detection channels, as they stand in the evidence of cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rectify.detection.catalogue import CHANNELS

TRUSTED_BITS = sum(1 << place for place, channel in enumerate(CHANNELS) if channel.trusted)


FLAG_ALL = {
    "classifier": {"threshold": -5},
    "name_screening": {"checks_per_year": 0},
    "qualification_check": {"checks_per_year": 0},
}
"""Parameters of channels under which the classifier flags everything, and nothing else flags anything."""


def bit_of(name: str) -> int:
    """The bit of the channel called *name*."""
    return 1 << [channel.name for channel in CHANNELS].index(name)


def with_channels(platform: Mapping[str, Any], **changes: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values of a *platform* with some parameters of its channels, by channel, set anew."""
    channels = {name: {**group, **changes.get(name, {})} for name, group in platform["channels"].items()}
    return {**platform, "channels": channels}
