"""The sentences of an answer, in the asker's language, English where there is none."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from bot.ask.lexicon import table, words_of
from bot.ask.slots import means
from bot.reading.ranges import LONGEST

LONGEST_QUOTE: Final = 300
"""Characters of a title or reason that are quoted, where the answer has room for them."""
_MARKS: Final = {"en": "“{}”", "de": "„{}“", "es": "«{}»", "fr": "« {} »"}
_OPENS, _CLOSES = ("".join({mark.strip()[at] for mark in _MARKS.values()}) for at in (0, -1))
_QUOTE: Final = re.compile(rf"(?<=[{_OPENS}])(\s?)([^{_OPENS}{_CLOSES}]+?)(\s?)(?=[{_CLOSES}])")
_INNER: Final = re.compile("[„“«] ?| ?[”»]")
"""Quotation marks in what somebody wrote, which would end the quote that it stands in."""
_GROUPS: Final = {"en": ",", "de": ".", "es": ".", "fr": "\N{NARROW NO-BREAK SPACE}"}
"""What stands between the thousands of a number."""
_DECIMAL: Final = {"en": ".", "de": ",", "es": ",", "fr": ","}
_UNITS: Final = (
    (1.0, 1 / 24, "unit_hour"),
    (14.0, 1.0, "unit_day"),
    (84.0, 7.0, "unit_week"),
    (730.0, 30.4375, "unit_month"),
    (float("inf"), 365.25, "unit_year"),
)


class SpokenNumber(str):
    """A number as English writes it; `say` writes it as the language of its sentence does."""

    __slots__ = ()

    def written(self, language: str) -> str:
        """Return it with the language's decimal mark."""
        return str(self).replace(".", _DECIMAL[language])


def say(language: str, key: str, **facts: Any) -> str:
    """Return a sentence with its facts filled in.

    Raises:
        KeyError: there is no such sentence in English.
    """
    written = {
        name: fact.written(language) if isinstance(fact, SpokenNumber) else fact
        for name, fact in facts.items()
    }
    return str(_text(language, key)).format(**written)


def has(key: str) -> bool:
    """Return whether there is such a sentence."""
    return key in table("texts", "en")


def _text(language: str, key: str) -> Any:
    texts = table("texts", language)
    return texts[key] if key in texts else table("texts", "en")[key]


def clipped(text: str, most: int = LONGEST_QUOTE) -> str:
    """Return a person's words on one line, in at most so many characters."""
    flat = " ".join(_INNER.sub('"', text).split()).rstrip(".")
    if len(flat) <= most:
        return flat
    return f"{flat[: most - 1].rsplit(' ', 1)[0].rstrip(',;:')}…"


def with_quotes(line: str, most: int, asked: Collection[str] = ()) -> str:
    """Return a line whose quotes have at most so many words each, those near what is asked."""
    return _QUOTE.sub(lambda found: f"{found[1]}{_cut(found[2], most, asked)}{found[3]}", line)


def quoted_words(line: str) -> list[int]:
    """Return how many words each quote of a line has."""
    return [len(each.split()) for each in quotes_of(line)]


def quotes_of(line: str) -> list[str]:
    """Return what the quotes of a line say."""
    return [found[2] for found in _QUOTE.finditer(line)]


def _cut(text: str, most: int, asked: Collection[str]) -> str:
    """Return so many words of a text: the first, or else those among which most are asked for."""
    words = text.split()
    if len(words) <= most:
        return text
    hits = [any(means(said, each) for each in words_of(word) for said in asked) for word in words]
    counts = [sum(hits[at : at + most]) for at in range(len(words) - most + 1)]
    best = [at for at, count in enumerate(counts) if count == max(counts)]
    start = best[-1] if best[0] else 0  # what follows a word tells more of it
    part = " ".join(words[start : start + most]).rstrip(",;:.")
    return f"{'…' if start else ''}{part}{'…' if start + most < len(words) else ''}"


def quoted(language: str, text: str) -> str:
    """Return a person's words in quotation marks."""
    return _MARKS[language].format(clipped(text))


def hours(value: float) -> SpokenNumber:
    """Return an hour, or a number of hours, with one decimal at most."""
    return SpokenNumber(f"{round(value, 1):g}")


def percent(value: float) -> SpokenNumber:
    """Return a share of the traffic in percent, as it was set."""
    return SpokenNumber(f"{value:g}")


def whole(language: str, value: float) -> str:
    """Return a number without decimals, its thousands apart as the language writes them."""
    return f"{value:,.0f}".replace(",", _GROUPS[language])


def share(language: str, value: float) -> str:
    """Return a share in percent; never 0 or 100 % for what is neither."""
    percent = round(100 * value)
    if percent == 0 and value > 0:
        return say(language, "less_than_one")
    return say(language, "almost_all") if percent == 100 and value < 1 else f"{percent} %"


def days(language: str, value: float) -> str:
    """Return a number of days as people say it."""
    if value >= LONGEST:
        return say(language, "no_end")
    size, unit = next((size, unit) for limit, size, unit in _UNITS if value < limit)
    count = max(1, round(value / size))
    one, many = _text(language, unit)
    return str(one if count == 1 else many).format(n=count)
