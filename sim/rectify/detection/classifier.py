"""The classifier, by signal detection theory: one threshold sets true and false positive rates together.

Scores of lawful posts are normal with mean 0, of violating ones with mean d′ (the kind's discriminability), both with
variance 1; a post is flagged when its score exceeds the platform's threshold c. So the true positive rate is Φ(d′ − c)
and the false positive rate Φ(−c). Source: Green & Swets, "Signal Detection Theory and Psychophysics", 1966.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Self

import numba
import numpy as np

from rectify.core.draws import fill_uniforms
from rectify.core.due import WORK_BLOCK
from rectify.core.kernel import Index, kernel
from rectify.core.params import Params, lever
from rectify.core.sampling import binomial, normal_cdf
from rectify.core.table import Array
from rectify.detection.channel import Channel, Effort
from rectify.world.setup import Setup
from rectify.world.streams import Stream
from rectify.world.turn import Due, Posts, Turn
from rectify.world.world import World


@kernel
def _classify(  # type: ignore[no-untyped-def]
    day, seed, bit, due, posts, flag_rate, false_flag_rate,
    flagged_lawful, flagged_violating, evidence, breach,
):  # fmt: skip
    """Flag posts of those due: *flag_rate* of the violating ones by platform and kind, *false_flag_rate* of the others.

    outputs: flagged_lawful, flagged_violating, evidence, breach
    """
    for block in numba.prange(-(-len(due.rows) // WORK_BLOCK)):
        first, last = block * WORK_BLOCK, min(len(due.rows), (block + 1) * WORK_BLOCK)
        draws = np.empty((4, WORK_BLOCK))
        fill_uniforms(seed, Stream.CLASSIFIER.value, due.rows[first:last], day, 0, draws)
        for j in range(last - first):
            i = Index(first + j)
            if not due.active[i] or posts.lawful_posts[i] + posts.violating_posts[i] == 0:
                continue
            p, k = Index(due.platform[i]), Index(due.kind[i])
            false = binomial(draws[0, j], posts.lawful_posts[i], false_flag_rate[p])
            true = binomial(draws[1, j], posts.violating_posts[i], flag_rate[p, k])
            if false + true > 0:
                flagged_lawful[i] += false
                flagged_violating[i] += true
                evidence[i] |= bit
                breach[i] |= true > 0


class ClassifierParams(Params):
    """A platform's classifier."""

    threshold: float = lever(
        "standard deviations", "Score above which a post is flagged; lawful posts score 0 on average.", ge=-5, le=10
    )


CHANNEL = Channel(
    "classifier",
    "The classifier",
    params=ClassifierParams,
    effort=Effort("How far the classifier's threshold is lowered.", unit="standard deviations", form="shift", most=5.0),
)


@lru_cache(maxsize=256)
def positive_rates(threshold: float, discriminabilities: tuple[float, ...]) -> Array:
    """Share of posts of each discriminability d′ that a classifier flags: Φ(d′ − threshold), float64."""
    rates: Array = np.array([normal_cdf(discriminability - threshold) for discriminability in discriminabilities])
    rates.flags.writeable = False
    return rates


@dataclass(frozen=True)
class Classifier:
    """Scores every post; flags those above the platform's threshold, rightly and wrongly."""

    threshold: Array
    discriminability: tuple[float, ...]
    """d′ of each kind, and of lawful posts, 0, in the last place."""
    bit: int
    channel: ClassVar[Channel] = CHANNEL
    phase: ClassVar[str] = "detecting"
    reads: ClassVar[tuple[str, ...]] = (
        "turn.due", "turn.active", "turn.platform", "turn.kind", "turn.lawful_posts", "turn.violating_posts",
        "conditions.everyday", "world.channel_effort",
    )  # fmt: skip
    writes: ClassVar[tuple[str, ...]] = (
        "turn.flagged_lawful", "turn.flagged_violating", "turn.evidence", "turn.breach",
    )  # fmt: skip

    @classmethod
    def build(cls, setup: Setup) -> Self:
        """The process of a run."""
        discriminability = (*setup.policy.kinds.discriminability.tolist(), 0.0)
        return cls(setup.of_channel("classifier", "threshold"), discriminability, setup.bit("classifier"))

    def rates(self, world: World) -> tuple[Array, Array]:
        """Shares flagged today: of violating posts, float64 [platforms, kinds], and of lawful ones, [platforms]."""
        everyday = world.conditions.everyday
        lowered = self.threshold - world.effort("classifier")
        flagged = np.array([positive_rates(float(each), self.discriminability) for each in lowered])
        return flagged[:, :-1] * everyday[:, None], flagged[:, -1] * everyday

    def step(self, world: World, turn: Turn) -> None:
        """Add the posts flagged, and the channel's bit, to the turn's evidence."""
        flag_rate, false_flag_rate = self.rates(world)
        _classify(
            turn.day, world.seed, self.bit, turn.group(Due), turn.group(Posts), flag_rate, false_flag_rate,
            turn.flagged_lawful, turn.flagged_violating, turn.evidence, turn.breach,
        )  # fmt: skip
