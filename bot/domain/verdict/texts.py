"""The verdict's sentences, read from the text files beside this module."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def _sentences() -> dict[str, str]:
    folder = files(__package__) / "sentences"
    found: dict[str, str] = {}
    for name in sorted(each.name for each in folder.iterdir() if each.name.endswith(".yaml")):
        found |= yaml.safe_load((folder / name).read_text(encoding="utf-8"))
    return found


def say(key: str, **facts: Any) -> str:
    """Return a sentence with its facts filled in; KeyError where there is no such sentence."""
    return _sentences()[key].format(**facts).strip()


def template(key: str) -> str:
    """Return a sentence as it is written."""
    return _sentences()[key].strip()


def keys() -> frozenset[str]:
    """Return the keys of all sentences."""
    return frozenset(_sentences())
