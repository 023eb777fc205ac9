"""Composing a configuration from YAML files and overrides, with Hydra."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sim.config import RunConfig
from sim.core.errors import ConfigError, nearest
from sim.policy.paths import config_root

CATALOGUES = ("sanctions", "kinds", "archetypes")
"""Folders of which every file is an entry, under its file name: adding a YAML file adds the entry."""


def options(group: str, folders: Iterable[Path]) -> list[str]:
    """Names of the YAML files of a config group in any of the *folders*."""
    return sorted({path.stem for folder in folders for path in (folder / group).glob("*.yaml")})


def register_catalogues(folders: Sequence[Path]) -> None:
    """Tell Hydra of all entries of all catalogues, in the config group ``catalogue/all``."""
    defaults = [
        {f"/{group}@{group}.{name}": name} for group in CATALOGUES for name in options(group, folders)
    ]  # each becomes, say, sanctions.closure
    ConfigStore.instance().store(group="catalogue", name="all", node={"defaults": defaults}, package="_global_")


def to_config(composed: DictConfig) -> RunConfig:
    """Validate what Hydra composed. Raises :class:`ConfigError`."""
    missing = sorted(OmegaConf.missing_keys(composed))
    if missing:
        raise ConfigError([f"{key}: is missing" for key in missing])
    plain = OmegaConf.to_container(composed, resolve=True)
    assert isinstance(plain, dict)
    return RunConfig.load({str(key): value for key, value in plain.items() if key != "hydra"})


def compose(overrides: Sequence[str] = (), config_folder: str | Path | None = None) -> RunConfig:
    """Compose a run's configuration from the packaged files and *overrides* such as ``"campaign=none"``.

    *config_folder*: a folder of your own laid out like ``configs/``, searched first. Raises :class:`ConfigError` with
    the key's path, what was given, and what is allowed.
    """
    folders = [config_root(), *([Path(config_folder).resolve()] if config_folder else [])]
    arguments = list(overrides)
    if config_folder:
        arguments.append(f"hydra.searchpath=[file://{folders[1]}]")
    register_catalogues(folders)
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(folders[0]), version_base="1.3"):
            return to_config(hydra_compose("config", overrides=arguments))
    except (HydraException, OmegaConfBaseException, yaml.YAMLError) as error:
        raise ConfigError([explain(error, folders)]) from None


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
    key = re.search(r"full_key: (\S+)", f"{text}\n{error.__cause__}") or re.search(
        r"Could not override '(\S+)'\.\s", text
    )
    if key:
        given = key.group(1)
        return f"{given}: there is no such key{nearest(given, _keys(folders))} See them all with: rectify show params"
    return " ".join(text.split("\n")[0].split()) or type(error).__name__


def _keys(folders: Sequence[Path]) -> list[str]:
    """Full paths of all keys of the default configuration, and the names of the groups."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(folders[0]), version_base="1.3"):
        plain: Any = OmegaConf.to_container(hydra_compose("config"), resolve=True)
    paths: list[str] = [path.name for path in folders[0].iterdir() if path.is_dir()]

    def collect(value: Any, path: str) -> None:
        if isinstance(value, dict):
            for name, item in value.items():
                if name != "sources":
                    paths.append(f"{path}.{name}".lstrip("."))
                    collect(item, paths[-1])

    collect(plain, "")
    return paths
