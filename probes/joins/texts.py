"""The sentences of `texts.yaml`, and the findings of `codes.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bot.domain.vocabulary import Kind
from bot.texts import texts_beside
from probes.finding_codes import Codes

_TEXTS: Final = texts_beside(__file__)
say: Final = _TEXTS.say
CODES: Final = Codes(Path(__file__).parent / "codes.yaml", Kind.DATA_ACCESS)


def step_words(step: int) -> str:
    """Return in words what a step of the sketch makes alike."""
    return _TEXTS.table("step", int)[step]
