"""The classifier: hit and false-alarm rates Φ(d′ − c) and Φ(−c), and nested flags as the threshold falls."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from rectify import RectificationModel
from rectify.core.schedule import Process
from rectify.detection.classifier import Classifier
from rectify.world.turn import Turn
from rectify.world.world import World
from tests.channels import bit_of, with_channels

Build = Callable[..., RectificationModel]
Watch = Callable[..., None]
THRESHOLDS = {"wechat": 0.4, "douyin": 1.3, "weibo": 2.5}


@pytest.fixture(scope="module")
def thresholds(defaults: dict[str, Any]) -> dict[str, Any]:
    """A population with many violators, on platforms with three thresholds that nobody presses."""
    return {
        "population.accounts": 15_000,
        "end": "2023-01-12",
        "campaigns": {},
        "population.shares": {"ordinary_author": 0.3, "rumour_monger": 0.3, "professional": 0.2, "impersonator": 0.2},
        "archetypes.rumour_monger.propensity": 0,
        "platforms": {
            name: {**with_channels(platform, classifier={"threshold": THRESHOLDS[name]}), "willingness": 0}
            for name, platform in defaults["platforms"].items()
        },
    }


def test_rates_are_those_of_signal_detection(thresholds: dict[str, Any], build: Build, watch: Watch) -> None:
    """Over many posts each platform flags the shares that threshold and distances say, within 4 sigma."""
    model = build(thresholds)
    shape = (len(model.world.policy.platform_names), len(model.world.policy.kinds.names))
    hits, posts = np.zeros(shape), np.zeros(shape)
    alarms, lawful = np.zeros(shape[0]), np.zeros(shape[0])

    def around(process: Process, world: World, turn: Turn) -> None:
        process.step(world, turn)
        if isinstance(process, Classifier):
            platform, kind = world.accounts.platform[turn.due], world.accounts.kind[turn.due]
            np.add.at(hits, (platform, kind), turn.flagged_violating)
            np.add.at(posts, (platform, kind), turn.violating_posts)
            np.add.at(alarms, platform, turn.flagged_lawful)
            np.add.at(lawful, platform, turn.lawful_posts)
            flagged = turn.flagged_violating + turn.flagged_lawful > 0
            assert np.array_equal(turn.evidence == bit_of("classifier"), flagged)
            assert np.array_equal(turn.breach, turn.flagged_violating > 0)
            assert (turn.flagged_violating <= turn.violating_posts).all()
            assert (turn.flagged_lawful <= turn.lawful_posts).all()

    watch(model, around=around)
    model.run()
    checked = 0
    for p, platform in enumerate(model.config.platforms.values()):
        c = platform.channels.classifier.threshold
        for observed, count, rate in [
            (alarms[p], lawful[p], stats.norm.cdf(-c)),
            *(
                (hits[p, k], posts[p, k], stats.norm.cdf(model.config.kinds[name].discriminability - c))
                for k, name in enumerate(model.world.policy.kinds.names)
            ),
        ]:
            if count >= 200:
                checked += 1
                assert abs(observed - count * rate) <= 4 * math.sqrt(count * rate * (1 - rate)) + 1
    assert checked >= 12
    assert lawful.min() > 2000


@pytest.mark.parametrize("shift", [0.1, 0.7, 3.0])
def test_a_lower_threshold_flags_a_superset(
    thresholds: dict[str, Any], build: Build, watch: Watch, shift: float
) -> None:
    """With the same posts and the same draws, no post flagged at a threshold escapes at a lower one."""
    model = build({**thresholds, "end": "2023-01-04"})
    gained = 0

    def around(process: Process, world: World, turn: Turn) -> None:
        nonlocal gained
        if isinstance(process, Classifier):
            lower = copy.deepcopy(turn)
            dataclasses.replace(process, threshold=process.threshold - shift).step(world, lower)
            process.step(world, turn)
            assert (lower.flagged_violating >= turn.flagged_violating).all()
            assert (lower.flagged_lawful >= turn.flagged_lawful).all()
            assert ((lower.evidence & turn.evidence) == turn.evidence).all()
            assert (lower.breach >= turn.breach).all()
            gained += int((lower.flagged_violating - turn.flagged_violating).sum())
        else:
            process.step(world, turn)

    watch(model, around=around)
    model.run()
    assert gained > 0


def test_pressure_lowers_the_threshold_in_proportion(defaults: dict[str, Any], build: Build) -> None:
    """Under pressure x the threshold is c − shift · x, on the campaign's platforms and for all kinds alike."""
    campaign = {**defaults["campaigns"]["selfmedia_2023"], "opens": "2023-01-01", "closes": "2023-01-31"}
    campaign["effort"] = {**campaign["effort"], "classifier": 1.5}
    model = build({"population.accounts": 300, "campaigns": {"one": {**campaign, "platforms": ["douyin"]}}})
    for _ in range(6):
        model.step()
    flag_rate, false_flag_rate = model.schedule.find(Classifier).rates(model.world)
    for platform in model.platforms:
        c = platform.params.channels.classifier.threshold - (
            1.5 * platform.pressure if platform.name == "douyin" else 0.0
        )
        assert (platform.pressure > 0) == (platform.name == "douyin")
        assert false_flag_rate[platform.row] == pytest.approx(stats.norm.cdf(-c), rel=1e-9)
        wanted = stats.norm.cdf(model.world.policy.kinds.discriminability - c)
        assert np.allclose(flag_rate[platform.row], wanted, rtol=1e-9)
