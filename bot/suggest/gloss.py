"""Ideas that a text names, whatever language it is in, read from `gloss.txt`.

An idea stands for the words that mean it in English, German, French and Spanish, so that what was
learnt from sentences of one language helps with those of another.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

from bot.reading.folding import fold

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
