"""Days until a moment that people name by the calendar: a weekday, a month, a quarter, a date."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

Days = tuple[float, float, float]
"""At least, most likely, at most."""

_MONTHS: Final = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH: Final = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_WEEKDAY: Final = r"\b(?P<weekday>mon|tue|wed|thu|fri|sat|sun)(?:[a-z]*day)?\b"
_YEAR: Final = r"(?:,?\s*(?P<year>20\d\d))?"
_DAY: Final = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\.?"
_LEADING: Final = (
    r"\b(?:until|till|by|before|after|on|from|in|for|not before|wait\w*|the|next|end of)\b"
)

_ISO: Final = re.compile(r"\b(?P<year>20\d\d)-(?P<month>\d\d?)-(?P<day>\d\d?)\b")
_DAY_MONTH: Final = re.compile(rf"\b{_DAY}(?:\s+of)?\s+{_MONTH}{_YEAR}\b")
_MONTH_DAY: Final = re.compile(rf"\b{_MONTH}\s+{_DAY}(?!\d){_YEAR}")
_DOTTED: Final = re.compile(r"\b(?P<day>\d{1,2})[./](?P<month>\d{1,2})[./](?P<year>20\d\d)?")
_IN_MONTH: Final = re.compile(
    rf"(?:{_LEADING}|^(?!may\s+(?:be|take|need)))\s*(?:the\s+)?{_MONTH}(?![a-z]){_YEAR}"
)
_ON_WEEKDAY: Final = re.compile(_WEEKDAY)
_QUARTER: Final = re.compile(rf"\bq(?P<quarter>[1-4])\b{_YEAR}")
_SPAN_END: Final = re.compile(
    r"\b(?:(?:end of|until the end of)(?: the| this)?|this) (?P<span>week|month|quarter|year)\b"
)
_NEXT_SPAN: Final = re.compile(r"\b(?:next|coming|following) (?P<span>week|month|quarter|year)\b")
_SHORT_END: Final = re.compile(r"\beo(?P<span>[dwmqy])\b")
_TOMORROW: Final = re.compile(r"\btomorrow\b")
_NEW_YEAR: Final = re.compile(r"\b(?:new year|christmas|the holidays)\b")

_SPAN_DAYS: Final = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
_SHORT: Final = {"d": "day", "w": "week", "m": "month", "q": "quarter", "y": "year"}
UNDATED_MONTH: Final[Days] = (7.0, 90.0, 330.0)
"""A named month or date when nobody knows today's."""


def days_until(words: str, on: date | None) -> Days | None:
    """Return the days from `on` until the moment that `words` name; None when they name none.

    Args:
        words: lower-case words.
        on: the date they were said on; None widens the answer to what it can be at all.
    """
    for read in _READERS:
        days = read(words, on)
        if days is not None:
            return days
    return None


def _exact(words: str, on: date | None) -> Days | None:
    for pattern in (_ISO, _DAY_MONTH, _MONTH_DAY, _DOTTED):
        found = pattern.search(words)
        moment = _moment(found, on) if found else None
        if found and moment:
            return _between(on, moment, moment) if on else UNDATED_MONTH
    return None


def _moment(found: re.Match[str], on: date | None) -> date | None:
    year = int(found["year"]) if found["year"] else (on.year if on else 2000)
    try:
        moment = date(year, _month_number(found["month"]), int(found["day"]))
    except ValueError:
        return None
    if on and not found["year"] and moment < on:
        return moment.replace(year=year + 1, day=min(moment.day, 28))
    return moment


def _month_number(word: str) -> int:
    if word.isdigit():
        return int(word)
    return next(n for n, name in enumerate(_MONTHS, 1) if word.startswith(name))


def _in_month(words: str, on: date | None) -> Days | None:
    found = _IN_MONTH.search(words)
    if not found:
        return None
    return _months(found["year"], _month_number(found["month"]), 1, on)


def _quarter(words: str, on: date | None) -> Days | None:
    found = _QUARTER.search(words)
    return _months(found["year"], 3 * int(found["quarter"]) - 2, 3, on) if found else None


def _months(year: str | None, month: int, count: int, on: date | None) -> Days | None:
    if on is None:
        return UNDATED_MONTH
    first = date(int(year) if year else on.year, month, 1)
    last = _end_of_month(first.replace(month=month + count - 1))
    if not year and last < on:
        first = first.replace(year=first.year + 1)
        last = _end_of_month(first.replace(month=month + count - 1))
    return _between(on, max(first, on), last)


def _end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _between(on: date, first: date, last: date) -> Days:
    low, high = float((first - on).days), float((last - on).days)
    return max(low, 0.0), max((low + high) / 2, 0.0), max(high, 0.5)


def _weekday(words: str, on: date | None) -> Days | None:
    found = _ON_WEEKDAY.search(words)
    if not found:
        return None
    if on is None:
        return 1.0, 4.0, 7.0
    wanted = next(n for n, name in enumerate(_WEEKDAYS) if name.startswith(found["weekday"]))
    ahead = (wanted - on.weekday()) % 7 or 7
    return float(ahead), float(ahead), ahead + 0.5


def _span_end(words: str, on: date | None) -> Days | None:
    found = _SPAN_END.search(words)
    short = _SHORT_END.search(words)
    if not found and not short:
        return None
    span = found["span"] if found else _SHORT[short["span"]] if short else "day"
    if on is None:
        longest = float(_SPAN_DAYS[span])
        return min(1.0, longest / 2), longest / 2, longest
    end = _end_of_span(span, on)
    return _between(on, end, end)


def _end_of_span(span: str, on: date) -> date:
    ends = {
        "day": on,
        "week": on + timedelta(days=(4 - on.weekday()) % 7),
        "month": _end_of_month(on),
        "quarter": _end_of_month(on.replace(day=1, month=(on.month - 1) // 3 * 3 + 3)),
        "year": date(on.year, 12, 31),
    }
    return ends[span]


def _next_span(words: str, on: date | None) -> Days | None:
    found = _NEXT_SPAN.search(words)
    if not found:
        return None
    length = float(_SPAN_DAYS[found["span"]])
    if on is None:
        return 1.0, length, 2 * length
    start = float((_end_of_span(found["span"], on) - on).days + 1)
    return start, start + length / 2, start + length


def _tomorrow(words: str, _: date | None) -> Days | None:
    return (0.5, 1.0, 1.5) if _TOMORROW.search(words) else None


def _new_year(words: str, on: date | None) -> Days | None:
    if not _NEW_YEAR.search(words):
        return None
    if on is None:
        return UNDATED_MONTH
    return _between(on, date(on.year, 12, 31), date(on.year + 1, 1, 15))


_READERS: Final[tuple[Callable[[str, date | None], Days | None], ...]] = (
    _exact,
    _tomorrow,
    _span_end,
    _next_span,
    _quarter,
    _in_month,
    _weekday,
    _new_year,
)
