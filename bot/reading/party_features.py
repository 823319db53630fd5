"""The phrases of a sentence that could be whom it waits for, and what stands around each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from bot.reading.folding import fold
from bot.reading.hits import hits, within
from bot.reading.lexicon import any_of, words
from bot.reading.speakers import ARTICLES

MOST_WORDS: Final = 4
TABLES: Final = (
    *("functions", "roles", "bodies", "things", "not_names", "party_tails", "data_nouns"),
    *("machines", "wait_nouns", "human"),
)
_TOKEN: Final = re.compile(r"<@\w+>|[^\W_][\w&'/@+-]*|[^\s\w]")
_CLAUSE_START: Final = re.compile(r"[.;:,!?(-]\s*$")
_CROSSED: Final = (
    ("cue", "weakcue", "acts", "speaks", "cstart", "cap", "upper"),
    (
        *("is:functions", "last:functions", "is:roles", "cap", "upper", "lcontent", "rcontent"),
        *("any:data_nouns", "any:things", "any:not_names", "any:machines"),
    ),
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word or mark of a text.

    Args:
        written: as it was written.
        folded: in lower case, without accents.
        start: where it begins.
        end: where it ends.
    """

    written: str
    folded: str
    start: int
    end: int

    @property
    def has_content(self) -> bool:
        """Whether it is a word that carries a meaning of its own."""
        return self.folded not in _function_words() and bool(re.match(r"[\w<]", self.written))


def tokens(text: str) -> list[Token]:
    """Return the words and marks of a text."""
    folded = fold(text)
    return [
        Token(found[0], folded[found.start() : found.end()], found.start(), found.end())
        for found in _TOKEN.finditer(text)
    ]


def phrases(tokens: list[Token]) -> Iterator[tuple[int, int]]:
    """Yield the first and last word of each phrase that could name somebody."""
    for first in range(len(tokens)):
        for last in range(first, min(first + MOST_WORDS, len(tokens))):
            if not re.match(r"[\w<]", tokens[last].written):
                break
            edges = tokens[first], tokens[last]
            if all(edge.has_content for edge in edges) and not tokens[first].folded[0].isdigit():
                yield first, last


class PhraseContext:
    """A text with what its phrases share, so that each is judged fast."""

    def __init__(self, text: str) -> None:
        self.text, self.folded, self.words = text, fold(text), tokens(text)
        self.cued = {found.end() for found in _cued("wait_cues").finditer(self.folded)}
        self.weakly_cued = {found.end() for found in _cued("weak_wait_cues").finditer(self.folded)}

    def features(self, first: int, last: int) -> dict[str, float]:
        """Return the features of the phrase from one word to another, each with its value."""
        names = {f"len={last - first + 1}", f"pos={min(first, 4)}"}
        names.update(self._inside(first, last), self._around(first, last))
        names.update(self._tables(first, last), self._looks(first, last))
        for one in _CROSSED[0]:
            if one in names:
                names.update(f"{one}&{other}" for other in _CROSSED[1] if other in names)
        return dict.fromkeys(names, 1.0)

    def _inside(self, first: int, last: int) -> Iterable[str]:
        inside = [word.folded for word in self.words[first : last + 1]]
        for word in inside:
            yield from (f"in={word}", f"in4={word[:4]}", f"ins={word[-4:]}", f"ins3={word[-3:]}")
        yield from (f"last={inside[-1]}", f"first={inside[0]}")
        yield from (f"l5={inside[-1][-5:]}", f"f5={inside[0][:5]}")

    def _around(self, first: int, last: int) -> Iterable[str]:
        folded = [word.folded for word in self.words]
        left, right = ["^^", "^", *folded[:first]], [*folded[last + 1 :], "$", "$$"]
        for at in range(min(4, len(left))):
            yield from (f"l{at}={left[-1 - at]}", f"lp{at}={left[-1 - at][:4]}")
        for at in range(min(4, len(right))):
            yield from (f"r{at}={right[at]}", f"rp{at}={right[at][:4]}")
        yield from (f"ll={' '.join(left[-2:])}", f"rr={' '.join(right[:2])}")
        yield f"lr={left[-1]} {right[0]}"
        telling = [word for word in left if word not in _function_words()]
        following = [word for word in right if word not in _function_words()]
        yield from (f"lc={telling[-1]}", f"rc={following[0]}")
        yield from (f"lc2={' '.join(telling[-2:])}", f"rc2={' '.join(following[:2])}")
        yield from (f"L={word}" for word in folded[max(0, first - 6) : first])
        yield from (f"R={word}" for word in folded[last + 1 : last + 7])

    def _tables(self, first: int, last: int) -> Iterable[str]:
        start, end = self.words[first].start, self.words[last].end
        last_start = self.words[last].start
        for table in TABLES:
            found = hits(table, self.folded)
            if (start, end) in found:
                yield f"is:{table}"
            if any(b == end and a >= start and a <= last_start for a, b in found):
                yield f"last:{table}"
            if within(found, start, end):
                yield f"any:{table}"

    def _looks(self, first: int, last: int) -> Iterable[str]:
        words, start, end = self.words, self.words[first].start, self.words[last].end
        written = words[first].written
        features = (
            ("cap", written[0].isupper()),
            ("capmid", written[0].isupper() and first > 0),
            ("upper", len(written) > 1 and written.isupper()),
            ("cue", start in self.cued),
            ("weakcue", start in self.weakly_cued),
            ("acts", _acts().match(self.folded, end)),
            ("speaks", _speaks().match(self.folded, end)),
            ("cstart", first == 0 or _CLAUSE_START.search(self.folded[:start])),
            ("lcontent", first > 0 and words[first - 1].has_content),
            ("rcontent", last + 1 < len(words) and words[last + 1].has_content),
        )
        return [name for name, holds in features if holds]


@cache
def _function_words() -> frozenset[str]:
    return frozenset(words("function_words"))


@cache
def _cued(table: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){any_of(table)}:?\s+(?:(?:{ARTICLES})(?:\s+|(?<=')))*")


@cache
def _acts() -> re.Pattern[str]:
    return re.compile(rf"\s*(?:-|:|,|\(|\s)\s*{any_of('approves')}(?![a-z])")


@cache
def _speaks() -> re.Pattern[str]:
    just = r"(?:still |just |only |also |now |erst |noch |jetzt )?"
    return re.compile(rf"\s+{just}{any_of('speaks')}(?![a-z])")
