"""The sentences of `texts.yaml`, filled with facts, and the language that commands speak."""

from __future__ import annotations

import os
from typing import Final

from bot.texts import nearest, texts_beside

_TEXTS: Final = texts_beside(__file__)
say: Final = _TEXTS.say
table: Final = _TEXTS.table
OWN_LANGUAGE: Final = "HOUR48_LANGUAGE__DEFAULT"
"""The setting `language.default` in the environment; what reads no settings looks there alone."""


def own_language() -> str:
    """Return the language of a command that no workspace gives one."""
    return nearest(os.environ.get(OWN_LANGUAGE))
