"""What a run of the message-level audience measured, one row of whole numbers a step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

COLUMNS = (
    "acts",
    "written",
    "written_illegal",
    "impressions",
    "impressions_illegal",
    "slots",
    "slots_illegal",
    "exposed",
    "entered_illegal",
    "distinct",
    "distinct_illegal",
    "takedowns",
    "takedown_age",
)
"""Counts of a step, in this order.

acts: posts written and reshared. written, written_illegal: new messages. impressions, impressions_illegal: messages in
the feeds of agents that acted, as they stood before the acts. At the end of the step: slots, slots_illegal: feed slots
filled, and filled with illegal messages; exposed: agents with an illegal message in the feed; distinct,
distinct_illegal: messages in at least one feed. entered_illegal: illegal messages that entered a feed. takedowns:
illegal messages taken down, whether or not a feed still held them; takedown_age: their ages together, in steps.
"""


def _ratio(above: NDArray[np.int64], below: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.divide(above, below, out=np.zeros(above.shape), where=below > 0)


class StepRecords:
    """The counts of :data:`COLUMNS` for every step made, and the shares and means that follow from them."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, ...]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def append(self, row: tuple[int, ...]) -> None:
        """Add a step: one count for each of :data:`COLUMNS`."""
        if len(row) != len(COLUMNS):
            raise ValueError(f"a step has {len(COLUMNS)} counts, not {len(row)}")
        self._rows.append(row)

    def table(self) -> NDArray[np.int64]:
        """All counts, int64 [steps, columns]."""
        return np.array(self._rows, np.int64).reshape(-1, len(COLUMNS))

    def column(self, name: str) -> NDArray[np.int64]:
        """One count for each step, int64 [steps]. Raises ``ValueError`` for a name not in :data:`COLUMNS`."""
        if name not in COLUMNS:
            raise ValueError(f"no column {name!r}; there are {', '.join(COLUMNS)}")
        return self.table()[:, COLUMNS.index(name)]

    @property
    def prevalence(self) -> NDArray[np.float64]:
        """Share of filled feed slots that hold illegal messages at the end of each step; 0 while all are empty."""
        return _ratio(self.column("slots_illegal"), self.column("slots"))

    @property
    def mean_takedown_age(self) -> NDArray[np.float64]:
        """Mean age in steps of the messages taken down in each step; 0 is a takedown in the step of writing."""
        return _ratio(self.column("takedown_age"), self.column("takedowns"))

    def mean_prevalence(self, first: int = 21, last: int = 60) -> float:
        """Mean over steps *first* to *last*, both counted from 1 and included, of :attr:`prevalence`."""
        return float(self.prevalence[first - 1 : last].mean())

    def impressions_per_illegal(self) -> float:
        """Impressions of illegal messages in the whole run for each one written; 0 where none was written."""
        written = int(self.column("written_illegal").sum())
        return int(self.column("impressions_illegal").sum()) / written if written else 0.0
