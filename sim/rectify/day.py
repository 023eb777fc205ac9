"""A day, in order: the one list of what happens, and the documentation of it (``rectify show plan``)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rectify.audience.follower_graph import build_feeds
from rectify.audience.follower_network import (
    Discovering,
    FeedAttention,
    FeedTakedown,
    FollowSanctions,
    InheritingFollows,
)
from rectify.audience.mean_field import Attention, MeanFieldParams, Takedown
from rectify.behaviours.earning import Earning
from rectify.behaviours.evading import Evading
from rectify.behaviours.following import FollowerSanctions, Following, InheritingFollowers
from rectify.behaviours.hiring import Hiring
from rectify.behaviours.joining import Joining
from rectify.behaviours.learning import Learning
from rectify.behaviours.leaving import Leaving
from rectify.behaviours.posting import Posting
from rectify.behaviours.quarrelling import Quarrelling
from rectify.behaviours.renting import Renting
from rectify.configuration.run_config import RunConfig
from rectify.core.schedule import Process, Schedule
from rectify.core.table import Array
from rectify.detection.cases import OpeningCases
from rectify.detection.classifier import Classifier
from rectify.detection.embedded_staff import EmbeddedStaff
from rectify.detection.feed_reports import FeedReports
from rectify.detection.growth_check import GrowthCheck
from rectify.detection.name_screening import NameScreening
from rectify.detection.poster_search import PosterSearch
from rectify.detection.qualification_check import QualificationCheck
from rectify.detection.referral import Referral
from rectify.detection.reports import Reports, TrustedFlaggers
from rectify.enforcement.appeal import Filing, Hearing
from rectify.enforcement.apply import Applying, ClosingAccounts
from rectify.enforcement.caps import ClosingSurplus
from rectify.enforcement.decide import Deciding
from rectify.enforcement.disposal import CentralDisposal
from rectify.enforcement.review import Reviewing
from rectify.naming.similarity import similarity_table
from rectify.naming.variants import VARIANTS
from rectify.world.accounts import Accounts
from rectify.world.operators import Operators
from rectify.world.platforms import Platforms
from rectify.world.population import Archetypes
from rectify.world.world import World

COLUMNS = frozenset(
    f"{table}.{name}"
    for table, kind in (("accounts", Accounts), ("operators", Operators), ("platforms", Platforms))
    for name in kind.columns
)
"""Every column there is, as ``table.column``."""


def embedded_staff(config: RunConfig) -> Array:
    """Share looked at, sensitivity and false alarm of the staff embedded in each platform: float64 [3, platforms]."""
    table = np.zeros((3, len(config.platforms)))
    for office in config.offices.values():
        for row, (name, platform) in enumerate(config.platforms.items()):
            if office.embeds(name, platform) and office.embedded is not None:
                staff = office.embedded
                table[:, row] = staff.looked_at, staff.sensitivity, staff.false_alarm
    return table


class AudienceProcesses(NamedTuple):
    """What depends on how the audience is represented, by its place in the day."""

    joining: list[Process]
    attention: list[Process]
    following: list[Process]
    reporting: list[Process]
    applying: list[Process]


def _audience(config: RunConfig, world: World, recommended: Array, zombie_share: Array) -> AudienceProcesses:
    following, params, hiring = config.behaviours.following, config.audience, config.behaviours.hiring
    watched = any(platform.growth_checks for platform in config.platforms.values())
    recovered = np.array([following.recovered_audience[variant.name] for variant in VARIANTS])
    if isinstance(params, MeanFieldParams):
        return AudienceProcesses(
            joining=[InheritingFollowers(recovered, following.followed_elsewhere)],
            attention=[Attention(params, recommended, hiring.boost)],
            following=[Following(following, zombie_share, boost=hiring.boost, watched=watched)],
            reporting=[Reports(hiring.reports)],
            applying=[Takedown(params), FollowerSanctions()],
        )
    feeds = build_feeds(params, world.accounts, config.seed)
    return AudienceProcesses(
        joining=[
            InheritingFollowers(recovered, counts_real=False),
            InheritingFollows(feeds, params, recovered, following.followed_elsewhere),
        ],
        attention=[FeedAttention(feeds, params, recommended, hiring.boost)],
        following=[
            Following(following, zombie_share, counts_real=False, watched=watched),
            Discovering(feeds, params, following.churn_per_day),
        ],
        reporting=[FeedReports()],
        applying=[FeedTakedown(feeds), FollowSanctions(feeds, params), FollowerSanctions(counts_real=False)],
    )


def build_day(config: RunConfig, world: World, archetypes: Archetypes) -> Schedule:
    """The day's processes, in order, with the parameters of *config*."""
    behaviours, appeals = config.behaviours, world.policy.rulebook.appeals
    memory = behaviours.learning.own_half_life
    names = similarity_table()
    thresholds = world.policy.rulebook.name_thresholds

    def by_platform(field: str) -> Array:
        return np.array([getattr(platform, field) for platform in config.platforms.values()], np.float64)

    shares = by_platform("account_share")
    audience = _audience(config, world, by_platform("recommended_views"), archetypes.zombie_share)
    return Schedule(
        [
            Joining(
                behaviours.joining,
                disguise=archetypes.disguise,
                borrows=archetypes.borrows_share,
                turnover=archetypes.turnover,
                rigour=by_platform("real_name_rigour"),
                similarity_quantiles=names.quantiles,
                namesake_pair_alarm=np.array([0.0, *(names.pair_rate(float(t)) for t in thresholds[1:])]),
            ),
            *audience.joining,
            Leaving(),
            Posting(behaviours.posting, archetypes.gain_weight, archetypes.risk_weight, archetypes.chasing, memory),
            Hiring(behaviours.hiring, archetypes.hires, archetypes.orders_served, memory),
            *audience.attention,
            Earning(
                by_platform("advertising_rate") / 1000.0,
                by_platform("deal_rate") / 1000.0,
                behaviours.hiring.price_per_day,
                archetypes.orders_served > 0.0,
            ),
            *audience.following,
            Classifier(),
            NameScreening(by_platform("profile_false_alarm")),
            QualificationCheck(by_platform("profile_false_alarm")),
            Referral(),
            *audience.reporting,
            TrustedFlaggers(
                by_platform("trusted_reports_per_million_views") / 1e6,
                by_platform("trusted_false_reports_per_million_views") / 1e6,
            ),
            EmbeddedStaff(*embedded_staff(config)),
            PosterSearch(by_platform("poster_false_alarm")),
            GrowthCheck(by_platform("growth_threshold"), by_platform("growth_spread")),
            OpeningCases(),
            Reviewing(
                by_platform("reviewer_sensitivity"),
                by_platform("reviewer_specificity"),
                by_platform("handling_hours") / 24.0,
            ),
            Hearing(appeals),
            Deciding(),
            Applying(behaviours.relapse),
            ClosingSurplus(),
            CentralDisposal(),
            ClosingAccounts(),
            *audience.applying,
            Renting(behaviours.renting, by_platform("real_name_rigour"), by_platform("player_checks_per_year") / 365.0),
            Filing(appeals),
            Evading(
                behaviours.evading,
                archetypes.return_share,
                archetypes.return_days,
                archetypes.moves_share,
                shares,
                memory,
            ),
            Learning(behaviours.learning),
            Quarrelling(),
        ],
        COLUMNS,
    )
