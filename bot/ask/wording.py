"""The wording of a question: its language, and a form in which like questions are alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from bot.ask import lexicon
from bot.ask.classifier import PERSON, THING, shipped
from bot.ask.intents import Intent
from bot.ask.lexicon import LANGUAGES, small_words, words_of
from bot.reading.folding import fold

SURE: Final = 0.6
"""From this probability words without a question mark are a question."""
_SAMPLE_NAMES: Final = frozenset({"ana", "ben", "cho", "dee", "eve"})
_SAMPLE_THINGS: Final = re.compile(
    r"\b(?:replica access|access|form|formular|zugang|formulario|acceso|formulaire|acces)\b"
)
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)?")
_WRITTEN: Final = re.compile(r"[a-z']+")
_CONTRACTIONS: Final = (
    (re.compile(r"\b(what|who|where|when|how|that|there|it)'?s\b"), r"\1 is"),
    (re.compile(r"\b(\w+)'re\b"), r"\1 are"),
    (re.compile(r"\b(\w+)'ve\b"), r"\1 have"),
    (re.compile(r"\bi'm\b"), "i am"),
    (re.compile(r"\b(\w+)'ll\b"), r"\1 will"),
    (re.compile(r"n't\b"), " not"),
)
_MARKS: Final = {
    "en": (r"(?:what|who|when|why|how|is|are|the|did|does|do|we|us)\b",),
    "de": (r"(?:was|wer|wann|warum|wie|ist|sind|wir|uns|der|die|das|seit|wurde)\b",),
    "es": (r"(?:que|quien|cuando|cuanto|cuantos|esta|estamos|nos|el|los|por que|hay)\b", "[¿¡]"),
    "fr": (
        r"(?:qu'|[lcdjns]'(?=\w{2})|qui|quand|pourquoi|combien|est-|sommes|nous|le|les|quel\w*|a-t)",
    ),
}


def language_of(question: str, otherwise: str = "en") -> str:
    """Return the language a question is asked in, and another where nothing tells."""
    folded = words_of(question)
    text = fold(question)
    learnt = shipped().words
    counts = {
        language: sum(word in small_words(language) for word in folded)
        + 2 * sum(bool(re.search(rf"(?<!\w){mark}", text)) for mark in _MARKS[language])
        + sum(_is_only_of(word, language, learnt) for word in folded)
        for language in LANGUAGES
    }
    order = sorted(LANGUAGES, key=lambda language: language != otherwise)
    return max(order, key=lambda language: counts[language])


def _is_only_of(word: str, language: str, learnt: Mapping[str, frozenset[str]]) -> bool:
    return word in learnt[language] and not any(
        word in words for other, words in learnt.items() if other != language
    )


def plain_form(text: str, language: str) -> str:
    """Return a question folded, contractions and what people type for words written out."""
    folded = fold(text)
    for form, full in _CONTRACTIONS:
        folded = form.sub(full, folded)
    written = lexicon.written(language)
    return _WRITTEN.sub(lambda word: written.get(word[0], word[0]), folded).strip(" ?!.")


def normalised(
    text: str, language: str, names: Iterable[str] = (), things: Iterable[str] = ()
) -> str:
    """Return a question with people, things and numbers made alike.

    Args:
        text: the question.
        language: its language.
        names: folded words that name people.
        things: folded words that name a blocker of the record.
    """
    folded = plain_form(text, language)
    folded = _SAMPLE_THINGS.sub(THING, folded)
    folded = _NUMBER.sub("0", folded)
    people, matters = {*names, *_SAMPLE_NAMES}, set(things)
    said: list[str] = []
    for word in re.findall(r"[a-z0-9]+", folded):
        plain = PERSON if word in people else THING if word in matters else word
        if word[-1] == "s" and word[:-1] in people:  # "hannes deadline"
            said += [PERSON]
            plain = "s"
        if plain != THING or not said or said[-1] != THING:
            said.append(plain)
    return " ".join(said)


def is_question(text: str) -> bool:
    """Return whether words ask something, by their mark or by being like what can be asked."""
    if "?" in text or "¿" in text:
        return True
    language = language_of(text)
    plain, full = normalised(text, language), plain_form(text, language)
    found = shipped().probabilities(plain, full, language)
    best = max(found, key=lambda intent: found[intent])
    return best is not Intent.NONE and found[best] >= SURE
