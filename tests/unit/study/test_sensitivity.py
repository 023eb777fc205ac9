"""Sensitivity indices against functions whose indices are known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from SALib.test_functions import Ishigami

from rectify.study.design import Experiment, build_experiment
from rectify.study.sampling import points
from rectify.study.sensitivity import COLUMNS, indices

KEY = "behaviours.posting.chilling"


def design(method: str, samples: int, **factors: dict[str, Any]) -> Experiment:
    """A design over *factors*, of one outcome y."""
    return build_experiment(
        {"name": "x", "question": "?", "outcomes": ["y"], "sampling": {"method": method, "samples": samples},
         "factors": {name: {"keys": [KEY], **factor} for name, factor in factors.items()}},
        "here",
    )  # fmt: skip


def table(experiment: Experiment, of: Any, noise: float = 0.0) -> pd.DataFrame:
    """Indices of runs whose outcome is *of* their point; two replicates that *noise* moves apart equally."""
    runs = pd.DataFrame(
        [
            {"cell": cell, "seed": seed, "y": float(of(point)) + noise * (-1) ** seed}
            for cell, point in enumerate(points(experiment), start=1)
            for seed in (1, 2)
        ]
    )
    found = indices(experiment, runs.sample(frac=1.0, random_state=1))
    assert list(found.columns) == list(COLUMNS)
    return found.set_index(["factor", "index"])


def test_ishigami() -> None:
    """S1 is 0.3139, 0.4424, 0 and ST 0.5576, 0.4424, 0.2437 (Ishigami & Homma, 1990, with a = 7 and b = 0.1)."""
    wide = {"range": [-math.pi, math.pi]}
    found = table(
        design("sobol", 4096, a=wide, b=wide, c=wide),
        lambda p: Ishigami.evaluate(np.array([[p["a"], p["b"], p["c"]]]))[0],
        noise=3.0,
    )
    known = {"S1": (0.3139, 0.4424, 0.0), "ST": (0.5576, 0.4424, 0.2437)}
    for index, values in known.items():
        for factor, value in zip("abc", values, strict=True):
            assert found.loc[(factor, index), "value"] == pytest.approx(value, abs=0.02)
            assert 0 < found.loc[(factor, index), "half_width"] < 0.08


def test_morris_of_a_plane() -> None:
    """Effects of a plane are its slopes times the ranges, without spread; a log scale counts in logarithms."""
    experiment = design(
        "morris", 10, a={"range": [0, 2]}, b={"range": [1, 100], "scale": "log"}, c={"levels": ["u", "v"]}
    )
    found = table(experiment, lambda p: 3 * p["a"] - 5 * math.log(p["b"]))
    assert found.loc[("a", "mu"), "value"] == pytest.approx(6)
    assert found.loc[("b", "mu"), "value"] == pytest.approx(-5 * math.log(100))
    assert found.loc[("b", "mu_star"), "value"] == pytest.approx(5 * math.log(100))
    assert found.loc[("a", "sigma"), "value"] == pytest.approx(0, abs=1e-9)
    assert found.loc[("c", "mu_star"), "value"] == 0


def test_no_index_without_all_cells_or_without_a_difference() -> None:
    """A cell that is missing, an outcome that a cell lacks, and one that is the same everywhere have NaN."""
    experiment = design("sobol", 4, a={"range": [0, 1]}, b={"range": [0, 1]})
    whole = pd.DataFrame({"cell": range(1, 17), "seed": 1, "y": np.arange(16.0)})
    assert indices(experiment, whole)["value"].notna().all()
    lacking = whole.assign(y=whole["y"].where(whole["cell"] != 5))
    for runs in (whole[whole["cell"] != 3], lacking, whole.assign(y=1.0)):
        assert indices(experiment, runs)["value"].isna().all()
