"""Moments that people name by the calendar: a date, a weekday, KW 34, "Q3 next year"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Final

from bot.reading.lexicon import any_of, by_position, either, keys_of, mapping
from bot.reading.periods import (
    FEASTS,
    NEAR,
    SPAN_LENGTH,
    Period,
    read_after_next,
    read_ahead,
    read_calendar_week,
    read_day_of_month,
    read_day_of_next_week,
    read_days_of_month,
    read_easter,
    read_half,
    read_mid_month,
    read_month,
    read_month_of_year,
    read_month_start,
    read_named,
    read_new_year,
    read_next_span,
    read_nth_weekday,
    read_numeric,
    read_quarter,
    read_season,
    read_this_span,
    read_turn,
    read_week_after_next,
    read_weekday,
    read_weekday_after_next,
    read_weekend,
    read_year,
    span_named,
    week_of,
)
from bot.reading.ranges import YEAR, DayRange, Span

UNDATED: Final = DayRange(7.0, 90.0, 330.0)
"""A named month or date when nobody knows today's."""
SOME_DAY: Final = date(2000, 1, 3)
"""A day to read by where nobody knows the day on which something was said."""
YEARS_AHEAD: Final = DayRange(0.5 * YEAR, 1.5 * YEAR, 4 * YEAR)
"""A year named by its number then; who names one means no month of this one."""
_MONTH: Final = r"(?:month|monats?|mois|mes)"
_YEAR: Final = r"(?:,?\s*(?:(?:de|of|del)\s+)?(?P<year>20\d\d)(?!\d))?"


@cache
def _months() -> str:
    return "|".join(f"(?P<m{n}>{each})" for n, each in enumerate(by_position("months"), 1))


@cache
def _months_ahead() -> str:
    return either(by_position("months"))


@cache
def _weekdays(letter: str = "w") -> str:
    days = enumerate(by_position("weekdays"))
    return "|".join(f"(?P<{letter}{n}>{each})" for n, each in days)


@cache
def _days_of_next_week() -> tuple[str, str]:
    """Match "Thursday next week" and "next week Thursday", also "tue or wed next week"."""
    week = either(mapping("spans")["week"])
    next_week = rf"(?:{any_of('next')}\s+{week}|(?:la )?{week}\s+{any_of('next_after')})"
    day = rf"(?!(?:mo|di|mi|do|fr|sa|so)\b)(?:{_weekdays()})"
    other = rf"(?:(?:{_weekdays('v')})\s+(?:or|oder|ou|o)\s+(?:le |el )?)?"
    return (
        rf"{other}{day}\s*,?\s*(?:of |in der |der |de la |de |la )?{next_week}",
        rf"{next_week}\s*,?\s+(?:on |am |le |el )?{other}{day}",
    )


@cache
def _span_words() -> str:
    spans = mapping("spans")
    return "|".join(f"(?P<{name}>{either(each)})" for name, each in spans.items())


@cache
def _span_words_behind() -> str:
    spans = mapping("spans")
    return "|".join(f"(?P<{name}2>{either(each)})" for name, each in spans.items())


@cache
def _part() -> str:
    return (
        rf"(?:(?:the |la |in der |die )?(?:{_weeks_of()})\s*|"
        rf"(?P<early_mid>{any_of('early')}(?: |-|/)*(?:to|bis|or|a)? ?{any_of('mid')})\s*|"
        rf"(?P<mid_late>{any_of('mid')}\s*(?:-|/|to|bis|or|oder) ?"
        rf"(?:{any_of('late')}|{any_of('end')}))\s*|(?P<half1>{any_of('first_half')})\s*|"
        rf"(?P<half2>{any_of('second_half')})\s*|(?P<early>{any_of('early')})\s*|"
        rf"(?P<mid>{any_of('mid')})\s*|"
        rf"(?P<late>{any_of('late')})\s*|(?P<end>{any_of('end')})\s*)?(?:the |this "
        rf"|la |le |el |des |der )?"
    )


@cache
def _weeks_of(tail: str = "") -> str:
    """Match "the third week of", a group for each week of a month."""
    week = r"(?:week|woche|semaine|semana) ?(?:of|in|im|des|der|d[eu'])?"
    behind = tail or rf" {week}"
    return "|".join(f"(?P<week{n}>(?:{nth}){behind})" for n, nth in enumerate(_ORDINAL_WORDS, 1))


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
        (rf"{edge}(?P<year>20\d\d)-(?P<month>\d\d?)-{day}{close}", read_numeric),
        (
            (
                rf"{edge}(?P<day>\d{{1,2}})\.?\s*(?:-|/|to|bis(?: zum)?|and|und|et|y|au|al?)\s*"
                r"(?:the |dem |den |le |el )?"
                r"(?P<day2>\d{1,2})(?:st|nd|rd|th|\.)?"
                rf"\s*(?:of\s+|de\s+)?(?:{_months()})\.?{close}{_YEAR}"
            ),
            read_days_of_month,
        ),
        (
            rf"{edge}(?P<day>\d{{1,2}})\.?\s*(?:-|bis(?: zum)?)\s*"
            r"(?P<day2>\d{1,2})\.(?P<month>\d{1,2})\.?(?![\d.])",
            read_days_of_month,
        ),
        (rf"{edge}{day}\s*(?:of\s+|de\s+|d')?(?:{_months()})\.?{close}{_YEAR}", read_named),
        (
            (
                rf"{edge}(?:{_months()})\.?\s+(?:the\s+)?{day}(?![\d:]|\s*[%a-z]?\d)"
                rf"{close}(?:,?\s*(?P<year>20\d\d))?"
            ),
            read_named,
        ),
        (
            rf"{edge}(?:{_nth()})\s+(?:{_weekdays()})(?:\s+(?:of|in|im|de|du|d'|del?)\s*"
            rf"(?:{_months()})|\s+{_of_month()})?{close}",
            read_nth_weekday,
        ),
        (rf"{edge}(?:{any_of('month_start')}){close}", read_month_start),
        (
            rf"{edge}(?:{any_of('mid')}\s*(?:this |the |du |des |de )?{_MONTH}){close}",
            read_mid_month,
        ),
        (rf"{edge}(?P<span>quartal|monat|jahr)s?wechsel{close}", read_turn),
        (
            rf"{edge}(?:(?:over|during|on|at|this|am|uber das|dieses|ce|le|el|este) )?(?:the )?"
            rf"(?<!long )(?:{any_of('weekend')}){close}",
            read_weekend,
        ),
        (
            rf"{edge}(?:(?P<monday>easter monday|ostermontag|lundi de paques|lunes de pascua)|"
            rf"(?:easter|ostern|paques|pascua|semana santa)(?: break| holidays)?){close}",
            read_easter,
        ),
        *(
            (rf"{edge}{either(words)}{close}", FEASTS[name])
            for name, words in reversed(mapping("feasts").items())
        ),
        (
            (
                rf"{edge}(?<!release )(?<!version )(?<!build )(?P<day>\d{{1,2}})[./]"
                r"(?P<month>\d{1,2})(?:[./](?P<year>20\d\d|"
                rf"\d\d(?!\d))|\.|(?![\d./]))"
            ),
            read_numeric,
        ),
        (rf"{edge}(?P<month>0?[1-9]|1[0-2])/(?P<year>20\d\d){close}", read_month_of_year),
        (rf"{edge}(?:{any_of('day_after')}|(?<= or )the day after){close}", read_ahead(2)),
        (rf"{edge}{any_of('tomorrow')}{close}", read_ahead(1)),
        (rf"{edge}{any_of('today')}{close}", read_ahead(0)),
        (rf"{edge}{any_of('week_after_next')}{close}", read_week_after_next),
        (
            rf"{edge}(?:{any_of('after_next')}\s+(?:{_span_words()})|"
            rf"(?:{_span_words_behind()})\s+{any_of('after_next_behind')}){close}",
            read_after_next,
        ),
        (rf"{edge}(?:{_weekdays()}) after next{close}", read_weekday_after_next),
        *((rf"{edge}{each}{close}", read_day_of_next_week) for each in _days_of_next_week()),
        (
            (
                rf"{edge}(?:(?P<end>{any_of('end')})\s*(?:der )?)?{any_of('calendar_week')}\s*"
                rf"(?P<kw>\d{{1,2}})(?:\s*(?:-|/|bis|to|oder|or|ou|u\.|a|o)\s*(?:kw\s*)?(?P<kw2>\d{{1,2}}))?{close}(?:\s*/?\s*(?P<year>20\d\d))?"
            ),
            read_calendar_week,
        ),
        (
            rf"{edge}(?P<kw>\d{{1,2}})\.\s*{either(['kw', 'kalenderwoche'])}{close}",
            read_calendar_week,
        ),
        (
            (
                rf"{edge}{_part()}(?:q(?P<quarter>[1-4])|t(?P<quarter_fr>[1-4])|"
                rf"(?P<quarter_word>{keys_of('quarter_words')})\s+(?:quarter|quartals?|"
                rf"trimestre))(?:\s*(?:-|to|/)\s*q(?P<quarter2>[1-4]))"
                rf"?{close}(?:\s*/?\s*'?(?P<year>20\d\d|2\d(?!\d)))?{_relative()}"
            ),
            read_quarter,
        ),
        (
            (
                rf"{edge}(?:h(?P<half>[12])|(?P<half_word>{keys_of('half_words')})"
                rf"\s+(?:half(?: of(?: the)? year)?(?! of)"
                rf"(?!\s+(?:{_months_ahead()}))|halbjahr|semestre))"
                rf"{close}{_YEAR}{_relative()}"
            ),
            read_half,
        ),
        (
            rf"{edge}{_part()}(?:{any_of('next')}\s+(?:fiscal |budget |business |"
            rf"calendar )?(?:{_span_words()})){close}",
            read_next_span,
        ),
        (
            rf"{edge}{_part()}(?:(?:l'|la |le |el )?(?:{_span_words()}))\s+"
            rf"{any_of('next_after')}{close}",
            read_next_span,
        ),
        (
            (
                rf"{edge}(?:{any_of('end')}\s*(?:{any_of('this')}\s+|the |la |le |l'|el )?|"
                rf"{any_of('this')}\s+|(?:within|during|inside|all) (?:the|this)\s+|"
                rf"all\s+(?!day))(?:{_span_words()}){close}"
            ),
            read_this_span,
        ),
        (
            (
                rf"{edge}(?:(?P<month>monats|month[- ])|(?P<quarter>quartals|quarter[- ])|"
                rf"(?P<year>jahres|year[- ]))(?:end(?:e|s)?|close){close}"
            ),
            read_this_span,
        ),
        (rf"{edge}eo(?P<short>[dwmqy]){close}", read_this_span),
        (
            (
                rf"{edge}(?:{_months()})\s*(?:-|/|to|bis|a|oder|or|ou|o)\s*"
                rf"(?:{_second_months()})\.?{close}{_YEAR}{_relative()}"
            ),
            read_month,
        ),
        (
            (rf"{edge}{_part()}(?:{_months()})\.?{close}{_YEAR}{_relative()}"),
            read_month,
        ),
        (
            rf"{edge}(?:(?P<half1>erste[nr]?)|(?P<half2>zweite[nr]?)) (?:{_months()})halfte{close}",
            read_month,
        ),
        (rf"{edge}(?:{_weeks_of(' ')})(?:{_months()})woche{close}", read_month),
        (
            (
                rf"{edge}{_part()}(?:{any_of('this')}\s+|{any_of('next')}\s+)"
                rf"?(?:{_seasons()}){close}(?! (?:shut ?down|closure|recess|stop|fair|sale|party))"
                rf"{_YEAR}{_relative()}"
            ),
            read_season,
        ),
        (
            (
                rf"{edge}{weekday}(?:\s*(?:,|der|the|den|le|el)?\s*(?:the )"
                rf"?(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.|er)?(?![\d:]|\s*(?:%|uhr|h\b|am\b|pm\b|o'clock))|"
                rf"(?P<week_on> week(?! of)| en huit)|(?P<weeks_on> en quinze))?{close}"
            ),
            read_weekday,
        ),
        (
            (
                rf"{edge}(?:new year|neujahr|nouvel an|ano nuevo|the holidays|fin d'annee|"
                rf"feiertage|les fetes|reyes){close}"
            ),
            read_new_year,
        ),
        (rf"{edge}{_part()}(?P<year>20\d\d){close}", read_year),
        (
            (
                rf"{edge}(?:(?:the|den|dem|le|au|al|el dia|el|am|zum)\s+)?(?P<day>\d{{1,2}})"
                rf"(?P<ordinal>st|nd|rd|th|\.)?(?:\s+(?:of |in |de )?"
                rf"(?:each|every|the|jede[ns]|des|chaque|cada) {_MONTH})?{close}"
            ),
            read_day_of_month,
        ),
    ]
    return tuple((re.compile(pattern), read) for pattern, read in table)


@cache
def _nth() -> str:
    return "|".join(f"(?P<o{n}>{each})" for n, each in enumerate(_ORDINAL_WORDS, 1))


_ORDINAL_WORDS: Final = (
    r"1st|first|1\.|erste[rn]?|1er|1ere|premiere?|primera?|1o",
    r"2nd|second|2\.|zweite[rn]?|2e|2eme|deuxieme|segund[oa]|2o",
    r"3rd|third|3\.|dritte[rn]?|3e|3eme|troisieme|tercera?|3o",
    r"4th|fourth|4\.|vierte[rn]?|4e|4eme|quatrieme|cuart[oa]|4o",
    r"last|letzte[rn]?|derniere?|ultim[oa]",
)
"""From the first to the fourth, then the last."""


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


def moments(folded: str, on: date | None) -> Iterator[Span]:
    """Find the moments that a folded text names, the more exact way of naming first.

    Args:
        folded: the text.
        on: the date it was said on; None gives ranges wide enough for any.
    """
    taken: list[tuple[int, int]] = []
    base = on or SOME_DAY
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
            start = found.start()
            if following := _week_after().search(folded, 0, start):
                period, start = week_of(period[0] + timedelta(days=7)), following.start()
            elif period[0] == period[1] and _week_of().search(folded, 0, found.start()):
                period = week_of(period[0])
            taken.append((start, found.end()))
            yield replace(_span(found, period, read, on), start=start)


@cache
def _week_of() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){any_of('week_of')}\s+(?:the |dem |le |el )?$")


@cache
def _week_after() -> re.Pattern[str]:
    return re.compile(
        r"(?<![a-z])(?:the )?(?:week after|woche nach|semaine (?:d')?apres|semana despues de)"
        r"\s+(?:the |dem |le |la |el )?$"
    )


def _span(
    found: re.Match[str],
    period: Period,
    read: Callable[[re.Match[str], date], Period | None],
    on: date | None,
) -> Span:
    sort = (
        "day_of_month" if read is read_day_of_month else "year" if read is read_year else "calendar"
    )
    if on is None:
        return Span(found.start(), found.end(), sort, _undated(found, read), None)
    low, high = float((period[0] - on).days), float((period[1] - on).days)
    if high < 0:
        return Span(found.start(), found.end(), "past", None, None)
    low = max(low, 0.0)
    late = 0.5 if read is read_weekday else 0.0
    days = DayRange(low, (low + high) / 2, max(high + late, 0.5))
    return Span(found.start(), found.end(), sort, days, (low, high))


def _undated(
    found: re.Match[str], read: Callable[[re.Match[str], date], Period | None]
) -> DayRange:
    if read is read_weekday:
        return DayRange(1.0, 4.0, 7.0)
    named = span_named(found) if read in (read_next_span, read_this_span) else None
    if named and read is read_next_span:
        length = float(SPAN_LENGTH[named])
        return DayRange(1.0, length, 2 * length)
    if named:
        length = float(SPAN_LENGTH[named])
        return DayRange(min(1.0, length / 2), length / 2, length)
    if read is read_year:
        return YEARS_AHEAD
    if read in NEAR:
        days = float(NEAR[read])
        return DayRange(max(days - 0.5, 0.1), max(days, 0.5), days + 0.5)
    return UNDATED
