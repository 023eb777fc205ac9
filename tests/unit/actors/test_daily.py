"""One step is one day: none after the last, none after an error, and Mesa's own ways of running a model work."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from typing import Any

import mesa
import pytest

from rectify import RectificationModel, RunConfig, RunEndedError, UserError
from rectify.store import series_digest

Configure = Callable[..., RunConfig]
TINY = {"population.accounts": 300, "end": "2023-01-04"}


@pytest.fixture
def model(configure: Configure) -> RectificationModel:
    return RectificationModel(configure(TINY))


def test_there_is_no_day_after_the_last(model: RectificationModel) -> None:
    """The error names the last day and says what to do; the results stay, and it is said again each time."""
    model.run()
    assert not model.running
    before = model.result()
    for _ in range(2):
        with pytest.raises(RunEndedError, match=r"ended on 2023-01-04, its last day; begin anew with Rectification"):
            model.step()
    assert issubclass(RunEndedError, UserError)
    assert model.day == 4
    assert series_digest(model.result().series) == series_digest(before.series)


def test_the_clock_can_be_run_to_the_end_and_no_further(model: RectificationModel) -> None:
    """Mesa's ``run_for`` and ``run_until`` simulate days too."""
    model.run_for(3)
    assert model.day == 3
    with pytest.raises(RunEndedError):
        model.run_until(9)
    assert model.day == 4


def test_mesas_own_loop_ends_with_the_run(model: RectificationModel) -> None:
    model.run_model()
    assert (model.day, model.running) == (4, False)


def test_running_set_to_false_ends_a_run(configure: Configure) -> None:
    """A subclass may stop before the last day, as Mesa's models do; the result is of the days so far."""

    class Stopping(RectificationModel):
        def step(self) -> None:
            super().step()
            if self.day == 2:
                self.running = False

    model = Stopping(configure(TINY))
    result = model.run()
    assert model.day == 2
    assert result.series["date"].nunique() == 2
    assert result.summary["days"] == 2
    model.step()
    assert (model.day, model.running) == (3, False)


def test_no_going_on_from_half_a_day(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an error in a process, or in a subclass's step, the model says that it cannot go on, and does not idle."""
    model = RectificationModel(configure(TINY))
    model.step()
    with monkeypatch.context() as patch:
        patch.setattr(model.schedule, "run", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            model.step()
    for _ in range(2):
        with pytest.raises(RunEndedError, match="2023-01-02 was broken off by an error"):
            model.step()
    with pytest.raises(RunEndedError, match="2023-01-02 was broken off by an error"):
        copy.deepcopy(model)

    class Failing(RectificationModel):
        def step(self) -> None:
            super().step()
            raise KeyError("mine")

    model = Failing(configure(TINY))
    with pytest.raises(KeyError):
        model.step()
    with pytest.raises(RunEndedError, match="2023-01-01 was broken off by an error"):
        model.step()


def test_steps_are_not_logged_but_those_of_other_models_are(
    model: RectificationModel, caplog: pytest.LogCaptureFixture
) -> None:
    """At the level at which applications listen, a run says nothing."""
    with caplog.at_level(logging.INFO):
        model.run()
        assert caplog.records == []
        mesa.Model(rng=1).step()
    assert all(record.name.startswith("MESA") for record in caplog.records)


def test_a_seed_takes_the_place_of_the_configurations(configure: Configure) -> None:
    config = configure(TINY)
    given = RectificationModel(config, seed=7)
    assert given.config.seed == 7
    other = RectificationModel(configure({**TINY, "seed": 7}))
    assert series_digest(given.run().series) == series_digest(other.run().series)
    assert RectificationModel(config).config is config
    with pytest.raises(UserError, match="seed: input should be greater than or equal to 0, not -1"):
        RectificationModel(config, seed=-1)


class Counted(RectificationModel):
    """A model with Mesa's collector, as its batch runner needs one."""

    def __init__(self, config: RunConfig, seed: int | None = None) -> None:
        super().__init__(config, seed=seed)
        self.datacollector = mesa.DataCollector(model_reporters={"open": lambda model: len(model.accounts.open)})

    def step(self) -> None:
        super().step()
        self.datacollector.collect(self)


@pytest.mark.skipif(not hasattr(mesa, "batch_run"), reason="Mesa 4 has no batch runner")
def test_mesas_batch_runner_runs_seeds_and_configurations(configure: Configure) -> None:
    """Configurations in a list, seeds as ``rng``; each run goes to its last day."""
    configs = [configure(TINY), configure({**TINY, "end": "2023-01-02"})]
    rows: list[dict[str, Any]] = mesa.batch_run(
        Counted, {"config": configs}, rng=[1, 2], display_progress=False, data_collection_period=1
    )
    assert len(rows) == 2 * 4 + 2 * 2
    for config in configs:
        for seed in (1, 2):
            model = Counted(config, seed=seed)
            model.run()
            found = [row["open"] for row in rows if row["config"] is config and row["seed"] == seed]
            assert found == model.datacollector.model_vars["open"]
