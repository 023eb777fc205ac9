"""What plug-ins add to a configuration: their parameters, those of their channels, and the campaigns' efforts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import create_model

from rectify.configuration.channels import campaign_params, platform_params
from rectify.configuration.parts import BehaviourParams, RunParts
from rectify.core.errors import ConfigError
from rectify.detection.catalogue import CHANNELS
from rectify.plugins.loading import is_allowed, load_plugins, loaded_plugins
from rectify.plugins.plugin import LoadedPlugin

_kinds: dict[tuple[type, tuple[tuple[str, str], ...]], type] = {}


def plugins_of(wanted: object) -> tuple[LoadedPlugin, ...]:
    """The plug-ins that a configuration wants: names, or a mapping of names to the digests that they must have.

    Raises :class:`ConfigError` for one that the user has not named, and one whose sources have changed.
    """
    if wanted is None or wanted == [] or wanted == {}:
        return ()
    if not isinstance(wanted, (list, tuple, Mapping)) or not all(isinstance(name, str) for name in wanted):
        raise ConfigError([f"plugins: give names of modules, as [lying_low], not {wanted!r}"])
    names = list(wanted)
    if unnamed := [name for name in names if not is_allowed(name)]:
        listed = ",".join([*loaded_plugins(), *unnamed])
        raise ConfigError(
            [
                f"plugins: this needs the plug-in {unnamed[0]}, whose code would be run: name it, plugins=[{listed}], "
                "or allow all that are asked for with --allow-plugins"
            ]
        )
    found = load_plugins(names)
    if isinstance(wanted, Mapping):
        for each in found:
            if wanted[each.name] not in ("", each.digest):
                raise ConfigError(
                    [f"plugins.{each.name}: its sources have changed: {wanted[each.name]} then, {each.digest} now"]
                )
    return found


def parts_of(kind: type[RunParts], plugins: Sequence[LoadedPlugin]) -> type[RunParts]:
    """The class that validates configurations of a *kind* with these plug-ins: *kind* itself without any."""
    if not plugins:
        return kind
    key = (kind, tuple((each.name, each.digest) for each in plugins))
    if key not in _kinds:
        channels = (*CHANNELS, *(channel for each in plugins for channel in each.plugin.channels))
        own: dict[str, Any] = {
            each.name: (each.plugin.params, ...) for each in plugins if each.plugin.params is not None
        }
        behaviours = create_model("BehaviourParams", __base__=BehaviourParams, **own)
        fields: dict[str, Any] = {
            "platforms": (dict[str, platform_params(channels)], ...),  # type: ignore[misc]
            "campaigns": (dict[str, campaign_params(channels)], ...),  # type: ignore[misc]
            "behaviours": (behaviours, ...),
        }
        _kinds[key] = create_model("RunConfig", __base__=kind, __doc__=kind.__doc__, **fields)
    return _kinds[key]


def defaults_of(plugins: Sequence[LoadedPlugin], platforms: Sequence[str], campaigns: Sequence[str]) -> dict[str, Any]:
    """Values that plug-ins bring into a configuration before it is composed: their parameters' defaults."""
    values: dict[str, Any] = {}
    for each in plugins:
        params = each.plugin.params
        if params is not None:
            plain = {name: field.get_default(call_default_factory=True) for name, field in params.model_fields.items()}
            plain |= {"sources": dict(each.plugin.sources)}
            values.setdefault("behaviours", {})[each.name] = plain
        for channel in each.plugin.channels:
            if channel.params is not None:
                own = {
                    name: field.get_default(call_default_factory=True)
                    for name, field in channel.params.model_fields.items()
                }
                own |= {"sources": dict(each.plugin.sources)}
                for platform in platforms:
                    place = values.setdefault("platforms", {}).setdefault(platform, {})
                    place.setdefault("channels", {})[channel.name] = own
            if channel.effort is not None:
                for campaign in campaigns:
                    place = values.setdefault("campaigns", {}).setdefault(campaign, {})
                    place.setdefault("effort", {})[channel.name] = channel.effort.neutral
    return values


def with_plugins(config: RunParts, names: Sequence[str]) -> dict[str, Any]:
    """The plain values of *config* with further plug-ins, called *names*, at their parameters' defaults.

    Raises :class:`rectify.plugins.PluginError` for one that cannot be loaded.
    """
    plugins = load_plugins(list(dict.fromkeys([*config.plugins, *names])))
    values = config.model_dump(mode="json")
    defaults = defaults_of(plugins, list(config.platforms), list(config.campaigns))
    return {**_filled(values, defaults), "plugins": {each.name: each.digest for each in plugins}}


def _filled(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """*values*, and what they lack of *defaults*."""
    filled = dict(values)
    for name, default in defaults.items():
        if name not in filled:
            filled[name] = default
        elif isinstance(default, Mapping) and isinstance(filled[name], Mapping):
            filled[name] = _filled(filled[name], default)
    return filled
