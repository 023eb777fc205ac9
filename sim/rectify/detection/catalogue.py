"""Rectify's own detection channels, in the order of their bits."""

from __future__ import annotations

from rectify.detection.channel import Channel
from rectify.detection.classifier import Classifier
from rectify.detection.embedded_staff import EmbeddedStaff
from rectify.detection.growth_check import GrowthCheck
from rectify.detection.name_screening import NameScreening
from rectify.detection.poster_search import PosterSearch
from rectify.detection.qualification_check import QualificationCheck
from rectify.detection.referral import Referral
from rectify.detection.reports import Reports
from rectify.detection.trusted_flaggers import TrustedFlaggers

CHANNELS: tuple[Channel, ...] = tuple(
    process.channel
    for process in (
        Classifier,
        NameScreening,
        QualificationCheck,
        Referral,
        Reports,
        TrustedFlaggers,
        EmbeddedStaff,
        PosterSearch,
        GrowthCheck,
    )
)
