"""Takes people out of texts and JSON: their ids and names become pseudonyms."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from bot.slack.text import PSEUDONYM


def new_pseudonym() -> str:
    """Return a pseudonym that says nothing about whom it stands for."""
    return f"{PSEUDONYM}{secrets.token_hex(4)}"


class Scrubber:
    """Replaces words in values of any shape.

    Args:
        replaced: a user id or a name → what stands for it; whole words only, as they are spelled.
    """

    def __init__(self, replaced: Mapping[str, str]) -> None:
        self._replaced = {word: by for word, by in replaced.items() if word}
        longest_first = sorted(self._replaced, key=len, reverse=True)
        spelled = "|".join(re.escape(word) for word in longest_first)
        self._pattern = re.compile(rf"(?<!\w)(?:{spelled})(?!\w)")

    def __call__(self, value: Any) -> Any:
        """Return the value without the people; the same one where none stands in it."""
        if isinstance(value, str):
            return self._pattern.sub(lambda found: self._replaced[found[0]], value)
        if isinstance(value, Mapping):
            return {self(key): self(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self(each) for each in value]
        return value

    @property
    def words(self) -> list[str]:
        """The words as a database may hold them: as they are, and escaped in JSON."""
        escaped = {json.dumps(word)[1:-1] for word in self._replaced}
        return sorted(escaped | self._replaced.keys())
