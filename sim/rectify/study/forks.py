"""Forks: runs of a study that are equal up to a date share the days before it.

Configurations that differ in nothing but their campaigns are equal until the first campaign opens that not all of them
have: nothing in a run looks ahead to a campaign. Those days are simulated once for each seed, and every run goes on
from the state that they leave, with the same bytes as if it had simulated them itself.
"""

from __future__ import annotations

import json
import math
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from time import perf_counter
from typing import Any

from rectify.study.parts import metrics_of
from rectify.study.task import FAILED, Outcome, kept, simulate

LEAST_DAYS = 10
"""Days that must be shared for a fork to be worth its while."""

NOT_SHARED = ("campaigns", "name", "title", "output", "checkpoint")
"""Keys of a configuration that may differ between runs that share days."""

Values = dict[str, Any]


@dataclass(frozen=True)
class Fork:
    """Runs that are equal for *days* days, by identity; ``campaigns``: those that all of them have."""

    identities: tuple[str, ...]
    days: int
    campaigns: Values


def find_forks(configurations: Mapping[str, Values]) -> list[Fork]:
    """Sort *configurations* (plain values by identity) into forks; those that share too little stand alone."""
    alike: dict[str, list[str]] = {}
    for identity, values in configurations.items():
        rest = {key: value for key, value in values.items() if key not in NOT_SHARED}
        alike.setdefault(json.dumps(rest), []).append(identity)
    return [fork for group in alike.values() for fork in _forks_of(group, configurations)]


def _forks_of(group: list[str], configurations: Mapping[str, Values]) -> Iterable[Fork]:
    campaigns = [configurations[identity]["campaigns"] for identity in group]
    common = {name: value for name, value in campaigns[0].items() if all(c.get(name) == value for c in campaigns)}
    values = configurations[group[0]]
    offices = values.get("offices", {})
    opening = [_first_effect(c[name], offices, values) for c in campaigns for name in c if name not in common]
    days = 0
    if opening:
        first = date.fromisoformat(values["start"]).toordinal() - values["burn_in_days"]
        last = date.fromisoformat(values["end"]).toordinal()
        days = min(min(opening).toordinal(), last) - first
    if len(group) > 1 and days >= LEAST_DAYS:
        yield Fork(tuple(group), days, common)
    else:
        yield from (Fork((identity,), 0, {}) for identity in group)


def _first_effect(campaign: Values, offices: Values, values: Values) -> date:
    """First day that a campaign changes: that of its opening or of an earlier meeting; any, off the calendar."""
    if offices.get(campaign["office"], {}).get("strategy", "calendar") != "calendar":
        return date.fromisoformat(values["start"]) - timedelta(days=values["burn_in_days"])
    meetings = [meeting["held"] for meeting in campaign.get("meetings", {}).values()]
    return min(date.fromisoformat(day) for day in (campaign["opens"], *meetings))


def cut(forks: Sequence[Fork], pieces: int) -> list[Fork]:
    """Cut forks so that there are about *pieces*, for all workers to have some; no piece of one run is made."""
    parts = max(1, math.ceil(pieces / max(1, len(forks))))
    found = []
    for fork in forks:
        count = max(1, min(parts, len(fork.identities) // 2))
        size = math.ceil(len(fork.identities) / count)
        for start in range(0, len(fork.identities), size):
            identities = fork.identities[start : start + size]
            found.append(Fork(identities, fork.days if len(identities) > 1 else 0, fork.campaigns))
    return found


def simulate_forked(
    arms: Sequence[Values], days: int, campaigns: Values, seed: int, outcomes: Sequence[str], curves: Sequence[str]
) -> tuple[list[Outcome], float]:
    """Run all *arms*, sharing their first *days*; their outcomes in order, and the seconds that sharing spared.

    campaigns: what all arms have. Where the shared days fail, every arm is run by itself, so that each has its error.
    """
    from rectify.configuration.run_config import RunConfig
    from rectify.model import RectificationModel

    if days == 0:
        return [simulate(values, seed, outcomes, curves) for values in arms], 0.0
    started = perf_counter()
    try:
        stem = RectificationModel(RunConfig.load({**arms[0], "campaigns": campaigns, "seed": seed}))
        for _ in range(days):
            stem.step()
        state = stem.get_state()
    except Exception:  # each arm will meet it again, and say so
        return [simulate(values, seed, outcomes, curves) for values in arms], 0.0
    shared = perf_counter() - started
    found = []
    for values in arms:
        started = perf_counter()
        host = socket.gethostname()
        try:
            model = RectificationModel(RunConfig.load({**values, "seed": seed}))
            model.set_state(state)
            result = model.run(metrics=metrics_of(model.outcomes, outcomes, curves))
        except Exception as error:  # recorded with the run: the others go on
            text = " ".join(f"{type(error).__name__}: {error}".split())
            found.append(Outcome(FAILED, text[:500], seconds=perf_counter() - started, host=host))
            continue
        found.append(kept(result, outcomes, curves, perf_counter() - started + shared / len(arms)))
    return found, shared * (len(arms) - 1)
