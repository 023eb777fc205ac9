"""Perceived certainty of punishment: what posting and evading weigh against gain."""

from __future__ import annotations

import math

from rectify.core.kernel import device

LOG_2 = math.log(2.0)


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
