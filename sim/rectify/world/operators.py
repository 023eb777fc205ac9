"""Operators: the people and firms behind accounts, and the archetypes they come in."""

from __future__ import annotations

from pydantic import Field, model_validator

from rectify.core.params import Params, uncertainty
from rectify.core.table import Array, Table, column


class Operators(Table):
    """Columns of operators. Each owns the contiguous block of account rows from first_account on."""

    archetype: Array = column("int8", "archetype", "what kind of operator it is")
    first_account: Array = column("int32", "row of accounts", "first row of its block")
    accounts: Array = column("int16", "count", "rows of its block, open or not")
    identities: Array = column("int8", "count", "identities it holds or can borrow")
    propensity: Array = column("float32", "logit", "readiness to violate when there is nothing to gain or fear")
    experience: Array = column(
        "float32", "0 to 1", "certainty of punishment learnt from own sanctions, as of learnt_on"
    )
    learnt_on: Array = column("int16", "day", "day of the last own sanction")


class ArchetypeParams(Params):
    """One archetype of operator."""

    label: str
    lawful: bool = Field(description="Authors who write lawfully as a rule: collateral and chilling are counted here.")
    accounts: int = uncertainty("accounts", "Accounts an operator has open at the start.", ge=1, le=200)
    spare_accounts: int = uncertainty("accounts", "Accounts it could still open later.", ge=0, le=200)
    identities: int = uncertainty("identities", "Identities it holds or can borrow.", ge=1, le=100)
    kinds: dict[str, float] = Field(description="Violation kinds its accounts turn to, with their weights.")
    propensity: float = uncertainty("logit", "Mean readiness to violate, nothing gained or feared.", ge=-20, le=20)
    propensity_spread: float = uncertainty("logit", "Standard deviation of that among operators.", ge=0, le=10)
    gain_weight: float = uncertainty("ratio", "Weight of gain, relative to a professional's.", ge=0, le=10)
    risk_weight: float = uncertainty("logit", "Weight of certain, severe punishment.", ge=0, le=50)
    activity_factor: float = uncertainty(
        "ratio", "Posts a day relative to the population's law of activity.", gt=0, le=100
    )
    audience_median: float = uncertainty("accounts", "Median of the natural audience of its accounts.", gt=0, le=1e8)
    audience_spread: float = uncertainty("log units", "Spread (of the logarithm) of the natural audience.", ge=0, le=4)
    zombie_share: float = uncertainty(
        "ratio", "Zombie followers it keeps bought, relative to the audience.", ge=0, le=100
    )
    impersonates: float = uncertainty("share", "Accounts of profile kinds that impersonate at the start.", ge=0, le=1)
    return_share: float = uncertainty("share", "Closures after which it tries to return, fearing nothing.", ge=0, le=1)
    return_days: float = uncertainty("days", "Mean wait before a return, geometric, at least one day.", ge=1, le=3650)
    moves_share: float = uncertainty("share", "Returns that go to another platform.", ge=0, le=1)
    borrows_share: float = uncertainty("share", "Returns under another identity, where it has one.", ge=0, le=1)
    disguise: float = uncertainty("0 to 1", "How far it strays from its old name: 0 same, 1 unrelated.", ge=0, le=1)
    turnover_per_year: float = uncertainty(
        "1/year", "Rate at which such operators give up and new ones come.", ge=0, le=10
    )

    chasing: float = uncertainty(
        "ratio", "How far it chases hot spots: 1 fully, 0 takes no notice.", ge=0, le=10, default=0.0
    )
    hires: float = uncertainty(
        "share", "Writing days on which it would hire posters, fearing nothing.", ge=0, le=1, default=0.0
    )
    orders_served: float = uncertainty(
        "orders per day", "Orders for hired posters that each of its accounts serves.", ge=0, le=1e6, default=0.0
    )
    organisation: bool = Field(default=False, description="Registers as an organisation: other caps hold.")
    orphaned: bool = Field(
        default=False, description="A public body that is gone: nobody can cancel its accounts, and nobody returns."
    )

    @model_validator(mode="after")
    def _some_kind_has_weight(self) -> ArchetypeParams:
        if any(weight < 0 for weight in self.kinds.values()) or sum(self.kinds.values()) <= 0:
            raise ValueError("kinds: weights must not be negative, and at least one must be above 0")
        return self
