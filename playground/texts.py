"""The sentences of `texts.yaml`, filled with facts."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bot.texts import Texts

_TEXTS: Final = Texts(Path(__file__).with_name("texts.yaml"))
say: Final = _TEXTS.say
table: Final = _TEXTS.table
