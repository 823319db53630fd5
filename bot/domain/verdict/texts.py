"""The verdict's sentences, read from the text files in `sentences/`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bot.texts import Texts

_TEXTS: Final = Texts(Path(__file__).with_name("sentences"))
say: Final = _TEXTS.say
template: Final = _TEXTS.template
table: Final = _TEXTS.table
keys: Final = _TEXTS.keys
