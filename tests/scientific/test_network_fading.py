"""How far the mean field's closed form carries in feeds: h from feeds nobody moderates, reductions from h / (h + τ).

The tables of ``experiments/takedown_docking`` show the same for more half-lives and one setting.
"""

from __future__ import annotations

import numpy as np
import pytest

from rectify.audience.network import DiffusionParameters, Fading, MessageDiffusion, random_walk_growth

GRAPHS = 24
HALF_LIVES = (0.5, 2.0, 8.0, 32.0)


def measure(parameters: DiffusionParameters, follows: int) -> tuple[float, Fading]:
    """Prevalence of steps 21 to 60, mean over graphs, and how attention fades in them."""
    levels, fading = [], Fading()
    for seed in range(GRAPHS):
        diffusion = MessageDiffusion(random_walk_growth(seed, 1000, follows), parameters, seed)
        for step in range(1, 61):
            diffusion.step()
            if step > 20:
                fading.observe(diffusion)
        levels.append(diffusion.records.mean_prevalence(21, 60))
    return float(np.mean(levels)), fading


@pytest.mark.parametrize(("follows", "feed_length", "new"), [(3, 15, 0.5), (3, 5, 0.5), (10, 15, 0.5), (3, 15, 0.9)])
def test_closed_form_with_fitted_half_life_is_within_eight_points(follows: int, feed_length: int, new: float) -> None:
    """Exponential fading is off by up to 8 points; the measured fading, age by age, by up to 5."""
    plain = DiffusionParameters(feed_length=feed_length, new_message_probability=new)
    level, fading = measure(plain, follows)
    h = fading.half_life()
    for half_life in HALF_LIVES:
        moderated, _ = measure(plain.model_copy(update={"takedown_half_life": half_life}), follows)
        reduction = 1 - moderated / level
        assert abs(h / (h + half_life) - reduction) < 0.08, (h, half_life, reduction)
        assert abs(1 - fading.surviving(half_life) - reduction) < 0.05, (h, half_life, reduction)


def test_ages_are_counted_from_writing() -> None:
    """Where nothing is reshared and feeds are longer than a run fills, every message stays, and ages by the step."""
    parameters = DiffusionParameters(new_message_probability=1.0, feed_length=255)
    diffusion = MessageDiffusion(random_walk_growth(1, 50, 2), parameters, 1)
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
    assert first.surviving(1.0) == pytest.approx(0.5)
    assert first.share_left()[:2].tolist() == [1.0, 0.0]
    assert Fading().half_life() == 0.0
    assert Fading().surviving(1.0) == 0.0
