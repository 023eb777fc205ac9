"""What must hold on every day of every run, over random valid configurations: levers, beliefs, campaigns, sanctions."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import annotated_types
import numpy as np
import pytest
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from rectify import RectificationModel, RunConfig
from rectify.core.draws import uniforms
from rectify.core.params import walk
from rectify.core.table import NEVER, Array
from rectify.metrics.census import IMPERSONATING, MUTED, OPEN, RETURNED, UNPAID, take_census
from rectify.naming.similarity import draw_similarity, similarity_table
from rectify.policy.kinds import BASES
from rectify.policy.sanctions import SCOPES
from rectify.world.streams import Stream
from rectify.world.turn import Turn
from rectify.world.world import World

ROWS = 1500
START = date(2023, 1, 1)
DAYS = 50
EVERYWHERE = SCOPES.index("all")

SEARCHING = os.environ.get("HYPOTHESIS_PROFILE") == "search"
"""Many examples, and the smallest one that fails: minutes. By default the first failure is shown as it was found."""

EVENTFUL: dict[str, Any] = {
    # Most are violators, and little escapes, so that all that can happen does.
    "population.accounts": ROWS,
    "population.shares": {
        "ordinary_author": 0.25,
        "citizen_reporter": 0.1,
        "marketing_matrix": 0.25,
        "rumour_monger": 0.15,
        "impersonator": 0.15,
        "self_styled_expert": 0.1,
    },
    **{f"platforms.{name}.channels.classifier.threshold": 1.0 for name in ("wechat", "douyin", "weibo")},
    **{f"platforms.{name}.review_capacity": 40_000 for name in ("wechat", "douyin", "weibo")},
    **{f"platforms.{name}.willingness": 0.9 for name in ("wechat", "douyin", "weibo")},
    "archetypes.rumour_monger.propensity": 1,
    "archetypes.marketing_matrix.propensity": -1,
    "archetypes.marketing_matrix.borrows_share": 0.2,
    "rulebook.ladders": {
        **{basis: [["content_removal", "monetisation_suspension"], ["closure_with_ban"]] for basis in BASES},
        "rumours": [["content_removal", "posting_ban"], ["closure_with_ban_everywhere"]],
        "fake_media": [["profile_correction", "removal_of_followers"], ["closure"]],
        "hype": [["reach_limit", "zombie_purge"], ["content_removal", "closure", "posting_ban"]],
    },
    "sanctions.posting_ban.posting_ban_days": 5,
    "archetypes.impersonator.return_days": 5,
    "archetypes.rumour_monger.return_days": 3,
    "archetypes.marketing_matrix.return_days": 4,
    "archetypes.marketing_matrix.turnover_per_year": 2,
    "rulebook.appeals.filed_if_right": 0.3,
    "rulebook.appeals.reversed_if_right": 0.4,
    "rulebook.appeals.hearing_days": 3,
    "rulebook.registration.accounts_per_identity": 1,
    "rulebook.registration.screens_closed_names": True,
    "campaigns.selfmedia_2023.opens": "2023-01-15",
    "campaigns.selfmedia_2023.closes": "2023-02-05",
    "end": "2023-02-19",
}


# Random configurations


BAN = st.sampled_from([0, 1, 3, 14, 40, 400, NEVER])
SHARE = st.sampled_from([0.0, 0.2, 0.9, 1.0])
SANCTION = st.fixed_dictionaries(
    {
        "label": st.just("At random"),
        "counted_as": st.sampled_from(["notice", "lesser", "closure"]),
        "severity": st.floats(0, 1),
        "posting_ban_days": BAN,
        "reach_factor": SHARE,
        "reach_days": BAN,
        "revenue_ban_days": BAN,
        "followers_kept": SHARE,
        "zombies_kept": SHARE,
        "growth_ban_days": BAN,
        "posts_removed": st.sampled_from(["none", "offending", "all"]),
        "corrects_profile": st.booleans(),
        "closes": st.booleans(),
        "bars_name": st.sampled_from(["none", "same", "similar", "related"]),
        "bars_identity": st.booleans(),
        "bar_scope": st.sampled_from(["platform", "all"]),
        "bar_days": BAN,
        "appealable": st.booleans(),
        "sources": st.just({"*": "assumption"}),
    }
)


def within_bounds(field: Any, value: float) -> st.SearchStrategy[Any]:
    """Any value of a parameter within its declared bounds, the bounds themselves often; unbounded ones to ten times."""
    low, high = 0.0, max(10.0, 10 * abs(value))
    above = below = False
    for bound in field.metadata:
        if isinstance(bound, annotated_types.Ge):
            low = bound.ge
        elif isinstance(bound, annotated_types.Gt):
            low, above = bound.gt, True
        elif isinstance(bound, annotated_types.Le):
            high = bound.le
        elif isinstance(bound, annotated_types.Lt):
            high, below = bound.lt, True
    if field.annotation is int:
        return st.integers(int(low) + above, int(high) - below)
    low += 1e-3 * above  # so near to an open bound that anything that breaks at it does
    inside = st.floats(low, high, exclude_max=below, allow_subnormal=False)
    return inside if below else st.one_of(inside, st.sampled_from([float(low), float(high)]))


def parameters(config: RunConfig) -> dict[str, tuple[Any, float]]:
    """Every single-number lever and uncertainty of a configuration: path, field, value."""
    found = {}
    for path, group, name in walk(config):
        field, value = type(group).model_fields[name], getattr(group, name)
        role = field.json_schema_extra["role"]  # type: ignore[index,call-overload]
        if role != "size" and field.annotation in (int, float) and ".published." not in path:
            found[path] = (field, value)
    return found


@st.composite
def changes(draw: st.DrawFn, config: RunConfig) -> dict[str, Any]:
    """Changes that make another valid configuration: numbers, a campaign or none or two, sanctions, ladders."""
    known = parameters(config)
    chosen = draw(st.lists(st.sampled_from(sorted(known)), max_size=20, unique=True))
    result: dict[str, Any] = dict(EVENTFUL)
    result |= {path: draw(within_bounds(*known[path])) for path in chosen}
    result["seed"] = draw(st.integers(0, 2**64 - 1))
    result["burn_in_days"] = draw(st.sampled_from([0, 0, 7]))
    result["end"] = (START + timedelta(days=draw(st.integers(39, DAYS + 9)))).isoformat()
    sanctions = draw(st.dictionaries(st.sampled_from(["one", "two", "three"]), SANCTION))
    result |= {f"sanctions.{name}": row for name, row in sanctions.items()}
    names = st.sampled_from(sorted([*config.sanctions, *sanctions]) + 4 * sorted(sanctions))
    ladder = st.lists(st.lists(names, max_size=3), min_size=1, max_size=4)
    for kind in draw(st.lists(st.sampled_from([*BASES, "rumours", "hype", "fake_media"]), unique=True)):
        result[f"rulebook.ladders.{kind}"] = draw(ladder)
    result["rulebook.registration.screens_closed_names"] = draw(st.booleans())
    if draw(st.integers(0, 3)) == 0:
        result = {path: value for path, value in result.items() if not path.startswith("campaigns.")}
        result["campaigns"] = {}
    else:
        opens = draw(st.integers(0, 30))
        campaign = "campaigns.selfmedia_2023"
        result[f"{campaign}.opens"] = (START + timedelta(days=opens)).isoformat()
        result[f"{campaign}.closes"] = (START + timedelta(days=draw(st.integers(opens, 45)))).isoformat()
        kinds = st.sampled_from(sorted(config.kinds))
        result[f"{campaign}.kinds"] = draw(st.lists(kinds, unique=True))
        result[f"{campaign}.platforms"] = draw(
            st.none() | st.lists(st.sampled_from(sorted(config.platforms)), max_size=2)
        )
        result[f"{campaign}.escalation"] = draw(st.dictionaries(kinds, st.integers(0, 4)))
        result[f"{campaign}.referrals_per_year"] = draw(st.dictionaries(kinds, st.floats(0, 100)))
    return result


# What must hold


class Watcher:
    """Checks one model's days. ``counts`` tells how much of what could happen did."""

    def __init__(self, model: RectificationModel) -> None:
        self.model, self.world = model, model.world
        self.rows, self.operators = len(self.world.accounts), len(self.world.operators)
        self.quantiles = similarity_table().quantiles
        self.rigour = [platform.real_name_rigour for platform in model.config.platforms.values()]
        self.closed_so_far = 0.0
        self.counts = dict.fromkeys(("posts", "closed", "returned", "refused", "reversed", "muted", "unpaid"), 0)
        self.operator_of = self.world.accounts.operator.copy()
        self.blocks = (self.world.operators.first_account.copy(), self.world.operators.accounts.copy())

    def before(self, world: World, turn: Turn) -> None:
        """Keep the columns as they are in the morning."""
        self.old = {name: array.copy() for name, array in world.accounts.items()}

    def after(self, world: World, turn: Turn) -> None:
        """Check the day."""
        self.nobody_is_lost()
        self.only_those_who_may_act_do(turn)
        self.standing_changes_by_decision_only(turn)
        self.numbers_are_possible(turn)
        self.names_and_identities_stay_barred(turn)
        self.tallies_are_what_happened(turn)

    def nobody_is_lost(self) -> None:
        """Accounts and operators are conserved, with their ties."""
        accounts, operators = self.world.accounts, self.world.operators
        assert all(len(array) == self.rows for _, array in accounts.items())
        assert all(len(array) == self.operators for _, array in operators.items())
        assert np.array_equal(accounts.operator, self.operator_of)
        assert np.array_equal(operators.first_account, self.blocks[0])
        assert np.array_equal(operators.accounts, self.blocks[1])
        assert operators.accounts.sum() == self.rows

    def only_those_who_may_act_do(self, turn: Turn) -> None:
        """Nobody posts while closed, muted, unopened or gone; nobody is paid while suspended, or earns without a post.

        Proceeds of a violation are not the platform's to stop.
        """
        old, accounts, day = self.old, self.world.accounts, turn.day
        assert np.array_equal(turn.due, np.flatnonzero(old["next_day"] <= day))
        posts = turn.lawful_posts + turn.violating_posts
        writers = turn.due[posts > 0]
        assert (old["closed_on"][writers] > day).all()
        assert (old["muted_until"][writers] <= day).all()
        assert (accounts.opened_on[writers] <= day).all()
        assert (accounts.left_on[writers] > day).all()
        assert not posts[~turn.active].any()
        for name in ("lawful", "violating"):
            views, written = getattr(turn, f"{name}_views"), getattr(turn, f"{name}_posts")
            assert not views[written == 0].any()
            assert (getattr(turn, f"flagged_{name}") <= written).all()
        posing = old["impersonates_from"][turn.due] <= day
        profile = self.world.policy.kinds.is_profile[accounts.kind[turn.due]]
        assert not turn.violating_posts[profile & ~posing].any()
        earners = np.flatnonzero(accounts.income != old["income"])
        assert np.isin(earners, writers).all()
        stoppable = self.world.policy.kinds.proceeds_per_view[accounts.kind[earners]] == 0.0
        assert (old["unpaid_until"][earners[stoppable]] <= day).all()
        self.counts["posts"] += int(posts.sum())
        self.counts["muted"] += int((old["muted_until"] > day).sum())
        self.counts["unpaid"] += int((old["unpaid_until"] > day).sum())

    def standing_changes_by_decision_only(self, turn: Turn) -> None:
        """Accounts open once, close by a decision and come back by a reversal, and by nothing else."""
        old, accounts, day = self.old, self.world.accounts, turn.day
        opened = np.flatnonzero(accounts.opened_on != old["opened_on"])
        assert np.array_equal(opened, np.sort(turn.opened.array))
        assert (old["opened_on"][opened] == NEVER).all()
        assert (accounts.opened_on[opened] == day).all()
        reversed_ = turn.reversals.column("account")[turn.reversals.column("closed")]
        closed = np.flatnonzero((accounts.closed_on != old["closed_on"]) & (accounts.closed_on < NEVER))
        reopened = np.flatnonzero((accounts.closed_on != old["closed_on"]) & (accounts.closed_on == NEVER))
        assert np.array_equal(closed, np.sort(turn.closed.array))
        assert (accounts.closed_on[closed] == day).all()
        assert (old["closed_on"][closed] > day).all()
        assert np.isin(reopened, reversed_).all()
        decided = turn.decisions.column("account")
        assert (old["closed_on"][decided] > day).all()
        before = (old["opened_on"] < day) & (old["closed_on"] >= day) & (old["left_on"] >= day)
        after = (accounts.opened_on <= day) & (accounts.closed_on > day) & (accounts.left_on > day)
        left = np.count_nonzero(before & (accounts.left_on == day))
        back = np.count_nonzero(accounts.left_on[reopened] > day)
        assert after.sum() == before.sum() + len(opened) + back - len(closed) - left
        follows = np.flatnonzero(accounts.predecessor != old["predecessor"])
        assert (old["predecessor"][follows] == -1).all()
        assert np.isin(accounts.predecessor[follows], closed).all()
        assert np.array_equal(accounts.operator[follows], accounts.operator[accounts.predecessor[follows]])
        assert (accounts.generation[accounts.predecessor < 0] == 0).all()
        assert (accounts.attempts[follows] == 0).all(), "a return starts with all its attempts before it"
        self.counts["closed"] += len(closed)
        self.counts["reversed"] += len(turn.reversals)

    def numbers_are_possible(self, turn: Turn) -> None:
        """No number is negative or not finite, and nobody is due in the past."""
        accounts, world = self.world.accounts, self.world
        for name in (
            "real_followers", "zombie_followers", "income", "lawful_views_due", "violating_views_due", "reach_factor",
            "activity", "natural_audience", "strikes", "attempts", "generation", "cases_open", "identity",
        ):  # fmt: skip
            column = getattr(accounts, name)
            assert np.isfinite(column).all(), name
            assert (column >= 0).all(), name
        assert (accounts.income >= self.old["income"]).all()
        assert (accounts.next_day > turn.day).all()
        assert (accounts.identity < world.operators.identities[accounts.operator]).all()
        for name, counter in world.counters.by_name.items():
            assert np.isfinite(counter).all(), name
            assert (counter >= 0).all(), name
        assert (world.views_due >= 0).all()
        assert (world.barred_names > -1e-6 * world.scale).all()
        for share in (
            *(getattr(world.conditions, name) for name in ("acts", "severity", "everyday")),
            world.conditions.observed, world.conditions.announced, world.platforms.pressure, world.operators.experience,
        ):  # fmt: skip
            assert (share >= 0).all()
            assert (share <= 1 + 1e-9).all()
        waiting = np.bincount(world.cases.column("account"), minlength=self.rows)
        assert np.array_equal(waiting, accounts.cases_open)
        assert (world.appeals.column("hearing_on") > turn.day).all()

    def names_and_identities_stay_barred(self, turn: Turn) -> None:
        """Every return that opened today is free of each bar, and every one refused has met one, or the cap."""
        accounts = self.world.accounts
        for row in turn.opened.array[accounts.predecessor[turn.opened.array] >= 0]:
            assert not any(self.reasons_to_refuse(int(row), turn))
            self.counts["returned"] += 1
        refused = np.flatnonzero(accounts.attempts > self.old["attempts"])
        for row in refused[self.old["predecessor"][refused] >= 0]:
            assert any(self.reasons_to_refuse(int(row), turn))
            self.counts["refused"] += 1

    def reasons_to_refuse(self, row: int, turn: Turn) -> list[bool]:
        """Whether a registration's name, identity and number of accounts are barred, from the morning's columns."""
        old, accounts, day, policy = self.old, self.world.accounts, turn.day, self.world.policy
        operator, platform = int(accounts.operator[row]), int(accounts.platform[row])
        first = int(self.world.operators.first_account[operator])
        draws = uniforms(self.world.seed, Stream.REGISTRATION.value, row, day, 0)
        checked = draws[2] < self.rigour[platform]
        caps = policy.rulebook.caps_on(day, policy.archetype_organisation)
        cap = caps[self.world.operators.archetype[operator]]
        likeness = draw_similarity(draws[1], self.quantiles[accounts.name_variant[row]])
        name = identity = False
        held = 0
        for other in range(first, first + int(self.world.operators.accounts[operator])):
            same_identity = accounts.identity[other] == accounts.identity[row]
            if old["closed_on"][other] <= day < old["barred_until"][other]:
                by = old["barred_by"][other]
                if policy.sanctions.bar_scope[by] == EVERYWHERE or old["platform"][other] == platform:
                    bar = policy.sanctions.bars_name[by]
                    name |= bar > 0 and likeness >= policy.rulebook.name_thresholds[bar]
                    identity |= bool(policy.sanctions.bars_identity[by]) and same_identity and checked
            there = old["opened_on"][other] <= day or (other < row and accounts.opened_on[other] == day)
            there &= old["closed_on"][other] > day and accounts.left_on[other] > day
            held += bool(there and old["platform"][other] == platform and same_identity and other != row)
        return [bool(name), bool(identity), bool(checked and held >= cap)]

    def tallies_are_what_happened(self, turn: Turn) -> None:
        """The day's counters equal a recount of what the day's arrays hold, cell by cell."""
        world, accounts, day = self.world, self.world.accounts, turn.day
        counters = world.counters
        posts = np.zeros(counters.shape)
        place = accounts.platform[turn.due], accounts.kind[turn.due]
        np.add.at(posts, place, turn.violating_posts)
        np.add.at(posts[:, -1], place[0], turn.lawful_posts)
        assert np.array_equal(counters["posts"], posts)
        earned = float((accounts.income.astype(np.float64) - self.old["income"]).sum())
        rounding = 1e-6 * float(accounts.income[turn.due].astype(np.float64).sum())
        assert float(counters["income"].sum()) == pytest.approx(earned, rel=1e-6, abs=rounding)
        assert counters["closed"].sum() == len(turn.closed)
        assert counters["opened"].sum() + counters["returned"].sum() == len(turn.opened)
        reviewed = turn.reviewed.column("platform")
        assert (np.bincount(reviewed, minlength=counters.shape[0]) <= world.platforms.slots).all()
        assert counters["reviewed"].sum() == len(turn.reviewed)
        assert counters["upheld"].sum() == turn.verdicts.column("upheld").sum()
        assert len(turn.decisions) <= turn.verdicts.column("upheld").sum()
        assert counters["cases"].sum() == np.count_nonzero(turn.evidence)
        for part, whole in (
            ("wrongly_upheld", "upheld"), ("wrongly_closed", "closed"), ("wrongly_lesser", "lesser"),
            ("false_cases", "cases"), ("reversals", "appeals_heard"),
        ):  # fmt: skip
            assert (counters[part] <= counters[whole]).all(), part
        steps, sanctions = world.policy.rulebook.steps, world.policy.sanctions
        applied = dict.fromkeys(sanctions.names, 0)
        for kind, step in zip(turn.decisions.column("kind"), turn.decisions.column("step"), strict=True):
            for sanction in steps[kind, step] if step >= 0 else ():
                if sanction >= 0:
                    applied[sanctions.names[sanction]] += 1
        assert {name: int(counters[f"sanction.{name}"].sum()) for name in applied} == applied
        self.closed_so_far += len(turn.closed)
        assert world.register.column("closes").sum() == self.closed_so_far
        if day % 15 == 0:
            check_census(world, day)


def check_census(world: World, day: int) -> None:
    """The census equals a recount, account by account."""
    counts, followers = take_census(world, day)
    naive, heads = np.zeros_like(counts), np.zeros_like(followers)
    a = world.accounts
    lawful = world.policy.archetype_lawful[world.operators.archetype[a.operator]]
    for row in range(len(a)):
        if a.opened_on[row] <= day < min(a.closed_on[row], a.left_on[row]):
            place = a.platform[row], (-1 if lawful[row] else a.kind[row])
            for state, holds in (
                (OPEN, True),
                (MUTED, a.muted_until[row] > day),
                (UNPAID, a.unpaid_until[row] > day),
                (IMPERSONATING, a.impersonates_from[row] <= day),
                (RETURNED, a.generation[row] > 0),
            ):
                naive[(state, *place)] += bool(holds)
            heads[(0, *place)] += a.real_followers[row]
            heads[(1, *place)] += a.zombie_followers[row]
    assert np.array_equal(counts, naive)
    assert np.allclose(followers, heads)


Build = Callable[..., RectificationModel]
Watch = Callable[..., None]


@settings(max_examples=400 if SEARCHING else 20, phases=list(Phase) if SEARCHING else [Phase.generate])
@given(data=st.data())
def test_every_day_of_any_run_is_possible(data: st.DataObject, configure: Any, build: Build, watch: Watch) -> None:
    """All checks of :class:`Watcher`, every day, whatever the rules and the world."""
    config = configure()
    model = build(data.draw(changes(config), label="changes"))
    watcher = Watcher(model)
    watch(model, before=watcher.before, after=watcher.after)
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        model.run()
    event(f"closed: {min(2, watcher.counts['closed'] // 50)}, returned: {min(2, watcher.counts['returned'] // 20)}")


def test_an_eventful_run_is_possible_and_eventful(build: Build, watch: Watch) -> None:
    """The same checks on a run in which everything happens that they are about."""
    model = build(EVENTFUL)
    watcher = Watcher(model)
    watch(model, before=watcher.before, after=watcher.after)
    result = model.run()
    least = {"posts": 5000, "closed": 100, "returned": 20, "refused": 20, "reversed": 30, "muted": 100, "unpaid": 500}
    assert {name: count for name, count in watcher.counts.items() if count < least[name]} == {}
    for name in ("refused_name", "refused_identity", "refused_cap", "audience_lost"):
        assert result.summary[f"{name}_total"] > 0, name


def test_the_similarity_of_a_return_can_be_recomputed() -> None:
    """The table that returns are checked by is the same on every call, so that a recount means something."""
    first: Array = similarity_table().quantiles
    assert first is similarity_table().quantiles
    assert (np.diff(first, axis=1) >= 0).all()
