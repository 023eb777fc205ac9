"""Ledgers: what is recorded by event rather than by account — cases, decisions, appeals, and the day's openings."""

from __future__ import annotations

from rectify.core.table import Array, Ledger, column


class Cases(Ledger):
    """Cases waiting for a reviewer, in order of arrival."""

    account: Array = column("int32", "row of accounts", "whom it is about")
    platform: Array = column("int8", "platform", "where it is reviewed")
    kind: Array = column("int8", "kind", "what is alleged")
    day: Array = column("int16", "day", "day it was flagged")
    time_of_day: Array = column("float32", "share of a day", "time of day at which the posts were written")
    evidence: Array = column("uint16", "bits", "channels that flagged it, a bit each in their order")
    breach: Array = column("bool", "yes or no", "a rule was really broken")
    posts: Array = column("int32", "posts", "posts it is about")
    violating_views: Array = column("float32", "views", "views these violating posts would get in all")
    lawful_views: Array = column("float32", "views", "views these lawful posts would get in all")
    referred: Array = column("bool", "yes or no", "pointed out by somebody trusted: reviewed first")


class Decisions(Ledger):
    """Decisions of a day, with their sanctions; kept for the whole run in the register."""

    account: Array = column("int32", "row of accounts", "whom it is about")
    platform: Array = column("int8", "platform", "where")
    kind: Array = column("int8", "kind", "what for")
    day: Array = column("int16", "day", "day of the decision")
    step: Array = column("int8", "step", "step of the ladder whose sanctions are applied; -1: no new strike")
    closes: Array = column("bool", "yes or no", "one of its sanctions closes the account")
    lesser: Array = column("bool", "yes or no", "one of its sanctions counts as a lesser punishment")
    appealable: Array = column("bool", "yes or no", "one of its sanctions may be appealed")
    breach: Array = column("bool", "yes or no", "a rule was really broken")
    posts: Array = column("int32", "posts", "posts removed")
    flagged_on: Array = column("int16", "day", "day the case was flagged")
    time_of_day: Array = column("float32", "share of a day", "time of day at which the posts were written")
    delay: Array = column("float32", "days", "time from writing to takedown")
    evidence: Array = column("uint16", "bits", "channels that flagged it, a bit each in their order")
    violating_views: Array = column("float32", "views", "views the violating posts would get in all")
    lawful_views: Array = column("float32", "views", "views the lawful posts would get in all")
    followers_taken: Array = column("float32", "accounts", "real followers it took, to be given back on reversal")


class Appeals(Ledger):
    """Appeals waiting for their hearing, and those reversed today."""

    account: Array = column("int32", "row of accounts", "who appeals")
    platform: Array = column("int8", "platform", "where")
    kind: Array = column("int8", "kind", "what it was sanctioned for")
    decided_on: Array = column("int16", "day", "day of the decision appealed against")
    hearing_on: Array = column("int16", "day", "day of the hearing")
    breach: Array = column("bool", "yes or no", "a rule was really broken")
    closed: Array = column("bool", "yes or no", "the decision closed the account")
    followers_taken: Array = column("float32", "accounts", "real followers it took")
