"""When each prediction would be made: the earliest date that every row has.

A table often holds several dates: when a case was opened, changed, closed. Only the earliest one
is known when the prediction is made, so the rows are ordered by it. A date that belongs to whom a
row is about (a birthday, the day of joining) repeats in all of their rows and orders none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probes.baseline.columns import order_values

_COMPLETE: Final = 0.95
_FEWEST_MOMENTS: Final = 10
_FIRST: Final = 0.95
"""Share of rows in which a date must not lie after another one to count as earlier."""

_CONSTANT: Final = 0.95
_AFTERWARDS: Final = 0.05
_SAME_ORDER: Final = 0.9
"""Dates whose ranks agree so far part the rows alike."""

_YEAR: Final = 365.25
_LIFETIME_YEARS: Final = 15
_MUCH_WIDER: Final = 3
_BIRTH_NAME: Final = re.compile(r"birth|\bdob\b|(^|_)dob($|_)|geburt|naiss|nacim|nascim", re.I)


class TimeChoice(StrEnum):
    """Why a column orders the rows, or why none does."""

    ASKED = "asked"
    ONLY = "only"
    EARLIEST = "earliest"
    NO_DATE = "no_date"
    NOT_COMPLETE = "not_complete"


@dataclass(frozen=True)
class EventTime:
    """The column that says when a prediction would be made.

    Args:
        column: the column; none where no date can order the rows.
        choice: why this one, or why none.
        others: complete dates that were not taken.
        partial: dates that too many rows lack.
        rivals: others that order the rows differently and could be the time just as well.
    """

    column: str | None
    choice: TimeChoice
    others: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()


def find_event_time(
    frame: pd.DataFrame,
    left_out: Collection[str] = (),
    *,
    asked: str | None = None,
    entities: NDArray[np.int64] | None = None,
) -> EventTime:
    """Choose the time at which a prediction would be made.

    Args:
        frame: the rows, texts that are dates read as moments.
        left_out: columns that cannot be it, such as the target.
        asked: the column that somebody named.
        entities: whom each row is about, by number.
    """
    dates = [
        str(name)
        for name in frame.columns
        if name not in left_out and pd.api.types.is_datetime64_any_dtype(frame[name])
    ]
    complete = [name for name in dates if _is_complete(frame[name])]
    partial = tuple(name for name in dates if frame[name].notna().mean() <= _COMPLETE)
    if asked is not None and asked in frame:
        others = tuple(name for name in complete if name != asked)
        return EventTime(asked, TimeChoice.ASKED, others, partial)
    events = _events(frame, complete, entities)
    if not events:
        choice = TimeChoice.NOT_COMPLETE if dates else TimeChoice.NO_DATE
        return EventTime(None, choice, (), partial)
    column = _earliest(frame, events)
    others = tuple(name for name in complete if name != column)
    choice = TimeChoice.EARLIEST if others else TimeChoice.ONLY
    return EventTime(column, choice, others, partial, _rivals(frame, events, column))


def _rivals(frame: pd.DataFrame, events: Sequence[str], column: str) -> tuple[str, ...]:
    """Return the events that put the rows in another order, one of each order."""
    orders = {column: order_values(frame[column])}
    for name in events:
        moments = order_values(frame[name])
        if all(moments.corr(other, method="spearman") < _SAME_ORDER for other in orders.values()):
            orders[name] = moments
    return tuple(name for name in orders if name != column)


def _is_complete(column: pd.Series) -> bool:
    return bool(column.notna().mean() > _COMPLETE and column.nunique() > _FEWEST_MOMENTS)


def _events(
    frame: pd.DataFrame, names: Sequence[str], entities: NDArray[np.int64] | None
) -> list[str]:
    """Return the dates on which something happened to the row itself, not to whom it is about."""
    named = [name for name in names if not _BIRTH_NAME.search(name)]
    lasting = [name for name in named if not _spans_lifetimes(frame, name, named)]
    if entities is None or len(lasting) < 2:
        return lasting
    changing = [name for name in lasting if not _is_constant_within(frame[name], entities)]
    return changing or lasting


def _spans_lifetimes(frame: pd.DataFrame, name: str, names: Sequence[str]) -> bool:
    """Return whether a date is spread like birthdays: over decades, far wider than another one."""
    width = _width(frame[name])
    others = [_width(frame[other]) for other in names if other != name]
    wide = width > _LIFETIME_YEARS * _YEAR
    return wide and any(width > _MUCH_WIDER * other for other in others)


def _width(column: pd.Series) -> float:
    days = order_values(column)
    return float(days.quantile(0.95) - days.quantile(0.05))


def _is_constant_within(column: pd.Series, entities: NDArray[np.int64]) -> bool:
    rows = pd.DataFrame({"moment": order_values(column).to_numpy(), "entity": entities})
    grouped = rows.groupby("entity")["moment"].agg(["nunique", "size"])
    repeated = grouped[grouped["size"] > 1]
    return len(repeated) > 0 and float((repeated["nunique"] <= 1).mean()) >= _CONSTANT


def _earliest(frame: pd.DataFrame, names: Sequence[str]) -> str:
    """Return the date that hardly ever lies after another; else the one that is first on average.

    Names that end up alike are told apart by how finely they tell the rows apart.
    """
    moments = {name: order_values(frame[name]) for name in names}
    first = [
        name
        for name in names
        if all(
            _share_not_after(moments[name], moments[other]) >= _FIRST
            for other in names
            if other != name
        )
    ]
    if first:
        return max(first, key=lambda name: (moments[name].nunique(), -names.index(name)))
    ranks = pd.DataFrame(moments).rank(axis=1).mean()
    return str(ranks.idxmin())


def _share_not_after(one: pd.Series, other: pd.Series) -> float:
    both = one.notna() & other.notna()
    return float((one[both] <= other[both]).mean()) if both.any() else 1.0


def written_after(
    rows: pd.DataFrame, time_column: str | None, trusted: Collection[str]
) -> dict[str, float]:
    """Return dates that lie after the row's own time in more than a few rows, with their share.

    Args:
        rows: the rows.
        time_column: says when each of them happened; no date where nothing does.
        trusted: columns that somebody vouches for.
    """
    if time_column is None or not pd.api.types.is_datetime64_any_dtype(rows[time_column]):
        return {}
    moment = order_values(rows[time_column])
    shares = {
        str(name): float((order_values(rows[name]) > moment).mean())
        for name in rows.columns
        if name != time_column
        and name not in trusted
        and pd.api.types.is_datetime64_any_dtype(rows[name])
    }
    return {name: share for name, share in shares.items() if share > _AFTERWARDS}
