"""The verdict's sentences, read from the text files in `sentences/`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

import yaml

K = TypeVar("K")


@cache
def _sentences() -> dict[str, Any]:
    folder = files(__package__) / "sentences"
    found: dict[str, Any] = {}
    for name in sorted(each.name for each in folder.iterdir() if each.name.endswith(".yaml")):
        found |= yaml.safe_load((folder / name).read_text(encoding="utf-8"))
    return found


def say(key: str, **facts: Any) -> str:
    """Return a sentence with its facts filled in; KeyError where there is no such sentence."""
    return template(key).format(**facts)


def template(key: str) -> str:
    """Return a sentence as it is written."""
    return str(_sentences()[key])


def table(key: str, of: Callable[[str], K]) -> dict[K, str]:
    """Return a table of words, with `of` making its keys."""
    return {of(str(word)): str(words) for word, words in _sentences()[key].items()}


def keys() -> frozenset[str]:
    """Return the keys of all sentences."""
    return frozenset(_sentences())
