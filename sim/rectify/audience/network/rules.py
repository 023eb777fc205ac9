"""How feeds work and what makes a message be reshared, for accounts and for the published model alike."""

from __future__ import annotations

import numpy as np

from rectify.audience.network.feeds import LONGEST_AGE
from rectify.core.params import Params, uncertainty
from rectify.core.table import Array


class FeedRules(Params):
    """Feeds of finite length; messages reshared by appeal, shares and recency. A step is a day."""

    feed_length: int = uncertainty("messages", "Messages a feed holds (sigma).", ge=1, le=255)
    appeal_exponent: float = uncertainty("exponent", "Appeal has density in proportion to (1 - a)^(this - 1).", gt=0)
    recency_rate: float = uncertainty("rate", "Recency is exp(-rate * age^power), age in days.", ge=0, le=100)
    recency_power: float = uncertainty("exponent", "See recency_rate.", gt=0, le=10)

    def recency(self) -> Array:
        """Weight of a message by its age in a feed, float64 [ages]."""
        ages = np.arange(LONGEST_AGE + 1, dtype=np.float64)
        recency: Array = np.exp(-self.recency_rate * ages**self.recency_power)
        return recency
