"""The audience of a run: numbers of followers, or a follow graph; told apart by its ``form``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Discriminator, Tag

from rectify.audience.follower_graph import FollowerNetworkParams
from rectify.audience.mean_field import MeanFieldParams
from rectify.core.params import Params

AUDIENCES: dict[str, type[Params]] = {"mean_field": MeanFieldParams, "follower_network": FollowerNetworkParams}
"""Representations of the audience by their ``form``."""


def _form_of(audience: Any) -> Any:
    return audience.get("form") if isinstance(audience, Mapping) else getattr(audience, "form", None)


AudienceParams = Annotated[
    Annotated[MeanFieldParams, Tag("mean_field")] | Annotated[FollowerNetworkParams, Tag("follower_network")],
    Discriminator(
        _form_of,
        custom_error_type="audience_form",
        custom_error_message=f"form must be one of {', '.join(AUDIENCES)}",
    ),
]
