"""The sentences of `texts.yaml`, filled with facts."""

from __future__ import annotations

from typing import Final

from bot.texts import texts_beside

_TEXTS: Final = texts_beside(__file__)
say: Final = _TEXTS.say


def step_words(step: int) -> str:
    """Return in words what a step of the sketch makes alike."""
    return _TEXTS.table("step", int)[step]
