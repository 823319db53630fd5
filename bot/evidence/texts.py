"""What adapters say of themselves, read from `texts.yaml`."""

from __future__ import annotations

from typing import Final

from bot.texts import texts_beside

_TEXTS: Final = texts_beside(__file__)
say: Final = _TEXTS.say
table: Final = _TEXTS.table
