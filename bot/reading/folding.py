"""Text as the patterns see it: lower case, no accents, plain dashes and quotes, same length."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

_PLAIN: Final = {
    **dict.fromkeys("‐‑‒–—−", "-"),
    **dict.fromkeys("‘’ʼ`´", "'"),
    **dict.fromkeys("“”«»„", '"'),
    **dict.fromkeys("\u00a0\u202f\u2009\t\r\n", " "),
    "ß": "s",
    "≈": "~",
    "≤": "<",
    "≥": ">",
}


def fold(text: str) -> str:
    """Fold character by character, so that a place in the result is the same place in `text`."""
    return "".join(_folded(character) for character in text)


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    if character in _PLAIN:
        return _PLAIN[character]
    base = unicodedata.normalize("NFD", character)[:1].lower()
    return base if len(base) == 1 else character
