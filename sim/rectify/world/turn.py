"""The turn: the scratch of one day, declared like a table and empty every morning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from rectify.core.groups import typed
from rectify.core.schedule import Store
from rectify.core.table import Array, Column, Ledger, RowList, Table, column
from rectify.world.ledgers import Appeals, Cases, Decisions


class Verdicts(Ledger):
    """What reviewers found about the cases that they closed today, one row for each of ``turn.reviewed``."""

    upheld: Array = column("bool", "yes or no", "the case was upheld")
    delay: Array = column("float32", "days", "from writing to decision")


class Encounters(Ledger):
    """Readers that posts were recommended to today, under a follower network, and the posts' authors."""

    reader: Array = column("int32", "row of accounts", "who reads")
    author: Array = column("int32", "row of accounts", "who wrote")


class Due(NamedTuple):
    """Who is due today, an entry for each: what kernels read of the list itself and of who stands on it."""

    rows: Array
    """Rows of accounts, ascending: ``turn.due``."""
    last_day: Array
    active: Array
    platform: Array
    kind: Array
    archetype: Array


class Posts(NamedTuple):
    """What those due wrote today and what comes of it, an entry for each."""

    lawful_posts: Array
    violating_posts: Array
    lawful_views: Array
    violating_views: Array
    time_of_day: Array
    hired: Array


class Flags(NamedTuple):
    """What detection has found about those due so far today, an entry for each."""

    flagged_lawful: Array
    flagged_violating: Array
    evidence: Array
    breach: Array


class Turn(Table):
    """Scratch of one day. Columns run along ``due``, one entry for each row due today; ledgers are lists of the day.

    day: the day's number. due: rows of accounts due today, ascending, int32. last_day: day on which each of them was
    last brought up to date, before today, int16.
    """

    active: Array = column("bool", "yes or no", "open today, so that it may act")
    platform: Array = column("int8", "platform", "where it is")
    kind: Array = column("int8", "kind", "what it turns to")
    archetype: Array = column("int8", "archetype", "archetype of its operator")
    lawful_posts: Array = column("int32", "posts", "lawful posts written today")
    violating_posts: Array = column("int32", "posts", "violating posts written today")
    lawful_views: Array = column("float32", "views", "views that today's lawful posts will get in all")
    violating_views: Array = column("float32", "views", "views that today's violating posts will get in all")
    time_of_day: Array = column("float32", "share of a day", "when it posted")
    hired: Array = column("bool", "yes or no", "has its posts pushed by hired posters today")
    growth_excess: Array = column("float64", "log units", "followers displayed over those without today's purchase")
    flagged_lawful: Array = column("int32", "posts", "lawful posts that any channel flagged")
    flagged_violating: Array = column("int32", "posts", "violating posts that any channel flagged")
    evidence: Array = column("uint16", "bits", "channels that flagged the account today")
    breach: Array = column("bool", "yes or no", "some channel flagged a real breach")

    SHARED = ("active", "flagged_lawful", "flagged_violating", "evidence", "breach", "closed", "decisions")
    """Written by several: who keeps still today, what channels flag, what enforcement decides."""

    LISTS: Mapping[str, tuple[type[Ledger], str]] = {
        "opened": (RowList, "accounts that opened today"),
        "recommended": (Encounters, "readers that posts were recommended to, and authors"),
        "reported": (Cases, "cases opened by reports about accounts that no other channel flagged"),
        "new_cases": (RowList, "accounts that a case was opened about today"),
        "reviewed": (Cases, "cases that reviewers closed today"),
        "verdicts": (Verdicts, "what they found"),
        "reversals": (Appeals, "decisions reversed on appeal today"),
        "decisions": (Decisions, "decisions of the day"),
        "closed": (RowList, "accounts closed today by a sanction or a cap"),
        "surplus": (RowList, "accounts above a cap that was lowered today"),
        "disposed": (RowList, "accounts without an office disposed of today"),
    }
    """Ledgers of the day: type and meaning."""

    opened: RowList
    recommended: Encounters
    reported: Cases
    new_cases: RowList
    reviewed: Cases
    verdicts: Verdicts
    reversals: Appeals
    decisions: Decisions
    closed: RowList
    surplus: RowList
    disposed: RowList

    def __init__(self, day: int, due: Array, last_day: Array, more: Mapping[str, Column] | None = None) -> None:
        super().__init__(len(due), more)
        self.day = day
        self.due = due
        self.last_day = last_day
        self._groups: dict[type[Any], Any] = {}
        for name, (kind, _) in self.LISTS.items():
            self.__dict__[name] = kind(0)

    def group[Group](self, kind: type[Group]) -> Group:
        """The day's scratch as a group of that *kind*, made when first asked for and kept for the day.

        What is written to the scratch later shows in it. A field *rows* holds ``due``, the others the attributes that
        they are named after.
        """
        made: Group | None = self._groups.get(kind)
        if made is None:
            names: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]
            values = [self.due if name == "rows" else getattr(self, name) for name in names]
            # Every column is in one piece: what its entries are tells its type.
            made = self._groups[kind] = typed(kind, values, tuple([value.dtype for value in values]))
        return made

    @classmethod
    def stores(cls) -> dict[str, Store]:
        """What the schedule needs to know of the scratch, by ``turn.name``."""
        given = {
            "turn.due": Store(unit="row of accounts", shape="rows due", meaning="rows due today"),
            "turn.last_day": Store(unit="day", shape="rows due", meaning="day of the last time each was due"),
        }
        columns = {
            f"turn.{name}": Store(False, name in cls.SHARED, unit=each.unit, shape="rows due", meaning=each.meaning)
            for name, each in cls.columns.items()
        }
        lists = {
            f"turn.{name}": Store(False, name in cls.SHARED, optional=True, shape="list", meaning=meaning)
            for name, (_, meaning) in cls.LISTS.items()
        }
        return {**given, **columns, **lists}
