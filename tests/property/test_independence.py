"""Common random numbers: one more operator changes nobody else, nor does an idle campaign, nor another thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rectify import RectificationModel
from rectify.core.due import SCAN_BLOCK, WORK_BLOCK
from rectify.core.kernel import use_threads
from rectify.store import series_digest
from rectify.world.turn import Turn
from rectify.world.world import World

Build = Callable[..., RectificationModel]


def shared_part(small: World, large: World) -> tuple[int, int]:
    """Operators, and account rows, that both worlds hold in full: all but the smaller one's last operator."""
    operators = len(small.operators) - 1
    rows = int(small.operators.first_account[operators])
    assert rows < len(small.accounts) <= len(large.accounts)
    return operators, rows


def assert_same_part(small: World, large: World) -> None:
    """The shared operators and accounts are the same to the byte, column by column."""
    operators, rows = shared_part(small, large)
    for name, column in small.operators.items():
        assert np.array_equal(column[:operators], getattr(large.operators, name)[:operators]), name
    for name, column in small.accounts.items():
        assert column[:rows].tobytes() == getattr(large.accounts, name)[:rows].tobytes(), name


@settings(max_examples=25)
@given(rows=st.integers(2, 3000), more=st.integers(1, 400), seed=st.integers(0, 2**64 - 1), days=st.integers(1, 27))
def test_one_more_operator_changes_nobody_elses_beginning(
    build: Build, rows: int, more: int, seed: int, days: int
) -> None:
    """A larger population holds the smaller one as its beginning, all but the last operator's cut block."""
    common = {"seed": seed, "end": f"2023-01-{days + 1:02}"}
    small = build({**common, "population.accounts": rows})
    large = build({**common, "population.accounts": rows + more})
    assert_same_part(small.world, large.world)


UNCOUPLED: dict[str, Any] = {
    # Nothing that a platform shares among all: nobody waits for a reviewer, nobody looks around.
    "behaviours.learning.observed_weight": 0,
    "rulebook.registration.screens_closed_names": False,
    "offices.national.question_pressure": 0,
    **{f"platforms.{name}.review_capacity": 1e11 for name in ("wechat", "douyin", "weibo")},
    **{f"platforms.{name}.channels.classifier.threshold": 2.0 for name in ("wechat", "douyin", "weibo")},
    "campaigns.selfmedia_2023.opens": "2023-01-20",
    "end": "2023-03-31",
}


@pytest.mark.parametrize("seed", [3, 2**64 - 1])
def test_one_more_operator_changes_nobody_elses_fate(build: Build, seed: int) -> None:
    """Without what platforms share among all, every day of everybody else is the same."""
    small = build({**UNCOUPLED, "population.accounts": 3001, "seed": seed})
    large = build({**UNCOUPLED, "population.accounts": 3150, "seed": seed})
    for day in range(small.world.calendar.days):
        small.step()
        large.step()
        if day % 8 == 0 or day > 80:
            assert_same_part(small.world, large.world)
    accounts = small.world.accounts
    assert np.count_nonzero(accounts.closed_on < 90) > 30
    assert np.count_nonzero((accounts.predecessor >= 0) & (accounts.opened_on < 90)) > 5


def test_with_what_platforms_share_one_more_does_matter(build: Build) -> None:
    """The check above can fail: with scarce reviewers and neighbours to look at, fates do differ."""
    scarce = {f"platforms.{name}.review_capacity": 600 for name in ("wechat", "douyin", "weibo")}
    coupled = {**UNCOUPLED, **scarce, "behaviours.learning.observed_weight": 25}
    small, large = (build({**coupled, "population.accounts": rows}) for rows in (3001, 3600))
    for _ in range(60):
        small.step()
        large.step()
    with pytest.raises(AssertionError):
        assert_same_part(small.world, large.world)


def test_a_campaign_that_asks_for_nothing_changes_nothing(build: Build, defaults: dict[str, Any]) -> None:
    """Two runs that differ in policy share all other random draws: with no pressure and no publicity they are one."""
    idle = {**defaults["campaigns"]["selfmedia_2023"], "opens": "2023-01-10", "closes": "2023-01-20"}
    idle |= {"pressure": 0, "publicity": 0, "escalation": {}, "referrals_per_year": {}, "published": {}}
    without = build({"campaigns": {}}).run()
    assert series_digest(build({"campaigns": {"idle": idle}}).run().series) == series_digest(without.series)
    harsh = {**idle, "pressure": 1}
    assert series_digest(build({"campaigns": {"harsh": harsh}}).run().series) != series_digest(without.series)


def test_a_rule_on_one_platform_leaves_the_others_luck(build: Build) -> None:
    """A classifier that flags all on one platform changes no initial state and no first day's posts elsewhere."""
    posts: list[np.ndarray] = []
    for threshold in (4.0, -5.0):
        model = build({"platforms.weibo.channels.classifier.threshold": threshold, "campaigns": {}})
        model.step()
        posts.append(model.world.counters["posts"].copy())
    assert np.array_equal(*posts)


def test_the_same_bytes_on_one_thread_and_on_two(build: Build, watch: Callable[..., None]) -> None:
    """In a world of several blocks of every kind, all series and all columns are the same to the byte."""
    if use_threads(2) < 2:
        pytest.skip("the machine has one core")
    use_threads(1)
    rows = 2 * SCAN_BLOCK + 1000
    longest = 0

    def note(world: World, turn: Turn) -> None:
        nonlocal longest
        longest = max(longest, len(turn.due))

    results, columns = [], []
    for threads in (1, 2):
        model = build(
            {
                "population.accounts": rows,
                "end": "2023-01-15",
                "threads": threads,
                "campaigns.selfmedia_2023.opens": "2023-01-03",
                "campaigns.selfmedia_2023.closes": "2023-01-10",
                **{f"platforms.{name}.channels.classifier.threshold": 2.0 for name in ("wechat", "douyin", "weibo")},
            }
        )
        assert model.threads == threads
        watch(model, after=note)
        results.append(model.run())
        columns.append({name: array.tobytes() for name, array in model.world.accounts.items()})
    use_threads(1)
    assert longest > 3 * WORK_BLOCK
    assert results[0].summary["closed_total"] > 0
    assert series_digest(results[0].series) == series_digest(results[1].series)
    assert {name for name in columns[0] if columns[0][name] != columns[1][name]} == set()
