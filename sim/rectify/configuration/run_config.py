"""RunConfig: the one frozen, validated object that a run is built from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, cast

from pydantic import model_validator

from rectify.configuration.checks import errors_between_parts
from rectify.configuration.parts import RunParts
from rectify.configuration.plugged import parts_of, plugins_of
from rectify.core.errors import ConfigError


class RunConfig(RunParts):
    """Everything that decides what a run of the account model is. Made by :func:`rectify.compose` or ``load``.

    Raises :class:`ConfigError` where parts do not fit together.
    """

    @model_validator(mode="after")
    def _parts_fit_together(self) -> RunConfig:
        errors = list(errors_between_parts(self))
        if errors:
            raise ConfigError(errors)
        return self

    @classmethod
    def load(cls, values: Mapping[str, Any]) -> Self:
        """As :meth:`Settings.load`. ``plugins``: names, or a mapping of names to digests; they must have been named.

        Raises :class:`ConfigError` for a plug-in that is not loaded, or whose sources are not those of the digest.
        """
        plugins = plugins_of(values.get("plugins"))
        kind = cast(type[Self], parts_of(cls, plugins))
        digests = {each.name: each.digest for each in plugins}
        return super(RunConfig, kind).load({**values, "plugins": digests})
