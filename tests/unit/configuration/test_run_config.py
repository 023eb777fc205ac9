"""Configurations: each error is named with its key, and identity is what decides a run."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from rectify import ConfigError, RunConfig, UserError, compose
from rectify.core.params import walk
from rectify.core.paths import config_root
from rectify.policy.kinds import BASES

Configure = Callable[..., RunConfig]


def errors(*overrides: str) -> tuple[str, ...]:
    """The errors of a composition, which must have some."""
    with pytest.raises(ConfigError) as caught:
        compose(overrides)
    return caught.value.errors


CAMPAIGN = "campaigns.selfmedia_2023"
EVENT = {
    "label": "News", "dates": ["2023-01-05"], "per_year": 0, "days": 3, "attention": 1, "topical_attention": 1,
    "chasing_posts": 1, "chasing_gain": 0, "kinds": ["hype"], "platforms": None, "sources": {"*": "assumption"},
}  # fmt: skip

BAD_VALUES: dict[str, tuple[dict[str, Any], list[str]]] = {
    # what is wrong: changes to the packaged configuration, then words that the one error must contain
    "unknown key": ({"foo": 1}, ["foo: there is no such key", "Known here: name, title"]),
    "unknown key, near miss": ({"population.acounts": 5}, ["population.acounts: there is no", "mean 'accounts'"]),
    "unknown key in a sanction": (
        {"sanctions.closure.bar_day": 3},
        ["sanctions.closure.bar_day", "did you mean 'bar_days'", "posting_ban_days"],
    ),
    "wrong type": ({"population.accounts": "many"}, ["population.accounts", "whole number", "'many'"]),
    "a fraction for a count": ({"burn_in_days": 1.5}, ["burn_in_days", "whole number", "1.5"]),
    "a number for a text": ({"platforms.weibo.seat": 3}, ["platforms.weibo.seat", "string", "3"]),
    "a word for a switch": ({"sanctions.closure.closes": "perhaps"}, ["sanctions.closure.closes", "true or false"]),
    "a switch for a count": ({"population.accounts": True}, ["population.accounts", "True"]),
    "a list for a group": ({"audience": [1]}, ["audience", "form", "mean_field"]),
    "above its bound": ({"platforms.weibo.willingness": 2}, ["platforms.weibo.willingness", "less than or equal to 1"]),
    "below its bound": ({"behaviours.posting.chilling": -0.1}, ["behaviours.posting.chilling", "equal to 0", "-0.1"]),
    "not finite": ({"audience.attention_half_life": float("nan")}, ["audience.attention_half_life", "finite"]),
    "infinite": ({"kinds.hype.harm": float("inf")}, ["kinds.hype.harm", "finite"]),
    "share above one in a dictionary": (
        {"behaviours.following.recovered_audience.same": 3},
        ["behaviours.following.recovered_audience.same", "3"],
    ),
    "negative share in a dictionary": (
        {"behaviours.following.recovered_audience.same": -1},
        ["behaviours.following.recovered_audience.same", "-1"],
    ),
    "one of a few words": (
        {"kinds.hype.basis": "neither"},
        ["kinds.hype.basis", "Known: popularity, post, profile", "'neither'"],
    ),
    "impossible date": ({"end": "2023-02-30"}, ["end", "date", "2023-02-30"]),
    "impossible month": ({"start": "2023-13-01"}, ["start", "month", "2023-13-01"]),
    "a date that is a number": ({"end": 20230201}, ["end", "YYYY-MM-DD", "20230201"]),
    "no date": ({"end": "soon"}, ["end", "date", "'soon'"]),
    "end before start": ({"end": "2022-12-01"}, ["end", "2022-12-01 is before start (2023-01-01)"]),
    "too long a run": ({"end": "2120-01-01"}, ["end", "32766 days"]),
    "before all calendars": (
        {"start": "0001-01-02", "end": "0001-02-01", "burn_in_days": 90},
        ["burn_in_days", "before the year 1"],
    ),
    "population of zero": ({"population.accounts": 0}, ["population.accounts", "equal to 1", "0"]),
    "negative seed": ({"seed": -1}, ["seed", "equal to 0", "-1"]),
    "seed of 65 bits": ({"seed": 2**64}, ["seed", "18446744073709551616"]),
    "no thread": ({"threads": 0}, ["threads", "equal to 1"]),
    "a name that is no file name": ({"name": "a/b"}, ["name", "'a/b'"]),
    "unknown sanction in a ladder": (
        {"rulebook.ladders.post": [["warning"], ["closur"]]},
        ["rulebook.ladders.post[1]", "'closur'", "did you mean 'closure'", "Known: closure, closure_with_ban"],
    ),
    "a ladder without a step": ({"rulebook.ladders.profile": []}, ["rulebook.ladders.profile", "at least one step"]),
    "a basis without a ladder": (
        {"rulebook.ladders": {"post": [["warning"]], "profile": [["warning"]], "faked_popularity": [["warning"]]}},
        ["rulebook.ladders.popularity: is missing; it serves kinds of that basis"],
    ),
    "a basis without a ladder, and kinds that it would serve": (
        {"rulebook.ladders": {"post": [["warning"]], "popularity": [["warning"]], "fake_anchor": [["warning"]]}},
        ["rulebook.ladders.profile: is missing; it serves fake_institution, fake_media, fake_military, unqualified"],
    ),
    "a ladder for the rest": (
        {"rulebook.ladders": {"default": [["warning"]], "rumours": [["warning"]]}},
        ["rulebook.ladders.default: ", "write post, profile and popularity in its place"],
    ),
    "a ladder for the rest, beside those by basis": (
        {"rulebook.ladders.default": [["warning"]]},
        ["rulebook.ladders.default: ", "by basis of the kind"],
    ),
    "a ladder of an unknown kind": ({"rulebook.ladders.rumour": [[]]}, ["'rumour'", "did you mean 'rumours'"]),
    "an archetype's unknown kind": (
        {"archetypes.hobbyist.kinds.rumour": 1},
        ["archetypes.hobbyist.kinds", "'rumour'", "did you mean 'rumours'", "Known: "],
    ),
    "an unknown archetype": ({"population.shares.nobody": 0}, ["population.shares.nobody", "Known: ", "hobbyist"]),
    "campaign on an absent platform": (
        {f"{CAMPAIGN}.platforms": ["weibbo"]},
        [f"{CAMPAIGN}.platforms", "'weibbo'", "did you mean 'weibo'", "Known: "],
    ),
    "campaign of an absent office": ({f"{CAMPAIGN}.office": "local"}, [f"{CAMPAIGN}.office", "'local'", "national"]),
    "campaign against an unknown kind": (
        {f"{CAMPAIGN}.kinds": ["hipe"]},
        [f"{CAMPAIGN}.kinds", "'hipe'", "did you mean 'hype'"],
    ),
    "campaign that closes before it opens": (
        {f"{CAMPAIGN}.closes": "2023-01-01"},
        [f"{CAMPAIGN}.closes", "2023-01-01 is before it opens"],
    ),
    "negative escalation": (
        {f"{CAMPAIGN}.escalation.rumours": -1},
        [f"{CAMPAIGN}.escalation.rumours", "0 to 100", "-1"],
    ),
    "referral rate out of bounds": (
        {f"{CAMPAIGN}.referrals_per_year.rumours": -1},
        [f"{CAMPAIGN}.referrals_per_year.rumours", "-1"],
    ),
    "published figure of an unknown kind": (
        {f"{CAMPAIGN}.published.closed_rumours.kinds": ["rumors"]},
        [f"{CAMPAIGN}.published.closed_rumours.kinds", "'rumors'", "did you mean 'rumours'"],
    ),
    "shares that do not add up": ({"population.shares.hobbyist": 0.5}, ["population", "must add up to 1, not 1."]),
    "a negative share": ({"population.shares.hobbyist": -0.1}, ["population", "shares: must not be negative"]),
    "no archetype": ({"population.shares": {}}, ["population", "at least one archetype"]),
    "no platform": ({"platforms": {}, "campaigns": {}}, ["platforms: at least one is needed"]),
    "no kind has weight": (
        {"archetypes.citizen_reporter.kinds.factual_sensitive": 0},
        ["archetypes.citizen_reporter", "at least one must be above 0"],
    ),
    "number without a source": (
        {"population.sources": {"represents": "assumption"}},
        ["population: no source is given for accounts, activity_exponent", "'sources'"],
    ),
    "unknown source key": (
        {"population.sources.accounts": "document_z: page 3"},
        ["population.sources.accounts", "'document_z'", "Known: ", "document_a"],
    ),
    "an event of an unknown kind": (
        {"events": {"news": {**EVENT, "kinds": ["hipe"]}}},
        ["events.news.kinds", "'hipe'", "did you mean 'hype'"],
    ),
    "an event on an unknown platform": (
        {"events": {"news": {**EVENT, "platforms": ["webo"]}}},
        ["events.news.platforms", "'webo'", "did you mean 'weibo'"],
    ),
    "an event on a day that is a number": (
        {"events": {"news": {**EVENT, "dates": [20230201]}}},
        ["events.news.dates", "YYYY-MM-DD"],
    ),
    "an event without end": ({"events": {"news": {**EVENT, "days": 0}}}, ["events.news.days", "greater", "0"]),
    "more archetypes than their numbers hold": (
        {"archetypes": None, "population.shares": {f"a{n}": 1 / 200 for n in range(200)}},
        ["archetypes", "200"],
    ),
}

BAD_WORDS = {
    # what is wrong: overrides as on the command line, then words that the one error must contain
    "unknown key, near miss": (["population.acounts=5"], ["population.acounts", "'population.accounts'"]),
    "unknown group": (["campain=none"], ["campain: there is no such key", "'campaign'"]),
    "unknown scenario": (
        ["scenario=selfmedia_2024"],
        ["scenario: 'selfmedia_2024' is not known", "did you mean 'selfmedia_2023'", "Known: "],
    ),
    "unknown scenario like no other": (["scenario=xyzzy"], ["scenario: 'xyzzy' is not known.", "Known: "]),
    "unknown campaign": (
        ["campaign=nonne"],
        ["campaign: 'nonne'", "did you mean 'none'", "Known: account_operation_2021"],
    ),
    "an unknown archetype": (["population.shares={nobody: 1}"], ["population.shares.nobody", "there is no such key"]),
    "a missing value": (["end=???"], ["end: is missing"]),
    "impossible date": (["end=2023-02-30"], ["end", "date", "2023-02-30"]),
}


def check_error(error: str, wanted: list[str]) -> None:
    """One line that holds the wanted words and nothing meant for programmers."""
    for words in wanted:
        assert words in error
    assert "\n" not in error
    assert "errors.pydantic.dev" not in error


@pytest.mark.parametrize("wrong", BAD_VALUES)
def test_each_bad_value_is_named(wrong: str, configure: Configure, defaults: dict[str, Any]) -> None:
    """One line with the full key, what was given, and what is allowed; near misses are suggested."""
    changes, wanted = BAD_VALUES[wrong]
    if changes.get("archetypes", True) is None:
        named = {f"a{n}": defaults["archetypes"]["hobbyist"] for n in range(200)}
        changes = {**changes, "archetypes": named}
    with pytest.raises(ConfigError) as caught:
        configure(changes)
    (error,) = caught.value.errors
    check_error(error, wanted)


@pytest.mark.parametrize("wrong", BAD_WORDS)
def test_each_bad_override_is_named(wrong: str) -> None:
    """The same on the way through Hydra, whose own messages are put into words."""
    overrides, wanted = BAD_WORDS[wrong]
    (error,) = errors(*overrides)
    check_error(error, wanted)


def test_all_errors_are_named_at_once(configure: Configure) -> None:
    """Errors of one stage come together, one line each, and read as one message."""
    with pytest.raises(ConfigError) as caught:
        configure({"seed": -1, "population.accounts": 0, "platforms.weibo.willingness": 2})
    places = [error.split(":")[0] for error in caught.value.errors]
    assert places == ["seed", "population.accounts", "platforms.weibo.willingness"]
    with pytest.raises(ConfigError) as caught:
        configure({"end": "2022-12-01", f"{CAMPAIGN}.kinds": ["hipe"], "rulebook.ladders.post": [["warnin"]]})
    assert len(caught.value.errors) == 3
    assert str(caught.value) == "\n".join(caught.value.errors)
    assert issubclass(ConfigError, UserError)


def test_a_near_miss_is_suggested_once() -> None:
    """The words suggested differ from each other and from what was given."""
    (error,) = errors("population.sources.acounts=assumption")
    suggested = re.findall(r"'([^']+)'", error.partition("did you mean")[2])
    assert len(set(suggested)) == len(suggested)
    assert error.split(":")[0] not in suggested


def test_malformed_files_of_ones_own_are_explained(tmp_path: Path) -> None:
    """A folder of one's own is searched too; broken YAML, and an entry with a error, are said in one line."""
    (tmp_path / "sanctions").mkdir()
    file = tmp_path / "sanctions" / "shaming.yaml"
    entry = {"label": "Shaming", "counted_as": "notice", "severity": 0.1, "sources": {"*": "assumption"}}
    file.write_text(yaml.safe_dump(entry))
    assert compose(config_folder=tmp_path).sanctions["shaming"].severity == 0.1
    file.write_text(yaml.safe_dump({**entry, "severty": 0.1}))
    with pytest.raises(ConfigError, match=r"sanctions\.shaming\.severty: .* did you mean 'severity'"):
        compose(config_folder=tmp_path)
    file.write_text("label: [unclosed")
    with pytest.raises(ConfigError, match="is not valid YAML"):
        compose(config_folder=tmp_path)


def test_an_archetype_says_where_it_differs_from_what_they_have_in_common(tmp_path: Path) -> None:
    """An entry of one's own may start from the packaged base, which is no entry itself, with the base's sources."""
    own = tmp_path / "archetypes" / "slow.yaml"
    own.parent.mkdir()
    says = {"label": "Slow", "kinds": {"hype": 1}, "propensity": -3, "activity_factor": 0.5, "audience_median": 99}
    own.write_text(yaml.safe_dump({"defaults": ["base/common@_here_", "_self_"], "return_days": 90, **says}))
    archetypes = compose(config_folder=tmp_path).archetypes
    assert set(archetypes) == {"slow"} | {path.stem for path in (config_root() / "archetypes").glob("*.yaml")}
    common = yaml.safe_load((config_root() / "archetypes" / "base" / "common.yaml").read_text())
    slow = archetypes["slow"].model_dump()
    assert {key: slow[key] for key in (*common, *says)} == {**common, **says, "return_days": 90}
    own.write_text(own.read_text().replace("propensity: -3\n", ""))
    with pytest.raises(ConfigError, match=r"archetypes\.slow\.propensity: is missing"):
        compose(config_folder=tmp_path)


def test_good_inputs_take_effect() -> None:
    """Overrides reach the configuration, and composing twice gives the same."""
    overrides = ["population.accounts=77", "end=2023-01-31", "campaign=none", "seed=18446744073709551615"]
    config = compose(overrides)
    assert (config.population.accounts, config.end, config.campaigns) == (77, date(2023, 1, 31), {})
    assert config.seed == 2**64 - 1
    assert compose(overrides) == config


def test_a_dumped_configuration_loads_again(configure: Configure) -> None:
    """What a result folder keeps of a run is enough to repeat it."""
    config = configure()
    again = RunConfig.load(yaml.safe_load(yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)))
    assert again == config
    assert again.identity == config.identity


# Identity


SAYS_HOW = {"checkpoint", "name", "title", "seed", "threads", "output"}
SAYS_NOTHING = {"label", "sources"}


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all single values below a model."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from leaves(getattr(value, name), (*path, name))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from leaves(item, (*path, place))
    else:
        yield path


def altered(value: Any) -> Any:
    """Another value, of the same type where there is one."""
    if value is None:
        return 1
    if isinstance(value, bool):
        return not value
    if isinstance(value, date):
        return value + timedelta(days=1)
    return value + "x" if isinstance(value, str) else value + 1


def with_altered(value: Any, path: tuple[Any, ...]) -> Any:
    """A copy in which the value at *path* is another."""
    if not path:
        return altered(value)
    name, *rest = path
    if isinstance(value, BaseModel):
        return value.model_copy(update={name: with_altered(getattr(value, name), tuple(rest))})
    changed = copy.copy(value)
    changed[name] = with_altered(value[name], tuple(rest))
    return changed


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_identity_is_what_decides_the_results(configure: Configure) -> None:
    """Any single value changes the identity, but for names, labels, sources, seed, threads and output folder."""
    config = configure()
    identity = config.identity
    assert re.fullmatch(r"[0-9a-f]{12}", identity)
    seen = {identity}
    for path in leaves(config):
        changed = with_altered(config, path).identity
        if path[0] in SAYS_HOW or SAYS_NOTHING & set(path):
            assert changed == identity, path
        else:
            assert changed not in seen, path
            seen.add(changed)
    assert len(seen) > 300


def test_an_entry_may_be_called_label(configure: Configure, defaults: dict[str, Any]) -> None:
    """An entry of a catalogue counts whatever its name; only the fields called label and sources do not."""
    for name in ("label", "sources"):
        sanctions = {**defaults["sanctions"], name: defaults["sanctions"]["warning"]}
        ladder = {basis: [[name], ["closure"]] for basis in BASES}
        mild = configure({"sanctions": sanctions, "rulebook.ladders": ladder})
        harsh = {**sanctions, name: {**sanctions[name], "posting_ban_days": 30}}
        assert configure({"sanctions": harsh, "rulebook.ladders": ladder}).identity != mild.identity


def test_a_kind_may_not_be_called_as_a_basis(configure: Configure, defaults: dict[str, Any]) -> None:
    """Whose ladder would ``profile`` be?"""
    with pytest.raises(ConfigError, match=r"kinds\.profile: is the name of a basis, .* call the kind otherwise"):
        configure({"kinds.profile": defaults["kinds"]["hype"]})


def test_the_order_of_platforms_counts(configure: Configure, defaults: dict[str, Any]) -> None:
    """Platforms are drawn by their place, so another order is another run, and must not share its result folder."""
    turned = dict(reversed(defaults["platforms"].items()))
    assert configure({"platforms": turned}).identity != configure().identity


# Sources


def yaml_sources() -> list[tuple[str, str, str]]:
    """File, field and source of each entry under any ``sources`` key of the packaged files."""
    found = []

    def collect(value: Any, file: str) -> None:
        if isinstance(value, dict):
            found.extend((file, str(field), source) for field, source in value.get("sources", {}).items())
            for item in value.values():
                collect(item, file)
        elif isinstance(value, list):
            for item in value:
                collect(item, file)

    for path in sorted(config_root().rglob("*.yaml")):
        if path.name not in ("sources.yaml", "names.yaml"):
            collect(yaml.safe_load(path.read_text(encoding="utf-8")), path.relative_to(config_root()).as_posix())
    return found


def test_every_source_of_every_file_is_listed() -> None:
    """The key before the colon is one of sources.yaml, in all packaged files, composed by default or not."""
    known = yaml.safe_load((config_root() / "sources.yaml").read_text(encoding="utf-8"))
    found = yaml_sources()
    assert len(found) > 50
    assert [entry for entry in found if entry[2].split(":")[0] not in known] == []
    assert all(isinstance(text, str) and text for text in known.values())


def test_every_number_of_the_default_run_has_a_listed_source(configure: Configure) -> None:
    """No parameter of the composed run is without one, and a calibrated or assumed one says so."""
    known = yaml.safe_load((config_root() / "sources.yaml").read_text(encoding="utf-8"))
    parameters = list(walk(configure()))
    assert len(parameters) > 300
    for path, group, name in parameters:
        assert group.source(name).split(":")[0] in known, path


def test_sources_name_fields_that_exist(configure: Configure) -> None:
    """A source given for a misspelt field would leave the real one to the star."""
    for path, group, _ in walk(configure()):
        assert set(group.sources) <= {"*", *type(group).model_fields}, path


@pytest.mark.parametrize(
    ("override", "new"),
    [
        ("archetypes.impersonator.poses=0.5", "archetypes.impersonator.impersonates"),
        ("behaviours.learning.seen_weight=2", "behaviours.learning.observed_weight"),
        ("platforms.weibo.classifier_threshold=2", "platforms.weibo.channels.classifier.threshold"),
        ("platforms.weibo.growth_checks=0.2", "platforms.weibo.channels.growth_check.checked"),
        ("campaigns.selfmedia_2023.effort.threshold_shift=1", "campaigns.selfmedia_2023.effort.classifier"),
    ],
)
def test_a_key_of_an_earlier_version_is_answered_with_its_new_name(override: str, new: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compose([override])
    (line,) = caught.value.errors
    assert f"did you mean '{new}'" in line


def test_a_stored_key_of_an_earlier_version_is_answered_with_its_new_name(defaults: dict[str, Any]) -> None:
    values = copy.deepcopy(defaults)
    learning = values["behaviours"]["learning"]
    learning["seen_weight"] = learning.pop("observed_weight")
    with pytest.raises(ConfigError) as caught:
        RunConfig.load(values)
    assert "behaviours.learning.seen_weight: there is no such key any more; did you mean 'observed_weight'" in str(
        caught.value
    )
