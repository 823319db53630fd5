"""A backtest: each past quote and forecast judged by what was known before it, oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.verdict.assumptions import KIND_DAYS
from bot.domain.verdict.model import Quote
from bot.domain.verdict.overruns import OverrunPrior, learn
from bot.domain.verdict.scores import ForecastMade, Score, score
from bot.reading.ranges import DayRange


@dataclass(frozen=True, slots=True)
class QuoteBacktest:
    """How quotes of one function turned out, and how they would have been forecast.

    Args:
        function: who quoted; empty for all together.
        quotes: how many.
        median_ratio: actual over quoted; None while none is over.
        kept: how many took no longer than quoted.
        score: how the forecasts did that would have been made from earlier quotes alone.
    """

    function: str
    quotes: int
    median_ratio: float | None
    kept: int
    score: Score


def backtest_quotes(
    quotes: Sequence[Quote], prior: OverrunPrior | None = None
) -> tuple[QuoteBacktest, ...]:
    """Return what would have been forecast for each quote, all together first, then by function.

    Args:
        quotes: oldest first; each is forecast from those before it.
        prior: what holds before any of them; None takes the standard playbook's.
    """
    stated = [quote for quote in quotes if quote.quoted_days > 0]
    made = [_forecast(quote, stated[:number], prior) for number, quote in enumerate(stated)]
    names = sorted({quote.waits_for or "" for quote in stated} - {""})
    rows = [_row("", stated, made)]
    for name in names:
        own = [number for number, quote in enumerate(stated) if quote.waits_for == name]
        rows.append(_row(name, [stated[n] for n in own], [made[n] for n in own]))
    return tuple(rows)


def _forecast(quote: Quote, before: Sequence[Quote], prior: OverrunPrior | None) -> ForecastMade:
    known = learn(before[::-1], lambda kind: KIND_DAYS[kind], prior=prior)
    quoted = DayRange(quote.quoted_days, quote.quoted_days, quote.quoted_days)
    spread = known.spread(quoted, quote.waits_for or "", quote.kind, stated=True)
    p50, p80 = (quote.quoted_days * spread.quantile(share) for share in (0.5, 0.8))
    return ForecastMade(
        p50,
        p80,
        quote.actual_days,
        quote.open_days,
        subject="quote",
        function=quote.waits_for,
    )


def _row(name: str, quotes: Sequence[Quote], made: Sequence[ForecastMade]) -> QuoteBacktest:
    ratios = sorted(
        quote.actual_days / quote.quoted_days for quote in quotes if quote.actual_days is not None
    )
    return QuoteBacktest(
        name,
        len(quotes),
        round(ratios[len(ratios) // 2], 2) if ratios else None,
        sum(ratio <= 1 for ratio in ratios),
        score(made),
    )


@dataclass(frozen=True, slots=True)
class Backtest:
    """How a company's forecasts and quotes held.

    Args:
        forecasts: the product's own forecasts: what of, and how they did; all together first.
        quotes: each quote, forecast again from those before it; all together first.
    """

    forecasts: tuple[tuple[str, Score], ...]
    quotes: tuple[QuoteBacktest, ...]


def backtest(
    forecasts: Sequence[ForecastMade], quotes: Sequence[Quote], prior: OverrunPrior | None = None
) -> Backtest:
    """Return how forecasts did, and how quotes would have been forecast.

    Args:
        forecasts: in any order.
        quotes: oldest first.
        prior: what holds before any quote; None takes the standard playbook's.
    """
    rows = [("", score(forecasts))]
    for subject in sorted({each.subject for each in forecasts}):
        rows.append((subject, score([each for each in forecasts if each.subject == subject])))
    return Backtest(tuple(rows), backtest_quotes(quotes, prior))
