"""What stands around a time in a sentence, as features of a model.

"3 weeks" is a lead time in "legal needs 3 weeks" and none in "3 weeks of data", "3 weeks ago" or
"a 3 week old extract". No rule decides which: a model learns it from labelled lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from bot.reading.hits import hits, within
from bot.reading.place import FILL, TimeMention
from bot.reading.ranges import Span

TABLES: Final = (
    *("data_nouns", "measures", "machines", "past", "expires", "human", "functions", "roles"),
    *("wait_nouns", "not_rhythm", "elapsed", "takes", "lasts", "future", "until", "strong_until"),
    *("weak_until", "never_before", "never_after", "before_time", "after_time", "at_least"),
    *("at_most", "since", "closures", "event_nouns", "nobody", "not_wait", "bodies", "done"),
    *("took", "runs", "last_time", "asked", "waits", "back_words", "earliest_after"),
    *("event_states", "best_case"),
)
NEAR: Final = 4
"""Words to either side that are features by their place."""
_WORD: Final = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[^\sa-z\d]")
_FILL_ONLY: Final = re.compile(rf"{FILL}$")
_GAP: Final = re.compile(r"[\s-]*$")
_LENGTHS: Final = ((0.5, "h"), (3.0, "d"), (25.0, "w"), (250.0, "m"))
_PLACES: Final = (
    *("lasts_nearby", "is_about_data", "measures_data", "detached_left", "detached_right"),
    *("goes_on_well", "ends_by_itself"),
)
_CROSSED: Final = ("c:", "le:", "rb:", "p:")


def features(span: Span, folded: str) -> dict[str, float]:
    """Return the features of a time in its sentence, each with its value.

    Args:
        span: the time.
        folded: the sentence, folded.
    """
    place = TimeMention(span, folded)
    left, right = ["^", *_words(folded[: span.start])], [*_words(folded[span.end :]), "$"]
    sort = span.sort
    flags = dict.fromkeys((*_tables(span, place, folded), *_properties(place)), 1.0)
    values = {f"sort={sort}": 1.0, f"{sort}&len={_length(span)}": 1.0, f"len={_length(span)}": 1.0}
    values |= {f"w={word}": 1.0 for word in _words(place.words)}
    values |= {f"L={word}": 0.5 for word in left} | {f"R={word}": 0.5 for word in right}
    values |= dict.fromkeys(_neighbours(left, right), 1.0)
    behind = place.clause[len(place.clause_left) + len(place.words) :]
    values |= {f"cl={word}": 1.0 for word in _words(place.clause_left)}
    values |= {f"cr={word}": 1.0 for word in _words(behind)}
    values |= flags
    return values | {f"{sort}&{name}": 1.0 for name in flags if name.startswith(_CROSSED)}


def _words(folded: str) -> list[str]:
    return ["0" if word.isdigit() else word for word in _WORD.findall(folded)]


def _length(span: Span) -> str:
    if span.days is None:
        return "-"
    return next((name for most, name in _LENGTHS if span.days.mode < most), "y")


def _neighbours(left: list[str], right: list[str]) -> Iterable[str]:
    for at, word in enumerate(left[: -NEAR - 1 : -1]):
        yield f"l{at}={word}"
        yield f"lp{at}={word[:4]}"
    for at, word in enumerate(right[:NEAR]):
        yield f"r{at}={word}"
        yield f"rp{at}={word[:4]}"
    yield f"ll={' '.join(left[-2:])}"
    yield f"rr={' '.join(right[:2])}"
    yield f"lr={left[-1]} {right[0]}"


def _tables(span: Span, place: TimeMention, folded: str) -> Iterable[str]:
    begin = span.start - len(place.clause_left)
    end = begin + len(place.clause)
    for table in TABLES:
        found = hits(table, folded)
        if not found:
            continue
        if within(found, begin, end):
            yield f"c:{table}"
        if within(found, begin, span.start):
            yield f"cl:{table}"
        if any(b <= span.start and _FILL_ONLY.match(folded, b, span.start) for _, b in found):
            yield f"le:{table}"
        if any(a >= span.end and _GAP.match(folded, span.end, a) for a, _ in found):
            yield f"rb:{table}"


def _properties(place: TimeMention) -> Iterable[str]:
    return [f"p:{name}" for name in _PLACES if getattr(place, name)]
