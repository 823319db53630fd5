"""What the pictures are drawn from: plain values, aggregates only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """A named figure with the interval around it."""

    name: str
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class GroupBar:
    """A group's figure, its interval, how many rows it rests on, and whether those are enough."""

    name: str
    mean: float
    low: float
    high: float
    rows: int
    large_enough: bool = True


@dataclass(frozen=True)
class KeyOverlap:
    """How the distinct keys of two tables meet: in the left only, in both, in the right only."""

    left: str
    right: str
    left_only: int
    both: int
    right_only: int
