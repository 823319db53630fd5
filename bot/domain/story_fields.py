"""Reading the fields of a story one by one, so that every fault names its event and field."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NoReturn, TypeVar

from bot.domain.errors import InputError
from bot.domain.texts import say

E = TypeVar("E", bound=StrEnum)

LONGEST_TEXT: Final = 2_000
LONGEST_NAME: Final = 100
MOST_VOTES: Final = 10_000
LARGEST_NUMBER: Final = 10**15
_WORDS_FOR_TRUTH: Final = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a story a field stands, for the message.

    Args:
        file: the story's file name.
        where: "event 3 (hour 5, resolve replica-access)" or a section's name; empty at the top.
    """

    file: str
    where: str = ""

    def refuse(self, field: str, fault: str) -> NoReturn:
        """Raise the one sentence that names file, event and field."""
        place = ", ".join(part for part in (self.file, self.where) if part)
        named = f', field "{field}"' if field else ""
        raise InputError(f"{place}{named}: {fault}", field=field or None)


class Fields:
    """One mapping of a story, read field by field.

    Args:
        values: the mapping as YAML gave it.
        place: where it stands.
    """

    def __init__(self, values: Any, place: Place, field: str = "") -> None:
        if not isinstance(values, Mapping):
            place.refuse(field, say("must_key_value_pairs", said=said(values)))
        self._values: Mapping[Any, Any] = values
        self.place = place

    def allow(self, keys: Iterable[str]) -> None:
        """Refuse keys that are not among `keys`."""
        allowed = list(keys)
        for key in self._values:
            if key not in allowed:
                self.place.refuse(
                    said(key).strip('"'), say("unknown_key_known_here", allowed=", ".join(allowed))
                )

    def has(self, key: str) -> bool:
        """Return whether the key is there with a value."""
        return self._values.get(key) is not None

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def raw(self, key: str, default: Any = None) -> Any:
        """Return the value as it stands."""
        value = self._values.get(key)
        return default if value is None else value

    def text(self, key: str, *, longest: int = LONGEST_TEXT) -> str:
        """Return words; control characters and doubled spaces are tidied away."""
        value = self._values.get(key)
        if isinstance(value, bool):
            self.place.refuse(key, say("yaml_reads_word_yes_put"))
        if isinstance(value, int | float) and math.isfinite(value):
            value = str(value)
        tidy = " ".join(_printable(value).split()) if isinstance(value, str) else ""
        if not tidy:
            self.place.refuse(key, say("needs_words", said=said(value)))
        if len(tidy) > longest:
            self.place.refuse(key, say("characters_long_enough", tidy=len(tidy), longest=longest))
        return tidy

    def name(self, key: str) -> str:
        """Return a short name or id."""
        return self.text(key, longest=LONGEST_NAME)

    def maybe_text(self, key: str) -> str | None:
        """Return words, or None where the key is left out."""
        return self.text(key) if self.has(key) else None

    def number(self, key: str, least: float, most: float) -> float:
        """Return a finite number within bounds."""
        value = self._values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.place.refuse(key, say("must_number", said=said(value)))
        if not least <= value <= most:  # false for NaN too
            self.place.refuse(key, say("must_between", least=least, most=most, said=said(value)))
        return float(value)

    def count(self, key: str) -> int:
        """Return a whole number of votes."""
        value = self._values.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_VOTES:
            fault = say("must_whole_number", most_votes=MOST_VOTES, said=said(value))
            self.place.refuse(key, fault)
        return value

    def truth(self, key: str) -> bool:
        """Return yes or no, written as a boolean or as the word."""
        value = self._values.get(key)
        if isinstance(value, bool):
            return value
        word = value.strip().lower() if isinstance(value, str) else ""
        if word not in _WORDS_FOR_TRUTH:
            self.place.refuse(key, say("must_yes", said=said(value)))
        return _WORDS_FOR_TRUTH[word]

    def choice(self, key: str, kind: type[E]) -> E:
        """Return one of an enumeration's words; a bare yes/no counts as the word."""
        value = self._values.get(key)
        word = {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
        if not isinstance(word, str) or word not in list(kind):
            self.place.refuse(key, say("must", kind=", ".join(kind), said=said(value)))
        return kind(word)

    def maybe_choice(self, key: str, kind: type[E]) -> E | None:
        """Return one of an enumeration's words, or None where the key is left out."""
        return self.choice(key, kind) if self.has(key) else None


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() or letter.isspace() else " " for letter in text)


def said(value: Any) -> str:
    """Return a value as a message may show it: short and on one line."""
    if value is None:
        return "nothing"
    if isinstance(value, int) and abs(value) >= LARGEST_NUMBER:
        return say("number_beyond_all_measure")
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple | set):
        return "a list"
    shown = " ".join(_printable(str(value)[:60]).split())
    return f'"{shown}"' if isinstance(value, str) else shown
