"""The sentences that all probes share, and lists of names in sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bot.texts import joined, texts_beside

_SHOWN: Final = 6
_TEXTS: Final = texts_beside(__file__)
say: Final = _TEXTS.say
table: Final = _TEXTS.table


def listed(names: Iterable[str]) -> str:
    """Return names in quotation marks with commas between them, at most a few of them."""
    every = list(names)
    shown = joined(", ", (f"“{name}”" for name in every[:_SHOWN]))
    more = len(every) - _SHOWN
    return say("and_more", shown=shown, more=more) if more > 0 else shown
