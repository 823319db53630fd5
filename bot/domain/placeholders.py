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
_ROWS: Final = (
    "qwertyuiop asdfghjkl zxcvbnm qwertzuiopü asdfghjklöä yxcvbnm azertyuiop qsdfghjklm wxcvbn"
)
"""Rows of the keyboards of four languages."""
_RUN: Final = 4
_VOWEL: Final = re.compile(r"[^bcdfghjklmnpqrstvwxzßçñ]")


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
        if not _is_typed_at_random(word, text)
    }
    return sum(len(set(word)) >= _SHORTEST for word in told)


def _is_typed_at_random(word: str, text: str) -> bool:
    """Whether a word is a run along a keyboard's row, or small letters without a vowel."""
    if len(word) < _RUN or word == "wert":
        return False
    return word in _ROWS or word[::-1] in _ROWS or (not _VOWEL.search(word) and word in text)


def without_title(name: str) -> str:
    """Return a name without the Mr, Dr or Frau before it."""
    return _TITLE.sub("", name)


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
