"""How many runs of a sweep are handed out together."""

from __future__ import annotations

from typing import Any

import pytest

from rectify.study.execute import AHEAD, MOST_TOGETHER, TASK_SECONDS, Pace


class TwoWorkers:
    """A client of two workers with a thread each."""

    def nthreads(self) -> dict[str, int]:
        return {"one": 1, "two": 1}


def pace(**options: Any) -> Pace:
    return Pace(TwoWorkers(), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "together"),
    [(0.0, MOST_TOGETHER), (TASK_SECONDS / 4, 4), (TASK_SECONDS * 0.3, 3), (TASK_SECONDS, 1), (60.0, 1)],
)
def test_a_task_is_of_as_many_runs_as_take_a_second(seconds: float, together: int) -> None:
    """By the mean of those that have come back; the first go alone, for nothing is known of them."""
    found = pace()
    assert found.tasks() == 2 * AHEAD
    assert found.runs_together(1000) == 1
    found.note(1, seconds * 0.5)
    found.note(2, seconds * 2.5)
    assert found.runs_together(1000) == together


def test_the_last_runs_are_spread_over_all_workers() -> None:
    """No worker is given many while another has none left."""
    found = pace()
    found.note(1, 0.0)
    left, tasks = 200, []
    while left:
        tasks.append(found.runs_together(left))
        left -= tasks[-1]
    assert tasks == sorted(tasks, reverse=True)
    assert tasks[-8:] == [1] * 8


def test_suspects_go_one_by_one() -> None:
    """However short they were."""
    found = pace(alone=True)
    found.note(100, 0.0)
    assert (found.tasks(), found.runs_together(1000)) == (1, 1)
