"""The world: everything that a run's processes share, but for the scratch of one day."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, get_type_hints

import numpy as np

from rectify.core.schedule import Store
from rectify.core.table import Array, RowList
from rectify.policy.campaigns import Campaign
from rectify.policy.policy import Policy
from rectify.world.accounts import Accounts
from rectify.world.calendar import Calendar
from rectify.world.conditions import Conditions
from rectify.world.counters import Counters
from rectify.world.ledgers import Appeals, Cases, Decisions
from rectify.world.operators import Operators
from rectify.world.platforms import Platforms


@dataclass
class World:
    """State of one run. Tables are owned by processes column by column; ``counters`` are cleared every day.

    What is annotated with a :class:`Store` is declared by processes as ``world.name``.
    """

    seed: np.uint64
    calendar: Calendar
    policy: Policy
    accounts: Accounts
    operators: Operators
    platforms: Platforms
    conditions: Conditions
    counters: Counters
    scale: float
    """Real accounts that one row stands for."""
    views_due: Annotated[
        Array,
        Store(
            shared=False, unit="views", shape="platforms, kinds + 1, parts of the curve",
            meaning="views that live posts will still get",
        ),
    ]  # fmt: skip
    cases: Annotated[Cases, Store(shared=True, unit="cases", shape="queue", meaning="cases waiting for a reviewer")]
    appeals: Annotated[Appeals, Store(unit="appeals", shape="queue", meaning="appeals waiting for their hearing")]
    register: Annotated[Decisions, Store(unit="decisions", shape="list", meaning="all decisions so far")]
    barred_accounts: Annotated[
        RowList, Store(shared=True, unit="row of accounts", shape="list", meaning="accounts whose bar may be in force")
    ]
    barred_names: Annotated[
        Array, Store(unit="accounts", shape="platforms, NAMES_BARRED", meaning="closed names barred today, real units")
    ]
    active_violators: Annotated[
        Array, Store(unit="accounts", shape="platforms, kinds", meaning="accounts that violated lately, moving average")
    ]
    purged: Annotated[
        Array, Store(unit="log share", shape="platforms, days", meaning="share of zombies past all purges up to a day")
    ]
    gained_by_violating: Annotated[
        Array, Store(unit="accounts", shape="accounts, or empty", meaning="real followers that violating posts brought")
    ]
    message_views: Annotated[
        Array,
        Store(
            carried=False, unit="views", shape="2, accounts, or empty",
            meaning="in feeds: views of lawful (0) and violating (1) messages today",
        ),
    ]  # fmt: skip
    live_violating_messages: Annotated[
        Array,
        Store(carried=False, unit="messages", shape="accounts, or empty", meaning="violating messages in some feed"),
    ]
    channel_effort: Annotated[
        Array, Store(carried=False, unit="ratio or shift", shape="channels, platforms", meaning="effort in force today")
    ]
    channel_rows: dict[str, int]
    """Places of the channels in ``channel_effort``, by name."""
    active_campaigns: Annotated[
        list[Campaign], Store(unit="campaigns", shape="list", meaning="campaigns under way somewhere")
    ] = field(default_factory=list)

    def effort(self, channel: str) -> Array:
        """Effort of a channel that is in force today, float64 [platforms], as the channel's declaration says."""
        return self.channel_effort[self.channel_rows[channel]]  # type: ignore[no-any-return]

    @property
    def kinds(self) -> int:
        """Number of violation kinds in use."""
        return len(self.policy.kinds.names)

    @classmethod
    def stores(cls) -> dict[str, Store]:
        """What the schedule needs to know of the world's own stores, by ``world.name``."""
        hints = get_type_hints(cls, include_extras=True)
        return {
            f"world.{name}": note
            for name, hint in hints.items()
            for note in getattr(hint, "__metadata__", ())
            if isinstance(note, Store)
        }
