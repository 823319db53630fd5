"""Moments that people name by the calendar: a date, a weekday, KW 34, "Q3 next year"."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache
from typing import Final

from bot.reading.lexicon import any_of, by_position, either, keys_of, mapping
from bot.reading.ranges import DayRange, Span

UNDATED: Final = DayRange(7.0, 90.0, 330.0)
"""A named month or date when nobody knows today's."""
_SPAN_LENGTH: Final = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
_YEAR: Final = r"(?:,?\s*(?:(?:de|of|del)\s+)?(?P<year>20\d\d)(?!\d))?"
_SHORT: Final = {"d": "day", "w": "week", "m": "month", "q": "quarter", "y": "year"}

Period = tuple[date, date]


@cache
def _months() -> str:
    return "|".join(f"(?P<m{n}>{each})" for n, each in enumerate(by_position("months"), 1))


@cache
def _weekdays() -> str:
    return "|".join(f"(?P<w{n}>{each})" for n, each in enumerate(by_position("weekdays")))


@cache
def _span_words() -> str:
    spans = mapping("spans")
    return "|".join(f"(?P<{name}>{either(each)})" for name, each in spans.items())


@cache
def _part() -> str:
    return (
        rf"(?:(?P<early>{any_of('early')})\s*|(?P<mid>{any_of('mid')})\s*|"
        rf"(?P<late>{any_of('late')})\s*|(?P<end>{any_of('end')})\s*)?(?:the |this "
        rf"|la |le |el |des |der )?"
    )


@cache
def _relative() -> str:
    return (
        rf"(?:\s*(?:of |des |del |de l'|de )?(?:(?P<nextyear>{_year_after()})|"
        rf"(?P<thisyear>{any_of('this')}\s+(?:year|jahr(?:es)?|annee|ano))))?"
    )


@cache
def _year_after() -> str:
    year = r"(?:year|jahr(?:es)?|annee|an|ano)"
    return rf"(?:{any_of('next')}\s+{year}|(?:l'|el )?{year}\s+{any_of('next_after')})"


@cache
def _patterns() -> tuple[
    tuple[re.Pattern[str], Callable[[re.Match[str], date], Period | None]], ...
]:
    edge, close = r"(?<![a-z0-9.])", r"(?![a-z0-9])"
    day = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|°|\.)?"
    weekday = rf"(?:{any_of('next')}\s+|{any_of('this')}\s+)?(?:{_weekdays()})"
    table: list[tuple[str, Callable[[re.Match[str], date], Period | None]]] = [
        (rf"{edge}(?P<year>20\d\d)-(?P<month>\d\d?)-{day}{close}", _numeric),
        (rf"{edge}{day}\s*(?:of\s+|de\s+|d')?(?:{_months()})\.?{close}{_YEAR}", _named),
        (
            (
                rf"{edge}(?:{_months()})\.?\s+(?:the\s+)?{day}(?![\d:]|\s*[%a-z]?\d)"
                rf"{close}(?:,?\s*(?P<year>20\d\d))?"
            ),
            _named,
        ),
        (
            (
                rf"{edge}(?P<day>\d{{1,2}})\.?\s*(?:-|to|bis(?: zum)?|and|und|au|al?)\s*(?P<day2>\d{{1,2}})(?:st|nd|rd|th|\.)?"
                rf"\s*(?:of\s+|de\s+)?(?:{_months()})\.?{close}{_YEAR}"
            ),
            _days_of_month,
        ),
        (rf"{edge}(?:{_nth()})\s+(?:{_weekdays()})(?:\s+{_of_month()})?{close}", _nth_weekday),
        (rf"{edge}(?:{any_of('month_start')}){close}", _month_start),
        (rf"{edge}(?:(?:over|during|on|at|this|am|uber das|dieses|ce|le|el|este) )?(?:the )?(?:{any_of('weekend')}){close}", _weekend),
        (rf"{edge}(?:easter|ostern|paques|pascua|semana santa)(?: break| holidays| monday)?{close}", _easter),
        (rf"{edge}black friday{close}", _black_friday),
        (rf"{edge}(?:christmas|xmas|weihnachten|noel|navidad(?:es)?){close}", _christmas),
        (
            (
                rf"{edge}(?P<day>\d{{1,2}})[./](?P<month>\d{{1,2}})(?:[./](?P<year>20\d\d|"
                rf"\d\d(?!\d))|\.|(?![\d./]))"
            ),
            _numeric,
        ),
        (rf"{edge}(?P<month>0?[1-9]|1[0-2])/(?P<year>20\d\d){close}", _month_of_year),
        (rf"{edge}{any_of('day_after')}{close}", _ahead(2)),
        (rf"{edge}{any_of('tomorrow')}{close}", _ahead(1)),
        (rf"{edge}{any_of('today')}{close}", _ahead(0)),
        (rf"{edge}{any_of('week_after_next')}{close}", _week_after_next),
        (
            (
                rf"{edge}{any_of('calendar_week')}\s*(?P<kw>\d{{1,2}})(?:\s*(?:-|/|bis|to|"
                rf"a)\s*(?:kw\s*)?(?P<kw2>\d{{1,2}}))?{close}(?:\s*/?\s*(?P<year>20\d\d))?"
            ),
            _calendar_week,
        ),
        (rf"{edge}(?P<kw>\d{{1,2}})\.\s*{either(['kw', 'kalenderwoche'])}{close}", _calendar_week),
        (
            (
                rf"{edge}{_part()}(?:q(?P<quarter>[1-4])|t(?P<quarter_fr>[1-4])|"
                rf"(?P<quarter_word>{keys_of('quarter_words')})\s+(?:quarter|quartals?|"
                rf"trimestre))(?:\s*(?:-|to|/)\s*q(?P<quarter2>[1-4]))"
                rf"?{close}(?:\s*/?\s*'?(?P<year>20\d\d|2\d(?!\d)))?{_relative()}"
            ),
            _quarter,
        ),
        (
            (
                rf"{edge}(?:h(?P<half>[12])|(?P<half_word>{keys_of('half_words')})"
                rf"\s+(?:half(?: of(?: the)? year)?|halbjahr|semestre))"
                rf"{close}{_YEAR}{_relative()}"
            ),
            _half,
        ),
        (
            rf"{edge}{_part()}(?:{any_of('next')}\s+(?:fiscal |budget |business |"
            rf"calendar )?(?:{_span_words()})){close}",
            _next_span,
        ),
        (
            rf"{edge}(?:(?:l'|la |le |el )?(?:{_span_words()}))\s+{any_of('next_after')}{close}",
            _next_span,
        ),
        (
            (
                rf"{edge}(?:{any_of('end')}\s*(?:{any_of('this')}\s+|the |la |le |l'|el )?|"
                rf"{any_of('this')}\s+)(?:{_span_words()}){close}"
            ),
            _this_span,
        ),
        (
            (
                rf"{edge}(?:(?P<month>monats|month[- ])|(?P<quarter>quartals|quarter[- ])|"
                rf"(?P<year>jahres|year[- ]))end(?:e|s)?{close}"
            ),
            _this_span,
        ),
        (rf"{edge}eo(?P<short>[dwmqy]){close}", _this_span),
        (
            (
                rf"{edge}{_part()}(?:{_months()})(?:\s*(?:-|/|to|bis|a|oder|or|ou|o)"
                rf"\s*{_part_free()}(?:{_second_months()}))?\.?{close}{_YEAR}{_relative()}"
            ),
            _month,
        ),
        (
            (
                rf"{edge}{_part()}(?:{any_of('this')}\s+|{any_of('next')}\s+)"
                rf"?(?:{_seasons()}){close}{_YEAR}{_relative()}"
            ),
            _season,
        ),
        (
            (
                rf"{edge}{weekday}(?:\s*(?:,|der|the|den|le|el)?\s*(?:the )"
                rf"?(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.|er)?(?![\d:]|\s*%))?{close}"
            ),
            _weekday,
        ),
        (
            (
                rf"{edge}(?:new year|neujahr|nouvel an|ano nuevo|the holidays|fin d'annee|jahreswechsel|"
                rf"feiertage|les fetes|reyes){close}"
            ),
            _new_year,
        ),
        (rf"{edge}{_part()}(?P<year>20\d\d){close}", _year),
        (
            (
                rf"{edge}(?:(?:the|den|dem|le|au|al|el dia|el|am|zum)\s+)?(?P<day>\d{{1,2}})"
                rf"(?P<ordinal>st|nd|rd|th|\.)?{close}"
            ),
            _day_of_month,
        ),
    ]
    return tuple((re.compile(pattern), read) for pattern, read in table)


@cache
def _nth() -> str:
    return "|".join(f"(?P<o{n}>{each})" for n, each in enumerate(_ORDINAL_WORDS, 1))


_ORDINAL_WORDS: Final = (
    r"1st|first|1\.|erste[rn]?|1er|premier|primer|1o",
    r"2nd|second|2\.|zweite[rn]?|2e|deuxieme|segundo|2o",
    r"3rd|third|3\.|dritte[rn]?|3e|troisieme|tercer|3o",
    r"4th|fourth|4\.|vierte[rn]?|4e|quatrieme|cuarto|4o",
    r"last|letzte[rn]?|dernier|ultimo",
)
"""From the first to the fourth, then the last."""
_LAST: Final = len(_ORDINAL_WORDS)


def _of_month() -> str:
    every = r"(?:the|a|each|every|jede[ns]|des|chaque|cada|next|nachsten)"
    month = r"(?:month|mth|monats?|mois|mes)"
    return rf"(?P<of>(?:of|in|im|du|de|del|des)?\s*(?:{every} )?{month})"


@cache
def _seasons() -> str:
    return "|".join(f"(?P<s{n}>{each})" for n, each in enumerate(by_position("seasons")))


@cache
def _second_months() -> str:
    return "|".join(f"(?P<n{n}>{each})" for n, each in enumerate(by_position("months"), 1))


def _part_free() -> str:
    return rf"(?:{any_of('early')}\s*|{any_of('mid')}\s*|{any_of('end')}\s*)?"


def moments(folded: str, on: date | None) -> Iterator[Span]:
    """Find the moments that a folded text names, the more exact way of naming first.

    Args:
        folded: the text.
        on: the date it was said on; None gives ranges wide enough for any.
    """
    taken: list[tuple[int, int]] = []
    base = on or date(2000, 1, 3)
    for pattern, read in _patterns():
        for found in pattern.finditer(folded):
            if any(start < found.end() and found.start() < end for start, end in taken):
                continue
            try:
                period = read(found, base)
            except (ValueError, OverflowError):
                continue
            if period is None:
                continue
            taken.append(found.span())
            yield _span(found, period, read, on)


def _span(
    found: re.Match[str],
    period: Period,
    read: Callable[[re.Match[str], date], Period | None],
    on: date | None,
) -> Span:
    sort = "day_of_month" if read is _day_of_month else "year" if read is _year else "calendar"
    if on is None:
        return Span(found.start(), found.end(), sort, _undated(found, read), None)
    low, high = float((period[0] - on).days), float((period[1] - on).days)
    if high < 0:
        return Span(found.start(), found.end(), "past", None, None)
    low = max(low, 0.0)
    late = 0.5 if read is _weekday else 0.0
    days = DayRange(low, (low + high) / 2, max(high + late, 0.5))
    return Span(found.start(), found.end(), sort, days, (low, high))


def _undated(
    found: re.Match[str], read: Callable[[re.Match[str], date], Period | None]
) -> DayRange:
    if read is _weekday:
        return DayRange(1.0, 4.0, 7.0)
    named = _span_named(found) if read in (_next_span, _this_span) else None
    if named and read is _next_span:
        length = float(_SPAN_LENGTH[named])
        return DayRange(1.0, length, 2 * length)
    if named:
        length = float(_SPAN_LENGTH[named])
        return DayRange(min(1.0, length / 2), length / 2, length)
    if read in _NEAR:
        days = float(_NEAR[read])
        return DayRange(max(days - 0.5, 0.1), max(days, 0.5), days + 0.5)
    return UNDATED


def _ahead(days: int) -> Callable[[re.Match[str], date], Period]:
    def read(_: re.Match[str], on: date) -> Period:
        moment = on + timedelta(days=days)
        return moment, moment

    _NEAR[read] = days
    return read


_NEAR: Final[dict[Callable[[re.Match[str], date], Period | None], int]] = {}


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


def _numeric(found: re.Match[str], on: date) -> Period:
    day, month = int(found["day"]), int(found["month"])
    if month > 12 >= day:
        day, month = month, day
    return _on_day(found, month, day, on)


def _named(found: re.Match[str], on: date) -> Period:
    month = _index(found, "m")
    return _on_day(found, month or 1, int(found["day"]), on)


def _week_of(day: date) -> Period:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=4)


def _week_after_next(_: re.Match[str], on: date) -> Period:
    return _week_of(on + timedelta(days=14))


def _calendar_week(found: re.Match[str], on: date) -> Period:
    week, last = int(found["kw"]), _group(found, "kw2")
    year = int(_group(found, "year") or on.isocalendar().year)
    monday = date.fromisocalendar(year, week, 1)
    if not _group(found, "year") and monday + timedelta(days=6) < on:
        year += 1
        monday = date.fromisocalendar(year, week, 1)
    friday = date.fromisocalendar(year, int(last or week), 5)
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
    """Narrow a period to its beginning, middle or end."""
    if first.day == 1 and last == _end_of_month(first):
        return _part_of_month(found, first, last)
    third = (last - first) / 3
    if _group(found, "early"):
        return first, first + third
    if _group(found, "mid"):
        return first + third, last - third
    if _group(found, "late"):
        return last - third, last
    return (last, last) if _group(found, "end") else (first, last)


def _part_of_month(found: re.Match[str], first: date, last: date) -> Period:
    """Take the first ten days of a month for early, the next ten for mid, the rest for late."""
    if _group(found, "early"):
        return first, first.replace(day=10)
    if _group(found, "mid"):
        return first.replace(day=11), first.replace(day=20)
    if _group(found, "late"):
        return first.replace(day=21), last
    return (last, last) if _group(found, "end") else (first, last)


def _month(found: re.Match[str], on: date) -> Period:
    month, second = _index(found, "m") or 1, _index(found, "n")
    count = second - month + 1 if second and second >= month else 1
    return _months_from(found, month, count, on)


def _month_of_year(found: re.Match[str], on: date) -> Period:
    return _months_from(found, int(found["month"]), 1, on)


def _quarter(found: re.Match[str], on: date) -> Period:
    word = found["quarter_word"]
    number = int(found["quarter"] or found["quarter_fr"] or mapping("quarter_words")[str(word)])
    second = int(found["quarter2"] or number)
    return _months_from(found, 3 * number - 2, 3 * (max(second, number) - number + 1), on)


def _half(found: re.Match[str], on: date) -> Period:
    number = int(found["half"] or mapping("half_words")[str(found["half_word"])])
    return _months_from(found, 6 * number - 5, 6, on)


def _season(found: re.Match[str], on: date) -> Period:
    season = _index(found, "s") or 0
    month = (3, 6, 9, 12)[season]
    if month == 12:
        first = date(on.year - (on.month < 3), 12, 1)
        last = _end_of_month(date(first.year + 1, 2, 1))
        return _part_of(found, max(first, on), last)
    return _months_from(found, month, 3, on)


def _span_named(found: re.Match[str]) -> str | None:
    short = _group(found, "short")
    if short:
        return _SHORT[short]
    return next((name for name in _SPAN_LENGTH if name != "day" and _group(found, name)), None)


def _this_span(found: re.Match[str], on: date) -> Period | None:
    span = _span_named(found)
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


def _next_span(found: re.Match[str], on: date) -> Period | None:
    span = _span_named(found)
    if span is None:
        return None
    if span == "week":
        return _part_of(found, *_week_of(on + timedelta(days=7)))
    first = _end_of_span(span, on) + timedelta(days=1)
    return _part_of(found, first, _end_of_span(span, first))


def _weekday(found: re.Match[str], on: date) -> Period:
    if found["day"]:
        return _next_day_numbered(int(found["day"]), on)
    ahead = ((_index(found, "w") or 0) - on.weekday()) % 7 or 7
    moment = on + timedelta(days=ahead)
    return moment, moment


def _days_of_month(found: re.Match[str], on: date) -> Period:
    first, _ = _on_day(found, _index(found, "m") or 1, int(found["day"]), on)
    last, _ = _on_day(found, _index(found, "m") or 1, int(found["day2"]), on)
    return first, max(first, last)


def _nth_weekday(found: re.Match[str], on: date) -> Period | None:
    """Return the next "second Tuesday of the month"; "last Friday" alone is over."""
    nth, weekday = _index(found, "o") or 1, _index(found, "w") or 0
    if nth == _LAST and not _group(found, "of"):
        return None
    first = on.replace(day=1)
    while True:
        days = [
            first + timedelta(days=n)
            for n in range(monthrange(first.year, first.month)[1])
            if (first + timedelta(days=n)).weekday() == weekday
        ]
        moment = days[-1 if nth == _LAST else nth - 1]
        if moment >= on:
            return moment, moment
        first = _end_of_month(first) + timedelta(days=1)


def _month_start(_: re.Match[str], on: date) -> Period:
    first = _end_of_month(on) + timedelta(days=1)
    return first, first


def _weekend(_: re.Match[str], on: date) -> Period:
    saturday = on + timedelta(days=(5 - on.weekday()) % 7)
    return saturday, saturday + timedelta(days=1)


def _yearly(of_year: Callable[[int], date]) -> Callable[[re.Match[str], date], Period]:
    def read(_: re.Match[str], on: date) -> Period:
        moment = of_year(on.year)
        moment = moment if moment >= on else of_year(on.year + 1)
        return moment, moment

    return read


def _easter_of(year: int) -> date:
    """Return Easter Sunday, by the anonymous Gregorian algorithm."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    w = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    month, day = divmod(h + w - 7 * ((a + 11 * h + 22 * w) // 451) + 114, 31)
    return date(year, month, day + 1)


def _black_friday_of(year: int) -> date:
    november = date(year, 11, 1)
    return november + timedelta(days=(3 - november.weekday()) % 7 + 22)


_easter: Final = _yearly(_easter_of)
_black_friday: Final = _yearly(_black_friday_of)
_christmas: Final = _yearly(lambda year: date(year, 12, 25))


def _new_year(_: re.Match[str], on: date) -> Period:
    if on.month == 1 and on.day <= 15:
        return on, date(on.year, 1, 15)
    return date(on.year, 12, 31), date(on.year + 1, 1, 15)


def _year(found: re.Match[str], _: date) -> Period:
    year = int(found["year"])
    return _part_of(found, date(year, 1, 1), date(year, 12, 31))


def _day_of_month(found: re.Match[str], on: date) -> Period:
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
