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

    >>> import rectify
    >>> config = rectify.compose(["campaign=none", "population.accounts=300", "end=2023-01-07", "burn_in_days=0"])
    >>> config.end.isoformat(), config.behaviours.posting.chilling
    ('2023-01-07', 0.5)
    >>> rectify.RunConfig.load({**config.model_dump(), "seed": 2}).identity == config.identity
    True
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

    def _facts(self) -> dict[str, object]:
        accounts = self.population.accounts
        return {
            "dates": f"{self.start} to {self.end}",
            "accounts": f"{accounts:,}" if isinstance(accounts, int) else accounts,
            "platforms": " ".join(self.platforms),
            "campaigns": " ".join(self.campaigns) or "none",
            **super()._facts(),
        }
