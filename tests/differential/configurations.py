"""Small configurations in which everything happens, at random."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from rectify import RunConfig
from rectify.core.table import NEVER
from rectify.naming.variants import VARIANTS
from rectify.policy.kinds import BASES

START = date(2023, 1, 1)
PLATFORMS = ("wechat", "douyin", "weibo")
ARCHETYPES = {
    "ordinary_author": 0.1,
    "citizen_reporter": 0.1,
    "marketing_matrix": 0.2,
    "rumour_monger": 0.15,
    "impersonator": 0.25,
    "self_styled_expert": 0.1,
    "traffic_seller": 0.1,
}
KINDS = (
    "factual_sensitive", "fake_institution", "fake_media", "fake_military", "hype", "illegal_monetisation", "rumours",
    "unqualified",
)  # fmt: skip

BLAMED = (*KINDS, "faked_popularity")

days = st.sampled_from([0, 0, 1, 5, 20, 400, NEVER])
share = st.sampled_from([0.0, 0.0, 0.3, 1.0, 1.0])


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers of which both ends are sometimes taken."""
    return st.one_of(st.floats(low, high), st.floats(low, high), st.sampled_from([low, high]))


@st.composite
def sanctions(draw: st.DrawFn) -> dict[str, Any]:
    """A sanction of any effects; what bars names or identities closes as a rule."""
    row = {
        "label": "At random",
        "counted_as": draw(st.sampled_from(["notice", "lesser", "lesser", "closure"])),
        "severity": draw(st.floats(0, 1)),
        "posting_ban_days": draw(days),
        "reach_factor": draw(st.sampled_from([0.0, 0.2, 0.5])),
        "reach_days": draw(days),
        "revenue_ban_days": draw(days),
        "followers_kept": draw(share),
        "zombies_kept": draw(share),
        "gains_kept": draw(share),
        "growth_ban_days": draw(days),
        "posts_removed": draw(st.sampled_from(["none", "offending", "all"])),
        "corrects_profile": draw(st.booleans()),
        "closes": draw(st.sampled_from([False, False, True])),
        "appealable": draw(st.sampled_from([True, True, False])),
        "sources": {"*": "assumption"},
    }
    if row["closes"] or draw(st.integers(0, 4)) == 0:
        row |= {
            "bars_name": draw(st.sampled_from(["none", "same", "similar", "related"])),
            "bars_identity": draw(st.booleans()),
            "bar_scope": draw(st.sampled_from(["platform", "all"])),
            "bar_days": draw(days),
            "bar_by_harm": draw(st.booleans()),
        }
    return row


@st.composite
def campaigns(draw: st.DrawFn, office: str, length: int) -> dict[str, Any]:
    """A campaign of an office, anywhere in the run and sometimes beyond its ends."""
    opens = draw(st.integers(-10, length))
    closes = draw(st.integers(opens, opens + 40))
    kinds = st.sampled_from(BLAMED)
    # A local office is given the platforms seated where it is by name.
    platforms = ["douyin", "weibo"] if office == "local" else draw(st.sampled_from([None, None, ["wechat"], ["weibo"]]))
    return {
        "label": "At random",
        "office": office,
        "opens": (START + timedelta(days=opens)).isoformat(),
        "closes": (START + timedelta(days=closes)).isoformat(),
        "platforms": platforms,
        "kinds": draw(st.lists(kinds, unique=True, max_size=8)),
        "pressure": draw(numbers(0, 1)),
        "publicity": draw(numbers(0, 1)),
        "escalation": draw(st.dictionaries(kinds, st.integers(0, 3), max_size=4)),
        "effort": {
            "review_capacity": draw(numbers(0, 5)),
            "name_screening": draw(numbers(0, 50)),
            "qualification_check": draw(numbers(0, 50)),
            "reports": draw(numbers(0, 100)),
            "classifier": draw(numbers(0, 3)),
            "player_checks": draw(numbers(0, 20)),
            "poster_search": draw(numbers(0, 20)),
            "growth_check": draw(numbers(0, 20)),
            "sources": {"*": "assumption"},
        },
        "referrals_per_year": draw(st.dictionaries(kinds, st.floats(0, 60), max_size=4)),
        "disposal_per_day": draw(numbers(0, 0.3)),
        "terms": {
            name: {
                "delay_days": 0,
                "extra_steps": draw(st.integers(0, 3)),
                "extra_steps_from_anger": draw(st.sampled_from([0.0, 0.01, 1.0])),
                "sources": {"*": "assumption"},
            }
            for name in draw(st.lists(st.sampled_from(PLATFORMS), unique=True, max_size=2))
        },
        "sources": {"*": "assumption"},
    }


@st.composite
def events(draw: st.DrawFn, length: int) -> dict[str, Any]:
    """A hot-spot event, on some dates and some drawn days."""
    on = st.integers(-10, length).map(lambda day: (START + timedelta(days=day)).isoformat())
    return {
        "label": "At random",
        "dates": draw(st.lists(on, max_size=2)),
        "per_year": draw(numbers(0, 60)),
        "days": draw(st.integers(1, 12)),
        "attention": draw(numbers(0, 2)),
        "topical_attention": draw(numbers(0, 4)),
        "chasing_posts": draw(numbers(0, 3)),
        "chasing_gain": draw(numbers(0, 3)),
        "kinds": draw(st.lists(st.sampled_from(KINDS), unique=True, max_size=6)),
        "platforms": draw(st.sampled_from([None, None, ["wechat", "weibo"]])),
        "sources": {"*": "assumption"},
    }


@st.composite
def changes(draw: st.DrawFn) -> dict[str, Any]:
    """Changes of the packaged configuration, by key path, that make a small and eventful one."""
    length = draw(st.integers(30, 90))
    rows = draw(st.integers(60, 300))
    length = min(length, 9000 // rows + 20)  # so that no example takes much longer than another
    result: dict[str, Any] = {
        "seed": draw(st.integers(0, 2**64 - 1)),
        "population.accounts": rows,
        "population.shares": ARCHETYPES,
        "burn_in_days": draw(st.sampled_from([0, 0, 7])),
        "end": (START + timedelta(days=length)).isoformat(),
        "audience.attention": draw(st.sampled_from(["half_life", "half_life", "branching"])),
        "audience.attention_half_life": draw(numbers(0.2, 10)),
        "audience.appeal_spread": draw(numbers(0, 2)),
        "audience.views_per_follower": draw(numbers(0, 1)),
        "behaviours.posting.chilling": draw(numbers(0, 3)),
        "behaviours.posting.unpaid_gain": draw(numbers(0, 1)),
        "behaviours.joining.retry_days": draw(numbers(1, 6)),
        "behaviours.joining.attempts_most": draw(st.integers(1, 5)),
        "behaviours.joining.disguise_step": draw(numbers(0, 0.3)),
        "behaviours.joining.disguise_spread": draw(numbers(0.1, 0.5)),
        "behaviours.evading.deterrence": draw(numbers(0, 1)),
        "behaviours.evading.risk_avoidance": draw(numbers(0, 10)),
        "behaviours.learning.own_step": draw(numbers(0, 1)),
        "behaviours.learning.own_half_life": draw(numbers(1, 60)),
        "behaviours.learning.observed_half_life": draw(numbers(0.5, 30)),
        "behaviours.learning.observed_weight": draw(numbers(0, 10)),
        "behaviours.learning.announced_half_life": draw(numbers(1, 30)),
        "behaviours.learning.severity_half_life": draw(numbers(1, 30)),
        "behaviours.following.growth_per_post": draw(numbers(0, 0.3)),
        "behaviours.following.churn_per_day": draw(numbers(0, 0.1)),
        "behaviours.following.zombie_half_life": draw(numbers(2, 100)),
        "behaviours.following.zombie_purchases_per_year": draw(numbers(0, 60)),
        "behaviours.following.recovered_audience": {variant.name: draw(numbers(0, 1)) for variant in VARIANTS},
        "behaviours.following.followed_elsewhere": draw(numbers(0, 1)),
        "behaviours.renting.rental_days": draw(numbers(1, 100)),
        "behaviours.hiring.price_per_day": draw(numbers(0, 300)),
        "behaviours.hiring.boost": draw(numbers(0, 3)),
        "behaviours.hiring.reports": draw(numbers(0, 3)),
        "behaviours.hiring.deterrence": draw(numbers(0, 1)),
        "behaviours.relapse.relapse_days": draw(numbers(1, 20)),
        "behaviours.pressure.rise_half_life": draw(numbers(0.5, 10)),
        "behaviours.pressure.decay_half_life": draw(numbers(1, 60)),
        "rulebook.strike_expiry_days": draw(st.sampled_from([3, 10, 40])),
        "rulebook.registration.accounts_per_identity": draw(st.sampled_from([1, 1, 1, 2, 5])),
        "rulebook.registration.screens_closed_names": draw(st.integers(0, 7)) > 0,
        "rulebook.registration.similar_name_similarity": draw(st.sampled_from([0.6, 0.85])),
        "rulebook.appeals.filed_if_wrong": draw(numbers(0.3, 1)),
        "rulebook.appeals.filed_if_right": draw(numbers(0, 0.6)),
        "rulebook.appeals.hearing_days": draw(numbers(1, 8)),
        "rulebook.appeals.reversed_if_wrong": draw(numbers(0.3, 1)),
        "rulebook.appeals.reversed_if_right": draw(numbers(0, 0.6)),
        "population.represents": draw(st.sampled_from([1e3, 1e5, 2e7, 2e7])),
        "population.activity_minimum": draw(numbers(0.1, 0.6)),
        "recording.census_every_days": 30,
    }
    for kind in draw(st.lists(st.sampled_from(KINDS), max_size=3, unique=True)):
        result[f"kinds.{kind}.attention_premium"] = draw(numbers(0, 5))
        result[f"kinds.{kind}.gain"] = draw(numbers(-1, 3))
        result[f"kinds.{kind}.discriminability"] = draw(numbers(0, 4))
        result[f"kinds.{kind}.reports_per_million_views"] = draw(numbers(0, 2000))
        result[f"kinds.{kind}.rentals_per_million_views"] = draw(numbers(0, 1e5))
        result[f"kinds.{kind}.proceeds_per_thousand_views"] = draw(numbers(0, 100))
        result[f"kinds.{kind}.clickbait"] = draw(numbers(0, 2))
        result[f"kinds.{kind}.cheated_reports_per_million_views"] = draw(numbers(0, 2000))
        result[f"kinds.{kind}.contagion"] = draw(numbers(0, 10))
    for name in PLATFORMS:
        path = f"platforms.{name}"
        result |= {
            f"{path}.channels.classifier.threshold": draw(numbers(0.5, 2.5)),
            f"{path}.review_capacity": draw(st.sampled_from([15_000, 60_000, 200_000])),
            f"{path}.reviewer_sensitivity": draw(numbers(0.5, 1)),
            f"{path}.reviewer_specificity": draw(numbers(0.3, 1)),
            f"{path}.willingness": draw(numbers(0.4, 1)),
            f"{path}.real_name_rigour": draw(numbers(0, 1)),
            f"{path}.channels.name_screening.checks_per_year": draw(numbers(0, 20)),
            f"{path}.channels.qualification_check.checks_per_year": draw(numbers(0, 20)),
            f"{path}.channels.name_screening.false_alarm": draw(numbers(0, 0.3)),
            f"{path}.channels.qualification_check.false_alarm": draw(numbers(0, 0.3)),
            f"{path}.channels.reports.false_per_million_views": draw(numbers(0, 200)),
            f"{path}.channels.reports.coordinated_per_year": draw(numbers(0, 15)),
            f"{path}.handling_hours": draw(numbers(1, 100)),
            f"{path}.player_checks_per_year": draw(numbers(0, 50)),
            f"{path}.channels.poster_search.searched": draw(st.sampled_from([0.0, 0.02, 0.3])),
            f"{path}.channels.poster_search.false_alarm": draw(numbers(0, 0.3)),
            f"{path}.channels.growth_check.checked": draw(st.sampled_from([0.0, 0.1, 0.8])),
            f"{path}.channels.growth_check.threshold": draw(numbers(-0.2, 1.5)),
            f"{path}.channels.growth_check.spread": draw(numbers(0, 0.5)),
        }
    for name in ARCHETYPES:
        path = f"archetypes.{name}"
        result |= {
            f"{path}.propensity": draw(st.floats(-2, 1.5)),
            f"{path}.risk_weight": draw(numbers(0, 6)),
            f"{path}.zombie_share": draw(numbers(0, 2)),
            f"{path}.spare_accounts": draw(st.integers(0, 4)),
            f"{path}.identities": draw(st.sampled_from([1, 1, 2, 3])),
            f"{path}.return_share": draw(numbers(0.6, 1)),
            f"{path}.return_days": draw(numbers(1, 6)),
            f"{path}.moves_share": draw(numbers(0, 1)),
            f"{path}.borrows_share": draw(numbers(0, 1)),
            f"{path}.disguise": draw(numbers(0, 1)),
            f"{path}.orphaned": draw(st.integers(0, 6)) == 0,
            f"{path}.turnover_per_year": draw(st.sampled_from([0.0, 2.0, 6.0, 10.0])),
            f"{path}.hires": draw(st.sampled_from([0.0, 0.2, 0.8])),
            f"{path}.orders_served": draw(st.sampled_from([0.0, 0.0, 0.5, 3.0])),
            f"{path}.chasing": draw(st.sampled_from([0.0, 0.0, 0.5, 1.0])),
        }
    for name in ("closure_with_ban", "closure_with_ban_everywhere"):
        # Short bars end while somebody waits to return.
        result[f"sanctions.{name}.bar_days"] = draw(st.sampled_from([0, 1, 3, 10, NEVER]))
    made = {f"at_random_{number}": draw(sanctions()) for number in range(draw(st.integers(0, 4)))}
    result |= {f"sanctions.{name}": row for name, row in made.items()}
    packaged = [
        "closure", "closure_with_ban", "closure_with_ban", "closure_with_ban_everywhere", "closure_with_ban_everywhere",
        "content_removal", "monetisation_suspension", "posting_ban", "posting_ban", "profile_correction", "reach_limit",
        "removal_of_followers", "warning", "zombie_purge", "erasure_of_gains", "growth_freeze", "muted_2023",
    ]  # fmt: skip
    names = st.sampled_from(packaged + 2 * list(made))
    steps = st.lists(st.lists(names, max_size=3), min_size=1, max_size=3)
    closing = st.lists(st.sampled_from([name for name in packaged if "closure" in name]), min_size=1, max_size=1)
    ladder = st.one_of(steps, st.tuples(steps, closing).map(lambda parts: [*parts[0], parts[1]]))
    result["rulebook.ladders"] = {
        **{basis: draw(ladder) for basis in BASES},
        **draw(st.dictionaries(st.sampled_from(BLAMED), ladder, max_size=4)),
    }
    names_of_events = draw(st.sampled_from([(), ("quarrel",), ("quarrel", "disaster")]))
    result["events"] = {name: draw(events(length)) for name in names_of_events}
    offices = {
        name: {
            "label": name,
            "level": "national" if name == "national" else "local",
            "seat": None if name == "national" else "Beijing",
            "inspection_every_days": draw(st.sampled_from([1, 7])),
            "inspection_sample": draw(st.sampled_from([0, 50, 2000])),
            "tolerated_prevalence": draw(numbers(0, 0.6)),
            "question_pressure": draw(numbers(0, 1)),
            "sources": {"*": "assumption"},
        }
        for name in draw(st.sampled_from([["national"], ["local", "national"], ["national", "local"]]))
    }
    result["offices"] = offices
    result["campaigns"] = {
        f"campaign_{number}": draw(campaigns(draw(st.sampled_from(list(offices))), length))
        for number in range(draw(st.integers(0, 3)))
    }
    return result


def changed(values: dict[str, Any], paths: Mapping[str, Any]) -> RunConfig:
    """The configuration of plain *values* with some key paths set anew."""
    values = copy.deepcopy(values)
    packaged = values["offices"]["national"]
    for path, value in paths.items():
        if path == "offices":
            value = {name: {**packaged, **office} for name, office in value.items()}
        *folders, name = path.split(".")
        place = values
        for folder in folders:
            place = place[folder]
        place[name] = copy.deepcopy(value)
    return RunConfig.load(values)
