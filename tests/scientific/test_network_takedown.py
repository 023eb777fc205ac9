"""The message-level audience against the published takedown-delay model, and against theory.

Reference values: the published code of Truong et al., "Delayed takedown of illegal content on social media makes
moderation ineffective" (2025), run on 21 or 22 random-walk graphs of 1,000 agents (k = 3, p = 0.5; 60 steps), and a
second implementation of the same rules on 400 graphs. Prevalence: share of filled feed slots that hold illegal
messages, mean of steps 21 to 60. Impressions: those of illegal messages in 60 steps for each one written. Reductions
are pooled over graphs, 1 - mean with takedown / mean without; standard errors by bootstrap over graphs.

The second implementation's level without takedown lies 2 % above the 0.05 that follows from the rules (legality then
has no effect on spread), which lifts all its reductions by up to one point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import zeta

from rectify.audience.diffusion import MessageDiffusion
from rectify.audience.network import random_walk_growth
from tests.reference.messages import published

LEVEL_PEER = (0.0504, 20.39)
LEVEL_INDEPENDENT = (0.051, 20.55)


@dataclass(frozen=True)
class Reference:
    """Reductions of prevalence and of impressions: the peer's with their standard errors, and the second code's."""

    peer: tuple[float, float]
    peer_error: tuple[float, float]
    independent: tuple[float, float]


REFERENCES = {
    0.5: Reference((0.98606, 0.98340), (0.00109, 0.00120), (0.985, 0.982)),
    2.0: Reference((0.89088, 0.87505), (0.00777, 0.00795), (0.892, 0.875)),
    8.0: Reference((0.59360, 0.54338), (0.03007, 0.03589), (0.613, 0.579)),
}


def measure(half_life: float | None, graphs: int) -> NDArray[np.float64]:
    """Prevalence and impressions of each graph, float64 [graphs, 2]; the graphs are the same for each half-life."""
    params = published(takedown_half_life=half_life)
    rows = []
    for seed in range(graphs):
        records = MessageDiffusion(random_walk_growth(seed, 1000), params, seed).run(60)
        rows.append((records.mean_prevalence(21, 60), records.impressions_per_illegal()))
    return np.array(rows)


def reduction(
    with_takedown: NDArray[np.float64], without: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pooled reductions and their standard errors, by bootstrap over pairs of one graph."""
    graphs = len(with_takedown)
    chosen = np.random.default_rng(0).integers(0, graphs, (1000, graphs))
    means = 1 - with_takedown[chosen].mean(axis=1) / without[chosen].mean(axis=1)
    return 1 - with_takedown.mean(axis=0) / without.mean(axis=0), means.std(axis=0)


def check(half_life: float, ours: NDArray[np.float64], error: NDArray[np.float64], slack: float) -> None:
    reference = REFERENCES[half_life]
    allowed = 0.02 + slack * error
    assert (np.abs(ours - reference.independent) < allowed).all(), (half_life, ours, error)
    distance = np.abs(ours - reference.peer) / np.hypot(error, reference.peer_error)
    assert (distance < 2.5).all(), (half_life, ours, error, distance)


@pytest.fixture(scope="module")
def without() -> NDArray[np.float64]:
    return measure(None, 150)


@pytest.mark.parametrize(("half_life", "graphs"), [(0.5, 50), (2.0, 80), (8.0, 150)])
def test_takedown_reduces_as_published(without: NDArray[np.float64], half_life: float, graphs: int) -> None:
    ours, error = reduction(measure(half_life, graphs), without[:graphs])
    assert (error < 0.01).all()
    check(half_life, ours, error, slack=2.0)


def test_levels_without_takedown_are_as_published(without: NDArray[np.float64]) -> None:
    level, error = without.mean(axis=0), without.std(axis=0) / np.sqrt(len(without))
    assert level[0] == pytest.approx(0.05, abs=3 * error[0])
    assert (np.abs(level / LEVEL_INDEPENDENT - 1) < 0.03 + 2 * error / level).all(), (level, error)
    assert (np.abs(level / LEVEL_PEER - 1) < 0.03 + 2 * error / level).all(), (level, error)


@pytest.mark.slow
def test_takedown_reduces_as_published_to_half_a_point() -> None:
    graphs = 1500
    base = measure(None, graphs)
    assert (np.abs(base.mean(axis=0) / LEVEL_INDEPENDENT - 1) < 0.03).all()
    for half_life in REFERENCES:
        ours, error = reduction(measure(half_life, graphs), base)
        print(half_life, ours.round(4), error.round(4))
        assert (error < 0.005).all()
        check(half_life, ours, error, slack=0.0)


@pytest.mark.parametrize("half_life", [0.5, 2.0, 8.0])
def test_lives_are_geometric(half_life: float) -> None:
    """Where nothing cuts lives short, half of the messages are gone after the half-life: mean 1 / p - 1 more steps."""
    params = published(takedown_half_life=half_life, illegal_mean=1.0, mu=1.0)
    diffusion = MessageDiffusion(random_walk_growth(1, 4000), params, seed=3)
    diffusion.step()
    table = diffusion.network.messages
    lives = (table.removal - table.born)[: table.count]
    removal = 1 - 2 ** (-1 / half_life)
    spread = np.sqrt(1 - removal) / removal / np.sqrt(table.count)
    assert lives.mean() == pytest.approx(1 / removal - 1, abs=4 * spread)
    for steps in (1, 2, 8):
        survived = np.mean(lives >= steps)
        share = 2 ** (-steps / half_life)
        assert survived == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / table.count) + 1e-12)


def test_agents_act_as_often_as_their_power_law_says() -> None:
    diffusion = MessageDiffusion(random_walk_growth(1, 20_000), published(), seed=2)
    records = diffusion.run(10)
    below = 1.85 * 0.2**1.85 * (0.2**-0.85 - 1) / 0.85
    # P(activity > m) is (m / 0.2) ** -1.85, and the mean of a ceiling is the sum of P(activity > m) over m = 0, 1, 2, …
    above = 0.2**1.85 * (1 + zeta(1.85))
    assert records.column("acts").mean() / 20_000 == pytest.approx(below + above, rel=0.05)
    assert records.column("written_illegal").sum() / records.column("written").sum() == pytest.approx(0.05, abs=0.003)


@pytest.mark.parametrize(("follows", "feed_length", "mu", "illegal_mean"), [(8, 30, 0.3, 0.2), (3, 5, 0.8, 0.01)])
def test_longer_half_lives_leave_more(follows: int, feed_length: int, mu: float, illegal_mean: float) -> None:
    levels = []
    for half_life in (0.5, 2.0, 8.0, None):
        params = published(feed_length=feed_length, mu=mu, illegal_mean=illegal_mean, takedown_half_life=half_life)
        diffusion = MessageDiffusion(random_walk_growth(5, 4000, follows), params, seed=6)
        levels.append(diffusion.run(60).mean_prevalence())
    assert levels == sorted(levels)
    assert levels[-1] == pytest.approx(illegal_mean, rel=0.3)
