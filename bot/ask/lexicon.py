"""The package's word tables: texts, phrasings and patterns, one file a language."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from bot.reading.folding import fold

PACKAGE: Final = Path(__file__).parent
LANGUAGES: Final = ("en", "de", "es", "fr")
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PHRASINGS: Final = ("corpus", "wordings")
HANDS: Final = ("one", "two", "three", "four")
"""Phrasings by others, one file a hand."""
MOST_WRITTEN_OUT: Final = 4
_GOLDEN: Final = 0.6180339887
_WORD: Final = re.compile(r"[a-z0-9]+")


@cache
def table(folder: str, language: str) -> dict[str, Any]:
    """Return a language's file of `texts`, `corpus`, `wordings` or `lexicon`."""
    text = (PACKAGE / folder / f"{language}.yaml").read_text(encoding="utf-8")
    return dict(yaml.load(text, Loader=_LOADER))  # noqa: S506 - a safe loader


def entry(language: str, name: str) -> Any:
    """Return a table of a language's lexicon; an empty string where it has none."""
    return table("lexicon", language).get(name, "")


@cache
def phrasings(language: str) -> tuple[tuple[str, str], ...]:
    """Return (intent, phrasing) of a language's `corpus` and `wordings`, alternatives written out.

    "who (signs|approves) (it|)" stands for four phrasings; of more than `MOST_WRITTEN_OUT` that
    many are taken, spread over all.
    """
    found = [
        (intent, text)
        for folder in PHRASINGS
        for intent, texts in table(folder, language).items()
        for each in texts
        for text in _written_out(str(each))
    ]
    return tuple(dict.fromkeys(found))


def _written_out(text: str) -> Iterator[str]:
    first, *rest = re.split(r"\(([^()]*)\)", text)
    groups = [group.split("|") for group in rest[::2]]
    total = math.prod(map(len, groups))
    step = round(total * _GOLDEN) if total > MOST_WRITTEN_OUT else 1
    while math.gcd(step, total) != 1:
        step += 1
    for place in range(min(total, MOST_WRITTEN_OUT)):
        at, phrase = place * step % total, first
        for group, between in zip(groups, rest[1::2], strict=True):
            at, chosen = divmod(at, len(group))
            phrase += group[chosen] + between
        yield " ".join(phrase.split())


@cache
def hand(name: str) -> dict[str, Any]:
    """Return language → intent → the phrasings of one hand."""
    text = (PACKAGE / "hands" / f"{name}.yaml").read_text(encoding="utf-8")
    return dict(yaml.load(text, Loader=_LOADER))  # noqa: S506 - a safe loader


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
def written(language: str) -> dict[str, str]:
    """Return word as people type it ("u", "gonna", "gibts") → as it is written, both folded."""
    typed = dict(entry(language, "written") or {})
    return {fold(str(word)): fold(str(full)) for word, full in typed.items()}


@cache
def english(language: str) -> dict[str, list[str]]:
    """Return word of a language → the English words for it, all folded."""
    groups = dict(entry(language, "english") or {})
    return {
        word: words_of(str(meant)) for words, meant in groups.items() for word in words_of(words)
    }


@cache
def small_words(language: str) -> frozenset[str]:
    """Return the words that carry no subject of their own."""
    return frozenset(words_of(str(entry(language, "words"))))


def tells_of(name: str, text: str) -> bool:
    """Return whether a text in any language holds a pattern of its lexicon."""
    folded = fold(text)
    return any(pattern(each, name).search(folded) for each in LANGUAGES)


@cache
def neutral_words(language: str) -> frozenset[str]:
    """Return the words that may stand in any question, besides the small ones."""
    return frozenset(words_of(str(entry(language, "neutral"))))


@cache
def common_words(language: str) -> frozenset[str]:
    """Return the words that name nothing: the small and the neutral ones."""
    return small_words(language) | neutral_words(language)


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
