"""From a sentence to named features: words, letter groups, concepts, ideas, and pairs of these.

The one tokeniser: training and the running bot both go through `features`, so that they cannot
drift apart. Pure Python, no third party.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import Final

from bot.reading.folding import fold
from bot.suggest.concepts import lexicon

VERSION: Final = 2
"""Raised when the same sentence gives other features; weights of another version are refused."""

BLOCK_WEIGHTS: Final[dict[str, float]] = {"w": 1.2, "c": 1.4, "k": 0.8, "f": 1.0, "g": 0.7}
"""How much words, letter groups, concepts, frames and ideas count (by cross-validation)."""

_REWRITES: Final = [
    (re.compile(pattern), replacement)
    for pattern, replacement in [
        (r"<(?:https?|mailto):[^|>]*\|([^>]*)>", r" \1 "),
        (r"<[@#!][^>]*>|<?https?://\S+|:[a-z0-9_+-]{2,}:", " "),
        (r"[‘’ʼ`´]", "'"),
        (r"[“”«»„]", '"'),
        (r"[‐‑‒–—]", "-"),
        (r"\b(can)(?:no|')?t\b", "cannot"),
        (r"\bwo(?:n't|nt)\b", "will not"),
        (r"\bain'?t\b", "is not"),
        (
            r"\b(do|does|did|is|are|was|were|has|have|had|could|would|should|must|need)n'?t\b",
            r"\1 not",
        ),
        (r"\b(there|that|it|who|what|he|she|where)'s\b", r"\1 is"),
        (r"\bi'm\b", "i am"),
        (r"\b(we|they|you)'re\b", r"\1 are"),
        (r"\b(i|we|they|you)'ve\b", r"\1 have"),
        (r"'ll\b", " will"),
        (r"\*|_|~", " "),
        (r"\s+", " "),
    ]
]
_WORD: Final = re.compile(r"[^\W_]+(?:['&/+-][^\W_]+)*")
_SUFFIX: Final = re.compile(r"(?:'s|ings?|edly|ed|ies|es|s)$")
_LETTERS: Final = (3, 4, 5)


def normalise(text: str) -> str:
    """Lower case, plain quotes, Slack mark-up removed, contractions written out.

    Args:
        text: what a person typed.

    Returns:
        One line, without outer blanks; empty when nothing was said.
    """
    line = unicodedata.normalize("NFKC", text).casefold()
    for pattern, replacement in _REWRITES:
        line = pattern.sub(replacement, line)
    return line.strip()


def words(line: str) -> list[str]:
    """The words of a normalised line; numbers become `0`, common endings go."""
    return [_stem(word) for word in _WORD.findall(line)]


def _stem(word: str) -> str:
    if any(map(str.isdigit, word)):
        return re.sub(r"\d+", "0", word)
    return _SUFFIX.sub("", word) if len(word) > 4 else word


def features(text: str) -> Counter[str]:
    """Count the named features of a text; the name's first letter is its block.

    Args:
        text: what a person typed, as it is.

    Returns:
        Counts by name, such as `w:sign off`, `c: appr`, `k:nobody+own`, `f:no_person`.
    """
    line = normalise(text)
    frames = [name for name, pattern in lexicon().frames.items() if pattern.search(line)]
    blocks = {
        "w": _word_features(words(line)),
        "c": _letter_features(line),
        "k": _with_pairs(
            sorted([name for name, each in lexicon().concepts.items() if each.search(line)])
        ),
        "f": frames,
        "g": _with_pairs(ideas(line)),
    }
    return Counter([f"{block}:{name}" for block, names in blocks.items() for name in names])


def _word_features(tokens: list[str]) -> list[str]:
    return [*tokens, *[f"{first} {second}" for first, second in pairwise(tokens)]]


def _letter_features(line: str) -> list[str]:
    padded = [f" {word} " for word in _WORD.findall(line)]
    return [
        word[at : at + size]
        for word in padded
        for size in _LETTERS
        for at in range(len(word) - size + 1)
    ]


def _with_pairs(names: Sequence[str]) -> list[str]:
    return [*names, *[f"{first}+{second}" for first, second in combinations(names, 2)]]


GLOSS: Final = Path(__file__).with_name("gloss.txt")
_SECTION: Final = re.compile(r"^\[(\w+)\]\n", re.MULTILINE)


@lru_cache(maxsize=1)
def _ideas() -> tuple[tuple[str, re.Pattern[str]], ...]:
    _, *pieces = _SECTION.split(GLOSS.read_text(encoding="utf-8"))
    return tuple(
        (idea, _pattern([word.strip(" ") for word in re.split(r" \| |\n", body) if word.strip()]))
        for idea, body in zip(pieces[::2], pieces[1::2], strict=True)
    )


def _pattern(words: list[str]) -> re.Pattern[str]:
    """Match a word by its beginning, or whole where it is written with "=" before it."""
    alternatives = (
        f"{re.escape(word[1:])}(?![a-z0-9])" if word.startswith("=") else re.escape(word)
        for word in sorted(words, key=lambda word: -len(word))
    )
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(alternatives)})")


def ideas(text: str) -> list[str]:
    """Return the ideas that a text names, by name."""
    folded = fold(text)
    return sorted(idea for idea, pattern in _ideas() if pattern.search(folded))
