"""The sample's rows cut into slices of time of equal size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probes.quality.view import View

if TYPE_CHECKING:
    import pandas as pd

SLICES = 24
SLICE_ROWS = 12
ROWS_LEAST = 240


@dataclass(frozen=True)
class Slices:
    """The rows in slices of time: for each row its slice, and when each slice begins."""

    rows: Any
    of_row: Any
    begins: list[pd.Timestamp]

    @property
    def count(self) -> int:
        """How many slices there are."""
        return len(self.begins)

    def day(self, cut: int) -> str:
        """Return the day on which a slice begins."""
        return str(self.begins[cut].strftime("%Y-%m-%d"))


def first_row(marked: Any, of_row: Any, cut: int) -> int:
    """Return the row near a slice from which rows have a mark that those before hardly have.

    Args:
        marked: for each row, in the order of time, whether it has the mark.
        of_row: its slice.
        cut: the slice in which the marks begin, about.
    """
    import numpy as np

    near = np.flatnonzero((of_row >= cut - 2) & (of_row <= cut + 1))
    own = np.asarray(marked)[near]
    wrong = np.cumsum(own) + (~own).sum() - np.cumsum(~own)
    best = int(np.argmin(wrong)) + 1
    return int(near[min(best, len(near) - 1)])


def slices_of(view: View) -> Slices | None:
    """Cut the sample into slices of time; nothing where there is no clock or too few rows."""
    import numpy as np

    if view.clock is None or len(view.in_time) < ROWS_LEAST:
        return None
    rows = view.in_time
    count = min(SLICES, len(rows) // SLICE_ROWS)
    at = view.moment(view.clock).loc[rows].to_numpy()
    of_row = (np.arange(len(rows)) * count // len(rows)).astype(int)
    # Rows of one moment belong to one slice.
    first = np.searchsorted(at, at, side="left")
    of_row = of_row[first]
    used, of_row = np.unique(of_row, return_inverse=True)
    if len(used) < 6:
        return None
    begins = [
        view.moment(view.clock).loc[rows[int(np.argmax(of_row == n))]] for n in range(len(used))
    ]
    return Slices(rows, of_row, begins)
