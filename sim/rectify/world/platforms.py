"""Platforms: the table of what moves during a run."""

from __future__ import annotations

from rectify.core.table import Array, Table, column


class Platforms(Table):
    """What moves, one row a platform."""

    pressure: Array = column("float64", "0 to 1", "pressure from offices that the platform feels")
    capacity_carry: Array = column("float64", "cases", "fraction of a review slot left over from the day before")
    slots: Array = column("int64", "cases", "cases that reviewers can close today")
    inspected_prevalence: Array = column(
        "float64", "share", "prevalence in the last inspection; NaN: none yet", float("nan")
    )
    demanded: Array = column("float64", "0 to 1", "pressure that campaigns under way demand today")
    extra_slots: Array = column("float64", "cases", "review capacity today beyond an ordinary day's")
    willingness_learnt: Array = column("float64", "0 to 1", "share of the missing willingness that fines have brought")
    questioned: Array = column("int64", "count", "questionings by offices today")
    fines: Array = column("float64", "yuan", "fines imposed today")
    rented_to_minors: Array = column("float64", "accounts", "game accounts that minors rent or have bought")
    rentals_found: Array = column("float64", "accounts", "of these, taken back today after a real-name check")
    notices: Array = column("int64", "count", "notices of sanctions published today")
