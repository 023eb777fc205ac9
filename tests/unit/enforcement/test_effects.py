"""What single effects of sanctions and checks do: followers taken, income stopped, bars as long as the harm, anger."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rectify import RectificationModel
from rectify.behaviours.earning import Earning
from rectify.behaviours.following import TakingRealFollowers, TakingZombies
from rectify.core.table import NEVER
from rectify.enforcement.apply import Applying
from rectify.enforcement.decide import Deciding
from rectify.policy.kinds import BASES
from rectify.world.turn import Turn
from rectify.world.world import World
from tests.channels import bit_of

Build = Callable[..., RectificationModel]
ProcessOf = Callable[[RectificationModel, type], Any]
ASSUMED = {"*": "assumption"}
NAMES = ("wechat", "douyin", "weibo")
CAMPAIGN = "campaigns.selfmedia_2023"


def uphold(world: World, day: int, rows: list[int], violating_views: float = 1.0) -> Turn:
    """A turn in which one case about each of these accounts is upheld and acted on."""
    turn = Turn(day, np.zeros(0, np.int32), np.zeros(0, np.int16))
    count = len(rows)
    world.conditions.acts[:] = 1.0
    turn.reviewed.append(
        account=np.array(rows, np.int32),
        platform=world.accounts.platform[rows],
        kind=world.accounts.kind[rows],
        day=np.full(count, day, np.int16),
        time_of_day=np.full(count, 0.5, np.float32),
        evidence=np.ones(count, np.uint16),
        breach=np.ones(count, np.bool_),
        posts=np.ones(count, np.int32),
        violating_views=np.full(count, violating_views, np.float32),
        lawful_views=np.zeros(count, np.float32),
        referred=np.zeros(count, np.bool_),
    )
    turn.verdicts.append(upheld=np.ones(count, np.bool_), delay=0.0)
    return turn


def sanctioned(build: Build, changes: dict[str, Any] | None = None, **effects: Any) -> RectificationModel:
    """A model whose every decision brings one sanction with these effects, without campaigns."""
    row = {"label": "For these tests", "counted_as": "lesser", "severity": 0.5, "sources": ASSUMED, **effects}
    return build(
        {
            "population.accounts": 2000, "sanctions": {"only": row},
            "rulebook.ladders": {basis: [["only"]] for basis in BASES}, "campaigns": {}, **(changes or {}),
        }
    )  # fmt: skip


@pytest.mark.parametrize("kept", [0.0, 0.25])
def test_removal_of_followers_leaves_the_share_kept(build: Build, process_of: ProcessOf, kept: float) -> None:
    """Real and bought followers each by their own share; nobody else loses any."""
    model = sanctioned(build, followers_kept=kept, zombies_kept=0.5)
    accounts = model.world.accounts
    accounts.real_followers[:], accounts.zombie_followers[:] = 800.0, 40.0
    turn = uphold(model.world, 4, [3, 9])
    for process in (Deciding, Applying, TakingRealFollowers, TakingZombies):
        process_of(model, process).step(model.world, turn)
    assert accounts.real_followers[[3, 9]].tolist() == [800 * kept] * 2
    assert accounts.zombie_followers[[3, 9]].tolist() == [20.0, 20.0]
    assert np.count_nonzero(accounts.real_followers != 800.0) == 2
    assert model.world.counters["followers_taken"].sum() == 2 * 800 * (1 - kept)


def test_suspension_stops_what_the_platform_pays_and_not_proceeds(build: Build, process_of: ProcessOf) -> None:
    """Advertising by views, deals by followers displayed; proceeds by the kind's violating views alone."""
    model = sanctioned(build, {"kinds.rumours.proceeds_per_thousand_views": 70.0}, revenue_ban_days=10)
    world, accounts = model.world, model.world.accounts
    kinds = world.policy.kinds.names
    lawful = world.policy.archetype_lawful[world.operators.archetype[accounts.operator]]
    rumours = np.flatnonzero((accounts.kind == kinds.index("rumours")) & ~lawful)[:2]
    other = np.flatnonzero(accounts.kind == kinds.index("unqualified"))[:1]
    rows = np.sort(np.concatenate([rumours, other])).astype(np.int32)
    accounts.real_followers[rows], accounts.zombie_followers[rows], accounts.platform[rows] = 500.0, 100.0, 0
    suspended = rumours[1]
    turn = uphold(world, 4, [int(suspended)])
    for process in (Deciding, Applying):
        process_of(model, process).step(world, turn)
    turn = Turn(5, rows, np.zeros(len(rows), np.int16))
    turn.active[:], turn.kind[:], turn.platform[:] = True, accounts.kind[rows], accounts.platform[rows]
    turn.archetype[:] = world.operators.archetype[accounts.operator[rows]]
    turn.violating_posts[:], turn.violating_views[:], turn.lawful_views[:] = 1, 2000.0, 1000.0
    process_of(model, Earning).step(world, turn)
    wechat = model.config.platforms["wechat"]
    paid = wechat.advertising_rate * 3 + wechat.deal_rate * 0.6
    expected = {int(rumours[0]): paid + 140.0, int(suspended): 140.0, int(other[0]): paid}
    assert {int(row): float(accounts.income[row]) for row in rows} == pytest.approx(expected)
    assert world.counters["income"].sum() == pytest.approx(sum(expected.values()))
    assert world.counters["proceeds"].sum() == 280.0
    assert world.counters["proceeds"][0, kinds.index("rumours")] == 280.0


def test_a_bar_lasts_as_long_as_the_kind_is_harmful(build: Build, process_of: ProcessOf) -> None:
    """With bar_by_harm: bar_days times the harm, rounded up, for good at most; without it, bar_days for all."""
    bar = {"closes": True, "counted_as": "closure", "bars_identity": True, "bar_days": 101}
    for by_harm in (True, False):
        model = sanctioned(build, {"kinds.rumours.harm": 400.0}, **bar, bar_by_harm=by_harm)
        world, accounts = model.world, model.world.accounts
        rows = [int(np.flatnonzero(accounts.kind == kind)[0]) for kind in range(world.kinds)]
        turn = uphold(world, 10, rows)
        for process in (Deciding, Applying):
            process_of(model, process).step(world, turn)
        harms = [model.config.kinds[name].harm if by_harm else 1.0 for name in world.policy.kinds.names]
        assert accounts.barred_until[rows].tolist() == [min(NEVER, 11 + math.ceil(101 * harm)) for harm in harms]


def test_further_steps_are_for_what_angers_the_public(build: Build, process_of: ProcessOf) -> None:
    """Terms with anger: the further steps are skipped only where the posts' views provoke so many reports."""
    terms = {"wechat": {"extra_steps": 2, "extra_steps_from_anger": 0.5, "sources": ASSUMED}}
    model = build(
        {"population.accounts": 2000, f"{CAMPAIGN}.opens": "2023-01-01", f"{CAMPAIGN}.terms": terms,
         f"{CAMPAIGN}.escalation": {"rumours": 1}, "rulebook.strike_expiry_days": 1}
    )  # fmt: skip
    model.step()
    world, accounts = model.world, model.world.accounts
    kind = world.policy.kinds.names.index("rumours")
    rate = model.config.kinds["rumours"].reports_per_million_views / 1e6
    where = [np.flatnonzero((accounts.kind == kind) & (accounts.platform == place))[:2].tolist() for place in (0, 1)]
    assert world.conditions.escalation[:2, kind].tolist() == [1, 1]
    for views, steps in ((0.49 / rate, [1, 1, 1, 1]), (0.51 / rate, [3, 3, 1, 1])):
        accounts.strikes[:] = 0
        turn = uphold(world, 20, where[0] + where[1], views)
        process_of(model, Deciding).step(world, turn)
        assert turn.decisions.column("step").tolist() == steps


@pytest.mark.parametrize(("check", "kind"), [("name_screening", "fake_media"), ("qualification_check", "unqualified")])
def test_a_check_finds_those_who_pose(build: Build, check: str, kind: str) -> None:
    """At a certain rate every active account that poses as a kind it checks is found, and none by the other check."""
    other = {"name_screening": "qualification_check", "qualification_check": "name_screening"}[check]
    rates = {f"platforms.{name}.channels.{check}.checks_per_year": 1e6 for name in NAMES}
    rates |= {f"platforms.{name}.channels.{other}.checks_per_year": 0 for name in NAMES}
    model = build({"campaigns": {}, "population.shares": {"impersonator": 0.5, "self_styled_expert": 0.5}, **rates})
    model.step()
    world = model.world
    cases = world.cases
    bit = bit_of(check)
    found = {int(row) for row in cases.column("account")[(cases.column("evidence") & bit > 0) & cases.column("breach")]}
    accounts = world.accounts
    place = world.policy.kinds.names.index(kind)
    acting = np.flatnonzero((accounts.kind == place) & (accounts.impersonates_from <= 0) & (accounts.last_day == 0))
    acting = acting[(accounts.opened_on[acting] < 0) & (accounts.next_day[acting] > 0)]
    posting = {int(row) for row in acting if row in set(cases.column("account").tolist())}
    assert len(posting) > 20
    assert posting <= found
    checked_by = [each.checked_by for each in model.config.kinds.values()]
    assert checked_by.count(check) >= 1
    assert all(model.config.kinds[world.policy.kinds.names[accounts.kind[row]]].checked_by == check for row in found)


def test_a_corrected_profile_poses_again_from_the_very_day_it_is_changed_back(build: Build) -> None:
    """Before that day nothing is written under it; on that day those who are due write so."""
    model = build({"campaigns": {}, "population.shares": {"impersonator": 1.0}})
    profile = model.world.policy.kinds.is_profile
    model.world.accounts.impersonates_from[:] = 3
    written = []
    for _ in range(4):
        model.step()
        written.append(float(model.world.counters["posts"][:, :-1][:, profile].sum()))
    assert written[:3] == [0.0, 0.0, 0.0]
    assert written[3] > 0.0
