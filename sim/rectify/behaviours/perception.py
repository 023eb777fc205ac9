"""Perceived certainty of punishment: what posting and evading weigh against gain."""

from __future__ import annotations

import math
from typing import NamedTuple

from rectify.core.groups import group
from rectify.core.kernel import device
from rectify.core.params import Params, uncertainty
from rectify.core.table import Array
from rectify.world.setup import Setup

LOG_2 = math.log(2.0)


class LearningParams(Params):
    """How perceived certainty rises and is forgotten."""

    own_step: float = uncertainty("0 to 1", "Share of the gap to certainty that one own sanction closes.", ge=0, le=1)
    own_half_life: float = uncertainty("days", "Half-life of the memory of own sanctions.", gt=0, le=36500)
    observed_half_life: float = uncertainty(
        "days", "Half-life of the memory of sanctions observed on others.", gt=0, le=36500
    )
    observed_weight: float = uncertainty(
        "ratio", "How visible others' sanctions are: weight of the share of active violators sanctioned.", ge=0, le=1000
    )
    announced_half_life: float = uncertainty("days", "Half-life of the memory of an announcement.", gt=0, le=36500)
    severity_half_life: float = uncertainty("days", "Half-life of the memory of harsher days.", gt=0, le=36500)


class Perception(NamedTuple):
    """What perceived certainty is made of: operators' memory of own sanctions, and two conditions where they are."""

    experience: Array
    learnt_on: Array
    half_life: float
    """Of that memory, days."""
    observed: Array
    announced: Array


def shared_perception(setup: Setup) -> Perception:
    """The group of a run; get it by ``setup.once``, since several processes share it."""
    memory = setup.params(LearningParams).own_half_life
    return group(Perception, setup.world.operators, setup.world.conditions, half_life=memory)


@device
def remembered(experience, learnt_on, day, half_life):  # type: ignore[no-untyped-def]
    """Certainty left from own sanctions: *experience* of day *learnt_on*, halved every *half_life* days."""
    if experience <= 0.0:
        return 0.0
    return experience * math.exp(-LOG_2 * (day - learnt_on) / half_life)


@device
def perceived_certainty(own, observed, announced):  # type: ignore[no-untyped-def]
    """Certainty of punishment from three independent reasons to believe in it: 1 − (1−own)(1−observed)(1−announced)."""
    return 1.0 - (1.0 - own) * (1.0 - observed) * (1.0 - announced)
