"""Times that belong together: "Q3 next year, then 8 months", "two weeks from Monday"."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Final, NamedTuple

from bot.reading.lexicon import any_of
from bot.reading.ranges import Span, hull_of, sum_of

_DAYS: Final = ("calendar", "day_of_month")
_LENGTHS: Final = ("duration", "article")
LEAST_LISTED: Final = 3
_THE: Final = r"(?:the |dem |zum |le |la |el )?"


class AdjacentSpans(NamedTuple):
    """Two times that follow each other in a text.

    Args:
        one: the first.
        other: the second.
        between: what stands between them.
        folded: the text.
    """

    one: Span
    other: Span
    between: str
    folded: str

    @property
    def days(self) -> bool:
        """Whether both are days."""
        return self.one.sort in _DAYS and self.other.sort in _DAYS

    @property
    def lengths(self) -> bool:
        """Whether both are lengths."""
        return self.one.sort in _LENGTHS and self.other.sort in _LENGTHS


def joined(spans: list[Span], folded: str) -> list[Span]:
    """Join times that follow each other: "Q3 next year, then 8 months"."""
    found: list[Span] = []
    for span in spans:
        pair = _pair(found[-1], span, folded) if found else None
        join = next((join for holds, join in _RULES if pair and holds(pair)), None)
        if pair and join:
            found[-1] = join(pair)
        else:
            found.append(span)
    return _listed(found, folded)


def _pair(one: Span, other: Span, folded: str) -> AdjacentSpans:
    return AdjacentSpans(one, other, folded[one.end : other.start], folded)


def belong_together(one: Span, other: Span, folded: str) -> bool:
    """Return whether two times are one range of days, or weeks counted from a day."""
    pair = _pair(one, other, folded)
    return is_other_day(pair) or _counts_from_day(pair) or _is_range(pair)


_DATED: Final = re.compile(r"^\s*,?\s*(?:on |am |le |el |in |im |en |by |:|-|\()?\s*(?:the )?$")


def is_dated(one: Span, other: Span, between: str) -> bool:
    """Return whether a date is that of the event before it: "when Karl is back on the 16th"."""
    event = one.sort.startswith("event") and other.said is not None
    return event and bool(_DATED.match(between))


_NOT_BEFORE: Final = re.compile(
    r"(?:not|nothing|nobody|no one|never|no|cannot|\w+n't|cant|wont|nicht\w*|nix|rien|pas|nada)\b"
    r"[^,.;]{0,40}\b(?:before|vor|bevor|avant|antes)\b"
)


def is_not_before(words: str) -> bool:
    """Return whether words put something off: "won't answer before"."""
    return bool(_NOT_BEFORE.match(words))


def _from_event(pair: AdjacentSpans) -> Span:
    """Leave the upper side open: "can't say before the tender closes on 30 June"."""
    span = replace(pair.other, start=pair.one.start)
    if span.said is None or not _NOT_BEFORE.match(pair.folded, span.start, span.end):
        return span
    return replace(span, said=(span.said[0], None))


@cache
def _then() -> re.Pattern[str]:
    return re.compile(rf"^\s*[,;]?\s*(?:{any_of('then')})\s*(?:{any_of('about')})?\s*$")


_COUNTED_FROM: Final = re.compile(
    r"^\s*(?:after|from|following|nach(?: dem)?|ab(?: dem)?|apres(?: le)?|"
    r"despues de(?:l)?|a partir de(?:l)?|tras)\s+(?:the )?$"
)
_ADDED: Final = re.compile(r"^\s*\)?\s*(?:[a-z]+\s+){0,3}?\+\s*(?:[a-z]+\s*){0,3}[(~:]*\s*$")


def _is_added(pair: AdjacentSpans) -> bool:
    if _ADDED.match(pair.between):
        return pair.one.sort == pair.other.sort == "duration"
    if _then().match(pair.between):
        return pair.other.sort in _LENGTHS
    return bool(_COUNTED_FROM.match(pair.between)) and pair.one.sort in _LENGTHS


def _is_counted_from(pair: AdjacentSpans) -> bool:
    """Whether a duration is followed by the event that it counts from: "48h once it is signed"."""
    event = pair.one.sort == "duration" and pair.other.sort.startswith("event")
    return event and not pair.between.strip()


_FROM_DAY: Final = re.compile(r"^\s*(?:from|on|after|ab|apres|despues del?|a partir del?)\s+$")
_IN_A_WEEK: Final = re.compile(r"^\s+(?:in|dans|en|dentro de)\s+$")


def _counts_from_day(pair: AdjacentSpans) -> bool:
    """Whether weeks are counted from a day: "two weeks from Monday", "Dienstag in einer Woche"."""
    one, other, between, _ = pair
    if one.sort in _LENGTHS and other.sort in _DAYS:
        return bool(_FROM_DAY.match(between)) and _is_whole_weeks(one)
    if one.sort in _DAYS and other.sort in _LENGTHS:
        return bool(_IN_A_WEEK.match(between)) and _is_whole_weeks(other)
    return False


def _is_whole_weeks(span: Span) -> bool:
    return span.said is not None and span.said[0] == span.said[1] and (span.said[0] or 1) % 7 == 0


_BEHIND: Final = re.compile(
    r"\s+(?:after (?:that|it)|thereafter|afterwards|later|danach|darauf|spater|apres|plus tard|"
    r"ensuite|despues|mas tarde|on$)(?![a-z])"
)
_BARE: Final = re.compile(r"^\s*[,;]?\s*(?:and|und|et|y)?\s*$")


def _follows_day(pair: AdjacentSpans) -> bool:
    """Whether a length follows a date: "the 12th of May, 8 weeks after that"."""
    dated = pair.one.sort in _DAYS and pair.one.said is not None and pair.other.sort in _LENGTHS
    return bool(
        dated and _BARE.match(pair.between) and _BEHIND.match(pair.folded[pair.other.end :])
    )


_STEP: Final = re.compile(
    r"^\s+(?:(?P<cue>for|to|fur|pour|para|de) )?[a-z'-]+(?: [a-z'-]+){0,2}"
    r"(?:,| (?:and|und|et|y))\s+$"
)


def _is_next_step(pair: AdjacentSpans) -> bool:
    """Whether two lengths are steps, each with its purpose: "2 weeks for a quote, 4 for a fix"."""
    step = _STEP.match(pair.between)
    if step is None or not pair.lengths:
        return False
    cue = rf"{step['cue']} " if step["cue"] else ""
    return bool(re.match(rf"\s+{cue}[a-z'-]+(?: [a-z'-]+)?\s*$", pair.folded[pair.other.end :]))


_BEGINS: Final = re.compile(
    rf"(?<![a-z])(?:(?P<and>between|zwischen|entre)|from|von|vom|du|del?)\s+{_THE}$"
)
_AND: Final = re.compile(rf"^\s*(?:and|und|et|y|&)\s*{_THE}$")
_TO: Final = re.compile(rf"^\s*(?:to|till|until|bis|au?|al|-|/|or|oder|ou|o)\s*{_THE}$")
_NEXT_PART: Final = re.compile(r"(?:early|beginning|start|anfang|debut|(?:a )?principios)(?![a-z])")


def _is_range(pair: AdjacentSpans) -> bool:
    """Whether two dates are the ends of a range: "between Easter and Pentecost"."""
    if not pair.days:
        return False
    begin = _BEGINS.search(pair.folded[: pair.one.start])
    if begin and begin["and"]:
        return bool(_AND.match(pair.between))
    runs_on = pair.between.strip() == "," and _NEXT_PART.match(pair.folded, pair.other.start)
    named = pair.one.sort == pair.other.sort == "calendar"
    return bool(runs_on or ((named or begin) and _TO.match(pair.between)))


@cache
def _or() -> re.Pattern[str]:
    """Match what stands between two days of which one is meant: "Monday or maybe Tuesday"."""
    small = r"(?:on|by|in|im|en|am|le|el|the|maybe|even|vielleicht|auch|also|aussi|tambien)"
    other = rf"(?:(?:or |oder |ou |o )?{any_of('perhaps')}|{any_of('most_after')}|or|oder|ou|o)"
    return re.compile(rf"^\s*[,(/]?\s*{other}(?: {small})*\s*$")


_MOVED: Final = re.compile(
    r"(?:moved?|pushed|postponed|shifted|slipped|delayed|rescheduled|verschoben|verlegt|"
    r"repousse\w*|reporte\w*|decale\w*|aplazad\w+|retrasad\w+|pospuest\w+)"
    r"[^,.;]{0,20} (?:from|von|vom|du|del?)\s+(?:the |dem |le |el )?$"
)


def _is_moved(pair: AdjacentSpans) -> bool:
    """Whether the second day takes the place of the first: "moved from 10 to 24 March"."""
    return _is_range(pair) and bool(_MOVED.search(pair.folded[: pair.one.start]))


@cache
def _at_worst() -> re.Pattern[str]:
    return re.compile(rf"\s+{any_of('most_after')}(?![a-z])")


def is_other_day(pair: AdjacentSpans) -> bool:
    """Return whether two days are offered: "Monday or Tuesday"."""
    at_worst = pair.between.strip() == "," and _at_worst().match(pair.folded, pair.other.end)
    return pair.days and bool(_or().match(pair.between) or at_worst)


def _sum(pair: AdjacentSpans) -> Span:
    return sum_of(pair.one, pair.other)


def _hull(pair: AdjacentSpans) -> Span:
    return hull_of(pair.one, pair.other)


_RULES: Final[
    tuple[tuple[Callable[[AdjacentSpans], bool], Callable[[AdjacentSpans], Span]], ...]
] = (
    (lambda pair: is_dated(pair.one, pair.other, pair.between), _from_event),
    (_is_added, _sum),
    (_is_counted_from, lambda pair: replace(pair.one, end=pair.other.end)),
    (_counts_from_day, lambda pair: replace(_sum(pair), sort="calendar")),
    (_follows_day, _sum),
    (_is_next_step, _sum),
    (_is_moved, lambda pair: pair.other),
    (_is_range, _hull),
    (is_other_day, _hull),
)
"""When two times are one, and how they become one; the first rule that holds counts."""

_ALTERNATIVE: Final = re.compile(r"(?<![a-z])(?:or|oder|ou|o|if|wenn|si|else|sonst|sinon)(?![a-z])")


def _listed(spans: list[Span], folded: str) -> list[Span]:
    """Add up the steps of a list: "offer 2 weeks, order 1 week, delivery 10 weeks"."""
    if len(spans) < LEAST_LISTED or any(span.sort not in _LENGTHS for span in spans):
        return spans
    between = [folded[a.end : b.start] for a, b in itertools.pairwise(spans)]
    if all("," in words and not _ALTERNATIVE.search(words) for words in between):
        return [functools.reduce(sum_of, spans)]
    return spans
