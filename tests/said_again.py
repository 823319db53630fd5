"""Watches what probes find in a test: every sentence of it can be said in another language."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from bot.texts import ComposedText
from probes.contract import Finding
from probes.quality.codes import shown
from tests.unit.contracts.sentences import is_sentence

CITED = re.compile(r"^ \(|^(?:docker|podman|buildah): |^Field '|^: Message type ")
"""Where a law says it, and what a tool or a library said: neither is translated."""
FORMULA = re.compile(r"(?:[^.:;]|\.\d)+ [+×−=] [^.:;]+")
"""Columns that are added or multiplied, by their names, and factors such as 2.58999."""


def unsaid(sentence: str) -> list[str]:
    """Return the words of a sentence that would stay English in another language."""
    if not isinstance(sentence, ComposedText):
        return [sentence] if " " in sentence else []
    facts = _facts(sentence.source)
    return [
        fact
        for fact in facts
        if is_sentence(fact) and not CITED.search(fact) and not FORMULA.fullmatch(fact)
    ]


def _facts(source: Any) -> Iterator[str]:
    if isinstance(source, Mapping):
        for key, each in source.items():
            if key not in ("text", "join"):
                yield from _facts(each)
    elif isinstance(source, list):
        for each in source:
            yield from _facts(each)
    elif isinstance(source, str):
        yield source


def _are_names(words: str, columns: Iterable[str | None]) -> bool:
    """Whether words are names of columns alone, as sentences show them, listed or subtracted."""
    names = {shown(name) for name in columns if name}
    return words in names or all(one in names for one in re.split(", | - ", words))


@pytest.fixture(autouse=True)
def every_finding_can_be_said_again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail where a probe finds something in words that no text holds."""
    english: set[str] = set()
    begin = Finding.__init__

    def keep(self: Finding, *given: Any, **named: Any) -> None:
        begin(self, *given, **named)
        if str(sys._getframe(1).f_globals["__name__"]).startswith("probes."):
            title = self.suggestion.title if self.suggestion else ""
            english.update(
                f"{self.code}: {words}"
                for each in (self.sentence, self.meaning, title)
                for words in unsaid(each)
                if not _are_names(words, [self.column, *self.evidence.get("columns_named", ())])
            )

    monkeypatch.setattr(Finding, "__init__", keep)
    yield
    assert not english, "\n".join(sorted(english))
