"""The verdict's sentences, read from the text files in `sentences/`."""

from __future__ import annotations

from typing import Final

from bot.texts import texts_beside

_TEXTS: Final = texts_beside(__file__, "sentences")
say: Final = _TEXTS.say
template: Final = _TEXTS.template
table: Final = _TEXTS.table
keys: Final = _TEXTS.keys
