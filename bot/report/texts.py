"""The sentences of `texts.yaml`, filled with facts."""

from __future__ import annotations

from typing import Final

from bot.texts import texts_beside

_texts: Final = texts_beside(__file__)
say: Final = _texts.say
table: Final = _texts.table
PAGE: Final = "page_"


def page_words() -> dict[str, str]:
    """Return what stands on the page besides a sprint's own words, facts still in braces."""
    keys = _texts.keys()
    return {key.removeprefix(PAGE): _texts.template(key) for key in keys if key.startswith(PAGE)}
