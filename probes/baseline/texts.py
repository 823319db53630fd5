"""The baseline probe's sentences."""

from __future__ import annotations

from typing import Final

from bot.texts import texts_beside
from probes.texts import listed

_TEXTS: Final = texts_beside(__file__)
say: Final = _TEXTS.say

__all__ = ["listed", "named", "say"]


def named(code: str) -> str:
    """Return what people call a model, a figure, a way of parting rows or a reason."""
    return _TEXTS.table("names", str).get(str(code), code)
