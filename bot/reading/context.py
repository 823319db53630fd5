"""Whether a time found in a sentence says how long the blocker takes, or is about something else.

"3 weeks" is a lead time in "legal needs 3 weeks" and none in "3 weeks of data", "3 weeks ago" or
"a 3 week old extract". A time counts where its neighbours say so; else it does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final

from bot.reading.lexicon import any_of, either
from bot.reading.ranges import Span

_AROUND: Final = 70
_PUNCTUATION: Final = r"[,;:()\[\]/|.!?\"'>~=+…-]"
_RATE: Final = re.compile(r"(?:times|twice|once|\bx|\d|mal|einmal|fois|vez|veces|thrice)\s*$")
_FILL: Final = (
    r"(?:only |just |still |about |around |the |is |of |at |like |a |another |good |easily |prob |"
    r"probably |maybe |be |take |me |us |them |noch |nur |ca\.? |etwa |rund |die |den |so |encore |"
    r"\d+ (?:people|persons?|ftes?|devs?|leute|personen|personnes|personas) |environ |les |otras? |"
    r"unas |unos |las |los |:|=|-|~|@|\s)*"
)
_ORDINAL: Final = re.compile(
    r"^(?:the|den|dem|zum|le|el)\s+\d{1,2}(?:st|nd|rd|th|\.)$|^\d{1,2}(?:st|nd|rd|th)$|"
    r"^(?:le|el|el dia|am|zum|den|dem)\s+\d{1,2}\.?$"
)


def score(span: Span, folded: str) -> float:
    """Return how surely a time in a sentence is a lead time; 0 when it is none."""
    return _SCORES[span.sort](_Place(span, folded))


class _Place:
    """A time with what stands before and behind it."""

    def __init__(self, span: Span, folded: str) -> None:
        self.span = span
        self.words = folded[span.start : span.end]
        self.left = folded[max(0, span.start - _AROUND) : span.start]
        self.right = folded[span.end : span.end + _AROUND]
        self.clause_left = re.split(r"[.;!?()]\s|[;!?(]|,\s", self.left)[-1]
        self.clause_right = re.split(r"[.;!?()]\s|[;!?)]|,\s", self.right)[0]
        self.clause = self.clause_left + self.words + self.clause_right

    def left_ends(self, table: str, fill: str = _FILL) -> bool:
        return bool(_left(table, fill).search(self.left))

    def right_begins(self, table: str) -> bool:
        return bool(_right(table).match(self.right))

    def clause_has(self, *tables: str) -> bool:
        return any(_anywhere(table).search(self.clause) for table in tables)

    @property
    def is_about_data(self) -> bool:
        """Whether the words beside it are about data: "the 2019 extract", "logs until March"."""
        return bool(_data_before().search(self.left) or _data_behind().match(self.right))

    @property
    def detached_left(self) -> bool:
        rest = self.left.rstrip()
        return not rest or bool(re.search(rf"{_PUNCTUATION}$", rest))

    @property
    def detached_right(self) -> bool:
        rest = self.right.lstrip()
        return not rest or bool(re.match(_PUNCTUATION, rest)) or ord(rest[0]) > 0x2000

    @property
    def goes_on_well(self) -> bool:
        return (
            self.detached_right
            or self.right_begins("after_time")
            or bool(re.match(r"\s+(?:bis|for|pour|para|fur)\s", self.right))
        )


@cache
def _left(table: str, fill: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){any_of(table)}(?![a-z]){fill}$")


@cache
def _right(table: str) -> re.Pattern[str]:
    return re.compile(rf"^[\s-]*{any_of(table)}(?![a-z])")


@cache
def _anywhere(table: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){any_of(table)}(?![a-z])")


@cache
def _data_before() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){any_of('data_nouns')}(?:\s+[a-z']+){{0,3}}\s+$")


@cache
def _data_behind() -> re.Pattern[str]:
    return re.compile(rf"^(?:'s)?\s+(?:[a-z-]+\s+)?{any_of('data_nouns')}(?![a-z])")


@cache
def _elapsed() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){any_of('elapsed')}(?![a-z])[^,.;]*$")


@cache
def _machine_runs() -> re.Pattern[str]:
    runs = either(
        [
            "takes?",
            "taking",
            "took",
            "needs?",
            "runs?(?: for)?",
            "dauert",
            "braucht",
            "lauft",
            "prend",
            "dure",
            "met",
            "tarda",
            "lleva",
            "dura",
            "brauchen",
            "dauern",
            "tardan",
            "prennent",
            "is",
            "at",
        ]
    )
    return re.compile(
        rf"(?<![a-z]){any_of('machines')}(?![a-z])(?:\s+[a-z]+){{0,2}}\s+{runs}{_FILL}$"
    )


def _never(place: _Place) -> bool:
    if place.left_ends("never_before") or place.right_begins("never_after"):
        return True
    if _elapsed().search(place.clause_left) and not (
        place.left_ends("future_again") or place.left_ends("takes_verb")
    ):
        return True
    measured = _anywhere("measures").search(place.clause_left)
    if measured and not _anywhere("wait_nouns").search(place.clause_left, measured.end()):
        return True
    days = place.span.days
    is_brief = days is not None and days.mode < 10
    return is_brief and bool(_machine_runs().search(place.clause_left))


_CLOCK: Final = re.compile(r"(?:^|\s)(?:a|at|um|vers|las|since|@)\s*$")


def _duration(place: _Place) -> float:
    if place.span.is_short and _CLOCK.search(place.left):
        return 0.0
    if place.span.is_short and (not place.clause_has("human") or place.clause_has("machines")):
        return 0.0
    if place.right_begins("wait_nouns") and not place.left_ends("never_before"):
        return 3.0
    if _never(place) or _NOT_A_TIME.match(place.right):
        return 0.0
    takes = place.left_ends("takes")
    if re.search(r"\d ?m$", place.words) and not takes:
        return 0.0
    return _goes_on(place) if place.goes_on_well else _goes_on_elsewhere(place) if takes else 0.0


def _goes_on(place: _Place) -> float:
    if place.left_ends("takes") or place.left_ends("before_time"):
        return 3.0
    if place.detached_left:
        return 2.0
    return 1.5 if _is_alone(place) else 0.0


def _goes_on_elsewhere(place: _Place) -> float:
    is_measure = _data_behind().match(place.right) or place.clause_has("measures")
    return 0.0 if is_measure else 2.5


def _is_alone(place: _Place) -> bool:
    """Tell "dpia 3 weeks" from "rows with 3 weeks": nothing ties the time to what is before it."""
    return not place.clause_has("data_nouns") and not re.search(
        r"(?:\d|\b(?:have|has|had|with|of|de|von|mit|avec|con|hat|haben|tiene|the|"
        r"these|those|all|only))\s*$",
        place.left,
    )


def _article(place: _Place) -> float:
    if _RATE.search(place.left) or re.search(r"(?:^|\s)(?:per|pro|par|por)\s*$", place.left):
        return 0.0
    found = _duration(place)
    return found if found != 1.5 else 0.0


def _vague(place: _Place) -> float:
    if place.span.is_short or _never(place) or not place.goes_on_well:
        return 0.0
    if place.left_ends("at_least") or _left(
        "takes", r"(?:\s|:|-|only|just|easily|probably|leicht|gerne|facilement|still|noch)*"
    ).search(place.left):
        return 1.5
    return 0.0


def _is_weak(place: _Place) -> bool:
    return bool(
        re.search(
            rf"(?<![a-z]){any_of('weak_until')}\s+(?:the |den |dem |der |le |la |el |l')?$",
            place.left,
        )
    ) and not place.left_ends("strong_until", r"\s+(?:the |den |dem |der |le |la |el |l')?")


def _calendar(place: _Place) -> float:
    if place.clause_has("not_wait") or _is_past(place) or _is_other_word(place):
        return 0.0
    article = r"[\s:]+(?:the |den |dem |der |le |la |el |l')?(?:mois de |mes de |monat )?"
    if place.left_ends("strong_until", article):
        ends_data = place.is_about_data and place.left_ends("until_edge", r"\s+")
        return 0.0 if ends_data else 2.5
    if place.clause_has("past"):
        return 0.0
    if _is_all(place):
        return 1.5
    return (
        0.0 if place.is_about_data and not _starts_ahead(place.words) else _planned(place, article)
    )


def _planned(place: _Place, article: str) -> float:
    """Score a moment that no word such as "until" leads to, by what is told of it."""
    if _NOT_BEFORE.search(place.left) or place.right_begins("back_words"):
        return 2.3
    if place.words.startswith(("kw", "cw")) or _is_part(place):
        return 2.0
    if _starts_ahead(place.words):
        return 0.0 if place.is_about_data and not place.clause_has("human") else 2.0
    if not place.goes_on_well:
        return 0.0
    return _cued(place, article)


_NOT_BEFORE: Final = re.compile(
    r"(?<![a-z])(?:nobody|nothing|no one|noone|none|not|\w+n't|wont|"
    r"cant|kein\w*|niemand|nichts|rien|personne|nada|"
    r"nadie|no)\b[^,.;]{0,25}\s(?:before|vor|avant|antes de)"
    r"\s+(?:the |dem |le |la |el )?$"
)


def _is_all(place: _Place) -> bool:
    """Whether nothing but the time was said, with at most the word that leads to it."""
    rest = place.left.strip(' :-~,."(') + place.right.strip(' .!?)",')
    return not rest or bool(_anywhere("until").fullmatch(rest))


def not_before(before: str) -> re.Match[str] | None:
    """Return the words that put a time off: "nobody is free before" June."""
    return _NOT_BEFORE.search(before)


@cache
def _part_of_time() -> re.Pattern[str]:
    return re.compile(rf"(?:{any_of('early')}|{any_of('mid')}|{any_of('end')})\s*\S")


def _is_part(place: _Place) -> bool:
    """Whether a part of a month or year is named, as people do of what is planned."""
    return bool(_part_of_time().match(place.words)) and place.span.sort == "calendar"


def _cued(place: _Place, article: str) -> float:
    if place.left_ends("until", article):
        return 2.2 if not _is_weak(place) else 1.5 if _has_future(place) else 0.0
    is_apart = place.detached_left and place.detached_right and place.left.strip()
    return 1.5 if is_apart else 0.0


_PAST_EDGE: Final = re.compile(
    r"(?<![a-z])(?:since|last|seit|letzten?|letzte[rsm]|depuis|dernier|desde|"
    r"pasado|from|of|vom|von|"
    r"du|de|del)\s+(?:the |dem |le |el )?$"
)
_FREE_FROM: Final = re.compile(
    r"(?:available|free|ready|partir|verfugbar|disponible) (?:from|du|de|del)\s+(?:the )?$"
)
_AMBIGUOUS: Final = re.compile(r"(?:mo|di|mi|do|fr|sa|so|mar|sun|sat|may|set|dec|jan|ago)$")
_BEFORE_AMBIGUOUS: Final = re.compile(
    r"(?:\bam|\bbis|\bby|\buntil|\bnachsten?|\bin|\bnot before|\bab|\bback|\btill)\s+$"
)
_NOT_A_TIME: Final = re.compile(r"\s*(?:[a-z]?%|[$€£]|eur\b|usd\b)")


_NAMED_DATE: Final = re.compile(
    r"(?<![a-z])(?:(?:eta|date|deadline|slot) of|mois de|mes de|debut de|fin de)\s+(?:the )?$"
)


def _is_past(place: _Place) -> bool:
    if _FREE_FROM.search(place.left) or _NAMED_DATE.search(place.left):
        return False
    return bool(_PAST_EDGE.search(place.left))


def _is_other_word(place: _Place) -> bool:
    return is_other_word(place.words, place.left)


def is_other_word(said: str, before: str) -> bool:
    """Tell the month from the modal in "may", the weekday from the verb in "do"."""
    return bool(_AMBIGUOUS.match(said)) and not _BEFORE_AMBIGUOUS.search(before)


@cache
def _ahead_words() -> re.Pattern[str]:
    return re.compile(
        rf"(?:{any_of('early')}|{any_of('mid')}|{any_of('end')}|la |le |el |l'|the "
        rf")*\s*(?:{any_of('next')}\s|{any_of('tomorrow')}$|{any_of('day_after')}$|"
        rf"{any_of('week_after_next')}$|"
        rf"{any_of('this')}\s+{any_of('seasons')}$)|"
        rf".*\s{any_of('next_after')}$|"
        rf".*(?:{any_of('next')}) (?:year|jahr(?:es)?)"
    )


def _starts_ahead(said: str) -> bool:
    return bool(_ahead_words().match(said))


def _has_future(place: _Place) -> bool:
    return bool(_anywhere("future").search(place.clause)) or bool(
        _anywhere("event_nouns").search(place.clause)
    )


def _day_of_month(place: _Place) -> float:
    if not _ORDINAL.match(place.words) or re.match(
        r"\s*(?:%|of\s+(?!the month|next)|o'?clock|uhr|h\b|[a-z]+s\b)", place.right
    ):
        return 0.0
    if re.search(r"\d\s*[-/,]?\s*$", place.left):
        return 0.0
    return _calendar(place)


def _year(place: _Place) -> float:
    if place.is_about_data or place.clause_has("past") or not place.goes_on_well:
        return 0.0
    if place.left_ends("strong_until", r"\s+"):
        return 2.0
    low = (place.span.said or (0.0, 0.0))[0] or 0.0
    return 1.5 if low > 0 and place.left_ends("weak_until", r"\s+") else 0.0


def _rhythm(place: _Place) -> float:
    if place.span.is_short or place.right_begins("not_rhythm") or place.is_about_data:
        return 0.0
    return 1.2 if place.clause_has("bodies") else 0.0


def _event(_: _Place) -> float:
    return 1.1


def _event_weak(place: _Place) -> float:
    """Take "after the freeze" for a time at the end of what is said, not at its beginning."""
    if place.clause_has("past"):
        return 0.0
    if re.match(r"\s+(?:on|am|le|el|in|im|en|by)\s+(?:the\s)?", place.right):
        return 1.0
    at_end = not place.right.strip(" .!?)…") or place.right.lstrip()[:1] in ",;.-)("
    is_all = not place.left.strip() and not place.right.strip(" .!?)…")
    return 1.0 if is_all or (at_end and place.left.strip()) else 0.0


def _release(place: _Place) -> float:
    return 0.9 if not place.clause_has("past") else 0.0


_SCORES: Final[dict[str, Callable[[_Place], float]]] = {
    "duration": _duration,
    "article": _article,
    "vague": _vague,
    "calendar": _calendar,
    "day_of_month": _day_of_month,
    "year": _year,
    "rhythm": _rhythm,
    "event": _event,
    "event_weak": _event_weak,
    "release": _release,
    "open_end": lambda _: 2.5,
    "past": lambda _: 0.0,
    "phrase": lambda _: 0.0,
}
