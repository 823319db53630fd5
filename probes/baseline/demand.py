"""Demand from raw sales: would a model order better than “as much as this time last week”?

Sales are added up by item and day (week where the table counts weeks). Each check foretells the
next step from what was known before it; the errors of all items are added and set against all that
was sold, so that what sells most counts most.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from bot.domain.vocabulary import FindingLevel
from probes.baseline.columns import order_values, with_moments
from probes.baseline.event_time import find_event_time
from probes.baseline.options import Options
from probes.baseline.recommend import ITEM_NAME, TIME_NAME, first_named
from probes.baseline.scores import ConfidenceInterval, bootstrap_interval
from probes.baseline.texts import CODES, named, say
from probes.contract import Finding, ProbeContext, ProbeResult

FEWEST_PERIODS: Final = 30
SAME: Final = 0.01
"""A mean may be this much further off than boosting and still be told: it is the simpler."""

METRIC: Final = "error, as a share of what was sold"

_MOST_ITEMS: Final = 300
_LATER: Final = 0.25
_DAYS_A_SEASON: Final = 7
_FEWEST_WEEKS: Final = 1
_AMOUNT = re.compile(r"quantity|units|sold|demand|sales|amount|qty|menge|count", re.IGNORECASE)


@dataclass(frozen=True)
class Sales:
    """Which columns of a table say how much of what was sold when."""

    item: str
    time: str
    amount: str


def find_sales(frame: pd.DataFrame, options: Options) -> Sales | None:
    """Return the columns that say how much of what was sold when, none where they are not there."""
    item = options.item or first_named(frame, ITEM_NAME)
    time = options.time or find_event_time(frame).column or first_named(frame, TIME_NAME)
    numbers = [name for name in map(str, frame) if pd.api.types.is_numeric_dtype(frame[name])]
    amount = next((name for name in numbers if _AMOUNT.search(name) and name != item), None)
    if item is None or time is None or amount is None or not {item, time} <= set(map(str, frame)):
        return None
    return Sales(item, time, amount)


def run_demand(
    frame: pd.DataFrame, columns: Sales, context: ProbeContext, name: str, table: str
) -> ProbeResult:
    """Compare a model with ordering what was sold a season ago.

    Raises:
        ProbeFault: the table covers too few days or weeks.
    """
    context.progress(0.3, say("adding_up_sales"))
    frame, _ = with_moments(frame[[columns.item, columns.time, columns.amount]].dropna())
    sold, season = _by_period(frame, columns)
    if sold.shape[0] < FEWEST_PERIODS:
        counts = {"periods": sold.shape[0], "least": FEWEST_PERIODS}
        raise CODES.fault("too_few_periods", counts)
    context.progress(0.6, say("foretelling_later_days"))
    later = int(sold.shape[0] * (1 - _LATER))
    truth = sold.iloc[later:]
    foretold = {
        say("season_ago"): sold.shift(season).iloc[later:],
        say("mean_four_seasons"): sold.shift(1).rolling(4 * season, min_periods=1).mean()[later:],
        "boosting": _boosted(sold, season, later),
    }
    figures = {way: _error(truth, guess) for way, guess in foretold.items()}
    findings = _findings_of(foretold, truth, figures, columns)
    facts: dict[str, Any] = {
        "metric": METRIC,
        "split": say("order_time"),
        "rows": len(frame),
        "items": sold.shape[1],
        "periods": sold.shape[0],
        "season": season,
        "item_column": columns.item,
        "time_column": columns.time,
        "amount_column": columns.amount,
        "models": [{"model": way, **figure.to_plain()} for way, figure in figures.items()],
    }
    lead = findings[0]
    if lead.level is not FindingLevel.OK:
        return ProbeResult("baseline", name, table, findings, None, lead.sentence, facts)
    why = say("built_title", sentence=lead.sentence)
    return ProbeResult("baseline", name, table, findings, "works", why, facts)


def _by_period(frame: pd.DataFrame, columns: Sales) -> tuple[pd.DataFrame, int]:
    """Return what was sold, a row a day or week and a column an item, and periods of a season."""
    is_counted = pd.api.types.is_numeric_dtype(frame[columns.time])
    period = np.floor(order_values(frame[columns.time])).astype("int64")
    items = frame[columns.item].value_counts().index[:_MOST_ITEMS]
    kept = frame[columns.item].isin(items)
    sold = frame[kept].groupby([period[kept], columns.item])[columns.amount].sum().unstack()
    every = range(int(period.min()), int(period.max()) + 1) if len(period) else range(0)
    season = _FEWEST_WEEKS if is_counted else _DAYS_A_SEASON
    return sold.reindex(every).fillna(0.0), season


def _boosted(sold: pd.DataFrame, season: int, later: int) -> pd.DataFrame:
    """Return what boosting foretells for the later periods, each from those before it."""
    lags = {
        "last": sold.shift(1),
        "season": sold.shift(season),
        "two seasons": sold.shift(2 * season),
        "short mean": sold.shift(1).rolling(season, min_periods=1).mean(),
        "long mean": sold.shift(1).rolling(4 * season, min_periods=1).mean(),
    }
    table = np.stack([lag.to_numpy() for lag in lags.values()], axis=-1)
    phase = np.broadcast_to((np.arange(len(sold)) % season)[:, None, None], (*sold.shape, 1))
    table = np.concatenate([table, phase], axis=-1)
    first = min(2 * season, later - 1)
    learn, ask = table[first:later].reshape(-1, 6), table[later:].reshape(-1, 6)
    model = HistGradientBoostingRegressor(max_iter=80, early_stopping=False, random_state=48)
    with threadpool_limits(limits=1):  # small fits on many threads wait for each other
        model.fit(learn, sold.to_numpy()[first:later].ravel())
    shape = (len(sold) - later, sold.shape[1])
    return pd.DataFrame(model.predict(ask).reshape(shape), sold.index[later:], sold.columns)


def _error(truth: pd.DataFrame, foretold: pd.DataFrame) -> ConfidenceInterval:
    """Return the summed error over the summed sales, its interval over redrawn periods."""
    off = (truth - foretold).abs().sum(axis=1).to_numpy()
    sold = truth.abs().sum(axis=1).to_numpy()
    return bootstrap_interval(
        lambda rows: float(off[rows].sum() / max(1e-9, sold[rows].sum())), len(off)
    )


def _gain(truth: pd.DataFrame, naive: pd.DataFrame, model: pd.DataFrame) -> ConfidenceInterval:
    """Return how much less a model is off, period by period, as a share of what was sold."""
    less = ((truth - naive).abs() - (truth - model).abs()).sum(axis=1).to_numpy()
    sold = truth.abs().sum(axis=1).to_numpy()
    return bootstrap_interval(
        lambda rows: float(less[rows].sum() / max(1e-9, sold[rows].sum())), len(less)
    )


def _findings_of(
    foretold: dict[str, pd.DataFrame],
    truth: pd.DataFrame,
    figures: dict[str, ConfidenceInterval],
    columns: Sales,
) -> list[Finding]:
    naive = figures[say("season_ago")]
    mean, boosted = figures[say("mean_four_seasons")].mean, figures["boosting"].mean
    best = "boosting" if boosted < mean - SAME else say("mean_four_seasons")
    evidence: dict[str, Any] = {way: figure.to_plain() for way, figure in figures.items()}
    gain = _gain(truth, foretold[say("season_ago")], foretold[best])
    evidence |= {"items": truth.shape[1], "periods": truth.shape[0], "gain": gain.to_plain()}
    found = CODES.finding(
        "better_than_last_season" if gain.low > 0 else "no_better_than_last_season",
        evidence,
        amount=columns.amount,
        best=named(best),
        mean=figures[best].mean,
        low=figures[best].low,
        high=figures[best].high,
        naive=naive.mean,
    )
    return [found]
