"""Whether an answer speaks of what its duty asks, by the beginnings of its words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, cast

import yaml

from bot.domain.placeholders import plain_words, telling_words

_TELLING: Final = 2
_MOSTLY: Final = 0.3
"""How many words, and which share of the longer ones, make an answer one to another duty."""
_CLEARLY: Final = (4.0, 1.5)
_RATHER: Final = (3.0, 1.0)
"""How many times as much as its own, and how much at least, an answer says of another duty."""
_SHARE: Final = 0.3
"""An answer to all duties at once says as much of each, and is one to each of them."""
_SHORT: Final = 3
_ENDING: Final = 2
_STEM: Final = 5
"""Letters of a word that says too little by itself, and of an ending such as a plural's."""


@cache
def _subjects() -> Mapping[str, str]:
    text = Path(__file__).with_name("duty_subjects.yaml").read_text("utf-8")
    return cast("Mapping[str, str]", yaml.safe_load(text))


def _words_on(duty: str, says: str) -> set[str]:
    """Return the words of an answer that begin like one of the duty's subject."""
    return {word for word in _words_of(says) if _begins_like(word, duty)}


@cache
def _beginnings(duty: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the beginnings of a duty's words: those that any word grows from, and short ones."""
    known = _unaccented(_subjects().get(duty, "")).split()
    long = tuple(one for one in known if len(one) > _SHORT)
    return long, tuple(one for one in known if len(one) <= _SHORT)


def _begins_like(word: str, duty: str) -> bool:
    """Whether a word grows from a duty's beginnings; short ones take at most a plural's ending."""
    long, short = _beginnings(duty)
    return word.startswith(long) or any(
        word.startswith(one) and len(word) - len(one) <= _ENDING for one in short
    )


def _words_of(says: str) -> set[str]:
    return set(re.findall(r"\w+", _unaccented(says)))


def _unaccented(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def is_untouched(duty: str, says: str) -> bool:
    """Whether an answer holds no word of its duty's subject; scripts without a list are trusted."""
    is_listed = any(letter.isascii() and letter.isalpha() for letter in says)
    return duty in _subjects() and is_listed and not _words_on(duty, says)


def is_off_subject(duty: str, says: str) -> bool:
    """Whether an answer speaks mostly of another duty's subject and hardly of its own."""
    if duty not in _subjects():
        return False
    if _leans_elsewhere(duty, says, *_CLEARLY):
        return True
    least = max(_TELLING, _MOSTLY * sum(len(word) > _SHORT for word in _words_of(says)))
    return is_untouched(duty, says) and any(
        sum(len(word) > _SHORT for word in _words_on(other, says)) >= least for other in _subjects()
    )


def is_unclear(duty: str, says: str) -> bool:
    """Whether an answer says nothing of its duty's subject, or more of another's."""
    return is_untouched(duty, says) or (
        duty in _subjects() and _leans_elsewhere(duty, says, *_RATHER)
    )


def _leans_elsewhere(duty: str, says: str, times: float, least: float) -> bool:
    """Compare an answer's words by duty; a word that several duties share counts in parts."""
    weights = dict.fromkeys(_subjects(), 0.0)
    for word in _words_of(says):
        known_by = _known_by(word)
        for one in known_by:
            weights[one] += 1 / len(known_by)
    said = sum(weights.values())
    own = weights.pop(duty)
    most = max(weights.values(), default=0.0)
    return most >= least and most >= times * own and most >= _SHARE * said


@lru_cache(maxsize=4_096)
def _known_by(word: str) -> tuple[str, ...]:
    return tuple(duty for duty in _subjects() if _begins_like(word, duty))


def repeats(question: str, says: str) -> bool:
    """Whether an answer says nothing beside the words of its question."""
    asked = tuple(word[:_STEM] for word in _words_of(question) if len(word) > _SHORT)
    rest = [word for word in plain_words(says) if not _unaccented(word).startswith(asked)]
    return bool(asked) and telling_words(" ".join(rest)) == 0
