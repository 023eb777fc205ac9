"""Designs: their points, their cells, and the numbers drawn from pairs."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rectify import ConfigError, UserError
from rectify.core.paths import config_root
from rectify.report import datasets
from rectify.report.datasets import KINDS
from rectify.report.forest import pairs_of
from rectify.report.pareto import undominated
from rectify.study.cells import make_plan, set_key
from rectify.study.design import Experiment, build_experiment, load_experiment
from rectify.study.paired import difference, mean_interval
from rectify.study.sampling import points
from rectify.study.stored import StoredSweep

KEY = "behaviours.posting.chilling"


def experiment(factors: dict[str, Any], **more: Any) -> Experiment:
    """A design with these *factors*."""
    return build_experiment(
        {"name": "x", "question": "?", "factors": factors, "outcomes": ["harm_total"], **more}, "here"
    )


def test_grid_is_all_combinations_in_order() -> None:
    """The last factor changes fastest; ranges are cut evenly, on a log scale by ratios."""
    found = points(
        experiment(
            {
                "a": {"keys": [KEY], "levels": ["u", "v"]},
                "b": {"keys": [KEY], "range": [1, 100], "scale": "log", "steps": 3},
            }
        )
    )
    assert [(point["a"], point["b"]) for point in found] == [(a, b) for a in "uv" for b in (1.0, 10.0, 100.0)]


@pytest.mark.parametrize(
    ("method", "samples", "cells"), [("latin", 8, 8), ("sobol", 8, 8 * (3 + 2)), ("morris", 4, 4 * (3 + 1))]
)
def test_samples_lie_within_bounds_and_repeat(method: str, samples: int, cells: int) -> None:
    """As many as the method makes; the same every time; whole numbers and levels are what they say."""
    factors = {
        "a": {"keys": [KEY], "range": [0.1, 0.9]},
        "b": {"keys": [KEY], "range": [3, 9], "whole": True},
        "c": {"keys": [KEY], "levels": ["u", "v", "w"]},
    }
    design = experiment(factors, sampling={"method": method, "samples": samples, "seed": 5})
    found = points(design)
    assert len(found) == cells
    assert found == points(design)
    assert all(0.1 <= float(point["a"]) <= 0.9 for point in found)
    assert all(isinstance(point["b"], int) and 3 <= point["b"] <= 9 for point in found)
    assert {point["c"] for point in found} == {"u", "v", "w"}


def test_latin_hypercube_has_one_point_in_every_slice() -> None:
    """The property the method is named for."""
    design = experiment({"a": {"keys": [KEY], "range": [0, 1]}}, sampling={"method": "latin", "samples": 10})
    assert sorted(int(float(point["a"]) * 10) for point in points(design)) == list(range(10))


def test_groups_keys_and_dates_make_cells() -> None:
    """A group's file, every platform's key, a date by days; the reference comes first; seeds are shared."""
    design = experiment(
        {
            "book": {"group": "rulebook", "levels": ["routine", "return_barred_there"]},
            "threshold": {"keys": ["platforms.*.channels.classifier.threshold"], "levels": [3.0]},
            "length": {"keys": ["campaigns.selfmedia_2023.closes"], "days_after": "2023-03-09", "levels": [10]},
        },
        reference=["campaign=none"],
        base=["population.accounts=500"],
        replicates=3,
    )
    plan = make_plan(design)
    assert [cell.label for cell in plan.cells] == ["reference", "", ""]
    assert list(design.seeds) == [1, 2, 3]
    assert plan.values_of(plan.cells[0])["campaigns"] == {}
    values = plan.values_of(plan.cells[2])
    assert values["rulebook"]["ladders"]["post"] == [["content_removal"], ["closure_with_ban"]]
    assert {platform["channels"]["classifier"]["threshold"] for platform in values["platforms"].values()} == {3.0}
    assert values["campaigns"]["selfmedia_2023"]["closes"] == "2023-03-19"
    assert values["threads"] == 1
    assert len({cell.identity for cell in plan.cells}) == 3


def test_two_factors_that_set_the_same_are_refused() -> None:
    """Which of the two would hold?"""
    books = ("return_free", "removal_alone")
    with pytest.raises(ConfigError, match="sets 'rulebook', which"):
        make_plan(
            experiment({name: {"group": "rulebook", "levels": [book]} for name, book in zip("ab", books, strict=True)})
        )


@pytest.mark.parametrize(
    ("factors", "words"),
    [
        (
            {
                "a": {"keys": ["platforms.*.channels.classifier.threshold"], "levels": [3]},
                "b": {"keys": ["platforms.weibo.channels.classifier.threshold"], "levels": [2, 4]},
            },
            "factors.b: 'platforms.weibo.channels.classifier.threshold' is set by factors.a too",
        ),
        ({"replicate": {"keys": ["seed"], "levels": [1, 2]}}, "'seed' changes no result; replicates"),
    ],
)
def test_keys_that_clash_or_change_nothing_are_refused(factors: dict[str, Any], words: str) -> None:
    """One entry named with a star and by itself, and one that no result depends on."""
    with pytest.raises(ConfigError, match=re.escape(words)):
        make_plan(experiment(factors))


WARNINGS = {"post": [["warning"]], "profile": [["warning"]], "popularity": [["warning"]]}
CAP = {"since": date(2023, 3, 1), "persons": 2, "organisations": 2, "sources": {"*": "assumption"}}


def test_arms_set_whole_values_and_choose_files() -> None:
    """What an arm gives a key takes the place of all that is there, beside files of groups that it names."""
    design = experiment(
        {
            "arm": {
                "arms": {
                    "as_ever": {},
                    "warnings": {"rulebook.ladders": WARNINGS},
                    "strict": {"rulebook": "return_free", "campaign": "none", "platforms.*.willingness": 0.9},
                    "capped": {"rulebook.registration.cap_changes": [CAP]},
                }
            },
            "capacity": {"keys": ["platforms.*.review_capacity"], "levels": [7.0]},
        },
        base=["population.accounts=500"],
    )
    plan = make_plan(design)
    assert [cell.parameters["arm"] for cell in plan.cells] == ["as_ever", "warnings", "strict", "capped"]
    as_ever, warnings, strict, capped = (plan.values_of(cell) for cell in plan.cells)
    assert {**plan.base, "platforms": as_ever["platforms"]} == as_ever
    assert warnings["rulebook"] == {**as_ever["rulebook"], "ladders": WARNINGS}
    assert strict["rulebook"]["ladders"]["post"] == [["content_removal"], ["closure"]]
    assert strict["campaigns"] == {}
    assert {platform["willingness"] for platform in strict["platforms"].values()} == {0.9}
    assert capped["rulebook"]["registration"]["cap_changes"] == [{**CAP, "since": "2023-03-01"}]
    for values in (as_ever, warnings, strict, capped):
        assert {platform["review_capacity"] for platform in values["platforms"].values()} == {7.0}


def test_levels_choose_among_arms() -> None:
    """All of them by default; the fast form takes some, and those that figures show; a design reads back as written."""
    arms = {name: {KEY: value} for name, value in zip("abcd", (0.1, 0.2, 0.3, 0.4), strict=True)}
    design = experiment({"arm": {"arms": arms}}, figures=[{"kind": "forest", "over": "arm", "against": "c"}])
    assert design.factors["arm"].levels == ["a", "b", "c", "d"]
    small = design.shrunk()
    assert [point["arm"] for point in points(small)] == ["a", "c", "d"]
    assert [cell.parameters["arm"] for cell in make_plan(small).cells] == ["a", "c", "d"]
    assert build_experiment(small.model_dump(mode="json"), "here") == small
    chosen = experiment({"arm": {"arms": arms, "levels": ["d", "a"]}})
    assert [point["arm"] for point in points(chosen)] == ["d", "a"]


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        ({"arms": {}}, "here: factors.arm: give one of 'group', 'keys' and 'arms'"),
        ({"arms": {"a": {}}, "group": "rulebook"}, "factors.arm: give one of 'group', 'keys' and 'arms'"),
        ({"arms": {"a": {}}, "range": [0, 1]}, "factors.arm: arms have names: 'range' and 'days_after' are for 'keys'"),
        ({"arms": {"mild": {}}, "levels": ["mile"]}, "levels: 'mile' is not known; did you mean 'mild'? Known: mild"),
        ({"arms": {"a b": {}}}, "factors.arm.arms.a b"),
        ({"arms": ["rulebook=routine"]}, "factors.arm.arms: input should be a valid dictionary"),
        ({"arms": {"a": ["rulebook=routine"]}}, "factors.arm.arms.a: input should be a valid dictionary"),
        ({"arms": {"a": {"rulebook": {"ladders": {}}}}}, "arms.a.rulebook: name a file of the group, or give the full"),
        (
            {"arms": {"a": {"rulebook": "rutine"}}},
            "factors.arm: rulebook: 'rutine' is not known; did you mean 'routine'",
        ),
        ({"arms": {"a": {"rulebook.laders": {}}}}, "rulebook.laders: there is no such key; did you mean 'ladders'"),
        ({"arms": {"a": {"rulebook.ladders": {"post": [[]]}}}}, "rulebook.ladders.profile: is missing"),
        ({"arms": {"a": {"rulebook.ladders": 3}}}, "rulebook.ladders: input should be a valid dictionary, not 3"),
        ({"arms": {"a": {"seed": 3}}}, "factors.arm: 'seed' changes no result"),
    ],
)
def test_faulty_arms_are_refused(factor: dict[str, Any], words: str) -> None:
    """Each with its place, what was given, and what is allowed."""
    with pytest.raises(ConfigError, match=re.escape(words)):
        make_plan(experiment({"arm": factor}))


def test_an_arm_and_another_factor_may_not_set_the_same() -> None:
    """A key within what an arm gives whole, and a file of a group that another factor chooses too."""
    arm = {"arms": {"a": {}, "b": {"rulebook.ladders": WARNINGS}}}
    with pytest.raises(ConfigError, match=r"factors.b: 'rulebook.ladders.post' is set by factors.a too"):
        make_plan(experiment({"a": arm, "b": {"keys": ["rulebook.ladders.post"], "levels": [1]}}))
    chosen = {"arms": {"a": {"rulebook": "return_free"}}}
    with pytest.raises(ConfigError, match=r"factors.b: sets 'rulebook', which factors.a sets too"):
        make_plan(experiment({"a": chosen, "b": {"group": "rulebook", "levels": ["wechat_2025"]}}))


def test_set_key_names_near_misses() -> None:
    """A key that is not there is not added."""
    values: dict[str, Any] = {"platforms": {"weibo": {"capacity": 1}}}
    with pytest.raises(ConfigError, match="did you mean 'capacity'"):
        set_key(values, "platforms.*.capacty", 2)
    with pytest.raises(ConfigError, match="there is no 'platfroms'; did you mean 'platforms'"):
        set_key(values, "platfroms.weibo.capacity", 2)


@pytest.mark.parametrize("path", sorted((config_root() / "experiment").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_experiment_is_valid_in_full_and_fast(path: Path) -> None:
    """All cells validate, and have a page of their own."""
    full = load_experiment(path.stem, [config_root()])
    for design in (full, full.shrunk()):
        assert len(make_plan(design).cells) >= 2
    assert (config_root().parent / "experiments" / path.stem / "README.md").is_file()


def test_interval_covers_its_mean_as_often_as_it_says() -> None:
    """Of 60 normal samples of 20, about 95 % of the intervals hold the true mean."""
    draws = np.random.default_rng(3).normal(5.0, 2.0, (60, 20))
    held = [low <= 5.0 <= high for low, high in map(mean_interval, draws)]
    assert sum(held) >= 51


def test_variance_ratio_is_what_pairing_saves() -> None:
    """Shared noise of variance 9 beside own noise of variance 1: (10 + 10) / 2 = 10 times fewer replicates."""
    generator = np.random.default_rng(1)
    shared, own_a, own_b = generator.normal(0, 3, 4000), generator.normal(0, 1, 4000), generator.normal(1, 1, 4000)
    found = difference("x", shared + own_a, shared + own_b)
    assert found.variance_ratio == pytest.approx(10, rel=0.1)
    assert found.low < 1.0 < found.high
    assert difference("x", np.array([1.0, np.nan]), np.array([2.0, 5.0])).pairs == 1
    assert difference("x", np.array([np.nan]), np.array([2.0])).pairs == 0


def test_figures_of_every_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is drawn twice to the same bytes, from a dataset of made-up numbers."""
    runs = pd.DataFrame(
        [
            {
                "cell": cell,
                "identity": f"i{cell}",
                "seed": seed,
                "a": a,
                "b": b,
                "y": 1000.0 * cell + seed,
                "z_total.weibo": 90.0 - cell * seed,
            }
            for cell, (a, b) in enumerate([(None, None), (1.0, "u"), (1.0, "v"), (2.0, "u"), (2.0, "v")])
            for seed in range(4)
        ]
    )
    dates = pd.date_range("2023-01-01", periods=40)
    curves = pd.DataFrame(
        [
            {"identity": i, "seed": s, "date": d, "metric": "prevalence", "value": 0.1 + 0.001 * n + 0.002 * s}
            for i, s in zip(runs["identity"], runs["seed"], strict=True)
            for n, d in enumerate(dates)
        ]
    )
    by_platform = [curves.assign(metric=f"prevalence.{name}") for name in ("weibo", "wechat")]
    curves = pd.concat([curves, *by_platform], ignore_index=True)
    requests = [
        {"kind": "curves", "metric": "prevalence", "by": "b", "where": {"a": 1.0}},
        {"kind": "multiples", "metric": "prevalence", "panels": "platform", "by": "b", "where": {"a": 1.0}},
        {"kind": "response", "outcome": "y", "over": "a", "by": "b"},
        {"kind": "heat", "outcome": "y", "over": "a", "by": "b"},
        {"kind": "forest", "outcomes": ["y"]},
        {"kind": "forest", "outcomes": ["y", "z_total.weibo"], "over": "b", "against": "u"},
        {"kind": "pareto", "outcomes": ["y", "z_total.weibo"]},
        {"kind": "sensitivity", "outcomes": ["y"]},
    ]
    assert {str(request["kind"]) for request in requests} == set(KINDS)
    manifest = {
        "experiment": {"factors": {"a": {}, "b": {}}, "outcomes": ["y", "z_total.weibo"], "figures": requests},
        "reference": 0, "labels": {"0": "reference"}, "parts": [],
        "windows": [{"cells": [1, 2], "campaigns": [["Spring", "2023-01-05", "2023-01-20"]]}],
    }  # fmt: skip
    stored = StoredSweep(tmp_path, manifest, runs)
    monkeypatch.setattr("rectify.study.stored.read_curves", lambda *_: curves)
    monkeypatch.setattr(StoredSweep, "metrics", lambda _: sorted(set(curves["metric"])))
    table = "outcome,factor,index,value,half_width\ny,a,S1,0.2,0.1\ny,a,ST,0.3,0.1\ny,b,S1,0.5,0.1\ny,b,ST,0.6,0.1\n"
    (tmp_path / "sensitivity.csv").write_text(table)
    monkeypatch.setattr(datasets, "load_sweep", lambda _: stored)
    written = datasets.draw_dataset(tmp_path)
    assert len(written) == 2 * len(requests)
    before = [path.read_bytes() for path in written]
    assert [path.read_bytes() for path in datasets.draw_dataset(tmp_path)] == before


def test_pairs_differ_in_one_factor_alone(tmp_path: Path) -> None:
    """Cells against the level named, the others alike: (1, v) against (1, u), (2, v) against (2, u)."""
    runs = pd.DataFrame(
        [
            {"cell": cell, "seed": 1, "a": a, "b": b}
            for cell, (a, b) in enumerate([(1, "u"), (1, "v"), (2, "u"), (2, "v")])
        ]
    )
    manifest = {"experiment": {"factors": {"a": {}, "b": {}}}, "reference": None}
    stored = StoredSweep(tmp_path, manifest, runs)
    assert pairs_of(stored, {"over": "b", "against": "u"}) == [("A 1", 0, 1), ("A 2", 2, 3)]
    assert pairs_of(stored, {"over": "a", "against": 1, "where": {"b": "v"}}) == [("A 2", 1, 3)]
    with pytest.raises(UserError, match="needs a reference cell"):
        pairs_of(stored, {})
    with pytest.raises(UserError, match="no run has"):
        pairs_of(stored, {"over": "b", "against": "w"})


def test_undominated_are_those_that_none_beats() -> None:
    """As low in all and lower in one beats; equals do not beat each other."""
    costs = np.array([[1, 5], [2, 3], [2, 4], [3, 3], [4, 1], [4, 1]])
    assert list(np.flatnonzero(undominated(costs))) == [0, 1, 4, 5]
    assert list(undominated(np.array([[1, 1, 2], [1, 2, 1], [1, 1, 1]]))) == [False, False, True]


def test_settings_hold_in_every_cell() -> None:
    """In the reference too, and where a group is chosen; a factor's value comes after them; a wrong key is named."""
    design = experiment(
        {"book": {"group": "rulebook", "levels": ["routine", "removal_alone"]},
         "capacity": {"keys": ["platforms.weibo.review_capacity"], "levels": [7.0]}},
        settings={"platforms.*.willingness": 0.5, "platforms.*.review_capacity": 3.0,
                  "rulebook.registration.accounts_per_identity": 2},
        reference=["campaign=none"],
    )  # fmt: skip
    plan = make_plan(design)
    for cell in plan.cells:
        values = plan.values_of(cell)
        assert {platform["willingness"] for platform in values["platforms"].values()} == {0.5}
        assert values["rulebook"]["registration"]["accounts_per_identity"] == 2
        assert values["platforms"]["douyin"]["review_capacity"] == 3.0
        assert values["platforms"]["weibo"]["review_capacity"] == (3.0 if cell.label else 7.0)
    with pytest.raises(ConfigError, match=r"settings: .*did you mean 'willingness'"):
        make_plan(experiment({"a": {"keys": [KEY], "levels": [0.1]}}, settings={"platforms.*.wilingness": 1}))


def test_fast_keeps_the_levels_that_figures_name() -> None:
    """First, last, and what a figure shows: a figure of a level that is not run could not be drawn."""
    design = experiment(
        {"a": {"keys": [KEY], "levels": [1, 2, 3, 4, 5]}, "b": {"keys": [KEY], "levels": [1, 2, 3]}},
        figures=[{"kind": "response", "outcome": "harm_total", "over": "b", "where": {"a": 4}},
                 {"kind": "forest", "over": "b", "against": 2}],
    )  # fmt: skip
    small = design.shrunk()
    assert small.factors["a"].levels == [1, 4, 5]
    assert small.factors["b"].levels == [1, 2, 3]
