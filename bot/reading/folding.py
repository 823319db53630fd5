"""Text as the patterns see it: lower case, no accents, plain dashes and quotes, same length."""

from __future__ import annotations

import unicodedata
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


MOST_KEPT: Final = 4096
"""Characters whose folding is remembered; a text has some dozens, a script some thousands."""


class _Folded(dict[int, str]):
    """What each character is folded to; those that were met are found without a call."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        base = unicodedata.normalize("NFD", character)[:1].lower()
        folded = base if len(base) == 1 else character
        if len(self) < MOST_KEPT:
            self[code] = folded
        return folded


_FOLDED: Final = _Folded({ord(character): plain for character, plain in _PLAIN.items()})


def fold(text: str) -> str:
    """Fold character by character, so that a place in the result is the same place in `text`."""
    return text.translate(_FOLDED)
