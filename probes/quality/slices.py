"""The sample's rows cut into slices of time of equal size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probes.quality.view import View

if TYPE_CHECKING:
    import pandas as pd

    from probes.quality.view import Floats

SLICES = 24
SLICE_ROWS = 12
ROWS_LEAST = 240
SUDDEN = 0.5
"""Of a jump so much comes between the rows next to it; what grows for years only looks like one."""


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


def turn_of(slices: Slices, marked: Any, cut: int) -> int:
    """Return the row near a slice from which rows have a mark that those before hardly have.

    Args:
        slices: rows in slices of time.
        marked: for each of those rows whether it has the mark.
        cut: the slice in which the marks begin, about.
    """
    import numpy as np

    near = np.flatnonzero((slices.of_row >= cut - 2) & (slices.of_row <= cut + 1))
    own = np.asarray(marked, dtype=bool)[near]
    wrong = np.cumsum(own) + (~own).sum() - np.cumsum(~own)
    return int(near[min(int(np.argmin(wrong)) + 1, len(near) - 1)])


def jump_of(slices: Slices, values: Floats, middles: Floats, step: int) -> int | None:
    """Return the row at which numbers jump; nothing where those around it differ by far less."""
    import numpy as np

    low, high = (float(np.median(side)) for side in (middles[: step - 1], middles[step + 1 :]))
    beyond = values > (low + high) / 2 if high > low else values < (low + high) / 2
    row = turn_of(slices, beyond, step)
    size = len(values) // slices.count
    sides = (values[max(0, row - size) : row], values[row : row + size])
    near = abs(float(np.nanmedian(sides[1])) - float(np.nanmedian(sides[0])))
    return row if near >= SUDDEN * abs(high - low) else None


def moment_of(view: View, slices: Slices, row: int) -> pd.Timestamp:
    """Return when a row in the order of time happened."""
    moment: pd.Timestamp = view.moment(str(view.clock)).loc[slices.rows].iloc[row]
    return moment


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
