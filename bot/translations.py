"""Checks a folder of languages at start, since a message with a broken text can never be sent.

Shipped languages are checked by the tests; this is for the folder that `language.folder` names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from string import Formatter
from typing import Any, Final

import yaml
from jinja2 import Environment, TemplateSyntaxError, meta

from bot.domain.errors import InputError
from bot.messages.catalog import FILTERS, say_plain
from bot.texts import FALLBACK, SOURCE_TREE, TRANSLATIONS, read, use_language

_ENGLISH: Final = TRANSLATIONS / FALLBACK
_JINJA: Final = Environment(autoescape=True)  # only parsed, never rendered
_JINJA.filters.update(FILTERS)
FactsOf = Callable[[str], set[str]]


def require_whole(folder: Path | None) -> None:
    """Refuse a folder of languages with its first fault.

    Raises:
        InputError: a text cannot be read or filled in.
    """
    if folder is not None and (found := faults(folder)):
        raise InputError(found[0], field="language.folder")


def faults(folder: Path) -> list[str]:
    """Return everything that is wrong with a folder of languages; what it lacks is no fault."""
    with use_language(FALLBACK):
        return [
            fault
            for language in sorted(folder.iterdir())
            if language.is_dir()
            for file in sorted(language.rglob("*.yaml"))
            for fault in _of_file(file, file.relative_to(language))
        ]


def _of_file(file: Path, place: Path) -> Iterator[str]:
    english = next((root / place for root in (_ENGLISH, SOURCE_TREE) if _is_in(root, place)), None)
    if english is None:
        yield say_plain("translations.unknown_file", file=file)
        return
    try:
        texts = read(file)
    except (yaml.YAMLError, UnicodeDecodeError) as wrong:
        mark = getattr(wrong, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(wrong, "problem", None) or "not UTF-8"
        yield say_plain("translations.unreadable", file=file, line=line, problem=problem)
        return
    is_jinja = english.is_relative_to(_ENGLISH) or "playbook" in place.parts
    facts_of = _jinja_facts if is_jinja else _format_facts
    for fault, facts in _differences(read(english), texts, facts_of):
        yield say_plain(f"translations.{fault}", file=file, **facts)


def _is_in(root: Path, place: Path) -> bool:
    return (root / place).is_file()


def _differences(
    english: Any, other: Any, facts_of: FactsOf, key: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the text key of each fault, with its facts."""
    if isinstance(english, Mapping) and isinstance(other, Mapping):
        yield from _by_key(english, other, facts_of, key)
    elif isinstance(english, list) and isinstance(other, list):
        if len(english) != len(other):
            yield "length", {"text": key, "wanted": len(english), "given": len(other)}
        for at, (one, value) in enumerate(zip(english, other, strict=False)):
            yield from _differences(one, value, facts_of, f"{key}[{at}]")
    elif isinstance(english, str) and isinstance(other, str):
        yield from _wrong_facts(english, other, facts_of, key)
    elif other is not None and (isinstance(english, Mapping | list | str)):
        yield "not_alike", {"text": key or "the file", "wanted": type(english).__name__}


def _by_key(
    english: Mapping[Any, Any], other: Mapping[Any, Any], facts_of: FactsOf, key: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in other.items():
        inner = f"{key}.{name}" if key else str(name)
        if name in english:
            yield from _differences(english[name], value, facts_of, inner)
        else:
            near = get_close_matches(str(name), map(str, english), 1)
            yield "unknown_key", {"text": inner, "near": "".join(near)}


def _wrong_facts(
    english: str, other: str, facts_of: FactsOf, key: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        known = facts_of(english)
    except ValueError:  # never filled in
        return
    try:
        named = facts_of(other)
    except ValueError as wrong:
        yield "malformed", {"text": key, "problem": str(wrong).rstrip(".")}
        return
    for fact in sorted(named - known):
        yield "unknown_fact", {"text": key, "fact": fact, "known": ", ".join(sorted(known))}


def _jinja_facts(text: str) -> set[str]:
    try:
        return meta.find_undeclared_variables(_JINJA.parse(text))
    except TemplateSyntaxError as wrong:
        raise ValueError(wrong.message) from None


def _format_facts(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name and name.isidentifier()}
