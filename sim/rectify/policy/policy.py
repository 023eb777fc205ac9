"""Policy: the compiled rules of a run."""

from __future__ import annotations

from dataclasses import dataclass

from rectify.core.table import Array
from rectify.policy.campaigns import Campaign
from rectify.policy.events import Events
from rectify.policy.kinds import Kinds
from rectify.policy.rulebook import Rulebook
from rectify.policy.sanctions import Sanctions


@dataclass(frozen=True)
class Policy:
    """The compiled rules of a run: kinds, sanctions, rulebook, campaigns. Nothing here changes after day 0."""

    kinds: Kinds
    sanctions: Sanctions
    rulebook: Rulebook
    campaigns: tuple[Campaign, ...]
    attention: Array
    """What the seasons and events make of attention, float64 [days, platforms]."""
    events: Events
    platform_names: tuple[str, ...]
    archetype_names: tuple[str, ...]
    archetype_lawful: Array
    archetype_organisation: Array
    archetype_orphaned: Array
