"""What a language model may do for an answer, and the check that it did nothing else.

It may choose what a question wants to know, from a list, and it may put an answer into other words.
It is shown the question, and for other words the answer that the asker is told anyway; never the
record. What it says is taken only if every fact of the answer is there, in its order, and none is
added.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final

from bot.ask import lexicon
from bot.ask.intents import Intent
from bot.ask.shortening import MOST_WORDS
from bot.reading.folding import fold

_TABLE: Final = "assist_words"
_QUOTE: Final = re.compile(r"[“«„\"]([^”»“\"]*)[”»“\"]")
_NUMBER: Final = re.compile(r"\d+(?:[.,:]\d+)*")
_MARKUP: Final = re.compile(r"[<>`*_~@#|\[\]{}\\]|https?:|www\.", re.IGNORECASE)
_PART: Final = re.compile(
    r"[“«„\"](?P<quote>[^”»“\"]*)[”»“\"]|(?P<token>\d+(?:[.,:]\d+)*|\w+)", re.UNICODE
)


def intent_messages(question: str) -> list[dict[str, str]]:
    """Return what a model is asked to choose a question's intent; it sees the question alone."""
    words = _words("en")
    listed = "\n".join(f"{intent}: {means}" for intent, means in words["intents"].items())
    return [
        {"role": "system", "content": f"{words['choose']}\n{listed}"},
        {"role": "user", "content": json.dumps({"question": question}, ensure_ascii=False)},
    ]


def read_intent(said: str) -> Intent | None:
    """Return the intent that a model chose; None where it named none of the list."""
    named = re.findall(r"[a-z_]+", said.lower())
    found = {word for word in named if word in set(Intent)} - {Intent.NONE, Intent.HELP}
    return Intent(found.pop()) if len(found) == 1 else None


def rephrase_messages(question: str, answer: str, language: str) -> list[dict[str, str]]:
    """Return what a model is asked to put an answer into other words."""
    given = {"question": question, "answer": answer, "language": language}
    return [
        {"role": "system", "content": str(_words("en")["rephrase"])},
        {"role": "user", "content": json.dumps(given, ensure_ascii=False)},
    ]


def faithful(answer: str, said: str, language: str, people: Iterable[str]) -> str | None:
    """Return other words for an answer if they say the same; None where they may not.

    Args:
        answer: what the record says.
        said: the same in a model's words.
        language: the language of both.
        people: the names in the record.
    """
    plain = " ".join(said.split())
    unquoted = _QUOTE.sub(" ", plain)
    names = {word for name in people for word in lexicon.words_of(name)}
    if not plain or len(plain.split()) > MOST_WORDS or _MARKUP.search(unquoted):
        return None
    if _facts(answer, language, names) != _facts(plain, language, names):
        return None
    known = {*lexicon.words_of(answer), *_vocabulary(language)}
    return plain if set(lexicon.words_of(unquoted)) <= known else None


def _facts(text: str, language: str, names: set[str]) -> list[str]:
    """Return a text's facts in order: quotes, numbers, names with their direction, and turns."""
    turning = _turning(language)
    facts: list[str] = []
    before = ""
    for part in _PART.finditer(text):
        if part["quote"] is not None:
            facts.append(f"“{' '.join(part['quote'].split())}”")
            continue
        plain = fold(part["token"])
        if _NUMBER.fullmatch(plain):
            facts.append(plain)
        elif plain in names:
            facts.append(f"{before} {plain}" if before in _directions(language) else plain)
        elif plain in turning:
            facts.append(turning[plain])
        before = plain
    return facts


def _turning(language: str) -> dict[str, str]:
    """Return folded word → the fact it states, for words that turn what a sentence says."""
    groups: dict[str, list[str]] = _words(language)["turns"]
    return {fold(word): group for group, words in groups.items() for word in words}


def _directions(language: str) -> frozenset[str]:
    return frozenset(map(fold, _words(language)["directions"]))


def _vocabulary(language: str) -> frozenset[str]:
    """Return words that state nothing by themselves."""
    return frozenset(map(fold, [*_words(language)["plain"], *_directions(language)])) | set(
        _turning(language)
    )


def _words(language: str) -> dict[str, Any]:
    return lexicon.table(_TABLE, language)
