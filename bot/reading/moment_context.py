"""Which words look like a moment and are none, and which leave its bounds open."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from bot.reading.lexicon import any_of
from bot.reading.place import TimeMention
from bot.reading.ranges import Span

_ORDINAL: Final = re.compile(
    r"^(?:the|den|dem|zum|le|el)\s+\d{1,2}(?:st|nd|rd|th|\.)$|^\d{1,2}(?:st|nd|rd|th)$|"
    r"^(?:le|au|al|el|el dia|am|zum|den|dem|the)\s+\d{1,2}\.?$"
)
_AMBIGUOUS: Final = re.compile(
    r"(?:24/7|mo|mon|di|mi|do|fr|sa|so|mar|sun|sat|may|set|dec|jan|ago|ete)$"
)
_BEFORE_AMBIGUOUS: Final = re.compile(
    r"\b(?:am|bis|by|until|nachsten?|in|not before|ab|back|till|through|thru|during|this|next|"
    r"end of|start of|before|past|every|the|of|on|last|since|cet|en|"
    r"maybe|perhaps)\s+$|(?<![a-z])[ld]'$"
)
_NOT_A_DAY: Final = re.compile(
    r"-[a-z]|\s*(?:%|of\s+(?!the month|next)|o'?clock|uhr|h\b|[a-z]+s\b|"
    r"(?:time|attempt|request|try|row|ticket|call|mal|fois|vez)\b)"
)
_MEETING: Final = (
    r"(?:(?:l')?[a-z'-]{4,}(?: [a-z'-]+){0,3} (?:on|am|of|du|del|de|le|el)(?: the| le| el)? )?"
)
"""What a date may belong to: "rien avant l'assemblée du" 22 avril."""
_BEFORE: Final = re.compile(
    r"(?<![a-z])(?:before|vor|avant|antes de(?:l)?)\s+(?:the |dem |de[mnr] |le |la |el |l')?"
    rf"{_MEETING}$"
)


_BY: Final = re.compile(r"(?<![a-z])bis\s+(?:zum |zur )?$")
_NOT_BY: Final = re.compile(
    r"\s+(?:wird (?:das |es )?(?:nichts|nix)|"
    r"(?:klappt|schaff)[a-z]* [^,.;]{0,20}\b(?:nicht|nie))(?![a-z])"
)
""""Bis Ende April wird das nichts": not done by then, where "geht nichts" ends then."""


def is_day(span: Span, folded: str) -> bool:
    """Whether what looks like a day of the month is one: "the 16th", not "16 rows"."""
    before = folded[: span.start]
    is_ordinal = _ORDINAL.match(folded[span.start : span.end])
    return bool(is_ordinal and not _NOT_A_DAY.match(folded[span.end :])) and not re.search(
        r"\d\s*[-/,]?\s*$", before
    )


def is_other_word(phrase: str, before: str) -> bool:
    """Tell the month from the modal in "may", the weekday from the verb in "do"."""
    return bool(_AMBIGUOUS.match(phrase)) and not _BEFORE_AMBIGUOUS.search(before)


def is_denied(span: Span, folded: str) -> bool:
    """Whether the words say that a span which runs now will not do: "no capacity this quarter"."""
    place = TimeMention(span, folded)
    this = re.match(rf"{any_of('this')}\s", place.words)
    behind = place.clause[len(place.clause_left) + len(place.words) :]
    return bool(this and (_denied().search(place.clause_left) or _denied_behind().match(behind)))


def not_before(before: str, after: str = "") -> re.Match[str] | None:
    """Return the words that put a time off: "nobody is free before" June, "vor Mai geht nichts"."""
    found = _nobody_before().search(before)
    if found is None and nobody_behind().match(after):
        found = _BEFORE.search(before)
    return found or (_BY.search(before) if _NOT_BY.match(after) else None)


@cache
def _nobody_before() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![a-z])(?:{any_of('nobody')}|\w+n't|wont|cant)\b[^,.;]{{0,25}}\s"
        rf"(?:before|by|vor|avant|antes de)\s+(?:the |dem |le |la |el )?{_MEETING}$"
    )


@cache
def nobody_behind() -> re.Pattern[str]:
    """Return a pattern for what says, behind a time, that nothing happens: "geht nix"."""
    return re.compile(rf"\s+(?:\w+ ){{0,3}}?{any_of('nobody')}(?![a-z])")


@cache
def _denied() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{any_of('nobody')}|won'?t|can'?t)(?![a-z])[^,.;]{{0,40}}$")


@cache
def _denied_behind() -> re.Pattern[str]:
    return re.compile(rf"\s+(?:\w+ )?{any_of('nobody')}(?![a-z])")
