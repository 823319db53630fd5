"""Stored sentences: written in English with what they were made of, read in any language.

A JSON object whose field is a `ComposedText` gets `said_from` beside it: the source of each such
field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.texts import FALLBACK, ComposedText, language, translate_source

SAID: Final = "said_from"


def with_sources(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with its sentences in English and the sources of them beside."""
    sources = {key: each.source for key, each in fields.items() if isinstance(each, ComposedText)}
    before = fields.get(SAID, {})
    if not sources or not isinstance(before, Mapping):  # a column may be called so
        return dict(fields)
    english = {key: translate_source(source, FALLBACK) for key, source in sources.items()}
    kept = {key: words for key, words in english.items() if words is not None}
    kept_sources = {**before, **{key: sources[key] for key in kept}}
    return {**fields, **kept, SAID: kept_sources}


def in_language(stored: Any, *, checked: bool = False) -> Any:
    """Return what was stored with every sentence in the reader's language.

    A sentence without a source, or whose text is gone, stays as it was stored.

    Args:
        stored: JSON.
        checked: leave a source out that says something else in English than what is stored, since
            it comes from somewhere else.
    """
    if isinstance(stored, list):
        return [in_language(each, checked=checked) for each in stored]
    if not isinstance(stored, Mapping):
        return stored
    sources = stored.get(SAID)
    if not isinstance(sources, Mapping):
        return {key: in_language(each, checked=checked) for key, each in stored.items()}
    found = {key: in_language(each, checked=checked) for key, each in stored.items() if key != SAID}
    return found | {
        key: _in_language(source, stored[key])
        for key, source in sources.items()
        if isinstance(stored.get(key), str)
        and not (checked and translate_source(source, FALLBACK) != stored[key])
    }


def _in_language(source: Any, english: str) -> str:
    words = english if language() == FALLBACK else translate_source(source, language())
    return english if words is None else ComposedText(words, source)
