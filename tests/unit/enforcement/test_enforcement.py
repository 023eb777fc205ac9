"""Enforcement in single steps: strikes, effects of sanctions, reversals, the list of barred names, first checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rectify import RectificationModel
from rectify.behaviours.evading import Evading
from rectify.behaviours.joining import Joining
from rectify.core.schedule import Process
from rectify.core.table import NEVER
from rectify.enforcement.apply import Applying
from rectify.enforcement.decide import Deciding
from rectify.policy.kinds import BASES
from rectify.policy.sanctions import NAMES_BARRED, SCOPES
from rectify.world.turn import Turn
from rectify.world.world import World

Build = Callable[..., RectificationModel]
ProcessOf = Callable[[RectificationModel, type], Any]
NOBODY = np.zeros(0, np.int32)


def turn_of(day: int) -> Turn:
    return Turn(day, NOBODY, NOBODY)


def reverse(turn: Turn, world: World, rows: list[int], closed: bool) -> None:
    """Let decisions about these accounts be reversed in this turn."""
    count = len(rows)
    turn.reversals.append(
        account=np.array(rows, np.int32),
        platform=world.accounts.platform[rows],
        kind=world.accounts.kind[rows],
        decided_on=np.zeros(count, np.int16),
        hearing_on=np.full(count, turn.day, np.int16),
        breach=np.zeros(count, np.bool_),
        closed=np.full(count, closed),
        followers_taken=np.zeros(count, np.float32),
    )


def uphold(turn: Turn, world: World, rows: list[int], flagged_on: list[int]) -> None:
    """Let cases about these accounts be upheld in this turn, and nobody be unwilling to act on them."""
    count = len(rows)
    world.conditions.acts[:] = 1.0
    turn.reviewed.append(
        account=np.array(rows, np.int32),
        platform=world.accounts.platform[rows],
        kind=world.accounts.kind[rows],
        day=np.array(flagged_on, np.int16),
        time_of_day=np.full(count, 0.5, np.float32),
        evidence=np.ones(count, np.uint8),
        breach=np.ones(count, np.bool_),
        posts=np.ones(count, np.int32),
        violating_views=np.ones(count, np.float32),
        lawful_views=np.zeros(count, np.float32),
        referred=np.zeros(count, np.bool_),
    )
    turn.verdicts.append(upheld=np.ones(count, np.bool_), delay=0.0)


SANCTION = {
    "label": "For these tests",
    "counted_as": "lesser",
    "severity": 0.5,
    "sources": {"*": "assumption"},
}


def one_step(build: Build, **effects: Any) -> RectificationModel:
    """A model whose every decision brings one sanction with these effects."""
    return build(
        {
            "population.accounts": 500,
            "sanctions": {"only": {**SANCTION, **effects}},
            "rulebook.ladders": {basis: [["only"]] for basis in BASES},
        }
    )


def decide_and_apply(model: RectificationModel, process_of: ProcessOf, turn: Turn) -> None:
    process_of(model, Deciding).step(model.world, turn)
    process_of(model, Applying).step(model.world, turn)


@pytest.mark.parametrize(
    ("effect", "column"),
    [
        ("posting_ban_days", "muted_until"),
        ("revenue_ban_days", "unpaid_until"),
        ("growth_ban_days", "growth_frozen_until"),
        ("reach_days", "reach_limited_until"),
    ],
)
@pytest.mark.parametrize("days", [1, 30, NEVER])
def test_bans_hold_for_whole_days_after_the_decision(
    build: Build, process_of: ProcessOf, effect: str, column: str, days: int
) -> None:
    """A ban of n days decided on day d is over on day d + 1 + n; the longest is for good, and later ones add."""
    model = one_step(build, **{effect: days, "reach_factor": 0.25})
    turn = turn_of(10)
    uphold(turn, model.world, [3], [10])
    decide_and_apply(model, process_of, turn)
    column_after = getattr(model.world.accounts, column)
    assert column_after[3] == min(NEVER, 11 + days)
    assert np.count_nonzero(column_after) == 1
    if effect == "reach_days":
        assert model.world.accounts.reach_factor[3] == 0.25
    if effect == "posting_ban_days":
        assert model.world.accounts.next_day[3] >= column_after[3]
    column_after[3] = NEVER
    turn = turn_of(300)
    uphold(turn, model.world, [3], [300])
    decide_and_apply(model, process_of, turn)
    assert column_after[3] == NEVER


def test_closure_and_its_bar(build: Build, process_of: ProcessOf) -> None:
    """A closure ends all activity at once and leaves its bar for so many days after."""
    model = one_step(build, closes=True, counted_as="closure", bars_name="similar", bars_identity=True, bar_days=20)
    turn = turn_of(5)
    uphold(turn, model.world, [2, 2, 7], [3, 5, 5])
    decide_and_apply(model, process_of, turn)
    accounts = model.world.accounts
    for row in (2, 7):
        assert (accounts.closed_on[row], accounts.next_day[row]) == (5, NEVER)
        assert (accounts.barred_by[row], accounts.barred_until[row]) == (0, 26)
    assert sorted(turn.closed.array.tolist()) == [2, 7], "one closed today is not sanctioned again today"
    assert model.world.counters["closed"].sum() == 2


def test_a_reversed_closure_opens_the_account_again(build: Build, process_of: ProcessOf) -> None:
    """Standing, bar and the list of names are as before; it acts again from the next day on."""
    model = one_step(build, closes=True, counted_as="closure", bars_name="same", bar_scope="all", bar_days=NEVER)
    world, accounts = model.world, model.world.accounts
    turn = turn_of(5)
    uphold(turn, world, [2], [5])
    decide_and_apply(model, process_of, turn)
    listed = world.barred_names[:, NAMES_BARRED.index("same")]
    process_of(model, Joining).step(world, turn_of(6))
    assert np.allclose(listed, world.scale)
    turn = turn_of(9)
    reverse(turn, world, [2], closed=True)
    decide_and_apply(model, process_of, turn)
    assert accounts.closed_on[2] == NEVER
    assert accounts.barred_until[2] <= 9
    assert accounts.next_day[2] == 10
    assert accounts.strikes[2] == 0
    process_of(model, Joining).step(world, turn_of(10))
    assert np.allclose(listed, 0)


def test_a_reversal_lifts_a_bar_that_did_not_close(build: Build, process_of: ProcessOf) -> None:
    """A name barred by a sanction that leaves the account open is free again; a closure by another decision stays."""
    model = one_step(build, bars_name="same", bar_days=NEVER)
    world, accounts = model.world, model.world.accounts
    turn = turn_of(5)
    uphold(turn, world, [2, 3], [5, 5])
    decide_and_apply(model, process_of, turn)
    assert accounts.barred_by[[2, 3]].tolist() == [0, 0]
    accounts.closed_on[3] = 7
    turn = turn_of(9)
    reverse(turn, world, [2, 3], closed=False)
    decide_and_apply(model, process_of, turn)
    process_of(model, Joining).step(world, turn_of(10))
    assert accounts.barred_by[[2, 3]].tolist() == [-1, 0]
    assert accounts.barred_until[[2, 3]].tolist() == [9, NEVER]
    assert np.allclose(world.barred_names[:, NAMES_BARRED.index("same")].sum(), world.scale)


def test_the_register_knows_what_followers_were_taken(build: Build) -> None:
    """What the day's counters say was taken stands in the register, decision by decision."""
    ladder = [["removal_of_followers"]]
    many = {f"platforms.{name}.channels.classifier.threshold": 1.0 for name in ("wechat", "douyin", "weibo")}
    model = build({"population.accounts": 2000, "rulebook.ladders": dict.fromkeys(BASES, ladder), **many})
    taken = 0.0
    while model.running:
        model.step()
        taken += float(model.world.counters["followers_taken"].sum())
    assert taken > 0
    assert float(model.world.register.column("followers_taken").sum()) == pytest.approx(taken, rel=1e-5)


def test_each_reversal_takes_one_strike_back(build: Build, process_of: ProcessOf) -> None:
    """Two decisions about one account reversed on the same day take two strikes back; nobody falls below none."""
    model = one_step(build)
    model.world.accounts.strikes[[4, 5, 6]] = (3, 1, 0)
    turn = turn_of(20)
    reverse(turn, model.world, [4, 4, 5, 6], closed=False)
    process_of(model, Deciding).step(model.world, turn)
    assert model.world.accounts.strikes[[4, 5, 6]].tolist() == [1, 0, 0]


@pytest.mark.parametrize("removed", ["none", "offending"])
def test_posts_from_before_the_last_strike_add_none(build: Build, process_of: ProcessOf, removed: str) -> None:
    """They are removed where posts are at all, but nobody is struck twice for what was written before the warning."""
    model = one_step(build, posts_removed=removed)
    for day, flagged_on, strikes, step in ((10, 8, 1, 0), (12, 9, 1, -1), (12, 10, 1, -1), (13, 11, 2, 0)):
        turn = turn_of(day)
        uphold(turn, model.world, [4], [flagged_on])
        process_of(model, Deciding).step(model.world, turn)
        assert model.world.accounts.strikes[4] == strikes
        assert turn.decisions.column("step").tolist() == [step]
        assert turn.decisions.column("lesser").tolist() == [step >= 0]
        assert turn.decisions.column("posts").tolist() == [int(removed == "offending")]


@pytest.mark.parametrize(("day", "refuses"), [(25, True), (26, False)])
def test_a_bar_refuses_returns_to_its_last_day(build: Build, process_of: ProcessOf, day: int, refuses: bool) -> None:
    """Who comes back under the identity of an account barred until day 26 is refused on day 25, and not on day 26."""
    model = one_step(build, closes=True, counted_as="closure", bars_identity=True, bar_days=20)
    accounts, operators = model.world.accounts, model.world.operators
    old = operators.first_account[operators.accounts > 1]
    accounts.closed_on[old], accounts.barred_by[old], accounts.barred_until[old] = 5, 0, 26
    new = old + 1
    accounts.opened_on[new], accounts.predecessor[new], accounts.platform[new] = NEVER, old, accounts.platform[old]
    process_of(model, Joining).step(model.world, Turn(day, new.astype(np.int32), np.zeros(len(new), np.int16)))
    assert (model.world.counters["refused_identity"].sum() > 0) == refuses
    assert model.world.counters["returned"].sum() > 0


@pytest.mark.parametrize(("given_up_on", "refuses"), [(5, False), (6, True), (NEVER, True)])
def test_an_account_given_up_makes_room_under_the_cap(
    build: Build, process_of: ProcessOf, given_up_on: int, refuses: bool
) -> None:
    """On day 5 a second account of an identity that may have one is refused, unless the first was given up by then."""
    changes = [{"since": "2023-01-01", "persons": 1, "organisations": 1, "sources": {"*": "assumption"}}]
    model = build({"population.accounts": 2000, "rulebook.registration.cap_changes": changes})
    accounts, operators = model.world.accounts, model.world.operators
    first = operators.first_account[(operators.accounts == 2) & (operators.identities == 1)]
    second = first + 1
    accounts.opened_on[first], accounts.left_on[first] = -10, given_up_on
    accounts.opened_on[second], accounts.platform[second] = NEVER, accounts.platform[first]
    process_of(model, Joining).step(model.world, Turn(5, second.astype(np.int32), np.zeros(len(second), np.int16)))
    assert (model.world.counters["refused_cap"].sum() > 0) == refuses
    assert len(second) > 20


def names_listed(world: World, day: int) -> np.ndarray:
    """Closed names that may not register on *day*, by platform and bar, counted from the columns."""
    accounts, sanctions = world.accounts, world.policy.sanctions
    listed = np.zeros_like(world.barred_names)
    for row in np.flatnonzero((accounts.closed_on < day) & (accounts.barred_by >= 0) & (accounts.barred_until > day)):
        by = accounts.barred_by[row]
        everywhere = SCOPES[sanctions.bar_scope[by]] == "all"
        place = slice(None) if everywhere else accounts.platform[row]
        listed[place, sanctions.bars_name[by]] += world.scale
    return listed


BAR = {**SANCTION, "closes": True, "counted_as": "closure", "bars_name": "similar", "bars_identity": True}


def purge(build: Build, bar: dict[str, Any], **changes: Any) -> RectificationModel:
    """A model that closes whom it catches from the first days on, with such a bar; for some kinds on all platforms."""
    return build(
        {
            "population.accounts": 6000,
            "end": "2023-03-31",
            "campaigns.selfmedia_2023.opens": "2023-01-05",
            "sanctions": {"here": bar, "anywhere": {**bar, "bar_scope": "all"}},
            "rulebook.ladders": {**{basis: [["here"]] for basis in BASES}, "hype": [["anywhere"]]},
            **changes,
        }
    )


@pytest.mark.parametrize("bar_days", [10, NEVER])
def test_the_list_of_barred_names_is_what_the_columns_say(
    build: Build, watch: Callable[..., None], bar_days: int
) -> None:
    """The list that newcomers are compared with holds the names barred today, and loses them when the bar is over."""
    model = purge(build, {**BAR, "bar_days": bar_days})

    def around(process: Process, world: World, turn: Turn) -> None:
        process.step(world, turn)
        if isinstance(process, Joining):
            assert np.allclose(world.barred_names, names_listed(world, turn.day)), turn.day

    watch(model, around=around)
    for _ in range(60):
        model.step()
    assert model.world.appeals.rows > 0
    assert np.count_nonzero(model.world.accounts.closed_on < NEVER) > 20


def test_where_every_name_counts_as_the_same_no_newcomer_passes(build: Build, watch: Callable[..., None]) -> None:
    """At a threshold of zero one closed name bars all others, and without one nobody is refused."""
    thresholds = {f"rulebook.registration.{name}_name_similarity": 0.0 for name in ("same", "similar", "related")}
    screens = {"rulebook.registration.screens_closed_names": True}
    model = purge(build, {**BAR, "bar_scope": "all", "bar_days": NEVER}, **thresholds, **screens)
    refused, opened = 0, 0

    def around(process: Process, world: World, turn: Turn) -> None:
        nonlocal refused, opened
        listed = names_listed(world, turn.day).sum(axis=1) > 0
        process.step(world, turn)
        if isinstance(process, Joining):
            new = turn.opened.array[world.accounts.predecessor[turn.opened.array] < 0]
            assert not listed[world.accounts.platform[new]].any()
            assert not world.counters["refused_namesakes"][~listed].any()
            refused += int(world.counters["refused_namesakes"].sum())
            opened += len(new)

    watch(model, around=around)
    for _ in range(60):
        model.step()
    assert refused > 20
    assert opened > 0


def test_a_return_starts_with_all_its_attempts(build: Build, watch: Callable[..., None]) -> None:
    """A spare account that a newcomer failed to open does not hand its refusals on to a return."""
    model = purge(
        build,
        {**BAR, "bar_days": NEVER},
        **{
            "population.shares": {"marketing_matrix": 1},
            "archetypes.marketing_matrix.turnover_per_year": 5,
            "behaviours.joining.attempts_most": 1,
            "rulebook.registration.screens_closed_names": True,
            "rulebook.registration.similar_name_similarity": 0.45,
            "population.represents": 6000,
            "archetypes.marketing_matrix.propensity": 0,
            **{f"platforms.{name}.review_capacity": 1e6 for name in ("wechat", "douyin", "weibo")},
            **{f"platforms.{name}.channels.classifier.threshold": 1 for name in ("wechat", "douyin", "weibo")},
        },
    )
    old = np.zeros(6000, np.int64)

    def around(process: Process, world: World, turn: Turn) -> None:
        old[:] = world.accounts.predecessor
        process.step(world, turn)
        if isinstance(process, Evading):
            chosen = np.flatnonzero(world.accounts.predecessor != old)
            assert not world.accounts.attempts[chosen].any()

    watch(model, around=around)
    for _ in range(60):
        model.step()
    assert np.count_nonzero(model.world.accounts.predecessor >= 0) > 100
    assert np.count_nonzero(model.world.accounts.attempts) > 100


def test_a_new_account_is_not_checked_for_days_on_which_it_was_not_there(
    build: Build, watch: Callable[..., None]
) -> None:
    """Checks come at a rate since the account was last seen; one that opens today has been there for one day."""
    model = build({"population.accounts": 20_000})
    unseen: list[int] = []

    def note(world: World, turn: Turn) -> None:
        new = np.isin(turn.due, turn.opened.array) & turn.active
        unseen.extend((turn.day - turn.last_day[new]).tolist())

    watch(model, after=note)
    model.run()
    opened = model.world.accounts.opened_on
    assert np.count_nonzero((opened > 0) & (opened < NEVER)) > 30
    assert max(unseen, default=0) <= 1
