"""Where the words of a table stand in a text, found once a text and asked for many times."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from bot.reading.lexicon import any_of, words

Hits = tuple[tuple[int, int], ...]
"""Beginning and end of each word or phrase."""


@cache
def _pattern(table: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){any_of(table)}(?![a-z])")


@lru_cache(maxsize=512)
def hits(table: str, folded: str) -> Hits:
    """Return where words of a table stand in a folded text, from left to right."""
    if not words(table):
        return ()
    return tuple(found.span() for found in _pattern(table).finditer(folded))


def within(places: Hits, start: int, end: int) -> bool:
    """Whether any of the places lies between two others."""
    return any(start <= first and last <= end for first, last in places)
