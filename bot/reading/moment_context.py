"""Whether a moment found in a sentence is when the blocker may be gone: "until May", "KW 34".

A date counts where words lead to it, or where neither data, nor the past, nor a machine is told of
beside it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from bot.reading.lexicon import any_of
from bot.reading.place import ARTICLE, Place, Rule, anywhere, first_that_holds
from bot.reading.ranges import Span

_ORDINAL: Final = re.compile(
    r"^(?:the|den|dem|zum|le|el)\s+\d{1,2}(?:st|nd|rd|th|\.)$|^\d{1,2}(?:st|nd|rd|th)$|"
    r"^(?:le|au|al|el|el dia|am|zum|den|dem)\s+\d{1,2}\.?$"
)
_LEADS: Final = rf"[\s:]+{ARTICLE}(?:mois de |mes de |monat )?"
_PAST_EDGE: Final = re.compile(
    r"(?<![a-z])(?:since|last|seit|letzten?|letzte[rsm]|depuis|dernier|desde|"
    r"pasado|from|of|vom|von|"
    r"du|de|del)\s+(?:the |dem |le |el )?$"
)
_FREE_FROM: Final = re.compile(
    r"(?:available|free|ready|partir|verfugbar|disponible) (?:from|du|de|del)\s+(?:the )?$"
)
_NAMED_DATE: Final = re.compile(
    r"(?<![a-z])(?:(?:eta|date|deadline|slot) of|mois de|mes de|debut de|fin de|parl\w+ de)"
    r"\s+(?:the )?$"
)
_AMBIGUOUS: Final = re.compile(r"(?:mo|di|mi|do|fr|sa|so|mar|sun|sat|may|set|dec|jan|ago)$")
_BEFORE_AMBIGUOUS: Final = re.compile(
    r"\b(?:am|bis|by|until|nachsten?|in|not before|ab|back|till|through|thru|during|this|next|"
    r"end of|start of|before|past|every|the|of)\s+$"
)
_NOT_A_DAY: Final = re.compile(
    r"\s*(?:%|of\s+(?!the month|next)|o'?clock|uhr|h\b|[a-z]+s\b|"
    r"(?:time|attempt|request|try|row|ticket|call|mal|fois|vez)\b)"
)
_PLANNED: Final = re.compile(r"[qht][1-4](?![0-9])")
_BEING: Final = re.compile(
    r"(?<![a-z])(?:be|get|gets|is|are|will|wird|werden|kommt|sera|seront|est|llega)(?![a-z])"
)
_ED: Final = re.compile(
    r"(?<!be )(?<!is )(?<!are )(?<!get )(?<!gets )(?<![a-z])[a-z]{3,}ed(?![a-z])"
)
_ON_DAY: Final = re.compile(r"(?<![a-z])(?:on|am|le|el)\s+(?:the )?$")
_EVENING: Final = re.compile(
    r"\s+(?:night|morning|evening|noon|afternoon|abend|nacht|fruh|vormittag|nachmittag|soir|matin|"
    r"midi|noche|tarde|por la)(?![a-z])"
)
_OLD: Final = re.compile(
    r"(?<![a-z])(?:last|past|since|previous|every|each|old|seit|letzte\w*|vorige\w*|jede\w|alte\w?|"
    r"depuis|dernier\w*|chaque|tous les|desde|pasad\w|ultim\w|cada|model|version|the)"
    r"\s+(?:the |of |in )?$"
)
_BARE_FIGURE: Final = re.compile(r"\d+[./]\d+\.?")
_AFTER_A_FIGURE: Final = re.compile(r"\d[\s.,/:-]*$|'s\s*$")
_BEFORE: Final = re.compile(
    r"(?<![a-z])(?:before|vor|avant|antes de(?:l)?)\s+(?:the |dem |de[mnr] |le |la |el |l')?$"
)
_RANGE_TO: Final = re.compile(
    r"(?<![a-z])(?:from|between|vom?|du|del?|desde)\s+(?:the |el |le )?[^,;]{2,16}\s*"
    r"(?:to|till|until|through|thru|and|bis(?: zum)?|au|al|a|hasta|und|-)\s*(?:the |el |le )?$"
)
_SINCE: Final = r"(?!since|seit|depuis|desde|last |letzte)"


def calendar(place: Place) -> float:
    """Return how surely a date, a month or the like is when the blocker may be gone."""
    return first_that_holds(place, _CALENDAR)


def day_of_month(place: Place) -> float:
    """Return how surely "the 16th" is when the blocker may be gone."""
    is_day = _ORDINAL.match(place.words) and not _NOT_A_DAY.match(place.right)
    if not is_day or re.search(r"\d\s*[-/,]?\s*$", place.left):
        return 0.0
    return calendar(place)


def year(place: Place) -> float:
    """Return how surely "2028" is when the blocker may be gone."""
    return first_that_holds(place, _YEAR)


def is_other_word(said: str, before: str) -> bool:
    """Tell the month from the modal in "may", the weekday from the verb in "do"."""
    return bool(_AMBIGUOUS.match(said)) and not _BEFORE_AMBIGUOUS.search(before)


def is_denied(span: Span, folded: str) -> bool:
    """Whether the words say that a span which runs now will not do: "no capacity this quarter"."""
    return _is_denied(Place(span, folded))


def not_before(before: str, after: str = "") -> re.Match[str] | None:
    """Return the words that put a time off: "nobody is free before" June, "vor Mai geht nichts"."""
    found = _nobody_before().search(before)
    if found is None and _nobody_behind().match(after):
        found = _BEFORE.search(before)
    return found


@cache
def _nobody_before() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![a-z])(?:{any_of('nobody')}|\w+n't|wont|cant)\b[^,.;]{{0,25}}\s"
        r"(?:before|vor|avant|antes de)\s+(?:the |dem |le |la |el )?$"
    )


@cache
def _nobody_behind() -> re.Pattern[str]:
    return re.compile(rf"\s+(?:\w+ ){{0,2}}?{any_of('nobody')}(?![a-z])")


@cache
def _denied() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{any_of('nobody')}|won't)(?![a-z])[^,.;]{{0,40}}$")


def _is_denied(place: Place) -> bool:
    this = re.match(rf"{any_of('this')}\s", place.words)
    return bool(this and _denied().search(place.clause_left))


@cache
def _event_of() -> re.Pattern[str]:
    """Match "the audit of" May, the time of an event that is still to come."""
    return re.compile(rf"(?<![a-z]){any_of('event_nouns')} (?:of|vom?|du|de|del|d')\s*$")


def _is_past(place: Place) -> bool:
    ahead = (_FREE_FROM, _NAMED_DATE, _event_of())
    return bool(_PAST_EDGE.search(place.left)) and not any(p.search(place.left) for p in ahead)


@cache
def _waits() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){any_of('waits')}(?![a-z])(?:{_SINCE}[^,.;]){{0,40}}$")


def _ends_data(place: Place) -> bool:
    return place.is_about_data and place.left_ends("until_edge", r"\s+")


def _is_all(place: Place) -> bool:
    """Whether nothing but the time was said, with at most the word that leads to it."""
    rest = place.left.strip(' :-~,."(') + place.right.strip(' .!?)",')
    return not rest or bool(anywhere("until").fullmatch(rest))


@cache
def _ahead_words() -> re.Pattern[str]:
    return re.compile(
        rf"(?:{any_of('early')}|{any_of('mid')}|{any_of('end')}|la |le |el |l'|the "
        rf")*\s*(?:{any_of('next')}\s|{any_of('tomorrow')}$|{any_of('day_after')}$|"
        rf"{any_of('week_after_next')}$|"
        rf"{any_of('this')}\s+(?:{any_of('seasons')}|{any_of('weekdays')})$)|"
        rf".*\s{any_of('next_after')}$|"
        rf".*(?:{any_of('next')}) (?:year|jahr(?:es)?)"
    )


def _starts_ahead(place: Place) -> bool:
    return bool(_ahead_words().match(place.words))


@cache
def _part_of_time() -> re.Pattern[str]:
    return re.compile(rf"(?:{any_of('early')}|{any_of('mid')}|{any_of('end')})\s*\S")


def _is_part(place: Place) -> bool:
    """Whether a week is named, or a part of a month or year, as people do of what is planned."""
    is_part = _part_of_time().match(place.words) and place.span.sort == "calendar"
    return place.words.startswith(("kw", "cw")) or bool(is_part)


def _has_future(place: Place) -> bool:
    return place.clause_has("future", "event_nouns")


def _is_planned(place: Place) -> bool:
    return bool(_PLANNED.match(place.words)) and bool(
        _BEING.search(place.clause_left) or _has_future(place)
    )


def _is_weak(place: Place) -> bool:
    weak = place.left_ends("weak_until", rf"\s+{ARTICLE}")
    return weak and not place.left_ends("strong_until", rf"\s+{ARTICLE}")


def _is_day_ahead(place: Place) -> bool:
    """Whether one day is named, and nothing beside it tells of what is over."""
    low, high = place.span.said or (None, None)
    is_day = low is not None and low == high
    is_named = _ON_DAY.search(place.left) or _ORDINAL.match(place.words)
    others = place.is_about_data or place.clause_has("data_nouns") or _ED.search(place.clause)
    return bool(is_day and is_named and not others)


def _is_left_open(place: Place) -> bool:
    """Whether neither data, nor the past, nor a machine claims a day or month for itself."""
    others = ("data_nouns", "measures", "machines", "past", "expires", "not_rhythm", "elapsed")
    return not (
        place.span.sort != "calendar"
        or not place.clause_left.strip()
        or not (place.goes_on_well or _EVENING.match(place.right))
        or place.clause_has(*others)
        or _ED.search(place.clause)
        or _OLD.search(place.left)
        or _AFTER_A_FIGURE.search(place.left)
        or _BARE_FIGURE.fullmatch(place.words)
    )


_CUED: Final[tuple[Rule, ...]] = (
    (lambda p: p.left_ends("until", _LEADS) and not _is_weak(p), 2.2),
    (lambda p: p.left_ends("until", _LEADS) and _has_future(p), 1.5),
    (lambda p: p.left_ends("until", _LEADS) and _is_day_ahead(p), 1.2),
    (
        lambda p: (
            not p.left_ends("until", _LEADS)
            and p.detached_left
            and p.detached_right
            and p.left.strip()
        ),
        1.5,
    ),
)
_CALENDAR: Final[tuple[Rule, ...]] = (
    (lambda p: p.clause_has("not_wait") or is_other_word(p.words, p.left), 0.0),
    (lambda p: p.ends_by_itself, 0.0),
    (lambda p: _waits().search(p.clause_left) and not p.is_about_data, 2.1),
    (_is_past, 0.0),
    (_is_denied, 2.2),
    (lambda p: p.clause_has("closures") and _RANGE_TO.search(p.left), 2.4),
    (lambda p: p.left_ends("strong_until", _LEADS) and _ends_data(p), 0.0),
    (lambda p: p.left_ends("strong_until", _LEADS), 2.5),
    (lambda p: p.clause_has("past"), 0.0),
    (_is_all, 1.5),
    (lambda p: p.is_about_data and not _starts_ahead(p), 0.0),
    (lambda p: not_before(p.left, p.right) or p.right_begins("back_words"), 2.3),
    (lambda p: p.right_begins("earliest_after"), 2.3),
    (_is_part, 2.0),
    (_is_planned, 1.8),
    (lambda p: _starts_ahead(p) and (not p.is_about_data or p.clause_has("human")), 2.0),
    (lambda p: p.goes_on_well and first_that_holds(p, _CUED[:1]), 2.2),
    (lambda p: p.goes_on_well and first_that_holds(p, _CUED[1:2]), 1.5),
    (lambda p: p.goes_on_well and first_that_holds(p, _CUED[3:]), 1.5),
    (lambda p: p.goes_on_well and first_that_holds(p, _CUED[2:3]), 1.2),
    (_is_left_open, 1.1),
)
_YEAR: Final[tuple[Rule, ...]] = (
    (lambda p: p.is_about_data or p.clause_has("past") or not p.goes_on_well, 0.0),
    (lambda p: p.ends_by_itself, 0.0),
    (lambda p: p.left_ends("strong_until", r"\s+"), 2.0),
    (lambda p: (p.span.said or (0, 0))[0] and p.left_ends("weak_until", r"\s+"), 1.5),
)
