"""Accounts: one row each, never moved or reused for somebody else. Rows not yet opened wait their turn."""

from __future__ import annotations

from rectify.core.table import NEVER, Array, Table, column


class Accounts(Table):
    """Columns of accounts. Days are day numbers of the run, NEVER for "not" and "for good"."""

    operator: Array = column("int32", "row of operators", "who is behind the account")
    platform: Array = column("int8", "platform", "where it is")
    kind: Array = column("int8", "kind", "the violation kind it turns to, or would be taken for")
    identity: Array = column("int8", "ordinal", "which of the operator's identities it is registered under")
    activity: Array = column("float32", "posts per day", "mean posts written when nothing keeps it from writing")
    natural_audience: Array = column("float32", "accounts", "real followers it would end up with, left alone")
    next_day: Array = column("int16", "day", "next day on which anything happens to it", NEVER)
    last_day: Array = column("int16", "day", "last day its followers were brought up to date")
    opened_on: Array = column("int16", "day", "day it opened; negative: before the run; NEVER: not yet", NEVER)
    left_on: Array = column("int16", "day", "day its operator gives it up, drawn when it opens", NEVER)
    predecessor: Array = column("int32", "row of accounts", "closed account it returns for; -1: none", -1)
    generation: Array = column("int8", "count", "how many closures its line goes back over")
    attempts: Array = column("int8", "count", "registrations refused so far")
    name_variant: Array = column("int8", "variant", "how its name was made from its predecessor's")
    real_followers: Array = column("float32", "accounts", "followers who are people")
    zombie_followers: Array = column("float32", "accounts", "followers who are bought machines")
    income: Array = column("float32", "yuan", "what it has earned since the run began")
    lawful_views_due: Array = column(
        "float32", "views", "views its lawful posts would still get, as of last_post; on a network, not yet paid for"
    )
    violating_views_due: Array = column("float32", "views", "the same of its violating posts")
    last_post: Array = column("int16", "day", "day as of which the views due are counted")
    impersonates_from: Array = column("int16", "day", "its name or profile breaks a rule from that day on", NEVER)
    closed_on: Array = column("int16", "day", "day the platform closed it", NEVER)
    muted_until: Array = column("int16", "day", "first day on which it may post again")
    unpaid_until: Array = column("int16", "day", "first day on which it may earn again")
    reach_limited_until: Array = column("int16", "day", "first day on which its reach is whole again")
    reach_factor: Array = column("float32", "share", "share of the usual views while reach is limited", 1.0)
    growth_frozen_until: Array = column("int16", "day", "first day on which it may gain followers again")
    barred_by: Array = column("int8", "sanction", "sanction whose registration bar it left behind; -1: none", -1)
    barred_until: Array = column("int16", "day", "first day on which its name or identity may register again")
    strikes: Array = column("int8", "count", "strikes that have not expired")
    strike_day: Array = column("int16", "day", "day of the last strike")
    cases_open: Array = column("int16", "count", "cases about it that wait for review")
