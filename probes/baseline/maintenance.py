"""Maintenance from raw readings: will this machine fail within the next days?

A table of readings says when machines failed, by dates or by a flag on the day itself. Neither can
be learnt as it stands: on the day of a failure its own readings tell it. So each row is asked about
the days after it; rows whose days after are not over yet are not used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probes.baseline.columns import order_values, with_columns, with_moments
from probes.baseline.event_time import find_event_time
from probes.baseline.options import Options
from probes.baseline.recommend import first_named
from probes.baseline.texts import CODES, say
from probes.contract import Finding

MACHINE_NAME: Final = re.compile(
    r"machine|device|equipment|asset|vehicle|sensor|turbine|engine|pump|tail_?num|(^|_)unit",
    re.IGNORECASE,
)
USUAL_HORIZON: Final = 7.0
"""Days ahead that are asked about where nobody says how many."""


@dataclass(frozen=True)
class Ahead:
    """Readings whose label looks ahead.

    Args:
        frame: the readings, the failures' own column replaced by the label.
        target: the label's name.
        note: says what was made of what.
    """

    frame: pd.DataFrame
    target: str
    note: Finding


def look_ahead(
    frame: pd.DataFrame, failures: str, options: Options, *, asked: bool
) -> Ahead | None:
    """Return the readings with what happens in the days after each.

    Args:
        frame: the table, with unique text names.
        failures: the column that tells of failures: dates, or a flag.
        options: `time`, `entity` and `horizon` are read.
        asked: somebody named the column themselves: a flag is learnt as it stands then.

    Returns:
        The readings; none where the column is learnt as it stands.

    Raises:
        ProbeFault: the column holds dates, but nothing says when a row was read.
    """
    if failures not in frame:
        return None
    moments, _ = with_moments(frame)
    dated = pd.api.types.is_datetime64_any_dtype(moments[failures])
    time = options.time or find_event_time(moments.drop(columns=failures)).column
    entity = options.entity or first_named(frame, MACHINE_NAME, [failures, time])
    if not dated and (asked or time is None or entity is None):
        return None
    if time is None or time not in moments:
        raise CODES.fault("failures_without_time", failures=failures)
    machines = _machines(frame, entity)
    failed = moments[failures] if dated else _flagged(frame, moments[time], failures, options)
    if failed is None or not pd.api.types.is_datetime64_any_dtype(moments[time]):
        return None
    return _labelled(frame, failures, _rest_of_life(moments[time], failed, machines), options)


def _machines(frame: pd.DataFrame, entity: str | None) -> NDArray[np.int64]:
    """Return a number for each machine; each row is its own where none is named."""
    if entity is None or entity not in frame:
        return np.arange(len(frame), dtype=np.int64)
    return np.asarray(pd.factorize(frame[entity], use_na_sentinel=False)[0], dtype=np.int64)


def _flagged(
    frame: pd.DataFrame, time: pd.Series, failures: str, options: Options
) -> pd.Series | None:
    """Return the times of rows whose flag says failed: the rarer of its two values, or as named."""
    written = frame[failures].map(str, na_action="ignore")
    counts = written.value_counts()
    if len(counts) != 2:
        return None
    return time.where(written.eq(options.positive or str(counts.index[-1])))


@dataclass(frozen=True)
class _Life:
    """For each row: days until its machine fails next, and days that were watched after it."""

    until_failure: NDArray[np.float64]
    watched: NDArray[np.float64]


def _rest_of_life(time: pd.Series, failed: pd.Series, machines: NDArray[np.int64]) -> _Life:
    at = order_values(time)
    rows = pd.DataFrame({"at": at.to_numpy(), "machine": machines, "row": np.arange(len(at))})
    rows = rows.dropna(subset=["at"]).sort_values("at")
    events = pd.DataFrame({"failed": order_values(failed).to_numpy(), "machine": machines})
    met = pd.merge_asof(
        rows,
        events.dropna().drop_duplicates().sort_values("failed"),
        left_on="at",
        right_on="failed",
        by="machine",
        direction="forward",
        allow_exact_matches=False,
    )
    until, watched = (np.full(len(at), np.nan) for _ in range(2))
    until[met["row"]] = met["failed"] - met["at"]
    watched[met["row"]] = at.max() - met["at"]
    return _Life(until, watched)


def _labelled(frame: pd.DataFrame, failures: str, life: _Life, options: Options) -> Ahead:
    horizon = options.horizon or USUAL_HORIZON
    fails = life.until_failure <= horizon
    known = fails | (life.watched >= horizon)
    target = say("failures_within_days", failures=failures, horizon=horizon)
    label = pd.Series(np.where(known, fails.astype(float), np.nan), index=frame.index)
    made = with_columns(frame.drop(columns=failures), {target: label.astype("Int64")})
    return Ahead(made, target, _note(failures, horizon, fails, known))


def _note(
    failures: str, horizon: float, fails: NDArray[np.bool_], known: NDArray[np.bool_]
) -> Finding:
    figures = {"yes": int(fails.sum()), "rows": int(known.sum()), "unknown": int((~known).sum())}
    return CODES.finding("label_looks_ahead", figures, failures=failures, horizon=horizon)
