"""Collateral: what enforcement does to those who broke no rule."""

from __future__ import annotations

from rectify.metrics.metric import tally

METRICS = (
    tally("false_cases", "cases", "Cases about accounts that broke no rule."),
    tally("wrongly_closed", "accounts", "Accounts closed that broke no rule."),
    tally("wrongly_lesser", "decisions", "Lesser punishments of accounts that broke no rule."),
    tally("appeals_filed", "appeals", "Appeals filed."),
    tally("appeals_heard", "appeals", "Appeals heard."),
    tally("reversals", "decisions", "Decisions reversed on appeal."),
    tally("wrongly_sanctioned_days", "days", "Days lost by the wrongly sanctioned until their reversal."),
    tally("refused_namesakes", "registrations", "Registrations of blameless newcomers refused for a closed name."),
)
