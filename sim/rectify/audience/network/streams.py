"""Random streams of the message-level audience: a number for each kind of decision, so that none shares its draws."""

from __future__ import annotations

from enum import IntEnum


class NetworkStream(IntEnum):
    """Streams 200 and up. After each: which entity, day and slot (or block of four slots) its draws stand at."""

    GROWTH = 200
    """Random-walk growth: entity the new node, day the attempt, block the number of the follow."""
    DEGREE = 201
    """Power-law degrees: entity the node, day 0; slots 0 and 1 followers, 2 and 3 accounts followed."""
    MATCHING = 202
    """Order in which stubs are matched: entity the stub, day 0 for follower stubs and 1 for followed ones."""
    ACTIVITY = 203
    """Activity of an agent: entity the agent, day 0, slot 0."""
    WAKE = 204
    """Whether an agent acts: entity the agent, day the day, slot 0."""
    ACT = 205
    """One act: entity the account, day the day, block the act's number; new or reshare, then which message."""
    MESSAGE = 206
    """A new message: entity its author, day the day, block the number of the act; appeal, legality, life time."""
    ARRIVAL = 207
    """Order of arrival: entity 0, day the day, slot 0."""
    REACH = 208
    """Whether a share of an account of limited reach arrives: entity account and act, day the day, slot the reader."""
    FOLLOW = 210
    """Which follow a new one replaces: entity the follower, day the day, slot the account followed."""
    CHURN = 211
    """Whether a follow ends, and which: entity the follower, day the day, slots 0 and 1."""
    THINNING = 212
    """Whether a sanction takes a follower: entity the follower, day the day, slot the account followed."""
    DISCOVERY = 213
    """Readers who come upon an account: entity the account or the reader, day the day; see ``follower_network``."""
    NEWCOMER = 214
    """Whom a newly opened account follows: entity the account, day the day, slot the number of the follow."""
    RECOVERY = 215
    """Who finds the successor of a closed account: entity the follower, day the day, slot the successor."""
    RESHARING = 216
    """How many messages an account reshares: entity the account, day the day, slot 0."""
