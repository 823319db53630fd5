"""The word tables of all languages, merged, and patterns made of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).with_name("lexicon")
LANGUAGES: Final = ("en", "de", "fr", "es")


@cache
def tables() -> dict[str, dict[str, Any]]:
    """Return language → table name → words, as the YAML files have them."""
    import yaml

    return {
        language: yaml.load(
            (FOLDER / f"{language}.yaml").read_text(encoding="utf-8"),
            Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader),  # noqa: S506 - both are safe loaders
        )
        for language in LANGUAGES
    }


@cache
def compound_numbers() -> dict[str, int]:
    """Return the patterns of the numbers from 21 to 99, put together of two, and their values."""
    return {
        table["compound"].format(tens=tens, ones=ones): ten + one
        for table in tables().values()
        for tens, ten in table["tens"].items()
        for ones, one in table["ones"].items()
    }


@cache
def words(name: str) -> tuple[str, ...]:
    """Return the words of a table in all languages."""
    return tuple(str(word) for table in tables().values() for word in table.get(name) or ())


@cache
def mapping(name: str) -> dict[str, Any]:
    """Return a table that maps, such as unit → words, merged over the languages."""
    merged: dict[str, Any] = {}
    for table in tables().values():
        for key, value in (table.get(name) or {}).items():
            if isinstance(value, list):
                merged.setdefault(str(key), []).extend(map(str, value))
            else:
                merged.setdefault(str(key), value)
    return merged


def either(patterns: Iterable[str]) -> str:
    """Return one pattern for any of these, the longest first."""
    ordered = sorted(patterns, key=lambda pattern: (-len(pattern), pattern))
    return f"(?:{'|'.join(ordered)})" if ordered else "(?!)"


@cache
def any_of(name: str) -> str:
    """Return a pattern for any word of a table."""
    return either(words(name))


@cache
def keys_of(name: str) -> str:
    """Return a pattern for any key of a table that maps."""
    return either(key.replace(".", r"\.") for key in mapping(name))


@cache
def by_position(name: str) -> tuple[str, ...]:
    """Return one pattern a position for lists that run alike, such as the months."""
    lists = [table[name] for table in tables().values() if table.get(name)]
    return tuple(either(str(word) for word in column) for column in zip(*lists, strict=True))
