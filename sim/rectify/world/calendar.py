"""Calendar: day numbers and dates. Day 0 is the first day of the burn-in, which is simulated but not reported."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property


@dataclass(frozen=True)
class Calendar:
    """A run from *start* to *end* (both reported), after *burn_in* days that are not."""

    start: datetime.date
    end: datetime.date
    burn_in: int

    @cached_property
    def first(self) -> datetime.date:
        """Date of day 0."""
        return self.start - timedelta(days=self.burn_in)

    @cached_property
    def days(self) -> int:
        """Days simulated, burn-in included."""
        return (self.end - self.first).days + 1

    @cached_property
    def reported_days(self) -> int:
        """Days reported."""
        return self.days - self.burn_in

    def date(self, day: int) -> datetime.date:
        """Date of a day number."""
        return self.first + timedelta(days=day)

    def day(self, when: datetime.date) -> int:
        """Day number of a date."""
        return (when - self.first).days

    @property
    def reported_dates(self) -> list[datetime.date]:
        """Dates reported, in order."""
        return [self.start + timedelta(days=n) for n in range(self.reported_days)]
