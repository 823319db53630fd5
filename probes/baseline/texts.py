"""The sentences of `texts.yaml`, and the findings of `codes.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bot.domain.vocabulary import Kind
from bot.texts import texts_beside
from probes.finding_codes import Codes
from probes.texts import listed

_TEXTS: Final = texts_beside(__file__)
say: Final = _TEXTS.say
CODES: Final = Codes(Path(__file__).parent / "codes.yaml", Kind.DATA_ACCESS)

__all__ = ["CODES", "listed", "named", "say"]


def named(code: str) -> str:
    """Return what people call a model, a figure, a way of parting rows or a reason."""
    return _TEXTS.table("names", str).get(str(code), code)
