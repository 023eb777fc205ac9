"""Document E: game accounts in minors' hands, accounts that lost their office, and the campaign's targets."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rectify import ConfigError, RectificationModel, compose
from rectify.behaviours.renting import Renting, RentingParams
from rectify.cli import main
from rectify.world.turn import Turn

Build = Callable[..., RectificationModel]
SMALL = ["scenario=account_operation_2021", "population.accounts=20000", "burn_in_days=20", "start=2021-09-18"]
CAMPAIGN = "account_operation_2021"


def nobody(day: int) -> Turn:
    """A day on which no account is due."""
    return Turn(day, np.zeros(0, np.int32), np.zeros(0, np.int16))


def test_the_stock_settles_where_rentals_and_ends_balance(build: Build) -> None:
    """stock · (1 − e^(−1/days) · e^(−checks)) = views · rate · (1 − rigour), by platform; effort multiplies checks."""
    model = build({"kinds.rumours.rentals_per_million_views": 500.0})
    world = model.world
    days, rigour, checks = 40.0, np.array([0.2, 0.5, 1.0]), np.array([0.01, 0.03, 0.0])
    process = Renting(RentingParams.model_construct(rental_days=days), rigour, checks)
    rumours = world.policy.kinds.names.index("rumours")
    world.conditions.player_check_effort[:] = (1.0, 4.0, 1.0)
    for day in range(2000):
        world.counters.clear()
        world.counters["views"][:, rumours] = 1e6
        process.step(world, nobody(day))
    kept = np.exp(-1.0 / days - checks * np.array([1.0, 4.0, 1.0]))
    assert world.platforms.rented_to_minors == pytest.approx(500.0 * (1 - rigour) / (1 - kept))
    assert world.counters["rentals"].sum(axis=1) == pytest.approx(500.0 * (1 - rigour))
    assert world.counters["rentals_refused"].sum(axis=1) == pytest.approx(500.0 * rigour)
    found = world.platforms.rented_to_minors * -np.expm1(-checks * np.array([1.0, 4.0, 1.0])) / 1.0
    assert world.platforms.rentals_found == pytest.approx(found)


def test_fewer_listings_are_seen_and_fewer_accounts_rented() -> None:
    """With the campaign against the same world without it, twin by twin."""
    totals = []
    for changes in (["campaign=none"], []):
        summary = RectificationModel(compose([*SMALL, "end=2022-01-18", *changes])).run().summary
        totals.append((summary["rentals_total"], summary["rented_to_minors_mean"]))
    assert 0 < totals[1][0] < 0.9 * totals[0][0]
    assert 0 < totals[1][1] < 0.9 * totals[0][1]


@pytest.mark.parametrize("share", [0.0, 0.05, 1.0])
def test_central_disposal_takes_its_share_each_day(share: float) -> None:
    """Of those left, within 4 sigma; nobody else is closed by it, and none comes back."""
    config = compose(
        [*SMALL, "end=2021-10-27", f"campaigns.{CAMPAIGN}.disposal_per_day={share}", "population.accounts=60000"]
    )
    model = RectificationModel(config)
    world, left = model.world, []
    orphans = world.policy.archetype_orphaned[world.operators.archetype[world.accounts.operator]]
    disposed = 0.0
    while model.running:
        model.step()
        closed = world.accounts.closed_on[orphans & (world.accounts.opened_on < 0)]
        left.append(int((closed > model.day).sum()))
        disposed += float(world.counters["disposed"].sum())
    opens = (config.campaigns[CAMPAIGN].opens - config.calendar.first).days
    assert left[opens - 1] == left[0] > 100
    expected = (1 - share) ** 10
    count = left[opens - 1]
    assert abs(left[-1] - count * expected) <= 4 * math.sqrt(count * expected * (1 - expected)) + 1e-9
    assert disposed == count - left[-1]
    assert not np.isin(np.flatnonzero(orphans), world.accounts.predecessor).any()


def test_each_target_is_told_and_moves() -> None:
    """The numbers are means of the metric's days on the campaign's platforms; all but returns fall."""
    result = RectificationModel(compose([*SMALL, "end=2022-02-28"])).run()
    series = result.series[result.series["platform"] != "all"]
    kinds = compose(SMALL).campaigns[CAMPAIGN].targets["malicious_marketing"].kinds
    assert kinds is not None
    views = series[(series["metric"] == "views") & series["kind"].isin(kinds)]
    daily = views.groupby("date")["value"].sum()
    path = f"{CAMPAIGN}.target."
    summary = result.summary
    assert summary[f"{path}malicious_marketing_before"] == pytest.approx(daily.loc["2021-09-18":"2021-10-17"].mean())
    assert summary[f"{path}malicious_marketing_end"] == pytest.approx(daily.loc["2022-01-12":"2022-01-18"].mean())
    assert summary[f"{path}malicious_marketing_after"] == pytest.approx(daily.loc["2022-01-30":].mean())
    for target in ("names_and_profiles", "fake_followers", "malicious_marketing", "game_accounts",
                   "government_accounts"):  # fmt: skip
        assert summary[f"{path}{target}_end"] < summary[f"{path}{target}_before"], target


def test_the_command_shows_the_targets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table for the terminal, numbers in the summary, and a figure."""
    main(["run", *SMALL, "population.accounts=3000", "end=2021-10-31", f"output={tmp_path}"])
    printed = capsys.readouterr().out
    assert "5. Game accounts" in printed
    folder = Path(printed.strip().splitlines()[-1])
    assert (folder / "figures" / "targets.png").stat().st_size > 10_000
    summary = json.loads((folder / "summary.json").read_text())
    assert f"{CAMPAIGN}.target.game_accounts_before" in summary


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({"label": "x", "metric": "vews"}, ["targets.one.metric", "vews", "did you mean 'views'"]),
        ({"label": "x", "metric": "pressure", "kinds": ["hype"]}, ["targets.one.kinds", "not counted by kind"]),
        ({"label": "x", "metric": "views", "kinds": ["hipe"]}, ["targets.one.kinds", "did you mean 'hype'"]),
    ],
)
def test_bad_targets_are_named(configure: Callable[..., Any], target: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        configure({"campaigns.selfmedia_2023.targets": {"one": {**target, "sources": {}}}})
    for word in words:
        assert word in str(caught.value)
