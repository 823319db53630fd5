"""From a named moment to its first and last day, counted from the day on which it was said.

Each reader takes the match of a pattern in `bot.reading.calendar_patterns` and that day.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final, NamedTuple

from dateutil.easter import easter

from bot.reading.lexicon import mapping

SPAN_LENGTH: Final = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
_SHORT: Final = {"d": "day", "w": "week", "m": "month", "q": "quarter", "y": "year"}
_LAST: Final = 5
""""Last" among the ordinal words."""

Period = tuple[date, date]
"""The first and the last day."""


def read_ahead(days: int) -> Callable[[re.Match[str], date], Period]:
    """Return a reader of the day so many days ahead."""

    def read(_: re.Match[str], on: date) -> Period:
        moment = on + timedelta(days=days)
        return moment, moment

    NEAR[read] = days
    return read


NEAR: Final[dict[Callable[[re.Match[str], date], Period | None], int]] = {}


def _group(found: re.Match[str], name: str) -> str | None:
    return found.groupdict().get(name)


def _index(found: re.Match[str], letter: str) -> int | None:
    return next(
        (
            int(k[1:])
            for k, v in found.groupdict().items()
            if v and k[0] == letter and k[1:].isdigit()
        ),
        None,
    )


def _full_year(word: str) -> int:
    return int(word) if len(word) == 4 else 2000 + int(word)


def _on_day(found: re.Match[str], month: int, day: int, on: date) -> Period:
    year = _group(found, "year")
    moment = date(_full_year(year) if year else on.year, month, day)
    if not year and moment < on:
        moment = moment.replace(year=on.year + 1, day=min(moment.day, 28))
    return moment, moment


def read_numeric(found: re.Match[str], on: date) -> Period:
    """Read "12.5.", "5/12" or "2026-05-12"."""
    day, month = int(found["day"]), int(found["month"])
    if month > 12 >= day:
        day, month = month, day
    return _on_day(found, month, day, on)


def read_named(found: re.Match[str], on: date) -> Period:
    """Read "12 May"."""
    month = _index(found, "m")
    return _on_day(found, month or 1, int(found["day"]), on)


def week_of(day: date) -> Period:
    """Return Monday and Friday of the week of a day."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=4)


def read_week_after_next(_: re.Match[str], on: date) -> Period:
    """Read "week after next", from Monday to Friday."""
    return week_of(on + timedelta(days=14))


def read_calendar_week(found: re.Match[str], on: date) -> Period:
    """Read "KW 34", from Monday to Friday."""
    week, last = int(found["kw"]), _group(found, "kw2")
    year = int(_group(found, "year") or on.isocalendar().year)
    monday = date.fromisocalendar(year, week, 1)
    if not _group(found, "year") and monday + timedelta(days=6) < on:
        year += 1
        monday = date.fromisocalendar(year, week, 1)
    friday = date.fromisocalendar(year, int(last or week), 5)
    if _group(found, "end"):
        return friday, friday
    return monday, max(friday, monday)


def _end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _months_from(found: re.Match[str], month: int, count: int, on: date) -> Period:
    year = _group(found, "year")
    if _group(found, "nextyear"):
        first = date(on.year + 1, month, 1)
    else:
        first = date(_full_year(year) if year else on.year, month, 1)
    last = _end_of_month(first.replace(month=month + count - 1))
    if not year and last < on:
        first, last = (
            first.replace(year=first.year + 1),
            _end_of_month(last.replace(year=last.year + 1, day=1)),
        )
    return _part_of(found, first, last)


def _part_of(found: re.Match[str], first: date, last: date) -> Period:
    """Narrow a period to a half, its beginning, middle or end."""
    part = next((name for name in _PARTS if _group(found, name)), None)
    if _group(found, "end"):
        return last, last
    if part is None:
        return first, last
    if first.day == 1 and last == _end_of_month(first):
        begins, ends = _PARTS[part].days
        begin = first.replace(day=begins) if begins > 0 else last + timedelta(days=begins)
        return begin, first.replace(day=ends) if ends else last
    low, high = _PARTS[part].share
    return first + low * (last - first), first + high * (last - first)


class _Part(NamedTuple):
    """A part of a period: days of a month (from 0 down from its end), and shares of the rest."""

    days: tuple[int, int]
    share: tuple[float, float]


_PARTS: Final[dict[str, _Part]] = {
    "week1": _Part((1, 7), (0, 1)),
    "week2": _Part((8, 14), (0, 1)),
    "week3": _Part((15, 21), (0, 1)),
    "week4": _Part((22, 28), (0, 1)),
    "week5": _Part((-6, 0), (0, 1)),
    "early_mid": _Part((1, 20), (0, 2 / 3)),
    "mid_late": _Part((11, 0), (1 / 3, 1)),
    "half1": _Part((1, 15), (0, 1 / 2)),
    "half2": _Part((16, 0), (1 / 2, 1)),
    "early": _Part((1, 10), (0, 1 / 3)),
    "mid": _Part((11, 20), (1 / 3, 2 / 3)),
    "late": _Part((21, 0), (2 / 3, 1)),
}


def read_month(found: re.Match[str], on: date) -> Period:
    """Read "mid March" or "March to May"."""
    month, second = _index(found, "m") or 1, _index(found, "n")
    count = second - month + 1 if second and second >= month else 1
    return _months_from(found, month, count, on)


def read_mid_month(_: re.Match[str], on: date) -> Period:
    """Read "mid-month", that of the next month where this one's is over."""
    first = on.replace(day=1)
    if on.day > _PARTS["mid"].days[1]:
        first = _end_of_month(first) + timedelta(days=1)
    begin, end = _PARTS["mid"].days
    return first.replace(day=begin), first.replace(day=end)


_MONTHS_OF_TURN: Final = {"monat": 1, "quartal": 3, "jahr": 12}


def read_turn(found: re.Match[str], on: date) -> Period:
    """Read "Quartalswechsel", the first day of the next one."""
    length = _MONTHS_OF_TURN[found["span"]]
    months = (on.month - 1) // length * length + length
    first = date(on.year + months // 12, months % 12 + 1, 1)
    return first, first


def read_month_of_year(found: re.Match[str], on: date) -> Period:
    """Read "05/2027"."""
    return _months_from(found, int(found["month"]), 1, on)


def read_quarter(found: re.Match[str], on: date) -> Period:
    """Read "Q3" or "T1 2027"."""
    word = found["quarter_word"]
    number = int(found["quarter"] or found["quarter_fr"] or mapping("quarter_words")[str(word)])
    second = int(found["quarter2"] or number)
    return _months_from(found, 3 * number - 2, 3 * (max(second, number) - number + 1), on)


def read_half(found: re.Match[str], on: date) -> Period:
    """Read "H2"."""
    number = int(found["half"] or mapping("half_words")[str(found["half_word"])])
    return _months_from(found, 6 * number - 5, 6, on)


def read_season(found: re.Match[str], on: date) -> Period:
    """Read "summer"."""
    season = _index(found, "s") or 0
    month = (3, 6, 9, 12)[season]
    if month == 12:
        first = date(on.year - (on.month < 3), 12, 1)
        last = _end_of_month(date(first.year + 1, 2, 1))
        return _part_of(found, max(first, on), last)
    return _months_from(found, month, 3, on)


def span_named(found: re.Match[str]) -> str | None:
    """Return the span that is named: week, month, quarter or year."""
    short = _group(found, "short")
    if short:
        return _SHORT[short]
    return next((name for name in SPAN_LENGTH if name != "day" and _group(found, name)), None)


def read_this_span(found: re.Match[str], on: date) -> Period | None:
    """Read "end of this quarter", its last day."""
    span = span_named(found)
    if span is None:
        return None
    end = _end_of_span(span, on)
    return end, end


def _end_of_span(span: str, on: date) -> date:
    ends = {
        "day": on,
        "week": on + timedelta(days=(4 - on.weekday()) % 7),
        "month": _end_of_month(on),
        "quarter": _end_of_month(on.replace(day=1, month=(on.month - 1) // 3 * 3 + 3)),
        "year": date(on.year, 12, 31),
    }
    return ends[span]


def read_next_span(found: re.Match[str], on: date) -> Period | None:
    """Read "next month"."""
    span = span_named(found)
    if span is None:
        return None
    if span == "week":
        return _part_of(found, *week_of(on + timedelta(days=7)))
    first = _end_of_span(span, on) + timedelta(days=1)
    return _part_of(found, first, _end_of_span(span, first))


def read_after_next(found: re.Match[str], on: date) -> Period | None:
    """Read "the month after next"."""
    span = next((s for s in SPAN_LENGTH if _group(found, s) or _group(found, f"{s}2")), None)
    if span is None or span == "day":
        return None
    if span == "week":
        return read_week_after_next(found, on)
    first = _end_of_span(span, _end_of_span(span, on) + timedelta(days=1)) + timedelta(days=1)
    return first, _end_of_span(span, first)


def read_weekday_after_next(found: re.Match[str], on: date) -> Period:
    """Read "the Monday after next"."""
    moment = on + timedelta(days=((_index(found, "w") or 0) - on.weekday()) % 7 or 7)
    return moment + timedelta(days=7), moment + timedelta(days=7)


def read_weekday(found: re.Match[str], on: date) -> Period | None:
    """Read "Friday", "Friday the 13th" or "Friday week"; "they do 3" is no Thursday."""
    if found["day"]:
        abbreviated = re.match(r"[a-z]{2} \d{1,2}(?!\d|\.|[a-z])", found[0])
        return None if abbreviated else _next_day_numbered(int(found["day"]), on)
    ahead = ((_index(found, "w") or 0) - on.weekday()) % 7 or 7
    moment = on + timedelta(days=ahead + 7 * bool(found["week_on"]) + 14 * bool(found["weeks_on"]))
    return moment, moment


def read_day_of_next_week(found: re.Match[str], on: date) -> Period:
    """Read "Thursday next week" or "tue or wed next week"."""
    monday, _ = week_of(on + timedelta(days=7))
    last = monday + timedelta(days=_index(found, "w") or 0)
    other = _index(found, "v")
    return last if other is None else monday + timedelta(days=other), last


def read_days_of_month(found: re.Match[str], on: date) -> Period:
    """Read "18-20 March"."""
    month = int(_group(found, "month") or _index(found, "m") or 1)
    first, _ = _on_day(found, month, int(found["day"]), on)
    last, _ = _on_day(found, month, int(found["day2"]), on)
    return first, max(first, last)


def read_nth_weekday(found: re.Match[str], on: date) -> Period | None:
    """Return the next "second Tuesday of the month" or "of May"; "last Friday" alone is over."""
    nth, weekday = _index(found, "o") or 1, _index(found, "w") or 0
    month = _index(found, "m")
    if nth == _LAST and not (month or _group(found, "of")):
        return None
    first = on.replace(day=1)
    while True:
        days = [
            first + timedelta(days=n)
            for n in range(monthrange(first.year, first.month)[1])
            if (first + timedelta(days=n)).weekday() == weekday
        ]
        moment = days[-1 if nth == _LAST else nth - 1]
        if moment >= on and month in (None, first.month):
            return moment, moment
        first = _end_of_month(first) + timedelta(days=1)


def read_month_start(_: re.Match[str], on: date) -> Period:
    """Read "start of the month", the next first."""
    first = _end_of_month(on) + timedelta(days=1)
    return first, first


def read_weekend(_: re.Match[str], on: date) -> Period:
    """Read "this weekend"."""
    saturday = on + timedelta(days=(5 - on.weekday()) % 7)
    return saturday, saturday + timedelta(days=1)


def _yearly(of_year: Callable[[int], date]) -> Callable[[re.Match[str], date], Period]:
    def read(_: re.Match[str], on: date) -> Period:
        moment = of_year(on.year)
        moment = moment if moment >= on else of_year(on.year + 1)
        return moment, moment

    return read


read_easter_sunday: Final = _yearly(easter)


def read_easter(found: re.Match[str], on: date) -> Period:
    """Read "Easter", or "Easter Monday", the day after."""
    moment, _ = read_easter_sunday(found, on)
    moment += timedelta(days=bool(_group(found, "monday")))
    return moment, moment


def _after_easter(days: int) -> Callable[[re.Match[str], date], Period]:
    return _yearly(lambda year: easter(year) + timedelta(days=days))


def _thanksgiving(year: int) -> date:
    november = date(year, 11, 1)
    return november + timedelta(days=(3 - november.weekday()) % 7 + 21)


def _each_year(month: int, day: int) -> Callable[[re.Match[str], date], Period]:
    return _yearly(lambda year: date(year, month, day))


FEASTS: Final = {
    "black_friday": _yearly(lambda year: _thanksgiving(year) + timedelta(days=1)),
    "thanksgiving": _yearly(_thanksgiving),
    "christmas": _each_year(12, 25),
    "christmas_eve": _each_year(12, 24),
    "pentecost": _after_easter(49),
    "pentecost_monday": _after_easter(50),
    "ascension": _after_easter(39),
    "good_friday": _after_easter(-2),
    "all_saints": _each_year(11, 1),
    "new_years_eve": _each_year(12, 31),
}
"""The readers of days with a name, by their key in the word tables."""


def read_new_year(_: re.Match[str], on: date) -> Period:
    """Read "the holidays", to the middle of January."""
    if on.month == 1 and on.day <= 15:
        return on, date(on.year, 1, 15)
    return date(on.year, 12, 31), date(on.year + 1, 1, 15)


def read_year(found: re.Match[str], _: date) -> Period:
    """Read "2027"."""
    year = int(found["year"])
    return _part_of(found, date(year, 1, 1), date(year, 12, 31))


def read_day_of_month(found: re.Match[str], on: date) -> Period:
    """Read "the 16th"."""
    return _next_day_numbered(int(found["day"]), on)


def _next_day_numbered(day: int, on: date) -> Period:
    """Return the next date of that number, this month's or a later one's."""
    first = on.replace(day=1)
    for _ in range(3):
        if day <= monthrange(first.year, first.month)[1] and first.replace(day=day) >= on:
            moment = first.replace(day=day)
            return moment, moment
        first = _end_of_month(first) + timedelta(days=1)
    raise ValueError(day)
