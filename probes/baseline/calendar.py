"""Columns that only say when: a model that learns them remembers days that never come again.

Where the checks ask of later rows, the month of a table that covers one year, a running number or
the date itself tell nothing about them; they only let a model learn the past by heart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from probes.baseline.columns import (
    DAY_OF_MONTH,
    DAY_OF_WEEK,
    HOUR,
    MONTH,
    ColumnPlan,
    FramePlan,
    Use,
    order_values,
)
from probes.baseline.texts import say

_TWO_YEARS: Final = 730
FEWEST_DAYS: Final = {HOUR: 3, DAY_OF_WEEK: 28, DAY_OF_MONTH: _TWO_YEARS, MONTH: _TWO_YEARS}
"""Days a table must cover before a part of its time has come round often enough to be learnt."""

_FIRST_DAY: Final = 7_300
"""Times below it (days since 1970) are plain numbers that order the rows, no calendar."""

_EQUAL: Final = 0.7
"""Share of rows that must equal a part of the time; a zone's shift moves some past midnight."""

_CLIMBS: Final = 0.95
_LATER_SHARE: Final = 0.12
_BEYOND: Final = 0.5
_CALENDAR: Final[tuple[Callable[[Any], Any], ...]] = (
    lambda moment: moment.year,
    lambda moment: moment.quarter,
    lambda moment: moment.month,
    lambda moment: moment.day,
    lambda moment: moment.day_of_year,
)


def without_calendar(frame: pd.DataFrame, plan: FramePlan, time_column: str) -> FramePlan:
    """Return the plan without what only says when a row happened.

    Args:
        frame: the rows, as they were read.
        plan: the columns a model would see.
        time_column: the column that says when; its parts that come round often enough are kept.

    Returns:
        The plan; unchanged where nothing else would be left.
    """
    time = order_values(frame[time_column]).to_numpy(dtype="float64")
    settled = plan.with_column(_time_plan(plan, time_column, time))
    others = [column for column in settled.columns if column.name != time_column]
    calendar = _calendar(time)
    gone = {one.name for one in others if _only_says_when(frame[one.name], one, time, calendar)}
    gone |= {one.name for one in settled.columns if one.name == time_column and not _recurs(one)}
    left = settled.without(gone, say("only_when"))
    return left if left.columns else plan


def _recurs(time: ColumnPlan) -> bool:
    """Return whether anything of the time's own column comes round; a week's number never does."""
    return time.use is not Use.NUMBER and (time.use is not Use.DATE or bool(time.parts))


def _time_plan(plan: FramePlan, time_column: str, time: NDArray[np.float64]) -> ColumnPlan | None:
    """Return the time's own column with the parts of it that come round often enough."""
    planned = next((one for one in plan.columns if one.name == time_column), None)
    if planned is None or planned.use is not Use.DATE:
        return planned
    days = float(np.nanmax(time) - np.nanmin(time))
    return replace(planned, parts=tuple(p for p, least in FEWEST_DAYS.items() if days >= least))


def _calendar(time: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return the parts of the date that have not come round twice; none where all may have."""
    if np.nanmax(time) < _FIRST_DAY or np.nanmax(time) - np.nanmin(time) >= _TWO_YEARS:
        return []
    moment = pd.to_datetime(pd.Series(time), unit="D", errors="coerce").dt
    return [part(moment).to_numpy(dtype="float64") for part in _CALENDAR]


def _only_says_when(
    values: pd.Series,
    planned: ColumnPlan,
    time: NDArray[np.float64],
    calendar: list[NDArray[np.float64]],
) -> bool:
    if planned.use is not Use.NUMBER:
        return False
    numbers = order_values(values).to_numpy(dtype="float64")
    repeats = any(float((part == numbers).mean()) >= _EQUAL for part in calendar)
    return repeats or _only_climbs(numbers, time)


def _only_climbs(numbers: NDArray[np.float64], time: NDArray[np.float64]) -> bool:
    """Return whether a column grows with time so that later rows lie beyond all that was learnt."""
    known = ~(np.isnan(numbers) | np.isnan(time))
    if known.sum() < 20 or np.ptp(numbers[known]) == 0:
        return False
    numbers, time = numbers[known], time[known]
    later = time >= np.quantile(time, 1 - _LATER_SHARE)
    if later.all():
        return False
    low, high = numbers[~later].min(), numbers[~later].max()
    beyond = float(((numbers[later] < low) | (numbers[later] > high)).mean())
    return beyond >= _BEYOND and abs(stats.spearmanr(numbers, time).statistic) >= _CLIMBS
