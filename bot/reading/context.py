"""Whether a time found in a sentence says how long the blocker takes, or is about something else.

"3 weeks" is a lead time in "legal needs 3 weeks" and none in "3 weeks of data", "3 weeks ago" or
"a 3 week old extract". A time counts where its neighbours say so; else it does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final

from bot.reading import moment_context
from bot.reading.lexicon import any_of
from bot.reading.place import FILL, Place, Rule, anywhere, first_that_holds
from bot.reading.ranges import Span

BRIEF: Final = 4.0
"""Days below which what a machine runs is taken for its runtime."""


def score(span: Span, folded: str) -> float:
    """Return how surely a time in a sentence is a lead time; 0 when it is none."""
    return _SCORES[span.sort](Place(span, folded))


_RATE: Final = re.compile(
    r"(?:times|twice|once|\bx|\d|mal|einmal|fois|vez|veces|thrice|(?:^|\s)(?:per|pro|par|por))\s*$"
)
_SHARE_OF: Final = re.compile(
    r"\d+ (?:of|von|de|out of) (?:our|the|their|these|those|its|unser\w*|de[nr]|nos|les|las|los|"
    r"\d+)?\s*$"
)
_PAST_VERB: Final = re.compile(r"(?<!be )(?<!is )(?<!are )(?<!get )(?<![a-z])[a-z]{4,}ed\s+$")
_NOT_A_TIME: Final = re.compile(r"\s*(?:[a-z]?%|[$€£]|eur\b|usd\b)")
_CLOCK: Final = re.compile(r"(?:^|\s)(?:a|at|um|vers|las|since|@)\s*$")


@cache
def _elapsed() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){any_of('elapsed')}(?![a-z])[^,.;]*$")


@cache
def _took() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){any_of('took')}(?: [a-z']+){{0,4}}\s*$")


@cache
def _done_in() -> re.Pattern[str]:
    within = r"(?:in|within|over|en|innerhalb von|binnen)"
    return re.compile(rf"(?<![a-z]){any_of('done')}(?![a-z])[^,.;]*\s{within}\s*$")


@cache
def _machine_runs() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![a-z]){any_of('machines')}(?![a-z])(?:\s+[a-z]+){{0,2}}\s+{any_of('runs')}{FILL}$"
    )


def _is_past(place: Place) -> bool:
    happened = _PAST_VERB.search(place.left)
    return bool(
        (happened and not anywhere("asked").fullmatch(happened[0].strip()))
        or place.clause_has("last_time")
        or re.match(rf"[\"')]*\s*{any_of('since')}(?![a-z])", place.right)
        or _took().search(place.clause_left)
        or _done_in().search(place.clause_left)
    )


def _is_elapsed(place: Place) -> bool:
    return bool(_elapsed().search(place.clause_left)) and not (
        place.left_ends("future_again") or place.left_ends("takes_verb")
    )


def _is_measure(place: Place) -> bool:
    measured = anywhere("measures").search(place.clause_left)
    waits = measured and anywhere("wait_nouns").search(place.clause_left, measured.end())
    return bool(measured) and (not waits or place.clause_has("data_nouns"))


def _is_runtime(place: Place) -> bool:
    days = place.span.days
    is_brief = days is not None and days.mode < BRIEF
    return is_brief and bool(_machine_runs().search(place.clause_left))


def _never(place: Place) -> bool:
    return (
        place.left_ends("never_before")
        or place.right_begins("never_after")
        or _is_past(place)
        or bool(_SHARE_OF.search(place.left))
        or place.ends_by_itself
        or _is_elapsed(place)
        or _is_measure(place)
        or _is_runtime(place)
    )


def _is_clock(place: Place) -> bool:
    is_brief = place.span.is_short or re.fullmatch(r"\d{1,2} ?h", place.words)
    return bool(is_brief and _CLOCK.search(place.left))


def _is_of_a_machine(place: Place) -> bool:
    return place.span.is_short and (not place.clause_has("human") or place.clause_has("machines"))


def _takes(place: Place) -> bool:
    return place.left_ends("takes") or place.lasts_nearby


def _is_about_people(place: Place) -> bool:
    """Whether the words around tell of people and their work, and of no data, machine or past."""
    others = ("data_nouns", "measures", "machines", "past", "expires")
    people = ("human", "functions", "roles", "wait_nouns")
    return place.detached_left and place.clause_has(*people) and not place.clause_has(*others)


def _is_tied(place: Place) -> bool:
    """Whether something ties the time to what is before it: "rows with 3 weeks"."""
    return place.clause_has("data_nouns") or bool(
        re.search(
            r"(?:\d|\b(?:have|has|had|with|of|de|von|mit|avec|con|hat|haben|tiene|the|"
            r"these|those|all|only))\s*$",
            place.left,
        )
    )


DETACHED: Final = 1.5
"""How sure a time is that only stands by itself at the end, as "dpia 3 weeks"."""
_DURATION: Final[tuple[Rule, ...]] = (
    (_is_clock, 0.0),
    (_is_of_a_machine, 0.0),
    (lambda p: p.right_begins("wait_nouns") and not p.left_ends("never_before"), 3.0),
    (lambda p: _never(p) or _NOT_A_TIME.match(p.right), 0.0),
    (lambda p: re.search(r"\d ?m$", p.words) and not _takes(p), 0.0),
    (lambda p: re.match(rf"{any_of('nobody')}\s", p.words), 2.0),
    (
        lambda p: (
            not p.goes_on_well and _takes(p) and (p.measures_data or p.clause_has("measures"))
        ),
        0,
    ),
    (lambda p: not p.goes_on_well and _takes(p), 2.5),
    (lambda p: not p.goes_on_well and _is_about_people(p), 1.4),
    (lambda p: not p.goes_on_well, 0.0),
    (lambda p: p.left_ends("takes") or p.left_ends("before_time"), 3.0),
    (lambda p: p.lasts_nearby and not p.is_about_data, 2.5),
    (lambda p: p.detached_left, 2.0),
    (_is_tied, 0.0),
)


def _duration(place: Place) -> float:
    return first_that_holds(place, _DURATION, DETACHED)


def _article(place: Place) -> float:
    found = 0.0 if _RATE.search(place.left) else _duration(place)
    return found if found != DETACHED else 0.0


_JUST: Final = r"(?:\s|:|-|only|just|easily|probably|leicht|gerne|facilement|still|noch)*"


def _vague(place: Place) -> float:
    if place.span.is_short or _never(place) or not place.goes_on_well:
        return 0.0
    return 1.5 if place.left_ends("at_least") or place.left_ends("takes", _JUST) else 0.0


_AGAIN: Final = re.compile(
    r"(?:\bre-?(?:new|approv|certif|valid|sign|audit)\w*|erneu\w+|renouvel\w+|renov\w+)\s+$"
)
_ONLY: Final = re.compile(r"(?<![a-z])(?:only|nur|solo|seulement|uniquement|que les)(?![a-z])")


def _is_only_then(place: Place) -> bool:
    said = place.clause_left + place.words
    return bool(_ONLY.search(said)) and not place.clause_has("machines")


_RHYTHM: Final[tuple[Rule, ...]] = (
    (lambda p: p.span.is_short or p.right_begins("not_rhythm") or p.is_about_data, 0.0),
    (lambda p: _AGAIN.search(p.left), 0.0),
    (lambda p: _is_only_then(p) or p.clause_has("bodies"), 1.2),
)

_NOT_EARLIER: Final = re.compile(
    r"[\s,]+(?:not |nothing |and not |pas |no |nicht |vorher|nada |rien |antes )(?:[^.;]{0,15})?"
    r"(?:before|earlier|avant|antes|vorher|nix|nichts|nicht|no\b|geht|$)"
)
_PERHAPS: Final = re.compile(
    r"[\s,-]+(?:maybe|perhaps|if at all|vielleicht|evtl|eventuell|peut-etre|quizas?|tal vez|puede)"
)
_AS_THEY_SAY: Final = re.compile(
    r"[\s,]+(?:\w+\s+(?:says?|said|told)|(?:sagt|sagen|meint|heisst) |(?:dit|disent|dice|dicen)\b)"
)
_HOURS_BEFORE: Final = re.compile(
    r"\d ?(?:hours?|hrs?|h|minutes?|mins?|seconds?|secs?|s|stunden?|minuten?|sekunden?|heures?|"
    r"horas?|minutos?)\s*$"
)
_DATE_NEXT: Final = re.compile(r"\s+(?:on|am|le|el|in|im|en|by)\s+(?:the\s)?")


def _stands_at_an_end(place: Place) -> bool:
    """Whether "after the freeze" ends what is said, or begins it and nothing but doubt follows."""
    rest = place.right.strip(" .!?)…\"'")
    if not place.left.strip():
        return not rest or bool(_NOT_EARLIER.match(place.right) or _PERHAPS.match(place.right))
    is_clause = place.right.lstrip()[:1] in ",;.-)(\"'"
    return not rest or is_clause or bool(_AS_THEY_SAY.match(place.right))


def _is_of_people(place: Place) -> bool:
    """Whether people decide: "only after stock-taking"; machines start and stop too."""
    people = place.clause_has("human", "future", "roles")
    others = place.clause_has("machines", "past")
    return (people or bool(anywhere("functions").search(place.clause_left))) and not (
        others or anywhere("data_nouns").search(place.clause_left)
    )


_EVENT: Final[tuple[Rule, ...]] = (
    (lambda p: _HOURS_BEFORE.search(p.left) or p.ends_by_itself, 0.0),
)
_EVENT_WEAK: Final[tuple[Rule, ...]] = (
    (lambda p: p.clause_has("past") or _HOURS_BEFORE.search(p.left), 0.0),
    (lambda p: _DATE_NEXT.match(p.right) or _stands_at_an_end(p), 1.0),
)
_EVENT_UNNAMED: Final[tuple[Rule, ...]] = (
    (lambda p: not _HOURS_BEFORE.search(p.left) and _is_of_people(p), 1.0),
)
_WITHOUT: Final = re.compile(
    r"(?:without|no|ohne|kein\w*|sans|aucune?|pas de|sin|no hay|ningun\w*)\s"
)
_OPEN_END: Final[tuple[Rule, ...]] = (
    (lambda p: _WITHOUT.match(p.words) and p.clause_has("data_nouns"), 0.0),
)
"""Tells "no date was given" from rows without a date."""

_SCORES: Final[dict[str, Callable[[Place], float]]] = {
    "duration": _duration,
    "article": _article,
    "vague": _vague,
    "calendar": moment_context.calendar,
    "day_of_month": moment_context.day_of_month,
    "year": moment_context.year,
    "rhythm": lambda place: first_that_holds(place, _RHYTHM),
    "event": lambda place: first_that_holds(place, _EVENT, 1.1),
    "event_weak": lambda place: first_that_holds(place, _EVENT_WEAK),
    "event_unnamed": lambda place: first_that_holds(place, _EVENT_UNNAMED),
    "release": lambda place: 0.0 if place.clause_has("past") else 0.9,
    "open_end": lambda place: first_that_holds(place, _OPEN_END, 2.5),
    "past": lambda _: 0.0,
    "phrase": lambda _: 0.0,
}
