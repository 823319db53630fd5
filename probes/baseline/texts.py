"""The sentences of `texts.yaml`, filled with facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import yaml

TEXTS: Final = Path(__file__).with_name("texts.yaml")
_SHOWN: Final = 6


@cache
def _texts() -> Mapping[str, str]:
    return cast("Mapping[str, str]", yaml.safe_load(TEXTS.read_text("utf-8")))


def say(key: str, **facts: Any) -> str:
    """Return a sentence with its facts filled in.

    Raises:
        KeyError: there is no such sentence, or a fact is missing.
    """
    return _texts()[key].format(**facts)


def listed(names: Iterable[str]) -> str:
    """Return names in quotation marks with commas between them, at most a few of them."""
    every = list(names)
    shown = ", ".join(f"“{name}”" for name in every[:_SHOWN])
    return shown if len(every) <= _SHOWN else f"{shown} and {len(every) - _SHOWN} more"
