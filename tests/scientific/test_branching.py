"""Moderation of self-exciting cascades: simulation, the published closed form, and the mean field built on it.

Source: Schneider & Rizoiu, "The effectiveness of moderating harmful online content", PNAS 2023.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rectify import RectificationModel
from rectify.audience.branching import (
    exponent_of,
    kernel_half_life,
    reduction,
    reshares_left,
    simulate_cascades,
)
from rectify.audience.fading import fitted_fading
from rectify.core.table import Array
from rectify.policy.kinds import BASES
from tests.channels import FLAG_ALL, with_channels

SECONDS, MINUTE, HOUR, DAY = 1.0, 60.0, 3600.0, 86400.0
CUTOFF = 30.0
DELAYS = np.array([0.0, CUTOFF, 10 * MINUTE, HOUR, DAY, 10 * DAY, math.inf])
FADING_ERROR = 0.002


@pytest.mark.parametrize(("factor", "minutes", "published"), [(0.75, 7.48, 0.29), (0.44, 13.97, 0.13)])
def test_published_reductions_at_a_day(factor: float, minutes: float, published: float) -> None:
    exponent = exponent_of(minutes * MINUTE, CUTOFF)
    assert kernel_half_life(exponent, CUTOFF) == pytest.approx(minutes * MINUTE)
    assert float(reduction(factor, exponent, CUTOFF, DAY)) == pytest.approx(published, abs=0.005)


@pytest.mark.parametrize("exponent", [0.2, 0.5, 1.5])
def test_half_of_the_reshares_come_within_the_half_life(exponent: float) -> None:
    at = kernel_half_life(exponent, CUTOFF)
    assert float(reshares_left(0.8, exponent, CUTOFF, at)) == pytest.approx(0.4)


@pytest.mark.parametrize("factor", [0.2, 0.44, 0.75, 0.9])
@pytest.mark.parametrize("exponent", [0.15, 0.25, 0.6, 1.5])
def test_simulated_harm_is_the_closed_form_s(factor: float, exponent: float) -> None:
    """Mean cascade sizes at every delay, and the reduction against the same cascades unmoderated, to 4 s.e.

    Where no reshare was late enough to be cut, fewer than 5 in all cascades were to be expected.
    """
    cascades = 40_000
    sizes = simulate_cascades(11, cascades, factor, exponent, CUTOFF, DELAYS)
    assert (np.diff(sizes, axis=1) >= 0).all()
    assert (sizes[:, 0] == 1).all()
    expected = 1.0 / (1.0 - reshares_left(factor, exponent, CUTOFF, DELAYS))
    errors = sizes.std(axis=0) / math.sqrt(cascades)
    assert (np.abs(sizes.mean(axis=0) - expected) <= 4 * errors).all()
    without = sizes[:, -1].astype(np.float64)
    for place, delay in enumerate(DELAYS):
        ratio = sizes[:, place].mean() / without.mean()
        error = (sizes[:, place] - ratio * without).std() / math.sqrt(cascades) / without.mean()
        closed = float(reduction(factor, exponent, CUTOFF, delay))
        assert abs(1 - ratio - closed) <= 4 * error + 5 / cascades, (delay, 1 - ratio, closed, error)


def test_one_more_cascade_changes_no_other() -> None:
    few = simulate_cascades(3, 10, 0.7, 0.3, CUTOFF, DELAYS)
    many = simulate_cascades(3, 20, 0.7, 0.3, CUTOFF, DELAYS)
    assert (many[:10] == few).all()
    assert (simulate_cascades(3, 10, 0.7, 0.3, CUTOFF, DELAYS, first=10) == many[10:]).all()


def test_values_out_of_bounds_are_refused() -> None:
    with pytest.raises(ValueError, match="branching_factor"):
        simulate_cascades(1, 1, 1.0, 0.3, CUTOFF, DELAYS)
    with pytest.raises(ValueError, match="exponent"):
        simulate_cascades(1, 1, 0.5, 0.0, CUTOFF, DELAYS)


@pytest.mark.parametrize("factor", [0.2, 0.75, 0.95])
@pytest.mark.parametrize("exponent", [0.05, 0.25, 0.6, 1.0])
def test_a_sum_of_exponentials_is_near_the_power_law(factor: float, exponent: float) -> None:
    """From a second to ten years."""

    def closed(delay: Array) -> Array:
        return reduction(factor, exponent, CUTOFF / DAY, delay)

    fading = fitted_fading(closed)
    delays = np.concatenate(([0.0], np.geomspace(1.0, 3650 * DAY, 400) / DAY))
    assert np.abs(fading.share_left(delays) - closed(delays)).max() < FADING_ERROR
    assert (fading.weights > 0).all()


@pytest.mark.parametrize("hours", [0.05, 1.0, 6.0, 24.0])
def test_takedown_in_the_mean_field_prevents_what_the_closed_form_says(
    hours: float, build: Callable[..., RectificationModel], defaults: dict[str, Any],
    watch: Callable[..., None], handling: Callable[[float], dict[str, Any]],
) -> None:  # fmt: skip
    """Everything violating is flagged as it is written and taken down after exponential delays, most within a day."""
    model = build(handling(hours))
    delivered: list[float] = []
    written: list[Array] = []

    def note(world: Any, turn: Any) -> None:
        delivered.append(float(world.counters["views"][:, :-1].sum()))
        written.append(turn.violating_views[turn.violating_posts > 0].astype(np.float64))

    watch(model, after=note)
    model.run()
    views = np.concatenate(written)
    assert len(views) > 1500
    scale = hours / 24.0
    quantiles = (np.arange(20_000) + 0.5) / 20_000
    prevented = reduction(0.75, 0.25, CUTOFF / DAY, -scale * np.log1p(-quantiles))
    expected = float(prevented.mean())
    error = float(prevented.std()) * math.sqrt(float((views**2).sum())) / float(views.sum())
    still_due = float(model.world.views_due[:, :-1].sum()) / float(views.sum())
    share = 1.0 - sum(delivered) / float(views.sum())
    slack = 4 * error + FADING_ERROR
    assert expected - slack < share < expected + still_due + slack


@pytest.fixture
def handling(defaults: dict[str, Any]) -> Callable[[float], dict[str, Any]]:
    """Changes to the configuration: platforms that flag and review everything, and take down after so many hours."""

    def changes(hours: float) -> dict[str, Any]:
        quick = {
            "review_capacity": 1e9, "reviewer_sensitivity": 1, "reviewer_specificity": 1, "willingness": 1,
            "handling_hours": hours,
        }  # fmt: skip
        return {
            "population.accounts": 10_000,
            "campaigns": {},
            "platforms": {
                name: {**with_channels(platform, **FLAG_ALL), **quick}
                for name, platform in defaults["platforms"].items()
            },
            "rulebook.ladders": {basis: [["content_removal"]] for basis in BASES},
            "audience": {
                **defaults["audience"], "attention": "branching", "views_per_follower": 0, "appeal_spread": 0,
            },
            "behaviours.evading.deterrence": 0,
            "behaviours.learning.observed_weight": 0,
        }  # fmt: skip

    return changes
