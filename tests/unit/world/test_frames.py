"""Accounts and operators as data frames: the same values as the sets', with their units."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from rectify import RectificationModel
from rectify.core.table import NEVER

Build = Callable[..., RectificationModel]


@pytest.fixture(scope="module")
def model(build: Build) -> RectificationModel:
    """On the third day."""
    model = build({"population.accounts": 500})
    for _ in range(3):
        model.step()
    return model


@pytest.mark.parametrize("name", ["accounts", "operators"])
def test_a_frame_holds_every_attribute_of_every_row(model: RectificationModel, name: str) -> None:
    rows = getattr(model, name)
    frame = rows.to_frame()
    assert frame.index.name == "unique_id"
    assert frame.index.tolist() == rows.unique_id.tolist()
    assert set(frame.columns) == set(rows.attribute_names()) - {"unique_id", "account_rows"}
    for column in frame:
        assert frame[column].tolist() == rows.get(column).tolist()
    assert frame.attrs["units"].keys() == set(frame.columns)
    assert all(frame.attrs["units"].values()), "no column without a unit"
    assert frame.attrs["date"] == "2023-01-03"
    assert frame.attrs["never"] == NEVER


def test_types_are_those_that_can_be_summed(model: RectificationModel) -> None:
    frame = model.accounts.to_frame()
    assert frame["strikes"].dtype == np.int64
    assert frame["real_followers"].dtype == np.float64
    assert frame["is_open"].dtype == np.bool_
    assert isinstance(frame["platform_name"].dtype, pd.CategoricalDtype)
    assert frame.groupby("platform_name", observed=True)["is_open"].sum().to_dict() == (
        model.accounts.open.groupby("platform_name").count()
    )


def test_columns_are_those_asked_for_in_their_order(model: RectificationModel) -> None:
    chosen = model.accounts.select(platform_name="weibo", at_most=5).sort("real_followers")
    frame = chosen.to_frame(columns=["platform_name", "real_followers"])
    assert frame.columns.tolist() == ["platform_name", "real_followers"]
    assert frame["real_followers"].is_monotonic_decreasing
    assert frame.attrs["units"] == {"platform_name": "name", "real_followers": "accounts"}
    assert model.accounts.to_frame("strikes").columns.tolist() == ["strikes"]
    assert model.operators.to_frame(["account_rows"])["account_rows"].iloc[0] == range(0, 1)
    with pytest.raises(AttributeError, match="did you mean 'real_followers'"):
        model.accounts.to_frame(columns=["reel_followers"])


def test_a_frame_is_a_copy(build: Build) -> None:
    """It can be changed, and stays as it is when the days go on."""
    model = build({"population.accounts": 300})
    model.step()
    frame = model.accounts.to_frame()
    before = frame.copy()
    frame.loc[:, "strikes"] = 99
    assert model.accounts.strikes.max() < 99
    for _ in range(5):
        model.step()
    pd.testing.assert_frame_equal(frame.drop(columns="strikes"), before.drop(columns="strikes"))
    assert not model.accounts.to_frame()["last_day"].equals(before["last_day"])


def test_an_empty_set_is_an_empty_frame(model: RectificationModel) -> None:
    frame = model.accounts.select(np.zeros(500, np.bool_)).to_frame()
    assert frame.shape == (0, len(model.accounts.to_frame().columns))
