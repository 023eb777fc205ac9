"""Purges of zombie followers and caps on accounts per identity, against closed forms and counts by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rectify import RectificationModel, RunConfig
from rectify.core.errors import ConfigError
from rectify.core.table import NEVER
from rectify.policy.kinds import BASES
from rectify.world.turn import Turn
from rectify.world.world import World

Configure = Callable[..., RunConfig]
Build = Callable[..., RectificationModel]
PLATFORMS = ("wechat", "douyin", "weibo")
NO_CAMPAIGN: dict[str, Any] = {"campaigns": {}}
STILL = {"behaviours.following.zombie_half_life": 36500.0, "behaviours.following.zombie_purchases_per_year": 0.0}


def everywhere(key: str, value: object) -> dict[str, object]:
    """The same value for a key of every platform."""
    return {f"platforms.{name}.{key}": value for name in PLATFORMS}


def purging(days: int | None, recall: float) -> dict[str, object]:
    """Regular purges on every platform."""
    return {**everywhere("zombie_purge_every_days", days), **everywhere("zombie_purge_recall", recall)}


def test_regular_purges_leave_what_recall_says(build: Build) -> None:
    """Without decay and purchase, zombies fall by the recall at each purge, whenever accounts are active."""
    model = build({**NO_CAMPAIGN, **STILL, **purging(10, 0.25), "recording.census_every_days": 1})
    start = float(model.world.accounts.zombie_followers[model.world.accounts.opened_on < 0].sum())
    assert start == 0.0, "nobody buys, so nobody has any"
    model.world.accounts.zombie_followers[:] = 1000.0
    model.run()
    zombies = model.recorder.total("zombie_followers") / model.recorder.total("open_accounts")
    expected = 1000.0 * 0.75 ** (np.arange(31) // 10)
    # Accounts that open in the run have none, and few do.
    assert zombies == pytest.approx(expected, rel=0.02)


def test_purged_zombies_are_counted_where_they_were(build: Build) -> None:
    model = build({**NO_CAMPAIGN, **STILL, **purging(7, 0.5)})
    model.world.accounts.zombie_followers[:] = 100.0
    before = float(model.world.accounts.zombie_followers.sum())
    model.run()
    lost = before - float(model.world.accounts.zombie_followers.sum())
    assert lost > 0
    assert model.recorder.total("zombies_purged").sum() == pytest.approx(lost * model.world.scale, rel=0.01)
    assert model.recorder.total("zombies_bought").sum() == 0.0


def test_purges_make_buyers_buy_more_and_show_less(build: Build) -> None:
    found = []
    for recall in (0.0, 0.8):
        model = build({**NO_CAMPAIGN, **purging(7, recall), "end": "2023-03-31", "population.accounts": 6000})
        model.run()
        zombies = model.recorder.total("zombie_followers")
        found.append((model.recorder.total("zombies_bought").sum(), np.nanmean(zombies[-30:])))
    assert found[1][0] > 1.2 * found[0][0]
    assert found[1][1] < 0.5 * found[0][1]


def test_a_campaign_purges_on_its_first_day_and_then_as_often_as_it_says(configure: Configure) -> None:
    plain = configure().model_dump(mode="json")["campaigns"]["selfmedia_2023"]
    for every, days in ((None, [9]), (5, [9, 14, 19])):
        campaign = {**plain, "opens": "2023-01-10", "closes": "2023-01-20", "platforms": ["weibo"]}
        campaign |= {"zombie_purge_recall": 0.5, "zombie_purge_every_days": every}
        model = RectificationModel(configure({"campaigns": {"selfmedia_2023": campaign}}))
        model.run()
        steps = np.diff(model.world.purged, axis=1, prepend=0.0)
        assert np.flatnonzero(steps[2]).tolist() == days
        assert steps[2, days] == pytest.approx(np.log(0.5))
        assert not steps[:2].any()


def held(world: World, day: int) -> dict[tuple[int, int, int], int]:
    """Open accounts by operator, platform and identity."""
    accounts = world.accounts
    there = (accounts.opened_on <= day) & (accounts.closed_on > day) & (accounts.left_on > day)
    keys, counts = np.unique(
        np.stack((accounts.operator[there], accounts.platform[there], accounts.identity[there])),
        axis=1, return_counts=True,
    )  # fmt: skip
    return {(int(o), int(p), int(i)): int(n) for (o, p, i), n in zip(keys.T, counts, strict=True)}


CROWDED: dict[str, Any] = {
    **NO_CAMPAIGN,
    "archetypes.marketing_matrix.accounts": 12,
    "archetypes.marketing_matrix.spare_accounts": 2,
    "archetypes.marketing_matrix.identities": 1,
    "archetypes.marketing_matrix.organisation": True,
    "rulebook.registration.accounts_per_identity": 50,
    "rulebook.registration.cap_changes": [
        {"since": "2023-01-15", "persons": 2, "organisations": 3, "sources": {"*": "assumption"}}
    ],
}


@pytest.mark.parametrize("grandfathering", [True, False])
def test_a_lowered_cap_spares_or_closes_what_is_above_it(
    build: Build, watch: Callable[..., None], grandfathering: bool
) -> None:
    model = build({**CROWDED, "rulebook.registration.grandfathering": grandfathering})
    organisation = model.world.policy.archetype_organisation[model.world.operators.archetype]
    most: list[int] = []

    def after(world: World, turn: Turn) -> None:
        counts = held(world, turn.day)
        of_organisations = [n for (o, _, _), n in counts.items() if organisation[o]]
        others = [n for (o, _, _), n in counts.items() if not organisation[o]]
        most.append(max(of_organisations))
        # Later on, registrations that are not really checked may go above the cap again.
        if turn.day == 14 and not grandfathering:
            assert max(of_organisations) == 3
            assert max(others) <= 2

    watch(model, after=after)
    model.run()
    closed = model.recorder.total("closed_surplus")
    assert most[13] > 5
    if grandfathering:
        assert closed.sum() == 0
        assert most[-1] > 3, "the new cap"
    else:
        assert np.flatnonzero(closed).tolist() == [14]
        assert closed.sum() / model.world.scale == (model.world.accounts.closed_on < NEVER).sum() - (
            model.recorder.total("closed").sum() / model.world.scale
        )


def test_a_lower_cap_refuses_more(build: Build) -> None:
    refused = []
    for cap in (50, 1):
        changes = [{"since": "2023-01-02", "persons": cap, "organisations": cap, "sources": {"*": "assumption"}}]
        more = {"archetypes.marketing_matrix.turnover_per_year": 5.0, "rulebook.registration.cap_changes": changes}
        model = build({**CROWDED, **more, "population.accounts": 6000})
        model.run()
        refused.append(model.recorder.total("refused_cap").sum())
    assert refused[0] == 0
    assert refused[1] > 0


def test_the_exempt_keep_all(build: Build) -> None:
    model = build({**CROWDED, "rulebook.registration.grandfathering": False, "rulebook.registration.exempt_share": 1.0})
    model.run()
    assert model.recorder.total("closed_surplus").sum() == 0
    assert model.recorder.total("refused_cap").sum() == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([{"since": "2023-13-01", "persons": 1, "organisations": 1}], "cap_changes.0.since"),
        ([{"since": "2023-02-01", "persons": 0, "organisations": 1}], "cap_changes.0.persons"),
        (
            [
                {"since": "2023-02-01", "persons": 1, "organisations": 1, "sources": {"*": "assumption"}},
                {"since": "2023-01-01", "persons": 1, "organisations": 1, "sources": {"*": "assumption"}},
            ],
            "in order",
        ),
    ],
)
def test_bad_caps_are_named(configure: Configure, changes: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        configure({"rulebook.registration.cap_changes": changes})


def test_bad_purges_are_named(configure: Configure) -> None:
    with pytest.raises(ConfigError, match=r"platforms\.weibo\.zombie_purge_recall"):
        configure({"platforms.weibo.zombie_purge_recall": 1.0})


def test_buyers_fill_up_at_their_rate(build: Build) -> None:
    """Without decay and purge, an account without zombies has bought them by day t with 1 − exp(−rate · t / 365)."""
    rate = 20.0
    model = build(
        {**NO_CAMPAIGN, "behaviours.following.zombie_half_life": 36500.0, "population.shares": {"traffic_seller": 1},
         "behaviours.following.zombie_purchases_per_year": rate,
         "rulebook.ladders": {basis: [["warning"]] for basis in BASES}}
    )  # fmt: skip
    accounts = model.world.accounts
    there = accounts.opened_on < 0
    accounts.zombie_followers[:] = 0.0
    model.run()
    bought = (accounts.zombie_followers > 0)[there]
    days = accounts.last_day[there].astype(float)
    chance = 1.0 - np.exp(-rate / 365.0 * days)
    assert there.sum() > 1000
    assert abs(bought.sum() - chance.sum()) <= 4 * math.sqrt((chance * (1 - chance)).sum())
