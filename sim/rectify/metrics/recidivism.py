"""Recidivism: coming back after closure, under which name, with how much of the old audience."""

from __future__ import annotations

from rectify.metrics.metric import tally

METRICS = (
    tally("opened", "accounts", "New accounts opened, returns apart."),
    tally("returned", "accounts", "Accounts opened by operators returning after a closure."),
    tally(
        "moved", "accounts", "Of these returns, those on another platform than the closure; counted where they open."
    ),
    tally("days_to_return", "days", "Days waited by the day's returns, summed; divide by returned."),
    tally("will_return", "operators", "Closures after which the operator prepares to return."),
    tally("deterred_from_return", "operators", "Closures after which it gives up."),
    tally("no_room", "operators", "Closures after which it has no account left to open."),
    tally("refused_name", "registrations", "Returns refused for the name."),
    tally("refused_identity", "registrations", "Returns refused for the identity."),
    tally("refused_cap", "registrations", "Registrations refused for too many accounts on the identity."),
    tally("audience_lost", "followers", "Followers that the day's returning accounts had had before closure."),
    tally("audience_recovered", "followers", "Of these, followers that found the new account."),
    tally("audience_moved", "followers", "Of these, followers that came along to another platform."),
)
