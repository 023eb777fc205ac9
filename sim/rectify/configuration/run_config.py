"""RunConfig: the one frozen, validated object that a run is built from."""

from __future__ import annotations

from pydantic import model_validator

from rectify.configuration.checks import errors_between_parts
from rectify.configuration.parts import RunParts
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
