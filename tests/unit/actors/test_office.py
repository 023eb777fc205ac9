"""Offices: reach, meetings, strategies at one budget, copying, fines, inspection, and joint action."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rectify import ConfigError, RectificationModel
from rectify.checkpoint import restore, save_state
from rectify.detection.classifier import Classifier
from rectify.store import series_digest
from rectify.world.turn import Turn
from rectify.world.world import World
from tests.channels import bit_of

Build = Callable[..., RectificationModel]
Watch = Callable[..., None]
CAMPAIGN = "campaigns.selfmedia_2023"
ASSUMED = {"*": "assumption"}
SMALL = {"population.accounts": 200}


def office(**changes: Any) -> dict[str, Any]:
    """An office as in YAML: Beijing's, which only does what *changes* say."""
    return {
        "label": "Beijing",
        "level": "local",
        "seat": "Beijing",
        "inspection_every_days": 7,
        "inspection_sample": 0,
        "tolerated_prevalence": 1.0,
        "question_pressure": 0.0,
        "sources": ASSUMED,
        **changes,
    }


def campaign(defaults: dict[str, Any], opens: str, closes: str, **changes: Any) -> dict[str, Any]:
    """The packaged campaign on other days."""
    return {**defaults["campaigns"]["selfmedia_2023"], "opens": opens, "closes": closes, **changes}


def pressures(model: RectificationModel, days: int) -> np.ndarray:
    """Pressure in the evening of each day, [days, platforms]."""
    found = []
    for _ in range(days):
        model.step()
        found.append(model.world.platforms.pressure.copy())
    return np.array(found)


def test_a_local_office_reaches_those_with_a_seat_or_a_branch(build: Build, defaults: dict[str, Any]) -> None:
    """A campaign without a list of platforms is held on all within reach; the national office reaches everyone."""
    for level, branches, reached in (
        ("local", [], ["douyin", "weibo"]),
        ("local", ["Beijing"], ["wechat", "douyin", "weibo"]),
        ("national", [], ["wechat", "douyin", "weibo"]),
    ):
        one = campaign(defaults, "2023-01-03", "2023-01-20", office="beijing", platforms=None)
        model = build(
            {
                **SMALL,
                "offices": {"beijing": office(level=level)},
                "platforms.wechat.branches": branches,
                "campaigns": {"one": one},
            }
        )
        assert [platform.name for platform in model.offices[0].reach] == reached
        felt = pressures(model, 10)
        assert not felt[:2].any()
        assert (felt[2:] > 0).all(axis=0).tolist() == [name in reached for name in model.config.platforms]


def test_a_campaign_out_of_reach_is_refused(build: Build, defaults: dict[str, Any]) -> None:
    """Listing a platform seated elsewhere is a mistake, said with its key."""
    one = campaign(defaults, "2023-01-03", "2023-01-20", office="beijing", platforms=["wechat"])
    with pytest.raises(ConfigError) as caught:
        build({"offices": {"beijing": office()}, "campaigns": {"one": one}, "platforms.wechat.branches": []})
    assert caught.value.errors == (
        "campaigns.one.platforms: wechat (in Guangdong) is out of reach of the office beijing",
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({f"{CAMPAIGN}.terms": {"weibu": {"sources": ASSUMED}}}, [f"{CAMPAIGN}.terms", "did you mean 'weibo'"]),
        (
            {f"{CAMPAIGN}.notices": {"every_days": 7, "belief": 1, "platforms": ["weibu"], "sources": ASSUMED}},
            [f"{CAMPAIGN}.notices.platforms", "did you mean 'weibo'"],
        ),
        (
            {"offices.national.copies": {"office": "beijing", "delay_days": 1, "days": 1, "sources": ASSUMED}},
            ["offices.national.copies.office", "'beijing'"],
        ),
        (
            {"offices.national.copies": {"office": "national", "delay_days": 1, "days": 1, "sources": ASSUMED}},
            ["offices.national.copies.office: an office cannot copy itself"],
        ),
        (
            {"offices.national.penalty": {"after": 3, "fine": 0, "lesson": 0, "lessn": 0, "sources": ASSUMED}},
            ["offices.national.penalty.lessn", "did you mean 'lesson'"],
        ),
        (
            {f"{CAMPAIGN}.published.closed_total.until": "2023-01-01"},
            [f"{CAMPAIGN}.published.closed_total.until", "before the campaign opens"],
        ),
        ({"platforms.weibo.kind_weights": {"rumour": 1}}, ["platforms.weibo.kind_weights", "did you mean 'rumours'"]),
        ({"platforms.weibo.kind_weights": {"rumours": -1}}, ["platforms.weibo.kind_weights.rumours", "negative"]),
        (
            {"seasons": {"s": {"label": "S", "opens": "2023-02-01", "closes": "2023-01-01", "attention": 1,
                               "sources": ASSUMED}}},
            ["seasons.s.closes", "before it opens"],
        ),
    ],
)  # fmt: skip
def test_errors_are_named_with_their_key(build: Build, changes: dict[str, Any], words: list[str]) -> None:
    """What does not fit is said in one line."""
    with pytest.raises(ConfigError) as caught:
        build(changes)
    assert all(word in caught.value.errors[0] for word in words), caught.value.errors


def test_a_meeting_raises_pressure_at_once_and_it_decays(build: Build, defaults: dict[str, Any]) -> None:
    """Those called in feel a share of the missing pressure, which halves in the half-life; the others nothing."""
    meeting = {"held": "2023-01-06", "platforms": ["weibo"], "pressure": 0.6, "sources": ASSUMED}
    one = campaign(defaults, "2023-01-06", "2023-01-31", pressure=0.0, meetings={"first": meeting})
    model = build({**SMALL, "campaigns": {"one": one}, "behaviours.pressure.decay_half_life": 20})
    felt = pressures(model, 25)
    place = list(model.config.platforms).index("weibo")
    assert not felt[:5].any()
    assert np.allclose(felt[5:, place], 0.6 * 2.0 ** (-np.arange(1, 21) / 20))
    assert not np.delete(felt, place, axis=1).any()


def test_a_campaign_keeps_up_what_a_meeting_began(build: Build, defaults: dict[str, Any]) -> None:
    """With a meeting the pressure that the campaign demands is felt sooner, and is the same in the end."""
    meeting = {"held": "2023-01-06", "platforms": None, "pressure": 0.8, "sources": ASSUMED}
    with_, without = (
        pressures(
            build({**SMALL, "campaigns": {"one": campaign(defaults, "2023-01-06", "2023-03-31", meetings=meetings)},
                   "end": "2023-03-31"}), 80)[5:, 0]
        for meetings in ({"first": meeting}, {})
    )  # fmt: skip
    assert (with_ > without).all()
    assert with_[0] > 0.8
    assert with_[-1] == pytest.approx(without[-1], abs=1e-4)


def test_other_departments_refer_only_where_action_is_joint(build: Build) -> None:
    """Without them no case is a referral; with them some are, and those are taken first."""
    rates = {"hype": 5.0, "rumours": 5.0}
    for joint in (True, False):
        changes = {f"{CAMPAIGN}.joint_action": joint, f"{CAMPAIGN}.referrals_per_year": rates}
        model = build({f"{CAMPAIGN}.opens": "2023-01-05", **changes})
        model.run()
        referred = (model.world.register.column("evidence") & bit_of("referral")) > 0
        assert referred.any() == joint
        assert (model.result().summary["trusted_cases_total"] > 0) == joint


def test_without_self_regulation_platforms_only_feel_pressure(build: Build) -> None:
    """They act on more of what they find, but search no harder and skip no step of the ladder."""
    model = build({**SMALL, f"{CAMPAIGN}.opens": "2023-01-05", f"{CAMPAIGN}.self_regulation": False})
    conditions, platform = model.world.conditions, model.platforms[0]
    classifier = model.schedule.find(Classifier)
    before = classifier.rates(model.world)[0]
    for day in range(20):
        model.step()
        if day == 3:
            before, capacity = classifier.rates(model.world)[0], model.world.platforms.extra_slots.copy()
    assert not platform.effort
    assert conditions.acts[0] > 0.9
    assert not conditions.escalation.any()
    assert np.array_equal(classifier.rates(model.world)[0], before)
    assert not capacity.any()
    assert not model.world.platforms.extra_slots.any()


def test_a_copy_follows_after_its_delay_within_its_own_reach(
    build: Build, defaults: dict[str, Any], watch: Watch
) -> None:
    """The copying office holds a campaign of its own length, so many days after the other's last, and only once."""
    copies = {"office": "national", "delay_days": 4, "days": 3, "sources": ASSUMED}
    one = campaign(defaults, "2023-01-03", "2023-01-08", platforms=["wechat"])
    model = build(
        {
            **SMALL,
            "offices.beijing": office(copies=copies),
            "offices.guangdong": office(seat="Guangdong", copies={**copies, "days": 0}),
            "platforms.wechat.branches": [],
            "campaigns": {"one": one},
        }
    )
    found: dict[str, list[int]] = {}
    reach: dict[str, list[bool]] = {}

    def note(world: World, turn: Turn) -> None:
        for active in world.active_campaigns:
            found.setdefault(active.name, []).append(turn.day)
            reach[active.name] = active.under_way(turn.day).tolist()

    watch(model, before=note)
    model.run()
    assert found == {"one": list(range(2, 8)), "one@beijing": [11, 12, 13]}
    assert reach == {"one": [True, False, False], "one@beijing": [False, True, True]}


@pytest.fixture
def spent(build: Build, defaults: dict[str, Any]) -> Callable[..., np.ndarray]:
    """Pressure demanded day by day under a strategy, [days, platforms]: a campaign of 20 days within 90."""

    def run(strategy: str, tolerated: float = 0.0, **changes: Any) -> np.ndarray:
        one = campaign(defaults, "2023-02-10", "2023-03-01", pressure=0.8)
        model = build(
            {
                "population.accounts": 1500,
                "end": "2023-03-31",
                "burn_in_days": 10,
                "campaigns": {"one": one},
                "offices.national.strategy": strategy,
                "offices.national.tolerated_prevalence": tolerated,
                "offices.national.reaction_days": 6,
                **changes,
            }
        )
        days = []
        while model.day < model.world.calendar.days:
            model.step()
            days.append(model.world.platforms.demanded.copy())
        return np.array(days)

    return run


def test_strategies_spend_the_same_budget(spent: Callable[..., np.ndarray]) -> None:
    """Pressure-days are the same in all: on the dates planned, spread evenly, or where too much was found."""
    budget = 0.8 * 20
    calendar, continuous, reactive = (spent(name) for name in ("calendar", "continuous", "reactive"))
    for demanded in (calendar, continuous, reactive):
        assert np.allclose(demanded.sum(axis=0), budget)
        assert not demanded[:10].any()
    assert (calendar[50:70] == 0.8).all()
    assert np.allclose(continuous[10:], budget / 90)
    weeks = [*range(15, 21), *range(22, 28), *range(29, 35), 36, 37]
    assert np.flatnonzero(reactive[:, 0]).tolist() == weeks, (
        "six days from the day after each inspection, then the rest"
    )


def test_a_reactive_office_opens_a_campaign_only_when_too_much_is_found(spent: Callable[..., np.ndarray]) -> None:
    """Never where everything is tolerated; where little is, a campaign follows the inspection that found too much."""
    assert not spent("reactive", tolerated=1.0).any()
    assert not spent("reactive", **{"offices.national.inspection_sample": 0}).any()
    every = spent("reactive", **{"offices.national.inspection_every_days": 25})
    assert np.flatnonzero(every[:, 0]).tolist() == [*range(26, 32), *range(51, 57), *range(76, 82)], "six days each"


def test_fines_follow_questionings_in_a_row_and_teach(build: Build) -> None:
    """After n fines the share 1 − (1 − lesson)^n of the missing willingness has been learnt, and is acted on."""
    penalty = {"after": 3, "fine": 1000, "lesson": 0.2, "sources": ASSUMED}
    model = build(
        {
            "population.accounts": 1500,
            "campaigns": {},
            "offices.national.inspection_every_days": 1,
            "offices.national.tolerated_prevalence": 0.0,
            "offices.national.penalty": penalty,
        }
    )
    paid = 0.0
    for day in range(1, 13):
        model.step()
        table = model.world.platforms
        paid += table.fines[0]
        assert paid == 1000 * (day // 3)
        assert table.willingness_learnt[0] == pytest.approx(1 - 0.8 ** (day // 3))
        assert table.questioned[0] == 1
    model.step()
    learnt = 1 - 0.8**4
    own = model.config.platforms["wechat"].willingness
    assert model.world.conditions.acts[0] == pytest.approx(own + (1 - own) * learnt)


def test_a_tolerable_finding_breaks_the_row(build: Build) -> None:
    """Where nothing above the tolerated is found, nobody pays."""
    penalty = {"after": 1, "fine": 1000, "lesson": 0.2, "sources": ASSUMED}
    model = build({"campaigns": {}, "offices.national.penalty": penalty, "offices.national.tolerated_prevalence": 1.0})
    result = model.run()
    assert result.summary["fines_mean"] == result.summary["questioned_mean"] == 0
    assert not model.world.platforms.willingness_learnt.any()


@pytest.mark.parametrize("sample", [100, 10_000])
def test_the_error_of_belief_is_the_sampling_error(build: Build, sample: int, watch: Watch) -> None:
    """On days of inspection the mean distance from the truth is √(2/π) standard errors of a sample of views."""
    model = build(
        {
            "population.accounts": 4000,
            "campaigns": {},
            "offices.national.inspection_sample": sample,
            "offices.national.inspection_every_days": 1,
            "end": "2023-03-31",
        }
    )
    ratios = []
    for _ in range(90):
        model.step()
        views = model.world.counters["views"]
        true = views[:, :-1].sum(axis=1) / views.sum(axis=1)
        error = model.recorder.series("inspection_error")[model.day - 1]
        assert error[-1] == pytest.approx(error[:-1].mean())
        assert np.allclose(error[:-1], abs(model.world.platforms.inspected_prevalence - true))
        ratios.append(error[:-1] / np.sqrt(true * (1 - true) / sample))
    found, expected = np.mean(ratios), math.sqrt(2 / math.pi)
    assert abs(found - expected) < 4 * math.sqrt((1 - 2 / math.pi) / np.size(ratios))


def test_a_questioned_platform_is_one_within_reach(build: Build) -> None:
    """A local office questions nobody else."""
    model = build({"offices": {"beijing": office(inspection_sample=500, tolerated_prevalence=0.0)}, "campaigns": {},
                   "platforms.wechat.branches": []})  # fmt: skip
    model.step()
    assert model.world.platforms.questioned.tolist() == [0, 1, 1]


@pytest.mark.parametrize("days", [10, 17, 22, 40])
def test_a_reactive_office_goes_on_from_a_checkpoint(build: Build, tmp_path: Path, days: int) -> None:
    """Campaigns opened in reaction are taken up as they stood: the same bytes as without a stop."""
    changes = {
        "population.accounts": 1500, "end": "2023-02-28", "offices.national.strategy": "reactive",
        "offices.national.tolerated_prevalence": 0.0, "offices.national.reaction_days": 5,
        "offices.national.inspection_every_days": 8,
    }  # fmt: skip
    whole, model = build(changes), build(changes)
    for _ in range(days):
        model.step()
    save_state(model, tmp_path / "state.npz")
    again = restore(model.config, tmp_path / "state.npz")
    assert [c.name for c in again.world.active_campaigns] == [c.name for c in model.world.active_campaigns]
    assert series_digest(again.run().series) == series_digest(whole.run().series)
