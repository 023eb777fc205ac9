"""Followers that accounts had: some find a closed one's successor, and a reversal gives back what a sanction took."""

from __future__ import annotations

import numpy as np

from rectify.audience.network import MessageNetwork
from rectify.core.state import State, get_attributes, set_attributes
from rectify.core.table import Array


class FormerFollowers:
    """Rows of followers, int32, by the row of the account that they followed."""

    def __init__(self) -> None:
        self.of_closed: dict[int, Array] = {}
        """Those that an account had when it closed."""
        self.taken: dict[int, Array] = {}
        """Those that sanctions took from it."""

    def get_state(self) -> State:
        """All of them."""
        return get_attributes(self)

    def set_state(self, state: State) -> None:
        """Set them to what :meth:`get_state` gave."""
        set_attributes(self, state)

    def close(self, network: MessageNetwork, rows: Array) -> None:
        """End all follows of and by the accounts *rows*, and empty their feeds."""
        chosen = np.zeros(network.accounts, np.bool_)
        chosen[rows] = True
        readers, authors = network.follows.end(chosen)
        for row in rows.tolist():
            self.of_closed[row] = readers[authors == row]
        network.feeds.clear(rows)

    def take(self, network: MessageNetwork, day: int, kept: Array) -> Array:
        """Take followers from accounts, each staying with the probability *kept*; how many, int64 [accounts].

        kept: float64 [accounts]. What is in their feeds already stays there.
        """
        readers, authors = network.follows.thin(day, kept)
        for row in np.unique(authors).tolist():
            gone = readers[authors == row]
            self.taken[row] = np.concatenate((self.taken.get(row, gone[:0]), gone))
        return np.bincount(authors, minlength=network.accounts)
