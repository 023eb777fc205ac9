"""The rulebooks that come with the model: what each of them promises holds for every kind of the catalogue."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import yaml

from rectify import RectificationModel, RunConfig, compose
from rectify.configuration.composing import options
from rectify.core.paths import config_root
from rectify.policy.kinds import BASES, compile_kinds
from rectify.policy.rulebook import Rulebook, compile_rulebook
from rectify.policy.sanctions import compile_sanctions
from rectify.study.cells import make_plan
from rectify.study.design import load_experiment

RULEBOOKS = options("rulebook", [config_root()])
PLATFORMS = ("wechat", "douyin", "weibo")

UNDONE = {"content_removal", "profile_correction", "zombie_purge"}
"""What undoes a violation, and punishes nobody: by basis of the kind, post, profile, popularity."""

PUNISHES = {
    "warning_alone": {"warning"},
    "removal_alone": set(),
    "posting_ban_then_closure": {"warning", "posting_ban", "closure_with_ban"},
    "return_free": {"closure"},
    "return_barred_there": {"closure_with_ban"},
    "return_barred_everywhere": {"closure_with_ban_everywhere"},
    "return_barred_by_severity": {"closure_with_ban_by_severity"},
    "followers_at_once": {"removal_of_followers"},
    "income_at_once": {"monetisation_suspension"},
    "closure_at_once": {"closure_with_ban"},
}
"""Sanctions, beside :data:`UNDONE`, of rulebooks and arms of sanction_mix that are named after them."""


def configuration(name: str) -> RunConfig:
    """The packaged configuration with a rulebook, or an arm of the study of sanctions."""
    if name in RULEBOOKS:
        return compose([f"rulebook={name}"])
    plan = make_plan(load_experiment("sanction_mix", [config_root()]))
    (cell,) = [cell for cell in plan.cells if cell.parameters.get("sanction") == name]
    return RunConfig.load(plan.values_of(cell))


def compiled(config: RunConfig) -> Rulebook:
    """The rulebook over all kinds of the catalogue, in use or not."""
    kinds = compile_kinds(config.kinds, config.kinds)
    return compile_rulebook(config.rulebook, kinds, compile_sanctions(config.sanctions, kinds), config.start)


def written(name: str) -> dict[str, Any]:
    """What the file of a rulebook says itself."""
    return dict(yaml.safe_load((config_root() / "rulebook" / f"{name}.yaml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", RULEBOOKS)
def test_a_rulebook_with_ladders_has_no_others(name: str) -> None:
    """Ladders that a file gives are all its own: none comes from another rulebook that it starts from."""
    ladders = compose([f"rulebook={name}"]).rulebook.ladders
    assert set(ladders) >= set(BASES)
    assert ladders == written(name).get("ladders", ladders)


@pytest.mark.parametrize("name", sorted(PUNISHES))
def test_a_rulebook_punishes_as_it_is_called_whatever_the_kind(name: str) -> None:
    """No kind is sanctioned otherwise, and every basis is sanctioned so."""
    config = configuration(name)
    by_basis: dict[str, set[str]] = {basis: set() for basis in BASES}
    for kind, params in config.kinds.items():
        used = {sanction for step in config.rulebook.ladder(kind, params.basis) for sanction in step} - UNDONE
        assert used <= PUNISHES[name], kind
        by_basis[params.basis] |= used
    assert by_basis == dict.fromkeys(BASES, PUNISHES[name])


def test_every_arm_of_the_study_of_sanctions_is_checked() -> None:
    """An arm that is added is named above."""
    levels = load_experiment("sanction_mix", [config_root()]).factors["sanction"].levels
    assert levels is not None
    assert set(levels) <= set(PUNISHES)


def test_warnings_neither_remove_nor_close_nor_punish() -> None:
    """At no step, whatever the kind."""
    rules = compiled(compose(["rulebook=warning_alone"]))
    for effect in (rules.step_removes, rules.step_closes, rules.step_lesser):
        assert not effect.any()


def test_removal_neither_closes_nor_punishes() -> None:
    """What is removed is removed at the first strike: posts, but for the kind that is about no post."""
    config = compose(["rulebook=removal_alone"])
    rules = compiled(config)
    for effect in (rules.step_closes, rules.step_lesser):
        assert not effect.any()
    about_posts = [kind.basis != "popularity" for _, kind in sorted(config.kinds.items())]
    assert rules.step_removes[:, 0].tolist() == about_posts


@pytest.mark.parametrize("name", [name for name in RULEBOOKS if name.startswith("return_")])
def test_bars_on_return_are_compared_at_the_second_strike(name: str) -> None:
    """The first strike of any kind punishes nobody; the second closes."""
    rules = compiled(compose([f"rulebook={name}"]))
    assert rules.last_step.tolist() == [1] * len(rules.last_step)
    assert not rules.step_lesser.any()
    assert not rules.step_closes[:, 0].any()
    assert rules.step_closes[:, 1].all()


def test_under_warnings_nobody_is_closed() -> None:
    """Half a year with a campaign, fake anchors and bought popularity: all are warned, and no more."""
    found = ("growth_check.checked", "poster_search.searched")
    checks = {f"platforms.{name}.channels.{check}=0.2" for name in PLATFORMS for check in found}
    config = compose(["rulebook=warning_alone", "population.accounts=4000", "end=2023-06-30", *sorted(checks)])
    model = RectificationModel(config)
    summary = model.run().summary
    sanctioned = {config.kinds_used[kind] for kind in np.unique(model.world.register.column("kind"))}
    assert sanctioned > {"fake_anchor", "faked_popularity", "rumours", "unqualified"}
    assert summary["sanction.warning_total"] > 0
    assert summary["closed_total"] == summary["lesser_total"] == summary["posts_removed_total"] == 0
