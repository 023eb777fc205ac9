"""The reference model's state as columns, under the names and codes of the engine's tables, to be compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rectify.world.platforms import Platforms
from tests.channels import bit_of
from tests.reference.model import ReferenceModel


def accounts(model: ReferenceModel, name: str) -> list[Any]:
    """A column of accounts."""
    sanctions = sorted(model.config.sanctions)
    coded: dict[str, Callable[[Any], Any]] = {
        "operator": lambda account: account.operator.row,
        "platform": lambda account: account.platform.row,
        "kind": lambda account: model.kinds.index(account.kind),
        "predecessor": lambda account: -1 if account.predecessor is None else account.predecessor.row,
        "barred_by": lambda account: -1 if account.barred_by is None else sanctions.index(account.barred_by),
    }
    read = coded.get(name, lambda account: getattr(account, name))
    return [read(account) for account in model.accounts]


def operators(model: ReferenceModel, name: str) -> list[Any]:
    """A column of operators."""
    archetypes = sorted(name for name, share in model.config.population.shares.items() if share > 0)
    coded: dict[str, Callable[[Any], Any]] = {
        "archetype": lambda operator: archetypes.index(operator.archetype_name),
        "first_account": lambda operator: operator.block[0].row,
        "accounts": lambda operator: len(operator.block),
        "identities": lambda operator: operator.archetype.identities,
    }
    read = coded.get(name, lambda operator: getattr(operator, name))
    return [read(operator) for operator in model.operators]


def platforms(model: ReferenceModel, name: str) -> list[Any]:
    """A column of platforms; of a mechanism that is not in the reference, off by default, as it started."""
    return [getattr(platform, name, Platforms.columns[name].initial) for platform in model.platforms]


def by_kind(model: ReferenceModel, name: str) -> list[list[float]]:
    """What platforms keep by kind."""
    return [[getattr(platform, name)[kind] for kind in model.kinds] for platform in model.platforms]


def views_due(model: ReferenceModel) -> list[list[list[float]]]:
    """Views still to come by platform, kind or lawful, and part of the curve."""
    return [[platform.views_due[kind] for kind in (*model.kinds, "lawful")] for platform in model.platforms]


def tally(model: ReferenceModel, name: str) -> list[list[float]]:
    """A counter of the day by platform and kind or lawful."""
    return [
        [model.tallies.get((name, platform.name, kind), 0.0) for kind in (*model.kinds, "lawful")]
        for platform in model.platforms
    ]


def _evidence(channels: tuple[str, ...]) -> int:
    return sum(bit_of(channel) for channel in set(channels))


def waiting_cases(model: ReferenceModel, name: str) -> list[Any]:
    """A column of the cases that wait for a reviewer."""
    coded: dict[str, Callable[[Any], Any]] = {
        "account": lambda case: case.account.row,
        "platform": lambda case: case.platform.row,
        "kind": lambda case: model.kinds.index(case.kind),
        "evidence": lambda case: _evidence(case.channels),
    }
    read = coded.get(name, lambda case: getattr(case, name))
    return [read(case) for case in model.cases]


def register(model: ReferenceModel, name: str) -> list[Any]:
    """A column of the decisions of the run."""
    coded: dict[str, Callable[[Any], Any]] = {
        "account": lambda decision: decision.account.row,
        "platform": lambda decision: decision.platform.row,
        "kind": lambda decision: model.kinds.index(decision.kind),
        "step": lambda decision: -1 if decision.step is None else decision.step,
        "flagged_on": lambda decision: decision.case.day,
        "time_of_day": lambda decision: decision.case.time_of_day,
        "evidence": lambda decision: _evidence(decision.case.channels),
        "violating_views": lambda decision: decision.case.violating_views,
        "lawful_views": lambda decision: decision.case.lawful_views,
    }
    read = coded.get(name, lambda decision: getattr(decision, name))
    return [read(decision) for decision in model.register]


def appeals(model: ReferenceModel, name: str) -> list[Any]:
    """A column of the appeals that wait for their hearing."""
    coded: dict[str, Callable[[Any], Any]] = {
        "account": lambda appeal: appeal.decision.account.row,
        "platform": lambda appeal: appeal.decision.platform.row,
        "kind": lambda appeal: model.kinds.index(appeal.decision.kind),
        "decided_on": lambda appeal: appeal.decision.day,
        "hearing_on": lambda appeal: appeal.hearing_on,
        "breach": lambda appeal: appeal.decision.breach,
        "closed": lambda appeal: appeal.decision.closes,
        "followers_taken": lambda appeal: appeal.decision.followers_taken,
    }
    return [coded[name](appeal) for appeal in model.appeals]
