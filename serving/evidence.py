"""Evidence against "nothing has changed", as e-values: valid whenever one looks, however often.

An e-value is a bet against a hypothesis: under it, the chance that the bet ever multiplies its
stake by 1/alpha is at most alpha (Ville's inequality). Each one here is a ratio of two mixtures,
one for "changed" and one for "as before", in natural logarithms. Pure: counts in, a number out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

_LIFTS: Final = (1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0, 1000.0)
"""By how much the odds may be worse, each as likely at first but the smaller ones."""
_LIFT_WEIGHTS: Final = (0.25, 0.25, 0.15, 0.1, 0.1, 0.05, 0.05, 0.05)
_GRID: Final = tuple(-11.5 + 0.25 * number for number in range(75))
"""Log odds of the rate that both sides share, from 1 in 100,000 to nearly all."""
_SHIFT: Final = 0.3
"""Of a location, in standard deviations: the size of change that is bet on most."""
_DOUBT: Final = 6.0
"""Rows that a cell of two columns is drawn to what both would have apart: rare pairs are luck."""
_SPREAD: Final = 100.0
"""How firmly the bet on changed shares sticks to the old ones, in rows."""


def log_mean(logs: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """Return the logarithm of the (weighted) mean of numbers given by their logarithms."""
    weights = weights or [1.0 / len(logs)] * len(logs)
    most = max(logs)
    if most == -math.inf:
        return most
    total = sum(weight * math.exp(one - most) for one, weight in zip(logs, weights, strict=True))
    return most + math.log(total)


def threshold(alpha: float, look: int = 1) -> float:
    """Return how large a log e-value has to be for an alarm.

    Args:
        alpha: the chance of a false one, over all looks together.
        look: which of the fresh bets this is, from 1; later ones get less, so that the sum over
            all of them stays alpha.
    """
    return math.log(1 / alpha) + math.log(look * (look + 1))


def worse_rate(bad: int, rows: int, bad_beside: int, rows_beside: int) -> float:
    """Return the log e-value that one side's rate is higher than the other side's.

    Args:
        bad: entities with the bad thing, on the side that is watched.
        rows: entities on that side.
        bad_beside: the same beside it.
        rows_beside: the same beside it.
    """
    if not rows or not rows_beside:
        return 0.0
    same, changed = [], []
    for base in _GRID:
        beside = _log_likelihood(bad_beside, rows_beside, base)
        same.append(beside + _log_likelihood(bad, rows, base))
        changed.append(
            beside
            + log_mean(
                [_log_likelihood(bad, rows, base + math.log(lift)) for lift in _LIFTS],
                _LIFT_WEIGHTS,
            )
        )
    return log_mean(changed) - log_mean(same)


def _log_likelihood(bad: int, rows: int, log_odds: float) -> float:
    yes = -math.log1p(math.exp(-log_odds))
    no = -math.log1p(math.exp(log_odds))
    return bad * yes + (rows - bad) * no


def above_rate(bad: int, rows: int, allowed: float) -> float:
    """Return the log e-value that a rate is above what is allowed.

    Args:
        bad: entities with the bad thing.
        rows: entities.
        allowed: the rate.
    """
    base = math.log(allowed / (1 - allowed))
    bets = [_log_likelihood(bad, rows, base + math.log(lift)) for lift in _LIFTS]
    return log_mean(bets, _LIFT_WEIGHTS) - _log_likelihood(bad, rows, base)


def other_rate(hits: int, rows: int, expected: float) -> float:
    """Return the log e-value that a rate is another one than expected, in either direction.

    Args:
        hits: entities with the thing.
        rows: entities.
        expected: the rate, between 0 and 1.
    """
    if not rows:
        return 0.0
    firm = min(_SPREAD, 1 / min(expected, 1 - expected))
    bet = _log_polya((hits, rows - hits), (firm * expected, firm * (1 - expected)))
    return bet - hits * math.log(expected) - (rows - hits) * math.log(1 - expected)


def _log_polya(counts: Sequence[float], prior: Sequence[float]) -> float:
    """Return the log chance of counts (in one order) under a Dirichlet mixture."""
    whole, seen = math.fsum(prior), math.fsum(counts)
    parts = (
        math.lgamma(one + count) - math.lgamma(one)
        for one, count in zip(prior, counts, strict=True)
        if count
    )
    return math.lgamma(whole) - math.lgamma(whole + seen) + math.fsum(parts)


def changed_shares(counts: Sequence[int], shares: Sequence[float], trust: float) -> float:
    """Return the log e-value that values fall into other bins than before.

    Args:
        counts: entities by bin.
        shares: how many there were before, above zero, adding to one.
        trust: how many rows the old shares are worth: they were estimated, and a healthy population
            moves a little.
    """
    bet = _log_polya(counts, [_SPREAD * share + 0.1 for share in shares])
    return bet - _log_polya(counts, [trust * share for share in shares])


def changed_location(total: float, rows: int, trust: float) -> float:
    """Return the log e-value that values lie higher or lower than before.

    Args:
        total: the sum of the entities' ranks among the old values, each of mean 0 and variance 1.
        rows: entities.
        trust: as in `changed_shares`.
    """
    if not rows:
        return 0.0
    before, after = 1 + rows / trust, 1 + rows / trust + rows * _SHIFT**2
    return 0.5 * math.log(before / after) + total**2 / (2 * rows) * (1 / before - 1 / after)


def lost_relation(
    cells: Sequence[Sequence[int]], before: Sequence[Sequence[float]], trust: float
) -> float:
    """Return the log e-value that a column no longer goes with its partner.

    Args:
        cells: entities by the partner's bin and the column's.
        before: the same in training, as shares adding to one.
        trust: as in `changed_shares`.
    """
    whole = [math.fsum(column) for column in zip(*before, strict=True)]
    same, loose, half = 0.0, 0.0, 0.0
    for counts, row in zip(cells, before, strict=True):
        weight = math.fsum(row)
        if not any(counts) or weight <= 0:
            continue
        own = [one / weight for one in row]
        mixed = [(one + other) / 2 for one, other in zip(own, whole, strict=True)]
        seen = trust * weight
        usual = [seen * one + _DOUBT * other + 0.1 for one, other in zip(own, whole, strict=True)]
        same += _log_polya(counts, usual)
        loose += _log_polya(counts, [_SPREAD * one + 0.1 for one in whole])
        half += _log_polya(counts, [_SPREAD * one + 0.1 for one in mixed])
    return log_mean([loose, half]) - same
