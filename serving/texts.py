"""The sentences of `texts.yaml`, filled with facts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import yaml

TEXTS: Final = Path(__file__).with_name("texts.yaml")


@cache
def _texts() -> Mapping[str, str]:
    return cast("Mapping[str, str]", yaml.safe_load(TEXTS.read_text("utf-8")))


def say(key: str, **facts: Any) -> str:
    """Return a sentence with its facts filled in.

    Raises:
        KeyError: there is no such sentence, or a fact is missing.
    """
    return _texts()[key].format(**facts)
