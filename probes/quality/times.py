"""What the times of the rows tell: how fresh they are, gaps, a feed that dries up."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import found, graded, percent, shown
from probes.quality.facts import TableFacts
from probes.quality.roles import Roles
from probes.quality.sentences import say
from probes.sources import ColumnFamily, quote

if TYPE_CHECKING:
    import pandas as pd

GAP_SURE = 5
"""Whoever closes for holidays seldom does for a working week on end."""
GAP_LEAST = 3
GAP_SHARE = 0.05
STALE_DAYS = 30
STOPPED_DAYS = 180
"""What ended longer ago is history, which nobody means to be current."""
STOPPED_STEPS = 3
STEPS_LEAST = 20

FUTURE_SLACK = timedelta(days=2)

DAYS_MOST = 40_000

FILLED_WEEKDAY = 0.5

RECENT_DAYS = 7

STEADY = 0.5
"""Days whose rows differ by less come by a plan, one by one, and not by chance."""


FIRST_YEAR = 1900
"""Before it a year is a slip or a default as a rule."""
EARLY_YEARS = 5
EARLY_GAP = 10
EARLY_CLUMP = 0.5


def go_on_before(years: pd.Series) -> bool:
    """Whether years before 1900 are the sparse beginning of those after, as births of long ago.

    A default is one year with many rows; a slip of the century stands apart from the true years.
    """
    early = years[years < FIRST_YEAR]
    counts = early.value_counts()
    if len(counts) < EARLY_YEARS or counts.iloc[0] > EARLY_CLUMP * len(early):
        return False
    until = sorted(set(years[years <= years.median()]) | set(early))
    return all(after - before <= EARLY_GAP for before, after in pairwise(until))


def time_findings(facts: TableFacts, roles: Roles, now: datetime) -> Iterator[Finding]:
    """Say whether time is fresh, in the past, without gaps and steady."""
    if roles.time is None or facts.columns[roles.time].column.family is not ColumnFamily.TIME:
        return
    days = _rows_by_day(facts, roles.time)
    today = now.date()
    past = {day: rows for day, rows in days.items() if day <= today + FUTURE_SLACK}
    yield from _future(roles.time, days, past, facts.rows)
    usual = {day: rows for day, rows in past.items() if day.year > 1900}
    if not usual:
        return
    yield from _freshness(roles.time, usual, today)
    if len(usual) >= 14:
        yield from _gaps(roles.time, usual)
        yield from _drop(roles.time, usual)


def _rows_by_day(facts: TableFacts, time: str) -> dict[date, int]:
    relation = facts.source.relation(facts.table)
    rows = facts.source.rows(
        "SELECT CAST(d AS VARCHAR), n FROM "  # noqa: S608  (names are quoted)
        f"(SELECT CAST({quote(time)} AS DATE) AS d, count(*) AS n FROM {relation} "
        f"WHERE {quote(time)} IS NOT NULL GROUP BY 1 ORDER BY 1 LIMIT {DAYS_MOST}) AS by_day"
    )
    return {day: int(count) for text, count in rows if (day := _day(str(text)))}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:  # a year that no calendar of ours knows; told by the column's own checks
        return None


def _future(
    time: str, days: dict[date, int], past: dict[date, int], rows: int
) -> Iterator[Finding]:
    ahead = sum(count for day, count in days.items() if day not in past and day.year < 2100)
    if ahead:
        share = ahead / rows
        sentence = say("lies_future_rows", time=shown(time), share=percent(share))
        evidence = {"future": ahead, "share": round(share, 6)}
        yield found(graded(share, slows=0.05), "future_times", sentence, evidence, column=time)


def _freshness(time: str, days: dict[date, int], today: date) -> Iterator[Finding]:
    """Say how old the newest row is: a feed that stopped lately slows, history is only noted."""
    age = (today - max(days)).days
    if age > STALE_DAYS:
        steps = sorted((b - a).days for a, b in pairwise(sorted(days)))
        usual = steps[int(0.95 * (len(steps) - 1))] if len(steps) >= STEPS_LEAST else age
        stopped = age <= STOPPED_DAYS and age > STOPPED_STEPS * usual
        sentence = say("newest_row_age", time=shown(time), age=age)
        level = FindingLevel.SLOWS if stopped else FindingLevel.NOTE
        yield found(level, "stale", sentence, {"days": age}, column=time)


def _gaps(time: str, days: dict[date, int]) -> Iterator[Finding]:
    """Count empty days, but only on weekdays that are usually filled."""
    first, last = min(days), max(days)
    span = (last - first).days + 1
    every = [first + timedelta(days=at) for at in range(span)]
    usual = {
        weekday
        for weekday in range(7)
        if _filled([day in days for day in every if day.weekday() == weekday]) >= FILLED_WEEKDAY
    }
    empty = [day for day in every if day.weekday() in usual and day not in days]
    if not empty:
        return
    longest = _longest_run(empty)
    share = len(empty) / span
    if _by_chance(days, usual, len(empty), longest):
        return
    sentence = say(
        "without_row_stretch", time=shown(time), days_of=days_of(len(empty)), longest=longest
    )
    evidence = {"empty_days": len(empty), "longest": longest, "days": span}
    holidays = longest < GAP_SURE and (longest < GAP_LEAST or share < GAP_SHARE)
    level = FindingLevel.NOTE if holidays else FindingLevel.SLOWS
    yield found(level, "time_gaps", sentence, evidence, column=time)


def _by_chance(days: dict[date, int], usual: set[int], empty: int, longest: int) -> bool:
    """Whether so few rows fall on a day that empty days are no wonder (Poisson)."""
    filled = [rows for day, rows in days.items() if day.weekday() in usual]
    if max(filled) - min(filled) <= STEADY * sum(filled) / len(filled):
        return False
    first, last = min(days), max(days)
    counts = Counter(
        (first + timedelta(days=at)).weekday() for at in range((last - first).days + 1)
    )
    sums = Counter[int]()
    for day, rows in days.items():
        sums[day.weekday()] += rows
    rates = [sums[weekday] / max(1, counts[weekday]) for weekday in range(7)]
    likely = sum(counts[weekday] * math.exp(-rates[weekday]) for weekday in usual)
    run_likely = sum(
        counts[weekday] * math.exp(-sum(rates[(weekday + at) % 7] for at in range(longest)))
        for weekday in usual
    )
    return empty <= 2 * likely + 3 and run_likely > 0.01


def days_of(count: int) -> str:
    """Return a number of days in words."""
    return "1 day" if count == 1 else f"{count:,} days"


def _filled(flags: list[bool]) -> float:
    return sum(flags) / len(flags) if flags else 0.0


def _longest_run(days: list[date]) -> int:
    longest = run = 1
    for before, after in pairwise(days):
        run = run + 1 if (after - before).days == 1 else 1
        longest = max(longest, run)
    return longest


def _drop(time: str, days: dict[date, int]) -> Iterator[Finding]:
    """Compare the last full days with the days before; the very last may be half a day."""
    last = max(days)
    recent = [days.get(last - timedelta(days=at), 0) for at in range(1, RECENT_DAYS + 1)]
    before = [rows for day, rows in days.items() if (last - day).days > RECENT_DAYS]
    if len(before) < 14:
        return
    usual = sorted(before)[len(before) // 2]
    now = sum(recent) / len(recent)
    daily = len(days) >= FILLED_WEEKDAY * ((last - min(days)).days + 1)
    if daily and usual >= 5 and now < 0.5 * usual:
        sentence = say("recent_rows_missing", recent_days=RECENT_DAYS, now=percent(now / usual))
        evidence = {"share_of_usual": round(now / usual, 4), "days": RECENT_DAYS}
        yield found(FindingLevel.SLOWS, "volume_drop", sentence, evidence, column=time)


def utc_now() -> datetime:
    """Return the present moment in UTC, as the data's times are read."""
    return datetime.now(UTC)
