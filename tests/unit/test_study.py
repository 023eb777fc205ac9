"""Designs: their points, their cells, and the numbers drawn from pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim import ConfigError
from sim.policy.paths import config_root
from sim.report import datasets
from sim.report.datasets import KINDS
from sim.study.cells import make_plan, set_key
from sim.study.design import Experiment, build_experiment, load_experiment
from sim.study.paired import difference, mean_interval
from sim.study.sampling import points
from sim.study.stored import StoredSweep

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
            "book": {"group": "rulebook", "levels": ["routine", "closure_at_once"]},
            "threshold": {"keys": ["platforms.*.classifier_threshold"], "levels": [3.0]},
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
    assert values["rulebook"]["ladders"]["default"] == [["closure_with_ban"]]
    assert {platform["classifier_threshold"] for platform in values["platforms"].values()} == {3.0}
    assert values["campaigns"]["selfmedia_2023"]["closes"] == "2023-03-19"
    assert values["threads"] == 1
    assert len({cell.identity for cell in plan.cells}) == 3


def test_two_factors_that_set_the_same_are_refused() -> None:
    """Which of the two would hold?"""
    books = ("closure_at_once", "removal_alone")
    with pytest.raises(ConfigError, match="sets 'rulebook', which"):
        make_plan(
            experiment({name: {"group": "rulebook", "levels": [book]} for name, book in zip("ab", books, strict=True)})
        )


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
    """Shared luck of variance 9 beside own luck of variance 1: (10 + 10) / 2 = 10 times fewer replicates."""
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
            {"cell": cell, "identity": f"i{cell}", "seed": seed, "a": a, "b": b, "y": 1000.0 * cell + seed}
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
    requests = [
        {"kind": "curves", "metric": "prevalence", "by": "b", "where": {"a": 1.0}},
        {"kind": "response", "outcome": "y", "over": "a", "by": "b"},
        {"kind": "heat", "outcome": "y", "over": "a", "by": "b"},
        {"kind": "forest", "outcomes": ["y"]},
    ]
    assert {str(request["kind"]) for request in requests} == set(KINDS)
    manifest = {
        "experiment": {"factors": {"a": {}, "b": {}}, "outcomes": ["y"], "figures": requests},
        "reference": 0, "labels": {"0": "reference"}, "parts": [],
        "windows": [{"cells": [1, 2], "campaigns": [["Spring", "2023-01-05", "2023-01-20"]]}],
    }  # fmt: skip
    stored = StoredSweep(tmp_path, manifest, runs)
    monkeypatch.setattr("sim.study.stored.read_curves", lambda *_: curves)
    monkeypatch.setattr(datasets, "load_sweep", lambda _: stored)
    written = datasets.draw_dataset(tmp_path)
    assert len(written) == 8
    before = [path.read_bytes() for path in written]
    assert [path.read_bytes() for path in datasets.draw_dataset(tmp_path)] == before
