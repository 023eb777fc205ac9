"""A copied or pickled model goes on to the same bytes as the model that it was copied from, and apart from it."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import mesa
import numpy as np
import pytest

from rectify import RectificationModel, RunResult, UserError, compose
from rectify.core.state import get_attributes
from rectify.store import series_digest, summary_digest

SHORT = ["population.accounts=1500", "start=2023-02-25", "end=2023-04-05", "burn_in_days=5"]
LAST = 45

Copy = Callable[[Any], Any]


def repickled(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


def digests(result: RunResult[Any]) -> tuple[str, str]:
    return series_digest(result.series), summary_digest(result.summary)


@pytest.mark.parametrize("copied", [copy.deepcopy, repickled])
@pytest.mark.parametrize(
    ("overrides", "day"),
    [
        ([], 0),
        ([], 25),
        ([], LAST),
        (["offices.national.strategy=reactive", "offices.national.tolerated_prevalence=0.05"], 30),
        (["audience=follower_network", "population.accounts=800"], 12),
    ],
    ids=["first", "campaign", "last", "reactive", "network"],
)
def test_a_copy_goes_on_as_the_model_does(copied: Copy, overrides: list[str], day: int) -> None:
    model = RectificationModel(compose([*SHORT, *overrides]))
    assert model.world.calendar.days == LAST
    for _ in range(day):
        model.step()
    twin = copied(model)
    assert (twin.day, twin.date, twin.running) == (model.day, model.date, model.running)
    np.testing.assert_array_equal(twin.world.counters.block, model.world.counters.block)
    assert digests(twin.result()) == digests(model.result())
    first = digests(model.run())
    assert twin.day == day, "the copy stays where it is while the model goes on"
    if day < LAST:
        assert digests(twin.result()) != first
    assert digests(twin.run()) == first
    for table in ("accounts", "operators", "platforms"):
        for name, column in getattr(model.world, table).items():
            mine = getattr(getattr(twin.world, table), name)
            assert not np.shares_memory(mine, column)
            np.testing.assert_array_equal(mine, column, f"{table}.{name}")
    for name, array in get_attributes(model.world.conditions).items():
        np.testing.assert_array_equal(getattr(twin.world.conditions, name), array, name)


class Watched(RectificationModel):
    """A user's model, which keeps things of its own."""

    def __init__(self, size: int) -> None:
        super().__init__(compose(["campaign=none", f"population.accounts={size}", "end=2023-01-20", "burn_in_days=0"]))
        self.first = self.platforms[0]
        self.office = self.offices[0]
        self.watched = self.accounts.select(platform_name="weibo")
        self.seen: list[int] = []
        self.me = self
        self.first.mood = 0.5
        self.datacollector = mesa.DataCollector(model_reporters={"open": "how_many_open"})

    @property
    def how_many_open(self) -> int:
        return len(self.accounts.open)

    def step(self) -> None:
        super().step()
        self.seen.append(len(self.watched.select(is_open=True)))
        self.datacollector.collect(self)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, repickled])
def test_what_a_subclass_keeps_is_copied_too(copied: Copy) -> None:
    """And refers to the copy: its agents, its sets of accounts, itself."""
    model = Watched(400)
    for _ in range(3):
        model.step()
    twin = copied(model)
    if copied is copy.copy:  # what is added is shared, as in any shallow copy; the state never is
        assert twin.seen is model.seen
        model.step()
        assert (twin.day, model.day) == (3, 4)
        return
    assert twin.first is twin.platforms[0]
    assert twin.first.mood == 0.5
    assert twin.office is twin.offices[0]
    assert twin.me is twin
    assert twin.watched._world is twin.world
    assert twin.first.model is twin
    for _ in range(2):
        model.step()
    assert (len(twin.seen), len(model.seen)) == (3, 5)
    for _ in range(2):
        twin.step()
    assert twin.seen == model.seen
    assert twin.datacollector.model_vars == model.datacollector.model_vars


def test_a_copied_agent_or_set_is_that_of_a_copied_model() -> None:
    model = Watched(300)
    model.step()
    office, accounts = repickled((model.offices[0], model.accounts.open))
    assert office is office.model.offices[0]
    assert accounts._world is office.model.world
    assert accounts.unique_id.tolist() == model.accounts.open.unique_id.tolist()


def nothing() -> None:
    """An event of somebody's."""


def test_events_of_others_are_not_lost_silently() -> None:
    """A model is not copied while something is to happen that the copy would not know of."""
    model = Watched(300)
    model.schedule_event(nothing, at=2.5)
    with pytest.raises(UserError, match="others than itself have put events cannot be copied"):
        copy.deepcopy(model)
    with pytest.raises(UserError, match="save_state"):
        pickle.dumps(model)
    for _ in range(3):
        model.step()
    assert copy.deepcopy(model).day == 3
