"""Pressure on platforms: it closes half of the gap in its half-life of rise, and halves in that of decay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rectify import RectificationModel

Build = Callable[..., RectificationModel]


@pytest.fixture(scope="module")
def felt(build: Build, defaults: dict[str, Any]) -> np.ndarray:
    """Pressure on the first platform day by day: a campaign of pressure 0.8 from day 5 to day 44, then nothing."""
    campaign = {
        **defaults["campaigns"]["selfmedia_2023"],
        "opens": "2023-01-06",
        "closes": "2023-02-14",
        "pressure": 0.8,
    }
    model = build(
        {
            "population.accounts": 200,
            "end": "2023-06-30",
            "campaigns": {"one": campaign},
            "behaviours.pressure.rise_half_life": 4,
            "behaviours.pressure.decay_half_life": 20,
            "offices.national.question_pressure": 0,
        }
    )
    pressure = []
    while model.day < 150:
        model.step()
        pressure.append(model.platforms[0].pressure)
    return np.array(pressure)


def test_pressure_rises_with_its_half_life(felt: np.ndarray) -> None:
    """After n days of a campaign the gap to what it demands is 2^(−n/4) of the first."""
    assert not felt[:5].any()
    days = np.arange(1, 41)
    assert np.allclose(0.8 - felt[5:45], 0.8 * 2.0 ** (-days / 4), rtol=1e-9)
    assert felt[5 + 4 - 1] == pytest.approx(0.4)


def test_pressure_decays_with_its_half_life(felt: np.ndarray) -> None:
    """From the day after the campaign's last on it halves every 20 days."""
    last = felt[44]
    days = np.arange(1, len(felt) - 44)
    assert np.allclose(felt[45:], last * 2.0 ** (-days / 20), rtol=1e-9)
    assert felt[64] == pytest.approx(last / 2)


def test_a_questioning_adds_a_share_of_what_is_missing(build: Build) -> None:
    """Pressing platforms brings them nearer to full pressure, never beyond."""
    platform = build({"population.accounts": 200}).platforms[0]
    for expected in (0.25, 0.4375, 0.578125):
        platform.press(0.25)
        assert platform.pressure == pytest.approx(expected)
    platform.press(1.0)
    assert platform.pressure == 1.0


def test_inspections_estimate_prevalence_without_bias(build: Build) -> None:
    """Every so many days; the error is that of a binomial sample, and finding too much raises pressure."""
    sample = 400
    model = build(
        {
            "population.accounts": 4000,
            "campaigns": {},
            "offices.national.inspection_sample": sample,
            "offices.national.inspection_every_days": 1,
            "offices.national.tolerated_prevalence": 1.0,
            "end": "2023-03-31",
        }
    )
    scores = []
    for _ in range(80):
        model.step()
        views = model.world.counters["views"]
        true = views[:, :-1].sum(axis=1) / views.sum(axis=1)
        found = model.world.platforms.inspected_prevalence
        assert np.allclose(found * sample, np.round(found * sample))
        scores.append((found - true) / np.sqrt(true * (1 - true) / sample))
    z = np.array(scores).ravel()
    assert abs(z.mean()) < 4 / np.sqrt(len(z))
    assert 0.8 < z.std() < 1.2
    assert model.offices[0].questioned == 0
    strict = build(
        {
            "population.accounts": 4000,
            "campaigns": {},
            "offices.national.inspection_every_days": 5,
            "offices.national.tolerated_prevalence": 0.0,
            "offices.national.question_pressure": 0.5,
        }
    )
    for day in range(11):
        before = strict.world.platforms.pressure.copy()
        strict.step()
        raised = strict.world.platforms.pressure > before
        assert raised.all() == (day % 5 == 0)
    assert strict.offices[0].questioned == 3 * len(strict.platforms)
