"""Streams of random draws: one number for each decision, so that no two decisions ever share one."""

from __future__ import annotations

from enum import IntEnum


class Stream(IntEnum):
    """Names of the streams. A number, once given, is kept: results of the same seed depend on it."""

    OPERATOR = 1
    ACCOUNT = 2
    ACCOUNT_AUDIENCE = 3
    REGISTRATION = 10
    POSTING = 11
    ATTENTION = 12
    FOLLOWING = 13
    CAP_EXEMPTION = 14
    CLASSIFIER = 20
    REPORTS = 21
    NAME_SCREENING = 22
    QUALIFICATION_CHECK = 23
    REFERRAL = 24
    TRUSTED_FLAGGERS = 28
    EMBEDDED_STAFF = 29
    REVIEW = 30
    RELAPSE = 31
    APPEAL = 32
    HEARING = 33
    DISPOSAL = 34
    EVASION = 40
    INSPECTION = 50
    EVENT = 51
    HIRING = 52
    POSTER_SEARCH = 53
    GROWTH_CHECK = 54
