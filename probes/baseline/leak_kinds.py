"""The ways in which a column gives the answer away, and from which figure on it is named."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

COPY: Final = 0.9999
"""From here on a single column is the answer itself."""

NEAR_PERFECT: Final = 0.98
"""From here on a figure is called near-perfect (AUC, or R² between ranks)."""

JUMP: Final = 0.08
"""One column that lifts the rest by so much, to above `HIGH`, is named."""

HIGH: Final = 0.93
"""Lifted to here, a figure is not promised until somebody says that the column is known in time."""


class LeakKind(StrEnum):
    """How a column, or a pair, gives the answer away."""

    COPY = "target_copy"
    ALONE = "single_predictor"
    MISSING = "missing_tells"
    PAIR = "pair_tells"
    JUMP = "jump"
    LIFT = "lift"


CERTAIN: Final = frozenset({LeakKind.COPY})
"""What is left out without asking: the column is the answer itself."""

SUSPECTED: Final = frozenset(LeakKind) - CERTAIN - {LeakKind.LIFT}
"""What no figure is promised on until somebody says that it is known in time."""


@dataclass(frozen=True)
class Leak:
    """A suspicion: which columns, how, and the figures that tell.

    Args:
        kind: how it was found.
        columns: one column, or the two of a pair.
        alone: the leading figure of this column or pair by itself.
        without: the figure of the rest without it; none where it was not tried.
        together: the figure of the rest with it.
        how: the operation on a pair, or the part of a date.
    """

    kind: LeakKind
    columns: tuple[str, ...]
    alone: float
    without: float | None = None
    together: float | None = None
    how: str = ""

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "kind": self.kind.value,
            "columns": list(self.columns),
            "alone": _rounded(self.alone),
            "without": _rounded(self.without),
            "together": _rounded(self.together),
            "how": self.how,
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
