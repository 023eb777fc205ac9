"""What differs between platforms: terms of a campaign, notices, councils, embedded staff, sectors; and seasons."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rectify import RectificationModel, compose
from rectify.core.schedule import Process
from rectify.detection.cases import OpeningCases
from rectify.detection.embedded_staff import EmbeddedStaff
from rectify.detection.trusted_flaggers import TrustedFlaggers
from rectify.metrics.published import count_figure
from rectify.policy.campaigns import PublishedFigure
from rectify.store import series_digest
from rectify.world.turn import Turn
from rectify.world.world import World
from tests.channels import TRUSTED_BITS, bit_of

Build = Callable[..., RectificationModel]
Watch = Callable[..., None]
CAMPAIGN = "campaigns.selfmedia_2023"
ASSUMED = {"*": "assumption"}
NAMES = ("wechat", "douyin", "weibo")
SILENT = {
    # Nothing is found in the ordinary way, so that what one channel finds can be counted.
    **{f"platforms.{name}.channels.classifier.threshold": 10 for name in NAMES},
    **{f"platforms.{name}.channels.name_screening.checks_per_year": 0 for name in NAMES},
    **{f"platforms.{name}.channels.qualification_check.checks_per_year": 0 for name in NAMES},
    **{f"platforms.{name}.channels.reports.false_per_million_views": 0 for name in NAMES},
    **{f"platforms.{name}.channels.reports.coordinated_per_year": 0 for name in NAMES},
    "campaigns": {},
}


def notices(**changes: Any) -> dict[str, Any]:
    """Notices as in YAML."""
    return {"every_days": 7, "belief": 2, "platforms": None, "sources": ASSUMED, **changes}


NEUTRAL: dict[str, dict[str, Any]] = {
    "no staff embedded": {
        "offices.national.embedded": {"looked_at": 0, "sensitivity": 1, "false_alarm": 1, "sources": ASSUMED}
    },
    "staff nowhere": {
        "offices.national.embedded": {
            "platforms": [], "looked_at": 1, "sensitivity": 1, "false_alarm": 1, "sources": ASSUMED,
        }
    },
    "no penalty": {"offices.national.penalty": None},
    "no embedded staff": {"offices.national.embedded": None},
    "notices that nobody publishes": {f"{CAMPAIGN}.notices": notices(platforms=[])},
    "terms like the others'": {f"{CAMPAIGN}.terms": {"weibo": {"sources": ASSUMED}}},
    "a meeting without weight": {
        f"{CAMPAIGN}.meetings": {"one": {"held": "2023-01-09", "pressure": 0, "sources": ASSUMED}}
    },
    "kinds as common as elsewhere": {"platforms.weibo.kind_weights": {"rumours": 1.0}},
    "a season like the others": {
        "seasons": {"s": {"label": "S", "opens": "2023-01-03", "closes": "2023-01-20", "attention": 1,
                          "sources": ASSUMED}}
    },
    "branches that no local office uses": {"platforms.weibo.branches": ["Guangdong"]},
}  # fmt: skip


@pytest.fixture(scope="module")
def plain(build: Build) -> str:
    """Digest of a run with the campaign from 9 January on."""
    return series_digest(build({f"{CAMPAIGN}.opens": "2023-01-09"}).run().series)


@pytest.mark.parametrize("name", NEUTRAL)
def test_what_is_switched_off_changes_no_byte(build: Build, plain: str, name: str) -> None:
    """Each mechanism at its neutral value, against a world without it."""
    assert series_digest(build({f"{CAMPAIGN}.opens": "2023-01-09", **NEUTRAL[name]}).run().series) == plain


def test_notices_that_nobody_believes_change_no_behaviour(build: Build) -> None:
    """They are published and counted; posts are the same."""
    runs = [build({f"{CAMPAIGN}.opens": "2023-01-09", f"{CAMPAIGN}.notices": value}).run() for value in
            (None, notices(belief=0))]  # fmt: skip
    assert runs[0].summary["notices_mean"] == 0 < runs[1].summary["notices_mean"]
    assert runs[0].summary["posts_total"] == runs[1].summary["posts_total"]
    assert runs[0].summary["perceived_certainty_mean"] == runs[1].summary["perceived_certainty_mean"]


def test_a_campaign_begins_after_its_delay_and_is_stricter_where_terms_say_so(build: Build) -> None:
    """Pressure, announcements and the ladder begin on each platform on its own day; further steps are its own."""
    terms = {
        "wechat": {"delay_days": 0, "extra_steps": 2, "sources": ASSUMED},
        "weibo": {"delay_days": 3, "extra_steps": 0, "sources": ASSUMED},
    }
    model = build(
        {"population.accounts": 300, f"{CAMPAIGN}.opens": "2023-01-06", f"{CAMPAIGN}.terms": terms,
         f"{CAMPAIGN}.kinds": ["hype", "rumours"], f"{CAMPAIGN}.escalation": {"hype": 1, "unqualified": 1}}
    )  # fmt: skip
    kinds = model.world.policy.kinds.names
    begins = {"wechat": 5, "douyin": 5, "weibo": 8}
    for day in range(12):
        model.step()
        conditions = model.world.conditions
        for row, name in enumerate(NAMES):
            on = day >= begins[name]
            assert (model.platforms[row].pressure > 0) == on
            assert conditions.announced[row].any() == on
            extra = 2 if name == "wechat" else 0
            expected = {"hype": 1 + extra, "rumours": extra, "unqualified": 1}
            assert conditions.escalation[row].tolist() == [expected.get(kind, 0) * on for kind in kinds]


def test_notices_make_people_believe_in_what_was_published(build: Build) -> None:
    """Every week, and on the last day: 1 − exp(−belief · punished / active violators), learnt on the day after."""
    changes = {
        "population.accounts": 6000, "end": "2023-02-20", f"{CAMPAIGN}.opens": "2023-01-11",
        f"{CAMPAIGN}.closes": "2023-02-09", f"{CAMPAIGN}.publicity": 0.0,
        f"{CAMPAIGN}.notices": notices(belief=3, platforms=["weibo"]),
    }  # fmt: skip
    model = build(changes)
    place = NAMES.index("weibo")
    days = [16, 23, 30, 37, 39]
    since, believed = 10, 0.0
    expected: np.ndarray | None = None
    before = np.zeros(model.world.kinds)
    for day in range(50):
        model.step()
        world = model.world
        if expected is not None:
            half_life = model.config.behaviours.learning.announced_half_life
            faded = before * 2.0 ** (-1 / half_life)
            assert np.allclose(world.conditions.announced[place], np.maximum(faded, expected))
        published = world.platforms.notices.tolist()
        assert published == [0, 0, int(day in days)]
        expected = None
        before = world.conditions.announced[place].copy()
        if day in days:
            register = world.register
            chosen = (register.column("day") >= since) & (register.column("platform") == place)
            chosen &= register.column("lesser") | register.column("closes")
            punished = np.bincount(register.column("kind")[chosen], minlength=world.kinds)
            expected = 1 - np.exp(-3 * punished / np.maximum(1, world.active_violators[place]))
            expected *= world.policy.campaigns[0].on_kind
            believed += expected.sum()
            since = day + 1
    assert believed > 0.1, "there was something to publish"
    others = [row for row in range(3) if row != place]
    assert not model.world.conditions.announced[others].any()


def test_without_a_mechanism_that_runs_all_year_nothing_is_found_until_pressure_is_felt(build: Build) -> None:
    """A platform that works only under pressure opens no case before the campaign, and does so in it."""
    for share in (1.0, 0.0):
        model = build({**{f"platforms.{name}.year_round": share for name in NAMES}, f"{CAMPAIGN}.opens": "2023-01-16"})
        series = model.run().series
        cases = series[(series["metric"] == "cases") & (series["platform"] == "all")].set_index("date")["value"]
        assert (cases[:"2023-01-15"].sum() > 0) == (share > 0)
        assert cases["2023-01-16":].sum() > 0


def watched(model: RectificationModel, watch: Watch, kind: type, about: Callable[[World, Turn, Any], None]) -> None:
    """Call *about* with the evidence before and after the process of class *kind*, every day."""

    def around(process: Process, world: World, turn: Turn) -> None:
        before = turn.evidence.copy()
        process.step(world, turn)
        if isinstance(process, kind):
            about(world, turn, turn.evidence != before)
        if isinstance(process, OpeningCases):
            evidence = world.cases.column("evidence")
            assert np.array_equal(world.cases.column("referred"), (evidence & TRUSTED_BITS) > 0)

    watch(model, around=around)


def test_a_council_reports_at_its_rate_and_goes_first(build: Build, watch: Watch) -> None:
    """The chance that an author-day is reported is 1 − exp(−rate · views), for breaches and for mistakes."""
    rate, false = 2000.0, 20.0
    model = build(
        {
            **SILENT,
            "population.accounts": 8000,
            **{f"platforms.{name}.channels.trusted_flaggers.per_million_views": rate for name in NAMES},
            **{f"platforms.{name}.channels.trusted_flaggers.false_per_million_views": false for name in NAMES},
        }
    )
    found, expected, variance = np.zeros(2), np.zeros(2), np.zeros(2)

    def about(world: World, turn: Turn, reported: np.ndarray) -> None:
        for row, (which, views, per_view) in enumerate(
            (
                ((turn.violating_posts > 0) & (turn.lawful_posts == 0), turn.violating_views, rate / 1e6),
                ((turn.violating_posts == 0) & (turn.lawful_posts > 0), turn.lawful_views, false / 1e6),
            )
        ):
            chance = 1 - np.exp(-per_view * views[which].astype(np.float64))
            found[row] += reported[which].sum()
            expected[row] += chance.sum()
            variance[row] += (chance * (1 - chance)).sum()

    watched(model, watch, TrustedFlaggers, about)
    model.run()
    assert (found > 30).all()
    assert (abs(found - expected) < 4 * np.sqrt(variance)).all()
    assert (model.world.register.column("evidence") & bit_of("trusted_flaggers")).any()


def test_embedded_staff_look_at_their_share_and_err_at_their_rates(build: Build, watch: Watch) -> None:
    """Of author-days with a breach: looked at × sensitivity; of lawful ones: looked at × false alarm."""
    looked, right, wrong = 0.3, 0.8, 0.05
    staff = {"platforms": ["weibo"], "looked_at": looked, "sensitivity": right, "false_alarm": wrong,
             "sources": ASSUMED}  # fmt: skip
    model = build({**SILENT, "population.accounts": 8000, "offices.national.embedded": staff})
    place = NAMES.index("weibo")
    counts = np.zeros((2, 2))

    def about(world: World, turn: Turn, flagged: np.ndarray) -> None:
        assert not flagged[turn.platform != place].any()
        here = turn.platform == place
        for row, which in enumerate(
            (here & (turn.violating_posts > 0), here & (turn.violating_posts == 0) & (turn.lawful_posts > 0))
        ):
            counts[row] += which.sum(), flagged[which].sum()

    watched(model, watch, EmbeddedStaff, about)
    model.run()
    for (days, flagged), chance in zip(counts, (looked * right, looked * wrong), strict=True):
        assert days > 200
        assert abs(flagged - chance * days) < 4 * math.sqrt(days * chance * (1 - chance))


def test_kinds_are_as_common_as_a_platforms_weights_make_them(build: Build) -> None:
    """An operator's mix times the platform's weights; one none of whose kinds has weight keeps its own."""
    model = build(
        {
            "population.accounts": 12000,
            "population.shares": {"marketing_matrix": 0.7, "rumour_monger": 0.3},
            "platforms.weibo.kind_weights": {"hype": 0.5, "rumours": 0.0},
        }
    )
    world = model.world
    kinds = world.policy.kinds.names
    archetype = world.operators.archetype[world.accounts.operator]
    matrix = archetype == world.policy.archetype_names.index("marketing_matrix")
    weibo = world.accounts.platform == NAMES.index("weibo")
    hype = world.accounts.kind == kinds.index("hype")
    for here, share in ((weibo, 3 * 0.5 / (3 * 0.5 + 1)), (~weibo, 3 / 4)):
        # Accounts of one operator share their draws: the count of operators sets the error.
        operators = len(np.unique(world.accounts.operator[matrix & here]))
        assert abs(hype[matrix & here].mean() - share) < 4 * math.sqrt(share * (1 - share) / operators)
    assert (world.accounts.kind[~matrix] == kinds.index("rumours")).all()


def test_audiences_are_as_large_as_a_platform_makes_them(build: Build) -> None:
    """The same draws, times the platform's factor; nobody elsewhere is touched."""
    plain, large = (build({"platforms.weibo.audience": factor}).world.accounts for factor in (1.0, 2.5))
    weibo = plain.platform == NAMES.index("weibo")
    assert np.allclose(large.natural_audience[weibo], 2.5 * plain.natural_audience[weibo], rtol=1e-6)
    assert np.array_equal(large.natural_audience[~weibo], plain.natural_audience[~weibo])


def test_nine_sectors_differ_in_kinds_pay_and_audience() -> None:
    """Document E's nine, each with a mix of its own; a run on them works."""
    config = compose(["platforms=nine_sectors", "campaign=none", "population.accounts=30000", "end=2023-01-10"])
    platforms = config.platforms
    assert len({platform.sector for platform in platforms.values()}) == len(platforms) == 9
    for field in ("advertising_rate", "audience", "recommended_views"):
        assert len({getattr(platform, field) for platform in platforms.values()}) >= 4, field
    assert len({tuple(platform.kind_weights.items()) for platform in platforms.values()}) == 9
    model = RectificationModel(config)
    accounts, kinds = model.world.accounts, model.world.policy.kinds.names
    shops = accounts.platform == list(platforms).index("e_commerce")
    monetisation = accounts.kind == kinds.index("illegal_monetisation")
    assert monetisation[shops].mean() > 1.5 * monetisation[~shops].mean()
    assert model.run().summary["posts_total"] > 0


def test_a_season_multiplies_the_views_of_what_is_written_in_it(build: Build, watch: Watch) -> None:
    """From its first day to its last, on its platforms: the same posts are seen so many times as much."""
    season = {"label": "S", "opens": "2023-01-04", "closes": "2023-01-06", "attention": 1.5, "platforms": ["weibo"],
              "sources": ASSUMED}  # fmt: skip
    views: list[list[np.ndarray]] = []
    for seasons in ({}, {"season": season}):
        # Nobody is found and nobody follows anew, so that all days have the same posts and the same followers.
        still = {"behaviours.following.growth_per_post": 0.0, "seasons": seasons}
        model = build({**SILENT, **{f"kinds.{name}.reports_per_million_views": 0 for name in
                       ("rumours", "hype", "illegal_monetisation", "factual_sensitive", "fake_media",
                        "fake_institution", "fake_military", "unqualified")}, **still})  # fmt: skip
        days: list[np.ndarray] = []
        watch(
            model,
            after=lambda world, turn, days=days: days.append(
                np.array([(turn.lawful_views + turn.violating_views)[turn.platform == row].sum() for row in range(3)])
            ),
        )
        for _ in range(8):
            model.step()
        views.append(days)
    ratios = np.array(views[1]) / np.array(views[0])
    expected = np.ones((8, 3))
    expected[3:6, NAMES.index("weibo")] = 1.5
    assert np.allclose(ratios, expected, rtol=1e-5)


def test_a_figure_may_be_counted_to_a_day_before_the_campaigns_last(build: Build) -> None:
    """``until`` cuts the count; the campaign's last day is the default."""
    model = build({"population.accounts": 6000, f"{CAMPAIGN}.opens": "2023-01-05", f"{CAMPAIGN}.closes": "2023-01-31"})
    model.run()
    campaign = model.world.policy.campaigns[0]
    figure = PublishedFigure(value=1, measure="punished", sources=ASSUMED)
    where = (campaign.on_platform, campaign.on_kind)
    early, late = (count_figure(model.world, figure, campaign.opens, last, *where) for last in (17, campaign.closes))
    register = model.world.register
    punished = register.column("lesser") | register.column("closes")
    kinds = campaign.on_kind[register.column("kind")]
    for count, last in ((early, 17), (late, 30)):
        days = (register.column("day") >= campaign.opens) & (register.column("day") <= last)
        assert count == len(np.unique(register.column("account")[punished & kinds & days])) * model.world.scale
    assert 0 < early < late
    values = model.config.model_dump(mode="json")["campaigns"]["selfmedia_2023"]
    values["published"]["closed_total"]["until"] = "2023-01-10"
    again = build({"population.accounts": 6000, "campaigns.selfmedia_2023": values})
    table = again.run().published.set_index("figure")
    days = register.column("day") <= 9
    closed = register.column("closes") & kinds & (register.column("day") >= campaign.opens) & days
    assert (
        table.loc["closed_total", "simulated"] == len(np.unique(register.column("account")[closed])) * again.world.scale
    )
