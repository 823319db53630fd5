"""The patterns of dates that people name by the calendar, each with what reads its match.

A pattern names in braces the part that it is made of: one of `_parts`, or else a table of words of
the lexicon.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from typing import Final

from bot.reading.lexicon import any_of, by_position, either, keys_of, mapping
from bot.reading.periods import (
    FEASTS,
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
)

Reader = Callable[[re.Match[str], date], Period | None]

_ORDINAL_WORDS: Final = (
    r"1st|first|1\.|erste[rn]?|1er|1ere|premiere?|primera?|1o",
    r"2nd|second|2\.|zweite[rn]?|2e|2eme|deuxieme|segund[oa]|2o",
    r"3rd|third|3\.|dritte[rn]?|3e|3eme|troisieme|tercera?|3o",
    r"4th|fourth|4\.|vierte[rn]?|4e|4eme|quatrieme|cuart[oa]|4o",
    r"last|letzte[rn]?|derniere?|ultim[oa]",
)
"""From the first to the fourth, then the last."""

_EXACT: Final[tuple[tuple[str, Reader], ...]] = (
    (r"{edge}(?P<year>20\d\d)-(?P<month>\d\d?)-{day}{close}", read_numeric),
    (
        (
            r"{edge}(?P<day>\d{{1,2}})\.?\s*(?:-|/|to|bis(?: zum)?|and|und|et|y|au|al?)\s*"
            r"(?:the |dem |den |le |el )?"
            r"(?P<day2>\d{{1,2}})(?:st|nd|rd|th|\.)?"
            r"\s*(?:of\s+|de\s+)?(?:{months})\.?{close}{with_year}"
        ),
        read_days_of_month,
    ),
    (
        r"{edge}(?P<day>\d{{1,2}})\.?\s*(?:-|bis(?: zum)?)\s*"
        r"(?P<day2>\d{{1,2}})\.(?P<month>\d{{1,2}})\.?(?![\d.])",
        read_days_of_month,
    ),
    (r"{edge}{day}\s*(?:of\s+|de\s+|d')?(?:{months})\.?{close}{with_year}", read_named),
    (
        (
            r"{edge}(?:{months})\.?\s+(?:the\s+)?{day}(?![\d:]|\s*[%a-z]?\d)"
            r"{close}(?:,?\s*(?P<year>20\d\d))?"
        ),
        read_named,
    ),
    (
        r"{edge}(?:{nth})\s+(?:{weekdays})(?:\s+(?:of|in|im|de|du|d'|del?)\s*"
        r"(?:{months})|\s+{of_month})?{close}",
        read_nth_weekday,
    ),
    (r"{edge}(?:{month_start}){close}", read_month_start),
    (
        r"{edge}(?:{mid}\s*(?:this |the |du |des |de )?{month}){close}",
        read_mid_month,
    ),
    (r"{edge}(?P<span>quartal|monat|jahr)s?wechsel{close}", read_turn),
    (
        r"{edge}(?:(?:over|during|on|at|this|am|uber das|dieses|ce|le|el|este) )?(?:the )?"
        r"(?<!long )(?:{weekend}){close}",
        read_weekend,
    ),
    (
        r"{edge}(?:(?P<monday>easter monday|ostermontag|lundi de paques|lunes de pascua)|"
        r"(?:easter|ostern|paques|pascua|semana santa)(?: break| holidays)?){close}",
        read_easter,
    ),
)
"""What names a day or a few; the more exact way of naming comes first."""

_BROAD: Final[tuple[tuple[str, Reader], ...]] = (
    (
        (
            r"{edge}(?<!release )(?<!version )(?<!build )(?P<day>\d{{1,2}})[./]"
            r"(?P<month>\d{{1,2}})(?:[./](?P<year>20\d\d|"
            r"\d\d(?!\d))|\.|(?![\d./]))"
        ),
        read_numeric,
    ),
    (r"{edge}(?P<month>0?[1-9]|1[0-2])/(?P<year>20\d\d){close}", read_month_of_year),
    (r"{edge}(?:{day_after}|(?<= or )the day after){close}", read_ahead(2)),
    (r"{edge}{tomorrow}{close}", read_ahead(1)),
    (r"{edge}{today}{close}", read_ahead(0)),
    (r"{edge}{week_after_next}{close}", read_week_after_next),
    (
        r"{edge}(?:{after_next}\s+(?:{span_words})|"
        r"(?:{span_words_behind})\s+{after_next_behind}){close}",
        read_after_next,
    ),
    (r"{edge}(?:{weekdays}) after next{close}", read_weekday_after_next),
    (r"{edge}{weekday_of_next_week}{close}", read_day_of_next_week),
    (r"{edge}{next_week_weekday}{close}", read_day_of_next_week),
    (
        (
            r"{edge}(?:(?P<end>{end})\s*(?:der )?)?{calendar_week}\s*"
            r"(?P<kw>\d{{1,2}})(?:\s*(?:-|/|bis|to|oder|or|ou|u\.|a|o)\s*(?:kw\s*)?(?P<kw2>\d{{1,2}}))?{close}(?:\s*/?\s*(?P<year>20\d\d))?"
        ),
        read_calendar_week,
    ),
    (
        r"{edge}(?P<kw>\d{{1,2}})\.\s*{week_word}{close}",
        read_calendar_week,
    ),
    (
        (
            r"{edge}{part}(?:q(?P<quarter>[1-4])|t(?P<quarter_fr>[1-4])|"
            r"(?P<quarter_word>{quarter_words})\s+(?:quarter|quartals?|"
            r"trimestre))(?:\s*(?:-|to|/)\s*q(?P<quarter2>[1-4]))"
            r"?{close}(?:\s*/?\s*'?(?P<year>20\d\d|2\d(?!\d)))?{relative}"
        ),
        read_quarter,
    ),
    (
        (
            r"{edge}(?:h(?P<half>[12])|(?P<half_word>{half_words})"
            r"\s+(?:half(?: of(?: the)? year)?(?! of)"
            r"(?!\s+(?:{months_ahead}))|halbjahr|semestre))"
            r"{close}{with_year}{relative}"
        ),
        read_half,
    ),
    (
        r"{edge}{part}(?:{next}\s+(?:fiscal |budget |business |"
        r"calendar )?(?:{span_words})){close}",
        read_next_span,
    ),
    (
        r"{edge}{part}(?:(?:l'|la |le |el )?(?:{span_words}))\s+"
        r"{next_after}{close}",
        read_next_span,
    ),
    (
        (
            r"{edge}(?:{end}\s*(?:{this}\s+|the |la |le |l'|el )?|"
            r"{this}\s+|(?:within|during|inside|all) (?:the|this)\s+|"
            r"all\s+(?!day))(?:{span_words}){close}"
        ),
        read_this_span,
    ),
    (
        (
            r"{edge}(?:(?P<month>monats|month[- ])|(?P<quarter>quartals|quarter[- ])|"
            r"(?P<year>jahres|year[- ]))(?:end(?:e|s)?|close){close}"
        ),
        read_this_span,
    ),
    (r"{edge}eo(?P<short>[dwmqy]){close}", read_this_span),
    (
        (
            r"{edge}(?:{months})\s*(?:-|/|to|bis|a|oder|or|ou|o)\s*"
            r"(?:{second_months})\.?{close}{with_year}{relative}"
        ),
        read_month,
    ),
    (
        (r"{edge}{part}(?:{months})\.?{close}{with_year}{relative}"),
        read_month,
    ),
    (
        r"{edge}(?:(?P<half1>erste[nr]?)|(?P<half2>zweite[nr]?)) (?:{months})halfte{close}",
        read_month,
    ),
    (r"{edge}(?:{weeks_of_compound})(?:{months})woche{close}", read_month),
    (
        (
            r"{edge}{part}(?:{this}\s+|{next}\s+)"
            r"?(?:{seasons}){close}(?! (?:shut ?down|closure|recess|stop|fair|sale|party))"
            r"{with_year}{relative}"
        ),
        read_season,
    ),
    (
        (
            r"{edge}{weekday}(?:\s*(?:,|der|the|den|le|el)?\s*(?:the )"
            r"?(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.|er)?(?![\d:]|\s*(?:%|uhr|h\b|am\b|pm\b|o'clock))|"
            r"(?P<week_on> week(?! of)| en huit)|(?P<weeks_on> en quinze))?{close}"
        ),
        read_weekday,
    ),
    (
        (
            r"{edge}(?:new year|neujahr|nouvel an|ano nuevo|the holidays|fin d'annee|"
            r"feiertage|les fetes|reyes){close}"
        ),
        read_new_year,
    ),
    (r"{edge}{part}(?P<year>20\d\d){close}", read_year),
    (
        (
            r"{edge}(?:(?:the|den|dem|le|au|al|el dia|el|am|zum)\s+)?(?P<day>\d{{1,2}})"
            r"(?P<ordinal>st|nd|rd|th|\.)?(?:\s+(?:of |in |de )?"
            r"(?:each|every|the|jede[ns]|des|chaque|cada) {month})?{close}"
        ),
        read_day_of_month,
    ),
)
"""What is looked for where no feast is named, in this order."""


class _Parts(dict[str, str]):
    """Parts of patterns by name; a name that is not among them is a table of the lexicon."""

    def __missing__(self, name: str) -> str:
        return any_of(name)


@cache
def patterns() -> tuple[tuple[re.Pattern[str], Reader], ...]:
    """Return the pattern of each way to name a date, the more exact first, with its reader."""
    parts = _parts()
    feasts = (
        (f"{{edge}}{either(words)}{{close}}", FEASTS[name])
        for name, words in reversed(mapping("feasts").items())
    )
    return tuple(
        (re.compile(pattern.format_map(parts)), read)
        for pattern, read in (*_EXACT, *feasts, *_BROAD)
    )


def _parts() -> _Parts:
    weekdays = _weekdays()
    weekday_of_next_week, next_week_weekday = _days_of_next_week()
    return _Parts(
        edge=r"(?<![a-z0-9.])",
        close=r"(?![a-z0-9])",
        day=r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|°|\.)?",
        month=r"(?:month|monats?|mois|mes)",
        with_year=r"(?:,?\s*(?:(?:de|of|del)\s+)?(?P<year>20\d\d)(?!\d))?",
        weekdays=weekdays,
        weekday=rf"(?:{any_of('next')}\s+|{any_of('this')}\s+)?(?:{weekdays})",
        weekday_of_next_week=weekday_of_next_week,
        next_week_weekday=next_week_weekday,
        week_word=either(["kw", "kalenderwoche"]),
        months=_numbered("m", by_position("months"), 1),
        second_months=_numbered("n", by_position("months"), 1),
        months_ahead=either(by_position("months")),
        seasons=_numbered("s", by_position("seasons"), 0),
        nth=_numbered("o", _ORDINAL_WORDS, 1),
        of_month=_of_month(),
        part=_part(),
        relative=_relative(),
        span_words=_span_words(""),
        span_words_behind=_span_words("2"),
        weeks_of_compound=_weeks_of(" "),
        quarter_words=keys_of("quarter_words"),
        half_words=keys_of("half_words"),
    )


def _numbered(letter: str, words: Iterable[str], first: int) -> str:
    """Return a pattern with a group for each word, named by a letter and its number."""
    return "|".join(f"(?P<{letter}{n}>{each})" for n, each in enumerate(words, first))


def _weekdays(letter: str = "w") -> str:
    return _numbered(letter, by_position("weekdays"), 0)


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


def _span_words(ending: str) -> str:
    spans = mapping("spans")
    return "|".join(f"(?P<{name}{ending}>{either(each)})" for name, each in spans.items())


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


def _weeks_of(tail: str = "") -> str:
    """Match "the third week of", a group for each week of a month."""
    week = r"(?:week|woche|semaine|semana) ?(?:of|in|im|des|der|d[eu'])?"
    behind = tail or rf" {week}"
    return "|".join(f"(?P<week{n}>(?:{nth}){behind})" for n, nth in enumerate(_ORDINAL_WORDS, 1))


def _relative() -> str:
    return (
        rf"(?:\s*(?:of |des |del |de l'|de )?(?:(?P<nextyear>{_year_after()})|"
        rf"(?P<thisyear>{any_of('this')}\s+(?:year|jahr(?:es)?|annee|ano))))?"
    )


def _year_after() -> str:
    year = r"(?:year|jahr(?:es)?|annee|an|ano)"
    return rf"(?:{any_of('next')}\s+{year}|(?:l'|el )?{year}\s+{any_of('next_after')})"


def _of_month() -> str:
    every = r"(?:the|a|each|every|jede[ns]|des|chaque|cada|next|nachsten)"
    month = r"(?:month|mth|monats?|mois|mes)"
    return rf"(?P<of>(?:of|in|im|du|de|del|des)?\s*(?:{every} )?{month})"
