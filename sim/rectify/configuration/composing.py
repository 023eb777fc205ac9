"""Composing a configuration from YAML files and overrides, with Hydra."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from rectify.configuration.hydra_state import hydra_apart
from rectify.configuration.messages import renamed
from rectify.configuration.plugged import defaults_of
from rectify.configuration.run_config import RunConfig
from rectify.configuration.settings import Settings
from rectify.core.errors import ConfigError, nearest, unknown
from rectify.core.paths import config_root
from rectify.diffusion.config import DiffusionConfig
from rectify.plugins.loading import load_plugins
from rectify.plugins.plugin import LoadedPlugin
from rectify.policy.rulebook import NO_DEFAULT

CATALOGUES = ("sanctions", "kinds", "archetypes")
"""Folders of which every file is an entry, under its file name: adding a YAML file adds the entry."""

MODELS: dict[str, type[Settings]] = {"accounts": RunConfig, "message_diffusion": DiffusionConfig}
"""What can be simulated, by the value of the key ``model``: the class that validates its configuration."""


def options(group: str, folders: Iterable[Path]) -> list[str]:
    """Names of the YAML files of a config group in any of the *folders*."""
    return sorted({path.stem for folder in folders for path in (folder / group).glob("*.yaml")})


def _register_catalogues(folders: Sequence[Path], values: Mapping[str, Any] | None = None) -> None:
    """Tell Hydra of all entries of all catalogues, and of *values* besides, in the config group ``catalogue/all``."""
    defaults = [
        {f"/{group}@{group}.{name}": name} for group in CATALOGUES for name in options(group, folders)
    ]  # each becomes, say, sanctions.closure
    node = {"defaults": defaults, **(values or {})}
    ConfigStore.instance().store(group="catalogue", name="all", node=node, package="_global_")


def to_config(composed: DictConfig, plugins: Sequence[LoadedPlugin] = ()) -> Settings:
    """Validate what Hydra composed, as the model that it names asks. Raises :class:`ConfigError`."""
    with hydra_apart():
        missing = sorted(OmegaConf.missing_keys(composed))
        if missing:
            raise ConfigError([f"{key}: is missing" for key in missing])
        plain = OmegaConf.to_container(composed, resolve=True)
    assert isinstance(plain, dict)
    values = {str(key): value for key, value in plain.items() if key != "hydra"}
    if plugins:
        if values.get("model") != "accounts":
            raise ConfigError([f"plugins: {plugins[0].name} is for the model 'accounts', not {values.get('model')!r}"])
        values["plugins"] = {each.name: each.digest for each in plugins}
    return settings_of(values)


def settings_of(values: Mapping[str, Any]) -> Settings:
    """Validate plain *values* as the model that they name asks. Raises :class:`ConfigError`."""
    model = str(values.get("model", "accounts"))
    if model not in MODELS:
        raise ConfigError([unknown("model", model, MODELS)])
    return MODELS[model].load(values)


def compose(
    overrides: Sequence[str] = (), config_folder: str | Path | None = None, plugins: Sequence[str] = ()
) -> RunConfig:
    """Compose the configuration of a run of the account model from the packaged files and *overrides*.

    *overrides*: such as ``"campaign=none"``. *config_folder*: a folder of your own laid out like ``configs/``, searched
    first. *plugins*: names of modules with a plug-in, which are loaded; ``plugins=[...]`` among the overrides does the
    same. Raises :class:`ConfigError` with the key's path, what was given, and what is allowed. Inside an application
    that uses Hydra itself, nothing of that changes.

    >>> import rectify
    >>> rectify.compose(["campaign=none", "seed=7"]).seed
    7
    """
    config = compose_any(overrides, config_folder, plugins)
    if not isinstance(config, RunConfig):
        raise ConfigError([f"scenario: {config.name} has no accounts; this needs a scenario of the model 'accounts'"])
    return config


def compose_any(
    overrides: Sequence[str] = (), config_folder: str | Path | None = None, plugins: Sequence[str] = ()
) -> Settings:
    """As :func:`compose`, for a scenario of any of the :data:`MODELS`."""
    composed, loaded = composed_values(overrides, config_folder, plugins)
    return to_config(composed, loaded)


def composed_values(
    overrides: Sequence[str] = (), config_folder: str | Path | None = None, plugins: Sequence[str] = ()
) -> tuple[DictConfig, tuple[LoadedPlugin, ...]]:
    """What Hydra composes, not yet validated, and the plug-ins that were loaded for it. Raises ``ConfigError``."""
    folders = [config_root(), *([Path(config_folder).resolve()] if config_folder else [])]
    named, arguments = split_plugins(overrides)
    arguments = with_quotes(arguments)
    loaded = load_plugins([*plugins, *(name for name in named if name not in plugins)])
    if config_folder:
        arguments.append(f"hydra.searchpath=[file://{folders[1]}]")
    values: dict[str, Any] = {}
    if loaded:
        # The places of channels' parameters are known when the platforms and campaigns are.
        own = [channel.name for each in loaded for channel in each.plugin.channels]
        own += [f"behaviours.{each.name}" for each in loaded]
        first = [each for each in arguments if not any(f".{name}" in f".{each.partition('=')[0]}" for name in own)]
        places = _composed(first, folders, {})
        values = defaults_of(loaded, list(places.get("platforms") or {}), list(places.get("campaigns") or {}))
    return _composed(arguments, folders, values), loaded


def combinations(overrides: Sequence[str]) -> list[list[str]]:
    """*overrides* once for each combination of the values that any of them gives, by Hydra's grammar: KEY=A,B,C.

    Values of the last key change fastest. Raises :class:`ConfigError` for what cannot be read.
    """
    named, rest = split_plugins(overrides)
    try:
        parsed = OverridesParser.create().parse_overrides(with_quotes(rest))
    except OverrideParseException as error:
        raise ConfigError([explain(error, [config_root()])]) from None
    choices: list[list[str]] = []
    for override in parsed:
        line = str(override.input_line)
        if not override.is_sweep_override():
            choices.append([line])
            continue
        if not override.is_discrete_sweep():
            raise ConfigError([f"{line}: give the values one by one, as KEY=A,B,C"])
        key = override.get_key_element()
        choices.append([f"{key}={value}" for value in override.sweep_string_iterator()])
    plugins = [f"plugins=[{','.join(named)}]"] if named else []
    return [[*chosen, *plugins] for chosen in itertools.product(*choices)]


def split_plugins(overrides: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names of plug-ins that ``plugins=[...]`` among *overrides* asks for, and the other overrides."""
    named: list[str] = []
    rest = []
    for override in overrides:
        key, equals, value = override.partition("=")
        if key != "plugins" or not equals:
            rest.append(override)
            continue
        try:
            given = yaml.safe_load(value)
        except yaml.YAMLError:
            given = None
        names = [given] if isinstance(given, str) else given
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ConfigError([f"plugins: give names of modules, as plugins=[lying_low], not {value!r}"])
        named += names
    return named, rest


def _composed(arguments: Sequence[str], folders: Sequence[Path], values: Mapping[str, Any]) -> DictConfig:
    try:
        return _by_hydra(arguments, folders, values)
    except (HydraException, OmegaConfBaseException, yaml.YAMLError) as error:
        raise ConfigError([explain(error, folders)]) from None


def _by_hydra(arguments: Sequence[str], folders: Sequence[Path], values: Mapping[str, Any]) -> DictConfig:
    """What Hydra composes of the files in *folders*; its errors as they come."""
    with hydra_apart():
        _register_catalogues(folders, values)
        with initialize_config_dir(str(folders[0]), version_base="1.3"):
            return hydra_compose("config", overrides=list(arguments))


def with_quotes(arguments: Iterable[str]) -> list[str]:
    """*arguments*, with quotes around values that Hydra reads only so: paths with ``=`` or blanks in them, say.

    What it reads anyway stays as it is, and so do flags, and values that begin with a quote or a bracket.
    """
    parser = OverridesParser.create()

    def reads(argument: str) -> bool:
        try:
            parser.parse_overrides([argument])
        except OverrideParseException:
            return False
        return True

    def quoted(argument: str) -> str:
        key, equals, value = argument.partition("=")
        if not equals or argument.startswith("-") or value[:1] in tuple("'\"[{") or reads(argument):
            return argument
        parts = value.split(",")  # several values, for several runs
        parts = [part if reads(f"{key}={part}") else "'{}'".format(part.replace("'", "\\'")) for part in parts]
        found = f"{key}={','.join(parts)}"
        return found if reads(found) else argument

    return [quoted(argument) for argument in arguments]


def explain(error: Exception, folders: Sequence[Path]) -> str:
    """One line for people about an error of Hydra, OmegaConf or the YAML reader."""
    text = str(error)
    if isinstance(error, yaml.YAMLError):
        return f"a configuration file is not valid YAML: {' '.join(text.split())}"
    if isinstance(error, OverrideParseException):
        return f"{error.override}: cannot be read as an override, KEY=VALUE ({' '.join(text.split())})"
    known = re.search(r"In '[^']*': Could not find '([\w/]+)/([^/']+)'|Could not find '([\w/]+)/([^/']+)'", text)
    if known:
        group, given = (known.group(1) or known.group(3)), (known.group(2) or known.group(4))
        names = options(group, folders)
        return f"{group}: {given!r} is not known{nearest(given, names)} Known: {', '.join(names)}"
    # The override names a key that may lie below the one missing, and a dictionary given may hold the one missing.
    keys = re.findall(r"(?:full_key: |Could not override ')([^\s']+)", f"{text}\n{error.__cause__}")
    if keys:
        return _no_such_key(max(keys, key=len), folders)
    return " ".join(text.split("\n")[0].split()) or type(error).__name__


def _no_such_key(given: str, folders: Sequence[Path]) -> str:
    keys = _keys(folders[0])
    if given == "rulebook.ladders.default":
        return f"{given}: {NO_DEFAULT}"
    place, _, last = given.rpartition(".")
    if new := renamed(last):
        return f"{given}: there is no such key any more; did you mean '{place}.{new}'? It is that key's new name."
    if given in keys:
        return f"{given}: the chosen scenario has no such key, another has. See them all with: rectify show params"
    return f"{given}: there is no such key{nearest(given, keys)} See them all with: rectify show params"


@lru_cache(maxsize=2)
def _keys(root: Path) -> tuple[str, ...]:
    """Full paths of all keys of all scenarios below *root*, and the names of the groups."""
    paths: list[str] = [path.name for path in root.iterdir() if path.is_dir()]

    def collect(value: Any, path: str) -> None:
        if isinstance(value, dict):
            for name, item in value.items():
                if name != "sources":
                    paths.append(f"{path}.{name}".lstrip("."))
                    collect(item, paths[-1])

    for scenario in options("scenario", [root]):
        collect(OmegaConf.to_container(_by_hydra([f"scenario={scenario}"], [root], {}), resolve=True), "")
    return tuple(dict.fromkeys(paths))
