"""Views of accounts and operators: equal to loops over the columns, and to Mesa's AgentSet of the same agents."""

from __future__ import annotations

import copy
import random
import statistics
from collections import Counter
from collections.abc import Callable
from typing import Any

import mesa
import numpy as np
import pytest

from rectify import RectificationModel, compose
from rectify.assembly import build_world
from rectify.core.table import NEVER
from rectify.metrics.census import take_census
from rectify.world.views import AccountSet, AccountView, OperatorSet, OperatorView
from rectify.world.world import World

TODAY = 10
SMALL = ("population.accounts=400", "end=2023-01-03", "burn_in_days=0")
DAY_COLUMNS = (
    "opened_on",
    "closed_on",
    "left_on",
    "muted_until",
    "unpaid_until",
    "impersonates_from",
    "reach_limited_until",
)


def scramble(world: World, today: int) -> None:
    """Give accounts every standing there can be, many of them changing on exactly *today*."""
    rng = np.random.default_rng(7)
    accounts, rows = world.accounts, len(world.accounts)
    days = np.array([-1, 0, today - 1, today, today + 1, today + 2, NEVER])
    mostly_later = [0, 1, 1, 1, 1, 1, 12]
    chances = {"opened_on": [5, 3, 2, 3, 1, 1, 3], "closed_on": mostly_later, "left_on": mostly_later}
    for name in DAY_COLUMNS:
        weights = np.array(chances.get(name, [1] * 7), float)
        getattr(accounts, name)[:] = rng.choice(days, rows, p=weights / weights.sum())
    accounts.reach_factor[:] = rng.choice([0.0, 0.25, 1.0], rows)
    accounts.generation[:] = rng.integers(0, 3, rows)
    accounts.strikes[:] = rng.integers(0, 100, rows)
    accounts.real_followers[:] = np.round(rng.lognormal(5, 3, rows), 1)
    accounts.zombie_followers[:] = rng.integers(0, 1000, rows)


@pytest.fixture(scope="module")
def world() -> World:
    world, _ = build_world(compose(SMALL))
    scramble(world, TODAY)
    return world


@pytest.fixture(scope="module")
def accounts(world: World) -> AccountSet:
    return AccountSet(world, lambda: TODAY)


@pytest.fixture(scope="module")
def operators(world: World) -> OperatorSet:
    return OperatorSet(world, lambda: TODAY)


def told_of(world: World, row: int, today: int) -> dict[str, Any]:
    """Everything about one account, from the columns by plain Python, written apart from the views."""
    a = {name: column[row].item() for name, column in world.accounts.items()}
    status = "unopened"
    if a["closed_on"] <= today:
        status = "closed"
    elif a["left_on"] <= today:
        status = "left"
    elif a["opened_on"] <= today:
        status = "open"
    there = status == "open"
    archetype = int(world.operators.archetype[a["operator"]])
    return a | {
        "unique_id": row,
        "status": status,
        "is_open": there,
        "is_closed": status == "closed",
        "has_left": status == "left",
        "is_muted": there and a["muted_until"] > today,
        "is_unpaid": there and a["unpaid_until"] > today,
        "is_impersonating": there and a["impersonates_from"] <= today,
        "is_returned": there and a["generation"] >= 1,
        "is_lawful": bool(world.policy.archetype_lawful[archetype]),
        "reach": a["reach_factor"] if today < a["reach_limited_until"] else 1.0,
        "displayed_followers": a["real_followers"] + a["zombie_followers"],
        "platform_name": world.policy.platform_names[a["platform"]],
        "kind_name": world.policy.kinds.names[a["kind"]],
        "archetype_name": world.policy.archetype_names[archetype],
    }


# -- Against loops over the columns ---------------------------------------------------------------------------------


def test_every_attribute_of_every_account_is_what_the_columns_say(world: World, accounts: AccountSet) -> None:
    expected = [told_of(world, row, TODAY) for row in range(len(world.accounts))]
    assert set(accounts.attribute_names()) == set(expected[0])
    for name in accounts.attribute_names():
        wanted = [told[name] for told in expected]
        assert accounts.get(name).tolist() == wanted, name
        assert [getattr(view, name) for view in accounts] == wanted, name
        assert type(getattr(accounts[0], name)) is type(wanted[0]), name


def test_the_scrambled_world_holds_every_standing(accounts: AccountSet) -> None:
    assert set(accounts.groupby("status").groups) == {"unopened", "open", "closed", "left"}
    for name in ("is_muted", "is_unpaid", "is_impersonating", "is_returned"):
        assert 5 < len(accounts.select(**{name: True})) < len(accounts.open)


def test_every_attribute_of_every_operator_is_what_the_columns_say(world: World, operators: OperatorSet) -> None:
    table, policy = world.operators, world.policy
    assert len(operators) == len(table)
    for row, view in enumerate(operators):
        assert view.unique_id == row
        for name, column in table.items():
            assert getattr(view, name) == column[row]
        assert view.archetype_name == policy.archetype_names[table.archetype[row]]
        assert view.is_lawful is bool(policy.archetype_lawful[table.archetype[row]])
        owned = [a for a in range(len(world.accounts)) if world.accounts.operator[a] == row]
        assert list(view.account_rows) == owned
        assert operators.account_rows[row] == view.account_rows


def test_muted_accounts_by_platform(world: World, accounts: AccountSet) -> None:
    expected: Counter[str] = Counter()
    for row in range(len(world.accounts)):
        told = told_of(world, row, TODAY)
        if told["is_muted"]:
            expected[told["platform_name"]] += 1
    assert accounts.select(is_muted=True).groupby("platform_name").count() == expected
    assert len(expected) == 3


@pytest.mark.parametrize(
    ("conditions", "meets"),
    [
        ({"platform_name": "weibo"}, lambda t: t["platform_name"] == "weibo"),
        ({"platform_name": ["weibo", "douyin"], "is_open": True}, lambda t: t["platform"] in (1, 2) and t["is_open"]),
        ({"strikes": range(10, 20)}, lambda t: 10 <= t["strikes"] < 20),
        ({"unique_id": {3, 17, 399, 400}}, lambda t: t["unique_id"] in (3, 17, 399)),
        ({"muted_until": NEVER}, lambda t: t["muted_until"] == NEVER),
        ({"kind": np.array([0, 2])}, lambda t: t["kind"] in (0, 2)),
        ({"kind": ()}, lambda t: False),
        ({"is_muted": False, "is_unpaid": False}, lambda t: not t["is_muted"] and not t["is_unpaid"]),
    ],
)
def test_conditions_masks_and_functions_select_the_same(
    world: World, accounts: AccountSet, conditions: dict[str, Any], meets: Callable[[dict[str, Any]], bool]
) -> None:
    expected = [row for row in range(len(world.accounts)) if meets(told_of(world, row, TODAY))]
    mask = np.isin(np.arange(len(accounts)), expected)
    assert accounts.select(**conditions).unique_id.tolist() == expected
    assert accounts.select(mask).unique_id.tolist() == expected
    assert accounts.select(lambda view: view.unique_id in expected).unique_id.tolist() == expected
    assert accounts.select(mask, is_open=True).unique_id.tolist() == [r for r in expected if accounts[r].is_open]


def test_a_selection_can_be_narrowed_and_keeps_its_order(accounts: AccountSet) -> None:
    by_followers = accounts.sort("real_followers")
    both = by_followers.select(is_open=True).select(lambda view: view.strikes > 50, at_most=9)
    expected = [view.unique_id for view in by_followers if view.is_open and view.strikes > 50][:9]
    assert both.unique_id.tolist() == expected
    masked = by_followers.select(by_followers.strikes > 50)
    assert masked.unique_id.tolist() == [view.unique_id for view in by_followers if view.strikes > 50]


def test_a_function_is_only_asked_about_rows_that_meet_the_conditions(accounts: AccountSet) -> None:
    asked: list[int] = []
    accounts.select(lambda view: bool(asked.append(view.unique_id)) or True, at_most=3, is_muted=True)
    assert asked == accounts.select(is_muted=True).unique_id.tolist()[:3]


def test_sums_do_not_overflow_the_columns_types(world: World, accounts: AccountSet) -> None:
    exact = sum(int(value) for value in world.accounts.strikes)
    assert exact > 127
    assert sum(accounts.get("strikes")) == accounts.agg("strikes", sum) == accounts.agg("strikes", np.sum) == exact
    assert (accounts.muted_until + 30).max() == NEVER + 30
    followers = sum(float(value) for value in world.accounts.real_followers)
    assert accounts.agg("real_followers", sum) == pytest.approx(followers, rel=1e-12)


# -- Against Mesa ---------------------------------------------------------------------------------------------------


class Twin(mesa.Agent):
    """An agent with an account's attributes."""

    def __init__(self, model: mesa.Model, told: dict[str, Any]) -> None:
        super().__init__(model)
        self.row = told["unique_id"]
        for name, value in told.items():
            if name != "unique_id":
                setattr(self, name, value)


Pair = tuple[AccountSet, Any]


@pytest.fixture(scope="module")
def pair(world: World, accounts: AccountSet) -> Pair:
    """A set of 60 accounts out of order, and Mesa's of agents equal to them. The model keeps the agents alive."""
    rows = np.random.default_rng(3).permutation(len(accounts))[:60]
    model = mesa.Model(rng=1)
    twins = [Twin(model, told_of(world, int(row), TODAY)) for row in rows]
    twin_set = mesa.agent.AgentSet(twins, random=random.Random(1))
    twin_set.kept = model
    return AccountSet(world, lambda: TODAY, rows), twin_set


def ids(found: Any) -> list[int]:
    """Row numbers of a set of either sort, or of a list, in order."""
    return [view.unique_id if isinstance(view, AccountView) else view.row for view in found]


def test_mesa_len_and_order(pair: Pair) -> None:
    ours, mesas = pair
    assert len(ours) == len(mesas) == 60
    assert ids(ours) == ids(mesas) == ids(ours.to_list()) == ids(mesas.to_list())


@pytest.mark.parametrize("at_most", [float("inf"), 0, 1, 7, 7.0, 2.5, -1, 10**6, 0.0, 0.5, 0.99, 1.0])
@pytest.mark.parametrize("wanted", [None, lambda agent: agent.is_open, lambda agent: agent.strikes > 1000])
def test_mesa_select(pair: Pair, at_most: float, wanted: Callable[[Any], bool] | None) -> None:
    ours, mesas = pair
    assert ids(ours.select(wanted, at_most)) == ids(mesas.select(wanted, at_most))
    mask = np.array([wanted is None or wanted(view) for view in ours])
    assert ids(ours.select(mask, at_most=at_most)) == ids(mesas.select(wanted, at_most=at_most))


def test_mesa_select_by_type(pair: Pair) -> None:
    ours, mesas = pair
    assert ids(ours.select(agent_type=AccountView)) == ids(mesas.select(agent_type=Twin))
    assert len(ours.select(agent_type=OperatorView)) == len(mesas.select(agent_type=mesa.Model)) == 0


def test_mesa_get(pair: Pair) -> None:
    ours, mesas = pair
    for name in ("strikes", "platform_name", "is_muted", "real_followers"):
        assert ours.get(name).tolist() == mesas.get(name)
    several = ["platform_name", "strikes", "is_muted"]
    assert ours.get(several) == mesas.get(several)
    assert ours.get([]) == mesas.get([])
    assert type(ours.get(several)[0][1]) is int


def test_mesa_get_what_is_missing(pair: Pair) -> None:
    ours, mesas = pair
    assert ours.get("hats", "default").tolist() == mesas.get("hats", "default")
    assert ours.get("hats", "default", [1]).tolist() == mesas.get("hats", "default", [1])
    both = (["strikes", "hats"], "default", 5)
    assert ours.get(*both) == mesas.get(*both)
    for agents in pair:
        with pytest.raises(AttributeError, match="hats"):
            agents.get("hats")
        with pytest.raises(ValueError, match="Unknown handle_missing option: ignore"):
            agents.get("strikes", "ignore")


@pytest.mark.parametrize("func", [min, max, sum, len, np.mean, np.sum, np.median, statistics.mean, Counter, sorted])
@pytest.mark.parametrize("attribute", ["strikes", "real_followers", "is_open"])
def test_mesa_agg(pair: Pair, attribute: str, func: Callable[..., Any]) -> None:
    ours, mesas = pair
    assert ours.agg(attribute, func) == pytest.approx(mesas.agg(attribute, func), rel=1e-12)


def test_mesa_agg_with_several_functions(pair: Pair) -> None:
    ours, mesas = pair
    several = [min, max, sum, np.mean]
    assert ours.agg("strikes", several) == mesas.agg("strikes", several)
    assert ours.agg("strikes", iter(several)) == mesas.agg("strikes", several)
    assert [type(value) for value in ours.agg("strikes", several)] == [int, int, int, float]


@pytest.mark.parametrize("by", ["platform_name", "strikes", "is_muted", lambda agent: (agent.kind, agent.status), len])
def test_mesa_groupby(pair: Pair, by: Callable[[Any], Any] | str) -> None:
    ours, mesas = pair
    if by is len:
        for agents in pair:
            with pytest.raises(TypeError):
                agents.groupby(by)
        return
    mine, theirs = ours.groupby(by), mesas.groupby(by)
    assert list(mine.count().items()) == list(theirs.count().items())
    assert len(mine) == len(theirs)
    assert [(key, ids(group)) for key, group in mine] == [(key, ids(group)) for key, group in theirs]
    assert mine.agg("strikes", sum) == theirs.agg("strikes", sum)
    assert mine.agg("income", np.mean) == theirs.agg("income", np.mean)
    assert mine.map(len) == theirs.map(len)
    assert mine.map("agg", "strikes", max) == theirs.map("agg", "strikes", max)
    assert {type(key) for key in mine.groups} == {type(key) for key in theirs.groups}


def test_mesa_groupby_into_lists(pair: Pair) -> None:
    ours, _ = pair
    mine, theirs = (agents.groupby("platform_name", result_type="list") for agents in pair)
    assert {key: ids(group) for key, group in mine} == {key: ids(group) for key, group in theirs}
    assert mine.agg("strikes", sum) == theirs.agg("strikes", sum)
    assert all(type(group) is list for group in mine.groups.values())
    assert all(type(group) is AccountSet for _, group in ours.groupby("platform_name"))
    with pytest.raises(ValueError, match="result_type"):
        ours.groupby("platform_name", "set")  # type: ignore[call-overload]


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("key", ["kind", "real_followers", "platform_name", lambda agent: (agent.platform, agent.kind)])
def test_mesa_sort_keeps_ties_in_order(pair: Pair, key: Callable[[Any], Any] | str, ascending: bool) -> None:
    ours, mesas = pair
    assert ids(ours.sort(key, ascending)) == ids(mesas.sort(key, ascending))


def test_mesa_map(pair: Pair) -> None:
    ours, mesas = pair
    assert ours.map(lambda agent, n: agent.strikes + n, 2) == mesas.map(lambda agent, n: agent.strikes + n, 2)
    assert ours.map("__hash__") == [hash(view) for view in ours]


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_mesa_indexing_and_membership(pair: Pair, accounts: AccountSet) -> None:
    ours, mesas = pair
    assert ids([ours[0], ours[-1]]) == ids([mesas[0], mesas[-1]])
    assert ids(ours[5:50:4]) == ids(mesas[5:50:4])
    assert isinstance(ours[2:4], list)
    for agents in pair:
        with pytest.raises(IndexError):
            agents[60]
        assert agents[4] in agents
        assert agents.count(agents[4]) == 1
        assert agents.index(agents[4]) == 4
        assert 17 not in agents
    inside = set(ids(ours))
    assert [view in ours for view in accounts] == [row in inside for row in range(len(accounts))]


# -- Views ----------------------------------------------------------------------------------------------------------


def test_account_17(world: World, accounts: AccountSet) -> None:
    view, told = accounts[17], told_of(world, 17, TODAY)
    assert view.unique_id == 17
    assert view.platform_name == told["platform_name"]
    assert view.operator == told["operator"]
    flags = "".join(f", {flag}" for flag in ("muted", "unpaid", "impersonating") if told[f"is_{flag}"])
    assert repr(view) == (
        f"<Account 17: {told['status']}{flags}; {told['archetype_name']} on {told['platform_name']}, "
        f"{told['displayed_followers']:,.0f} followers>"
    )
    assert {"muted_until", "is_muted"} <= set(dir(view))


def test_reprs_of_sets_and_operators(accounts: AccountSet, operators: OperatorSet) -> None:
    assert repr(accounts) == "<AccountSet: 400 accounts>"
    single, many = operators.select(accounts=1)[0], operators.sort("accounts")[0]
    assert repr(single).endswith(f"{single.archetype_name} with account {single.first_account}>")
    last = many.first_account + many.accounts - 1
    assert repr(many).endswith(f"{many.archetype_name} with accounts {many.first_account} to {last}>")
    assert repr(accounts.select(at_most=3).groupby(lambda view: "all")) == "<GroupBy: {'all': 3}>"


def test_views_are_equal_by_table_and_row(world: World, accounts: AccountSet, operators: OperatorSet) -> None:
    elsewhere = AccountSet(copy.deepcopy(world), lambda: TODAY)
    assert accounts[17] == AccountSet(world, lambda: 0)[17]
    twice = [accounts[17], accounts.select(unique_id=17)[0], accounts[18]]
    assert hash(twice[0]) == hash(twice[1])
    assert len(set(twice)) == 2
    assert accounts[17] != accounts[18]
    assert accounts[17] != operators[17]
    assert accounts[17] != elsewhere[17]
    assert elsewhere[17] not in accounts
    assert operators[17] not in accounts
    assert accounts[17] != 17
    assert copy.copy(accounts[17]) == accounts[17]
    assert ids(copy.copy(accounts.open)) == ids(accounts.open)


def test_nothing_can_be_written(world: World, accounts: AccountSet) -> None:
    before = {name: column.copy() for name, column in world.accounts.items()}
    for target in (accounts, accounts[17], accounts.open):
        for name in ("income", "is_muted", "unique_id", "new"):
            with pytest.raises(AttributeError, match="read-only"):
                setattr(target, name, 1)
        with pytest.raises(AttributeError, match="read-only"):
            del target.income
        for name in ("set", "add", "remove", "discard", "do", "shuffle", "shuffle_do"):
            with pytest.raises(AttributeError, match="read-only"):
                getattr(target, name)
    for some in (accounts, accounts.open):
        for name in some.attribute_names():
            for array in (some.get(name), getattr(some, name)):
                assert not array.flags.writeable, name
                with pytest.raises(ValueError, match="read-only"):
                    array[0] = array[1]
        with pytest.raises(TypeError, match="in place"):
            some.select(at_most=1, inplace=True)
        with pytest.raises(TypeError, match="in place"):
            some.sort("income", inplace=True)
    for name, column in world.accounts.items():
        assert column.flags.writeable
        assert np.array_equal(column, before[name])


def test_sets_and_views_show_the_columns_as_they_are_now(world: World) -> None:
    world, today = copy.deepcopy(world), [TODAY]
    accounts = AccountSet(world, lambda: today[0])
    chosen = accounts.select(muted_until=TODAY + 1, is_open=True, left_on=NEVER, closed_on=NEVER)
    view = chosen[0]
    assert view.is_muted
    assert chosen.is_muted.all()
    today[0] += 1
    assert not view.is_muted
    assert not chosen.is_muted.any()
    assert len(chosen) > 1
    world.accounts.muted_until[view.unique_id] = NEVER
    assert view.is_muted
    assert chosen.is_muted.tolist() == [True] + [False] * (len(chosen) - 1)


# -- Mistakes and empty sets ----------------------------------------------------------------------------------------


def test_an_unknown_attribute_names_near_misses(accounts: AccountSet, operators: OperatorSet) -> None:
    asks: list[Callable[[], Any]] = [
        lambda: accounts.is_mutd,
        lambda: accounts[17].is_mutd,
        lambda: accounts.get("is_mutd"),
        lambda: accounts.get(["strikes", "is_mutd"]),
        lambda: accounts.select(is_mutd=True),
        lambda: accounts.agg("is_mutd", sum),
        lambda: accounts.groupby("is_mutd"),
        lambda: accounts.sort("is_mutd"),
    ]
    for ask in asks:
        with pytest.raises(AttributeError, match=r"accounts have no attribute 'is_mutd'.*'is_muted'"):
            ask()
    with pytest.raises(AttributeError, match=r"operators have no attribute 'archetype_nam'.*'archetype_name'"):
        operators.get("archetype_nam")
    with pytest.raises(AttributeError, match=r"'qqq'.*Known: .*strikes.*is_muted"):
        accounts.get("qqq")
    with pytest.raises(AttributeError, match="'open'"):
        accounts.get("open")  # A selection, not an attribute of rows.
    assert not hasattr(accounts[17], "_nothing")


@pytest.mark.parametrize("mask", [[True], np.ones(400), np.arange(400), np.ones((400, 1), bool), True])
def test_what_is_no_mask_of_the_set_is_refused(accounts: AccountSet, mask: Any) -> None:
    with pytest.raises(ValueError, match="a mask of this set is 400 bools"):
        accounts.select(mask)


def test_empty_sets(accounts: AccountSet) -> None:
    empty = accounts.select(unique_id=[])
    for none in (empty, empty.open, empty.select(lambda view: True), empty.sort("strikes"), empty.select(at_most=0.5)):
        assert len(none) == 0
        assert not none
        assert list(none) == none.to_list() == none[:] == none.map(repr) == []
        assert none.get(["strikes", "status"]) == []
        assert none.agg("strikes", sum) == 0
        assert accounts[0] not in none
        for by in ("platform_name", lambda view: view.platform):
            groups = none.groupby(by)
            assert (groups.groups, groups.count(), groups.agg("strikes", sum), len(groups)) == ({}, {}, {}, 0)
        for name in none.attribute_names():
            assert none.get(name).shape == (0,)
            assert none.get(name).dtype == accounts.get(name).dtype, name
        with pytest.raises(ValueError, match="empty"):
            none.agg("strikes", min)
        with pytest.raises(IndexError):
            none[0]


def test_dtypes_are_wide(accounts: AccountSet) -> None:
    dtypes = {"strikes": "i8", "opened_on": "i8", "income": "f8", "reach": "f8", "is_open": "?", "status": "O"}
    for some in (accounts, accounts.open):
        assert {name: some.get(name).dtype for name in dtypes} == {n: np.dtype(code) for n, code in dtypes.items()}


# -- The model ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model() -> RectificationModel:
    """A model after its third day, number 2, with the standing of its accounts scrambled around that day."""
    model = RectificationModel(compose(SMALL))
    model.run()
    scramble(model.world, 2)
    return model


def test_the_model_shows_all_rows_as_of_the_last_day(model: RectificationModel) -> None:
    assert (type(model.accounts), type(model.accounts[0])) == (AccountSet, AccountView)
    assert (type(model.operators), type(model.operators[0])) == (OperatorSet, OperatorView)
    assert (len(model.accounts), len(model.operators)) == (400, len(model.world.operators))
    assert model.accounts.status.tolist() == [told_of(model.world, row, 2)["status"] for row in range(400)]
    assert model.operators[model.accounts[17].operator].account_rows.count(17) == 1


def test_counts_agree_with_the_census(model: RectificationModel) -> None:
    counts, followers = take_census(model.world, 2)
    names = model.world.policy.platform_names
    for place, flag in enumerate(("is_open", "is_muted", "is_unpaid", "is_impersonating", "is_returned")):
        by_platform = model.accounts.select(**{flag: True}).groupby("platform_name").count()
        assert by_platform == dict(zip(names, counts[place].sum(axis=1), strict=True)), flag
        assert model.accounts.select(**{flag: True}, is_lawful=True).unique_id.size == counts[place][:, -1].sum()
    shown = model.accounts.open.agg("displayed_followers", np.sum)
    assert shown == pytest.approx(followers.sum(), rel=1e-9)


def test_before_the_first_day_today_is_day_0() -> None:
    model = RectificationModel(compose(SMALL))
    model.world.accounts.muted_until[:] = np.arange(400) % 2
    chosen = model.accounts.open
    assert len(chosen) > 0
    assert chosen.is_muted.tolist() == [view.unique_id % 2 == 1 for view in chosen]
