"""The baseline probe's sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bot.texts import Texts
from probes.texts import listed

_TEXTS: Final = Texts(Path(__file__).with_name("texts.yaml"))
say: Final = _TEXTS.say

__all__ = ["listed", "named", "say"]


def named(code: str) -> str:
    """Return what people call a model, a figure, a way of parting rows or a reason."""
    return _TEXTS.table("names", str).get(str(code), code)
