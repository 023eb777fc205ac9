"""Published figures: the documents' own numbers beside what the simulation counted in the same units."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rectify.core.table import Array
from rectify.policy.campaigns import CampaignParams, PublishedFigure
from rectify.world.world import World


def _places(names: tuple[str, ...], chosen: list[str] | None) -> list[int]:
    return [i for i, name in enumerate(names) if chosen is None or name in chosen]


def count_figure(
    world: World, figure: PublishedFigure, opens: int, closes: int, everywhere: Array, targeted: Array
) -> float:
    """Count one figure in the register, in real units: decisions of days *opens* to *closes*.

    Accounts are counted once, under the gravest punishment that they got in that time. Only the campaign's platforms
    (*everywhere*, bool [platforms]) and kinds (*targeted*, bool [kinds]) count.
    """
    register, policy = world.register, world.policy
    day, platform, kind = (register.column(name) for name in ("day", "platform", "kind"))
    chosen = (day >= opens) & (day <= closes) & everywhere[platform] & targeted[kind]
    chosen &= np.isin(platform, _places(policy.platform_names, figure.platforms))
    chosen &= np.isin(kind, _places(policy.kinds.names, figure.kinds))
    if figure.measure == "posts_removed":
        return float(register.column("posts")[chosen].sum()) * world.scale
    account = register.column("account")
    closed = np.unique(account[chosen & register.column("closes")])
    lesser = np.setdiff1d(account[chosen & register.column("lesser")], closed)
    count = {"closed": len(closed), "lesser": len(lesser), "punished": len(closed) + len(lesser)}[figure.measure]
    return count * world.scale


def compare_published(world: World, campaigns: dict[str, CampaignParams]) -> pd.DataFrame:
    """Table of every campaign's published figures: figure, published, simulated, ratio."""
    rows = []
    for campaign in world.policy.campaigns:
        for name, figure in campaigns[campaign.name].published.items():
            until = campaign.closes if figure.until is None else world.calendar.day(figure.until)
            simulated = count_figure(world, figure, campaign.opens, until, campaign.on_platform, campaign.on_kind)
            rows.append((name, figure.value, simulated, simulated / figure.value))
    return pd.DataFrame(rows, columns=["figure", "published", "simulated", "ratio"])
