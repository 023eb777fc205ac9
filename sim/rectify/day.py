"""A day, in order: the one list of what happens, and the documentation of it (``rectify show plan``)."""

from __future__ import annotations

from rectify.actors.processes import Inspecting, PlatformsEvening, PlatformsMorning
from rectify.audience.follower_network import (
    Discovering,
    FeedAttention,
    FeedTakedown,
    FollowSanctions,
    InheritingFollows,
)
from rectify.audience.mean_field import Attention, Takedown
from rectify.behaviours.earning import Earning
from rectify.behaviours.evading import Evading
from rectify.behaviours.following import (
    FollowingReal,
    FollowingZombies,
    InheritingFollowers,
    OpeningUnfollowed,
    TakingRealFollowers,
    TakingZombies,
)
from rectify.behaviours.hiring import Hiring
from rectify.behaviours.joining import Joining
from rectify.behaviours.learning import Learning
from rectify.behaviours.leaving import Leaving
from rectify.behaviours.posting import Posting
from rectify.behaviours.quarrelling import Quarrelling
from rectify.behaviours.renting import Renting
from rectify.core.schedule import Process
from rectify.detection.cases import OpeningCases
from rectify.detection.classifier import Classifier
from rectify.detection.embedded_staff import EmbeddedStaff
from rectify.detection.growth_check import GrowthCheck
from rectify.detection.name_screening import NameScreening
from rectify.detection.poster_search import PosterSearch
from rectify.detection.qualification_check import QualificationCheck
from rectify.detection.referral import Referral
from rectify.detection.reports import FeedReports, Reports
from rectify.detection.trusted_flaggers import TrustedFlaggers
from rectify.enforcement.appeal import Filing, Hearing
from rectify.enforcement.apply import Applying, ClosingAccounts
from rectify.enforcement.caps import ClosingSurplus
from rectify.enforcement.decide import Deciding
from rectify.enforcement.disposal import CentralDisposal
from rectify.enforcement.review import Reviewing
from rectify.metrics.recorder import Recording

DAY: tuple[type[Process], ...] = (
    PlatformsMorning,
    Joining,
    OpeningUnfollowed,
    InheritingFollowers,
    InheritingFollows,
    Leaving,
    Posting,
    Hiring,
    Attention,
    FeedAttention,
    Earning,
    FollowingReal,
    FollowingZombies,
    Discovering,
    Classifier,
    NameScreening,
    QualificationCheck,
    Referral,
    Reports,
    FeedReports,
    TrustedFlaggers,
    EmbeddedStaff,
    PosterSearch,
    GrowthCheck,
    OpeningCases,
    Reviewing,
    Hearing,
    Deciding,
    Applying,
    ClosingSurplus,
    CentralDisposal,
    ClosingAccounts,
    Takedown,
    FeedTakedown,
    FollowSanctions,
    TakingRealFollowers,
    TakingZombies,
    Renting,
    Filing,
    Evading,
    Learning,
    Quarrelling,
    PlatformsEvening,
    Inspecting,
    Recording,
)
