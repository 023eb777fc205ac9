"""What acting accounts share: messages that they write, and others that they choose from their feeds.

Who acts, and whether an act writes or reshares, is decided by whoever uses the network and told by *orders*, a number
for each act; here each order is replaced by the code of the message that is shared. All acts of a day read the feeds as
they stand at its start. The shares of a day form one list, in the order of accounts and of each one's acts; ``starts``
says where an account's begin. Blocks of accounts are fixed, so that the number of threads changes nothing.

Source of the rules: Truong et al., "Delayed takedown of illegal content on social media makes moderation
ineffective", 2025; points the paper leaves open are settled in :mod:`rectify.audience.diffusion.model`.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from rectify.audience.network.blocks import blocks_of, bounds
from rectify.audience.network.feeds import FeedContents
from rectify.audience.network.messages import NEVER
from rectify.audience.network.streams import NetworkStream
from rectify.core.draws import uniforms
from rectify.core.kernel import device, kernel
from rectify.core.sampling import geometric

WRITE_LAWFUL, WRITE_VIOLATING, WRITE, RESHARE = 0, 1, 2, 3
"""What an act does; with ``WRITE``, whether the message violates is drawn. Only an account with a message in its feed
can be ordered to reshare."""
NOTHING = -1
"""In the outbox: the account shared nothing. Below it: it shared more than one message."""

ACT = int(NetworkStream.ACT)
MESSAGE = int(NetworkStream.MESSAGE)


class SharingRules(NamedTuple):
    """The rules as kernels take them.

    appeal_power: 1 / ``appeal_exponent``. recency: float64, by age. violating_share: of messages whose order leaves it
    open. removal_probability: share of violating messages that are taken down a day, whoever wrote them, from the day
    of writing on; 0 where takedowns are decided elsewhere.
    """

    appeal_power: float
    recency: NDArray[np.float64]
    violating_share: float
    removal_probability: float


@device
def order(action: int, number: int) -> int:
    """An act's order: what it does, and the *number*, below 2**29, at which its draws stand among the account's."""
    return np.int32((number << 2) | action)  # type: ignore[return-value]


@kernel
def share(
    seed: np.uint64,
    day: int,
    rules: SharingRules,
    rows: NDArray[np.int32],
    starts: NDArray[np.int32],
    first_message: int,
    written: NDArray[np.int64],
    feeds: FeedContents,
    shared: NDArray[np.int32],
    outbox: NDArray[np.int32],
    appeal: NDArray[np.float32],
    author: NDArray[np.int32],
    born: NDArray[np.int32],
    removal: NDArray[np.int32],
    is_violating: NDArray[np.uint8],
) -> None:
    """Carry out the orders in *shared*: replace each by the code of the message written or reshared.

    rows: int32, ascending, who may act. starts: int32 [rows + 1], a row's acts are ``starts[i]`` to ``starts[i + 1]``
    of *shared*. first_message: row in the message table of the first message written; rows follow the order of accounts
    and acts. written: int64 [blocks of rows], messages written by each block. A message is reshared with probability in
    proportion to appeal x shares in the feed x recency. The last of an account's shares becomes ``~code``. outbox:
    int32 [accounts], written for those who act: the code of an account's only share or, of several, ``NOTHING +
    ~place`` of the first in *shared*. The columns of the message table (see
    :class:`~rectify.audience.network.messages.MessageTable`) are filled for what is written.

    outputs: shared, outbox, appeal, author, born, removal, is_violating
    """
    width = feeds.codes.shape[1]
    first_messages = first_message + np.cumsum(written) - written
    for block in numba.prange(blocks_of(rows.size)):
        running = np.empty(width, np.float64)
        message = first_messages[block]
        begin, end = bounds(block, rows.size)
        for i in range(begin, end):
            first, last = starts[i], starts[i + 1]
            if first == last:
                continue
            row = rows[i]
            total = -1.0
            for act in range(first, last):
                number, action = shared[act] >> 2, shared[act] & 3
                if action != RESHARE:
                    u = uniforms(seed, MESSAGE, row, day, number)
                    appeal[message] = 1.0 - (1.0 - u[0]) ** rules.appeal_power
                    author[message] = row
                    born[message] = day
                    removal[message] = NEVER
                    bit = action if action != WRITE else np.int32(u[1] < rules.violating_share)
                    is_violating[message] = bit
                    if bit == 1 and rules.removal_probability > 0.0:
                        removal[message] = min(NEVER, day + geometric(u[2], rules.removal_probability))
                    shared[act] = np.int32(message * 2 + bit)
                    message += 1
                    continue
                held = feeds.lengths[row]
                if total < 0.0:
                    total = 0.0
                    for slot in range(held):
                        total += (
                            np.float64(appeal[feeds.codes[row, slot] >> 1])
                            * feeds.shares[row, slot]
                            * rules.recency[feeds.ages[row, slot]]
                        )
                        running[slot] = total
                aim = uniforms(seed, ACT, row, day, number)[1] * total
                chosen = 0
                while chosen < held - 1 and running[chosen] <= aim:
                    chosen += 1
                shared[act] = feeds.codes[row, chosen]
            outbox[row] = shared[first] if last - first == 1 else NOTHING + ~first
            shared[last - 1] = ~shared[last - 1]
