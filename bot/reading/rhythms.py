"""How often something happens: "every six weeks", "only on Fridays", "once a month"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from bot.reading.durations import figure_of, number_pattern, unit_days, unit_pattern
from bot.reading.lexicon import any_of, either, mapping, words
from bot.reading.ranges import UNIT_DAYS, DayRange, Span

ORDINALS: Final = (
    r"(?:1st|first|2nd|second|3rd|third|last|erste[nr]?|zweite[nr]?|letzte[nr]?|"
    r"premiers?|deuxieme|dernier|"
    r"primer|segundo|ultimo)"
)
MOST_LETTERS_OF_SHORT_DAY: Final = 4
"""Weekdays as patterns: "mo" and the like mean too much to be a rhythm."""


@cache
def _every() -> re.Pattern[str]:
    """Match how often something happens, a group for each way to name the period."""
    days = (day for day in words("weekdays") if len(day) > MOST_LETTERS_OF_SHORT_DAY)
    day = either([*days, *words("weekend")])
    each = r"(?:every|each|jede\w|chaque|cada)"
    once = r"(?:once|one time|einmal|1x|une fois|1 fois|una vez)"
    a = r"(?:an?|per|every|each|pro|im|in der|die|par|por|al|a la)"
    only = r"(?:only|nur|solo|seulement|uniquement)"
    unit = unit_pattern()
    ways = (
        rf"{any_of('every')}\s+(?:(?P<other>{any_of('other')}|2nd|2\.|second)\s+)?"
        rf"(?:(?:(?:\d{{1,2}}\s*(?:-|to|bis|"
        rf"a)\s*)?(?P<number>{number_pattern()})[\s-]*)?(?P<unit>{unit})|(?P<weekday>(?:{day})s?))",
        rf"{ORDINALS} (?:(?:of|im|du|de|del) )?{each} (?P<each>{unit})",
        rf"{once}\s+{a}\s+(?P<once>{unit})",
        rf"{only} (?:on |am |le |les |los |el )?(?P<some>{day})s?",
        rf"(?:on |les |los )(?P<plural>(?:{day})s)",
        rf"(?P<bare>{any_of('days_in_plural')}(?!\s+(?:to|bis|-)))",
        rf"n[e'] ?[a-z]+(?: [a-z]+)? que (?:le |les )(?P<but>{day})s?",
        rf"(?:le |el )(?P<lone>{day}) (?:uniquement|seulement|solamente|unicamente)",
        *(f"(?P<{name}>{either(each)})" for name, each in mapping("rhythms").items()),
    )
    return re.compile(rf"(?<![a-z])(?:{'|'.join(ways)})(?![a-z])")


_DAYS: Final = ("weekday", "some", "plural", "bare", "lone", "but")
_UNITS: Final = ("unit", "each", "once")


def rhythms(folded: str) -> Iterator[Span]:
    """Find how often something happens: who meets every six weeks makes one wait up to six."""
    for found in _every().finditer(folded):
        unit = next((found[name] for name in _UNITS if found[name]), None)
        if any(found[name] for name in _DAYS):
            period = 14.0 if found["other"] else 7.0
        elif unit:
            count = figure_of(found["number"]) if found["number"] else 1.0
            period = count * unit_days(unit) * (2 if found["other"] else 1)
        else:
            period = UNIT_DAYS[str(found.lastgroup)]
        days = DayRange(min(1.0, period / 10), period / 2, period)
        yield Span(found.start(), found.end(), "rhythm", days, (None, period), period < 1)
