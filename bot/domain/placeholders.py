"""Words that answer nothing, in English, German, French and Spanish.

An answer made of these alone, or of these and one other word, puts the question off, says
only that somebody agreed, or names whom to ask: what was agreed stays open.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_WORDS: Final = frozenset(Path(__file__).with_name("empty_words.txt").read_text("utf-8").split())
_LEAST_WORDS: Final = 2
_SHORTEST: Final = 2
_IDEOGRAPHS: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_FEWEST_IDEOGRAPHS: Final = 6
_TITLE: Final = re.compile(
    r"^(?:mr|mrs|ms|miss|sir|dr|prof|herr|frau|mme|mlle|m|monsieur|madame|sr|sra|señora?|don|doña)"
    r"\b[. ]",
    re.IGNORECASE,
)
_MOST_NAMES: Final = 3


def plain_words(text: str) -> list[str]:
    """Return the words of an answer in lower case, without punctuation and apostrophes."""
    return re.sub(r"[^\w\s]|_", " ", re.sub("['’]", "", text).casefold()).split()


def telling_words(text: str) -> int:
    """Return how many different words of an answer say something of its subject."""
    ideographs = len(_IDEOGRAPHS.findall(text))
    if ideographs:
        return 1 + (ideographs >= _FEWEST_IDEOGRAPHS)
    told = {
        word
        for word in plain_words(text)
        if word not in _WORDS and len(word) >= _SHORTEST and not word.isdigit()
    }
    return sum(len(set(word)) >= _SHORTEST for word in told)


def says_little(text: str) -> bool:
    """Whether an answer says nothing of its subject: it puts off, agrees, or names a person."""
    return telling_words(text) < _LEAST_WORDS or _is_name(text)


def _is_name(text: str) -> bool:
    words = re.findall(r"[^\s,]+", text.strip().lstrip("@"))
    if _TITLE.match(text.strip()):
        return len(words) <= _MOST_NAMES + 1
    return len(words) <= _MOST_NAMES and all(
        word[0].isupper() and not any(letter.isdigit() for letter in word) for word in words
    )
