"""Posting's shortcuts: they must settle nothing that the full calculation would settle otherwise."""

from __future__ import annotations

import numpy as np

from rectify.behaviours.posting import REACH, chance_at_most


def test_bound_on_the_chance_of_violating() -> None:
    """It lies nowhere below the chance, and within its reach nowhere far above."""
    logits = np.concatenate((np.linspace(-30, 30, 100_001), np.arange(-REACH, REACH, 1 / 16)))
    chance = 1.0 / (1.0 + np.exp(-logits))
    bound = np.array([chance_at_most(logit) for logit in logits])
    assert (bound >= chance).all()
    within = np.abs(logits) < REACH
    assert (bound[within] <= chance[within] * 16 / 15).all()
