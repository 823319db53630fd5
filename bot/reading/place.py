"""A time that was found in a text, with the words that stand around it."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from bot.reading.lexicon import any_of
from bot.reading.ranges import Span

_AROUND: Final = 70
_PUNCTUATION: Final = r"[,;:()\[\]/|.!?\"'>~=+…-]"
_BEFORE_CLAUSE: Final = re.compile(r"[.;!?()]\s|[;!?(]|,\s|[-=]>|→")
_AFTER_CLAUSE: Final = re.compile(r"[.;!?()]\s|[;!?)]|,\s")
FILL: Final = (
    r"(?:only |just |still |about |around |the |is |of |at |like |a |another |good |easily |prob |"
    r"probably |maybe |be |take |me |us |them |noch |nur |ca\.? |etwa |rund |die |den |so |encore |"
    r"\d+ (?:people|persons?|ftes?|devs?|leute|personen|personnes|personas) |environ |les |otras? |"
    r"unas |unos |las |los |:|=|-|~|@|\s)*"
)


class TimeMention:
    """A time and its neighbours.

    Args:
        span: where it is in the text.
        folded: the text.
    """

    def __init__(self, span: Span, folded: str) -> None:
        self.span = span
        self.words = folded[span.start : span.end]
        self.left = folded[max(0, span.start - _AROUND) : span.start]
        self.right = folded[span.end : span.end + _AROUND]
        self.clause_left = _BEFORE_CLAUSE.split(self.left)[-1]
        self.clause = self.clause_left + self.words + _AFTER_CLAUSE.split(self.right)[0]

    def right_begins(self, table: str) -> bool:
        """Whether a word of the table comes next."""
        return bool(_right(table).match(self.right))

    def clause_has(self, *tables: str) -> bool:
        """Whether its clause holds a word of any of the tables."""
        return any(anywhere(table).search(self.clause) for table in tables)

    @property
    def lasts_nearby(self) -> bool:
        """Whether a few words before it something is said to last, or somebody to promise."""
        found = _lasts_nearby().search(self.clause_left)
        return bool(found) and not anywhere("data_nouns").search(found["between"] if found else "")

    @property
    def is_about_data(self) -> bool:
        """Whether the words beside it are about data: "the 2019 extract", "logs until March"."""
        return bool(_data_before().search(self.left)) or self.measures_data

    @property
    def measures_data(self) -> bool:
        """Whether data follows: "3 weeks of sales data"."""
        return bool(_data_behind().match(self.right))

    @property
    def detached_left(self) -> bool:
        """Whether nothing or a mark of punctuation stands before it."""
        rest = self.left.rstrip()
        return not rest or bool(re.search(rf"{_PUNCTUATION}$", rest))

    @property
    def detached_right(self) -> bool:
        """Whether nothing or a mark of punctuation follows."""
        rest = self.right.lstrip()
        return not rest or bool(re.match(_PUNCTUATION, rest)) or ord(rest[0]) > 0x2000

    @property
    def goes_on_well(self) -> bool:
        """Whether what follows leaves it a time by itself: the end, or "if", "because", "from"."""
        return (
            self.detached_right
            or self.right_begins("after_time")
            or bool(re.match(r"\s+(?:bis|for|pour|para|fur)\s", self.right))
        )

    @property
    def ends_by_itself(self) -> bool:
        """Whether something runs out then: a deadline, and nothing that somebody waits for."""
        return self.clause_has("expires") and not anywhere("nothing_before").search(
            self.left + self.right
        )


@cache
def anywhere(table: str) -> re.Pattern[str]:
    """Return a pattern for any word of a table."""
    return re.compile(rf"(?<![a-z]){any_of(table)}(?![a-z])")


@cache
def _right(table: str) -> re.Pattern[str]:
    return re.compile(rf"^[\s-]*{any_of(table)}(?![a-z])")


@cache
def _lasts_nearby() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![a-z]){any_of('lasts')}(?![a-z])(?P<between>(?:[\s:]+[\w.'&/-]+){{0,6}}?)"
        rf"[\s:~\"'(]*$"
    )


@cache
def _data_before() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){any_of('data_nouns')}(?:\s+[a-z']+){{0,3}}\s+$")


@cache
def _data_behind() -> re.Pattern[str]:
    return re.compile(rf"^(?:'s)?\s+(?:[a-z-]+\s+)?{any_of('data_nouns')}(?![a-z])")
