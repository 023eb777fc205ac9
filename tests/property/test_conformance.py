"""Each process touches what it declares and nothing else, over weeks in which everything happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from rectify import RectificationModel
from rectify.conformance import arrays_of, examine_step, ledgers_of
from rectify.core.schedule import Process
from rectify.policy.kinds import BASES
from rectify.world.turn import Turn
from rectify.world.world import World

EVENTFUL: dict[str, Any] = {
    "population.accounts": 4000,
    **{f"platforms.{name}.channels.classifier.threshold": 1.5 for name in ("wechat", "douyin", "weibo")},
    **{f"platforms.{name}.review_capacity": 20_000 for name in ("wechat", "douyin", "weibo")},
    **{f"platforms.{name}.willingness": 0.9 for name in ("wechat", "douyin", "weibo")},
    "rulebook.ladders": {
        **{basis: [["content_removal", "monetisation_suspension"], ["closure_with_ban"]] for basis in BASES},
        "rumours": [["posting_ban", "reach_limit", "removal_of_followers"], ["closure_with_ban_everywhere"]],
        "fake_media": [["profile_correction", "zombie_purge"], ["closure"]],
    },
    "rulebook.appeals.hearing_days": 2,
    "rulebook.appeals.reversed_if_right": 0.3,
    "rulebook.registration.screens_closed_names": True,
    "rulebook.registration.cap_changes": [
        {"since": "2023-01-20", "persons": 1, "organisations": 1, "sources": {"*": "assumption"}}
    ],
    "rulebook.registration.grandfathering": False,
    "archetypes.marketing_matrix.return_days": 2,
    "archetypes.rumour_monger.return_days": 2,
    "archetypes.rumour_monger.propensity": 1,
    "archetypes.marketing_matrix.hires": 0.3,
    "platforms.weibo.channels.poster_search.searched": 0.1,
    "platforms.weibo.channels.growth_check.checked": 0.1,
    "campaigns.selfmedia_2023.opens": "2023-01-03",
    "campaigns.selfmedia_2023.disposal_per_day": 0.05,
    "campaigns.selfmedia_2023.effort.player_checks": 5,
    "archetypes.hobbyist.orphaned": True,
    "kinds.rumours.rentals_per_million_views": 1000,
    **{f"platforms.{name}.player_checks_per_year": 1 for name in ("wechat", "douyin", "weibo")},
}
DAYS = 24


@dataclass
class Log:
    """What each process did over the run."""

    undeclared: dict[str, None] = field(default_factory=dict)
    written: set[tuple[str, str]] = field(default_factory=set)
    declared: set[tuple[str, str]] = field(default_factory=set)


def digests_of(world: World, turn: Turn) -> dict[str, bytes]:
    """Bytes of everything that processes share, by name."""
    found = {name: array.tobytes() for name, array in arrays_of(world, turn).items()}
    for name, ledger in ledgers_of(world, turn).items():
        found[name] = b"".join(column.tobytes() for _, column in ledger.items())
    return found


@pytest.fixture(scope="module")
def log(build: Callable[..., RectificationModel], watch: Callable[..., None]) -> Log:
    """An eventful run, with every process examined."""
    model, log = build(EVENTFUL), Log()
    log.declared = {(type(process).__name__, name) for process in model.schedule for name in process.writes}

    def around(process: Process, world: World, turn: Turn) -> None:
        before = digests_of(world, turn)
        if turn.day % 4 == 3 and type(process).__name__ != "Recording":
            log.undeclared.update(dict.fromkeys(examine_step(process, world, turn)))
        else:
            process.step(world, turn)
        now = digests_of(world, turn)
        log.written |= {(type(process).__name__, name) for name in now if now[name] != before[name]}

    watch(model, around=around)
    for _ in range(DAYS):
        model.step()
    accounts = model.world.accounts
    assert (accounts.closed_on < DAYS).sum() > 20, "the run is eventful"
    assert np.isin(accounts.opened_on[accounts.predecessor >= 0], range(DAYS)).sum() > 5
    assert model.world.register.column("lesser").sum() > 20
    assert len(model.world.cases) or len(model.world.appeals)
    return log


def test_processes_touch_only_what_they_declare(log: Log) -> None:
    """Nothing else changes, and with everything else in another order the same comes out."""
    assert list(log.undeclared) == []


def test_declared_writes_do_happen(log: Log) -> None:
    """In an eventful run every column of accounts and operators is written by each process that says so."""
    of_tables = {(process, name) for process, name in log.declared if name.startswith(("accounts.", "operators."))}
    assert sorted(of_tables - log.written) == []
