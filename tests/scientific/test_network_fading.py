"""How far the mean field's closed form carries in feeds: h from feeds nobody moderates, reductions from h / (h + τ).

The tables of ``experiments/takedown_docking`` show the same for more half-lives and one setting.
"""

from __future__ import annotations

import numpy as np
import pytest

from rectify.audience.diffusion import DiffusionParams, Fading, MessageDiffusion
from rectify.audience.network import random_walk_growth
from tests.reference.messages import published

GRAPHS = 24
HALF_LIVES = (0.5, 2.0, 8.0, 32.0)


def measure(params: DiffusionParams, follows: int) -> tuple[float, Fading]:
    """Prevalence of steps 21 to 60, mean over graphs, and how attention fades in them."""
    levels, fading = [], Fading()
    for seed in range(GRAPHS):
        diffusion = MessageDiffusion(random_walk_growth(seed, 1000, follows), params, seed)
        for step in range(1, 61):
            diffusion.step()
            if step > 20:
                fading.observe(diffusion)
        levels.append(diffusion.records.mean_prevalence(21, 60))
    return float(np.mean(levels)), fading


def surviving(fading: Fading, half_life: float) -> float:
    """Share of all attention that is left when messages are taken down with that *half_life* (steps).

    Counts each age's attention with the share 2^(-age/half_life) of messages that reach it. Nothing else changes:
    neither do taken-down messages leave room for others, nor do they lose the reshares they would have had.
    """
    survival = np.exp2(-(np.arange(fading.counts.size) + 1) / half_life)
    return float(survival @ fading.counts / fading.counts.sum())


@pytest.mark.parametrize(("follows", "feed_length", "mu"), [(3, 15, 0.5), (3, 5, 0.5), (10, 15, 0.5), (3, 15, 0.9)])
def test_closed_form_with_fitted_half_life_is_within_eight_points(follows: int, feed_length: int, mu: float) -> None:
    """Exponential fading is off by up to 8 points; the measured fading, age by age, by up to 5."""
    plain = published(feed_length=feed_length, mu=mu)
    level, fading = measure(plain, follows)
    h = fading.half_life()
    for half_life in HALF_LIVES:
        moderated, _ = measure(plain.model_copy(update={"takedown_half_life": half_life}), follows)
        reduction = 1 - moderated / level
        assert abs(h / (h + half_life) - reduction) < 0.08, (h, half_life, reduction)
        assert abs(1 - surviving(fading, half_life) - reduction) < 0.05, (h, half_life, reduction)


def test_ages_are_counted_from_writing() -> None:
    """Where nothing is reshared and feeds are longer than a run fills, every message stays, and ages by the step."""
    diffusion = MessageDiffusion(random_walk_growth(1, 50, 2), published(mu=1.0, feed_length=255), 1)
    diffusion.run(1)
    first = Fading()
    first.observe(diffusion)
    diffusion.run(3)
    later = Fading()
    later.observe(diffusion)
    slots = diffusion.records.column("slots")
    assert later.counts[:4].tolist() == np.diff(slots, prepend=0)[::-1].tolist()
    assert first.counts[0] == slots[0] == first.counts.sum()
    assert first.half_life() == pytest.approx(np.log(2.0))
    assert surviving(first, 1.0) == pytest.approx(0.5)
    assert Fading().half_life() == 0.0
