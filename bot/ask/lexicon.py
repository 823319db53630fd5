"""The room's word tables: texts, phrasings and patterns, one file a language."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from bot.reading.folding import fold

ROOM: Final = Path(__file__).parent
LANGUAGES: Final = ("en", "de", "es", "fr")
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORD: Final = re.compile(r"[a-z0-9]+")


@cache
def table(folder: str, language: str) -> dict[str, Any]:
    """Return a language's file of `texts`, `corpus` or `lexicon`."""
    text = (ROOM / folder / f"{language}.yaml").read_text(encoding="utf-8")
    return dict(yaml.load(text, Loader=_LOADER))  # noqa: S506 - a safe loader


def entry(language: str, name: str) -> Any:
    """Return a table of a language's lexicon; an empty string where it has none."""
    return table("lexicon", language).get(name, "")


@cache
def pattern(language: str, name: str) -> re.Pattern[str]:
    """Return a lexicon's pattern as one that matches whole words; it never matches if missing."""
    source = str(entry(language, name) or r"(?!)")
    return re.compile(rf"(?<!\w)(?:{source})(?!\w)")


@cache
def patterns(language: str, name: str) -> dict[str, re.Pattern[str]]:
    """Return a lexicon's table of patterns, as ones that match whole words."""
    return {
        key: re.compile(rf"(?<!\w)(?:{source})(?!\w)")
        for key, source in dict(entry(language, name) or {}).items()
    }


@cache
def cues(language: str, name: str) -> dict[str, tuple[re.Pattern[str], ...]]:
    """Return intent → patterns that speak for it; `name` is `cues` or `strong`."""
    return {
        intent: tuple(re.compile(source) for source in sources)
        for intent, sources in dict(entry(language, name)).items()
    }


@cache
def forms(language: str, name: str) -> tuple[re.Pattern[str], ...]:
    """Return a lexicon's list of patterns; none where it has no such list."""
    return tuple(re.compile(rf"(?<!\w)(?:{source})") for source in entry(language, name) or ())


@cache
def small_words(language: str) -> frozenset[str]:
    """Return the words that carry no subject of their own."""
    return frozenset(words_of(str(entry(language, "words"))))


@cache
def neutral_words(language: str) -> frozenset[str]:
    """Return the words that may stand in any question, besides the small ones."""
    return frozenset(words_of(str(entry(language, "neutral"))))


@cache
def same_words(language: str) -> dict[str, str]:
    """Return word → the word that stands for it, both folded."""
    groups = dict(entry(language, "same") or {})
    return {
        word: words_of(str(first))[0] for first, words in groups.items() for word in words_of(words)
    }


def words_of(text: str) -> list[str]:
    """Return a text's words, folded."""
    return _WORD.findall(fold(text))
