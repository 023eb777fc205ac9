"""Accounts and operators as sets of light views: ``model.accounts`` and ``model.operators``.

Today is the day simulated last (day 0 before any), at its end. Days are day numbers of the run, NEVER (32767) for "not"
and "for good".
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from rectify.world.column_set import ColumnSet
from rectify.world.row_view import Rows, RowView, derived

STATUSES = ("unopened", "open", "closed", "left")


def named(names: tuple[str, ...], index: Any) -> Any:
    """The name at an index (a string), or at each of an array (an object array of the same length)."""
    return np.array(names, object)[index]


class AccountAttributes(Rows):
    """What sets and views of accounts tell besides the columns of :class:`rectify.world.accounts.Accounts`.

    Values are Python scalars in views, arrays with one entry for each account in sets.
    """

    __slots__ = ()
    table_name = "accounts"

    @derived("yes or no")
    def is_open(self) -> Any:
        """Open today: opened, not closed by the platform, not given up (bool)."""
        today = self._today()
        return (self.opened_on <= today) & (self.closed_on > today) & (self.left_on > today)

    @derived("yes or no")
    def is_closed(self) -> Any:
        """Closed by the platform, and still so (bool)."""
        return self.closed_on <= self._today()

    @derived("yes or no")
    def has_left(self) -> Any:
        """Given up by its operator without having been closed (bool)."""
        return (self.left_on <= self._today()) & (self.closed_on > self._today())

    @derived("status")
    def status(self) -> Any:
        """One of ``unopened`` (waiting, perhaps for ever), ``open``, ``closed`` and ``left`` (str)."""
        return named(STATUSES, 1 * self.is_open + 2 * self.is_closed + 3 * self.has_left)

    @derived("yes or no")
    def is_muted(self) -> Any:
        """Open, and may not post (bool)."""
        return self.is_open & (self.muted_until > self._today())

    @derived("yes or no")
    def is_unpaid(self) -> Any:
        """Open, and may not earn (bool)."""
        return self.is_open & (self.unpaid_until > self._today())

    @derived("yes or no")
    def is_impersonating(self) -> Any:
        """Open, and its name or profile breaks a rule (bool)."""
        return self.is_open & (self.impersonates_from <= self._today())

    @derived("yes or no")
    def is_returned(self) -> Any:
        """Open, and came back after a closure (bool)."""
        return self.is_open & (self.generation > 0)

    @derived("yes or no")
    def is_lawful(self) -> Any:
        """Its operator's archetype writes lawfully as a rule (bool)."""
        return self._world.policy.archetype_lawful[self._archetype]

    @derived("share")
    def reach(self) -> Any:
        """Share of the usual views that its posts get today: ``reach_factor`` while that holds, else 1 (float64)."""
        return np.where(self.reach_limited_until > self._today(), self.reach_factor, 1.0)

    @derived("accounts")
    def displayed_followers(self) -> Any:
        """Followers shown to the public: real ones and bought machines (float64, accounts)."""
        return self.real_followers + self.zombie_followers

    @derived("name")
    def platform_name(self) -> Any:
        """Name of its platform (str)."""
        return named(self._world.policy.platform_names, self.platform)

    @derived("name")
    def kind_name(self) -> Any:
        """Name of the violation kind that it turns to, or would be taken for (str)."""
        return named(self._world.policy.kinds.names, self.kind)

    @derived("name")
    def archetype_name(self) -> Any:
        """Name of its operator's archetype (str)."""
        return named(self._world.policy.archetype_names, self._archetype)

    @property
    def _archetype(self) -> Any:
        return self._world.operators.archetype[self.operator]


class AccountView(AccountAttributes, RowView):
    """One account, read-only: every column, and what :class:`AccountAttributes` derives. ``unique_id`` is its row.

    ``operator`` and ``predecessor`` are rows, to look up in ``model.operators`` and ``model.accounts``.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        flags = "".join(f", {name}" for name in ("muted", "unpaid", "impersonating") if getattr(self, f"is_{name}"))
        return (
            f"<Account {self.unique_id}: {self.status}{flags}; {self.archetype_name} on {self.platform_name}, "
            f"{self.displayed_followers:,.0f} followers>"
        )


class AccountSet(AccountAttributes, ColumnSet[AccountView]):
    """Accounts, as a read-only set that speaks the vocabulary of Mesa's AgentSet.

    >>> model.accounts[17]  # doctest: +SKIP
    <Account 17: open, muted; marketing_matrix on weibo, 12,040 followers>
    >>> model.accounts.select(is_muted=True).groupby("platform_name").count()  # doctest: +SKIP
    {'weibo': 12, 'douyin': 9}
    """

    __slots__ = ()
    view_type = AccountView

    @property
    def open(self) -> Self:
        """Those of the set that are open today."""
        return self.select(is_open=True)


class OperatorAttributes(Rows):
    """What sets and views of operators tell besides the columns of :class:`rectify.world.operators.Operators`."""

    __slots__ = ()
    table_name = "operators"

    @derived("name")
    def archetype_name(self) -> Any:
        """Name of its archetype (str)."""
        return named(self._world.policy.archetype_names, self.archetype)

    @derived("yes or no")
    def is_lawful(self) -> Any:
        """Its archetype writes lawfully as a rule (bool)."""
        return self._world.policy.archetype_lawful[self.archetype]

    @derived("rows of accounts")
    def account_rows(self) -> Any:
        """Rows of its accounts, open or not (range; object array of ranges in sets)."""
        return np.frompyfunc(range, 2, 1)(self.first_account, self.first_account + self.accounts)


class OperatorView(OperatorAttributes, RowView):
    """One operator, read-only: every column, and what :class:`OperatorAttributes` derives. ``unique_id`` is its row."""

    __slots__ = ()

    def __repr__(self) -> str:
        rows = self.account_rows
        held = f"account {rows[0]}" if len(rows) == 1 else f"accounts {rows[0]} to {rows[-1]}"
        return f"<Operator {self.unique_id}: {self.archetype_name} with {held}>"


class OperatorSet(OperatorAttributes, ColumnSet[OperatorView]):
    """Operators, as a read-only set that speaks the vocabulary of Mesa's AgentSet.

    >>> model.operators.groupby("archetype_name").agg("accounts", sum)  # doctest: +SKIP
    {'ordinary_author': 4000, 'marketing_matrix': 400}
    """

    __slots__ = ()
    view_type = OperatorView
    lists = ("account_rows",)
