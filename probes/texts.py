"""The sentences of a probe's `texts.yaml`, filled with facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import yaml

_SHOWN: Final = 6


class Texts:
    """A file of sentences.

    Args:
        path: YAML of key and sentence, facts in braces.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def say(self, key: str, **facts: Any) -> str:
        """Return a sentence with its facts filled in.

        Raises:
            KeyError: there is no such sentence, or a fact is missing.
        """
        return _read(self._path)[key].format(**facts)


@cache
def _read(path: Path) -> Mapping[str, str]:
    return cast("Mapping[str, str]", yaml.safe_load(path.read_text("utf-8")))


def listed(names: Iterable[str]) -> str:
    """Return names in quotation marks with commas between them, at most a few of them."""
    every = list(names)
    shown = ", ".join(f"“{name}”" for name in every[:_SHOWN])
    return shown if len(every) <= _SHOWN else f"{shown} and {len(every) - _SHOWN} more"
