"""Which intent a question has: likeness to a corpus of phrasings, and cues in the wording."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from rapidfuzz import fuzz, process

from bot.ask.intents import Intent
from bot.ask.lexicon import LANGUAGES, cues, neutral_words, same_words, small_words, table, words_of
from bot.reading.folding import fold

CUE: Final = 0.28
"""What one matching cue adds to an intent's likeness, which is 0 to 1."""
STRONG_CUE: Final = 0.45
"""The same for wording that means one intent whatever else the question says."""
MORE_CUES: Final = 0.08
NEIGHBOURS: Final = 3
LEAST: Final = 0.30
"""Below this score a question is like nothing that can be asked."""
LEAST_OF_OURS: Final = 0.22
"""The same for a question without a strange word."""
MOST_FOREIGN: Final = 0.12
"""The share of a question's content words that may be strange to the room and the record."""
SURE: Final = 0.5
MOST_FOREIGN_WHEN_SURE: Final = 0.16
"""The same for a question whose wording or likeness leaves little doubt."""
TYPO: Final = 84
PERSON: Final = "person"
THING: Final = "thing"
_SAMPLE_NAMES: Final = frozenset({"ana", "ben", "cho", "dee", "eve"})
_SAMPLE_THINGS: Final = re.compile(
    r"\b(?:replica access|access|form|formular|zugang|formulario|acceso|formulaire|acces)\b"
)
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)?")
_CONTRACTIONS: Final = (
    (re.compile(r"\b(what|who|where|when|how|that|there|it)'?s\b"), r"\1 is"),
    (re.compile(r"\b(\w+)'re\b"), r"\1 are"),
    (re.compile(r"\b(\w+)'ve\b"), r"\1 have"),
    (re.compile(r"\bi'm\b"), "i am"),
    (re.compile(r"\b(\w+)'ll\b"), r"\1 will"),
    (re.compile(r"n't\b"), " not"),
)


@dataclass(frozen=True, slots=True)
class Recognised:
    """An intent with how sure it is.

    Args:
        intent: the best one.
        score: likeness and cues, from 0 upward.
        runner_up: the next one.
    """

    intent: Intent
    score: float
    runner_up: Intent


Vector = Mapping[str, float]


def language_of(question: str) -> str:
    """Return the language a question is asked in; English where nothing tells."""
    said = words_of(question)
    text = fold(question)
    counts = {
        language: sum(word in small_words(language) for word in said)
        + 2 * sum(bool(re.search(rf"(?<!\w){mark}", text)) for mark in _MARKS[language])
        for language in LANGUAGES
    }
    return max(LANGUAGES, key=lambda language: counts[language])


_MARKS: Final = {
    "en": (r"(?:what|who|when|why|how|is|are|the|did|does|do|we|us)\b",),
    "de": (r"(?:was|wer|wann|warum|wie|ist|sind|wir|uns|der|die|das|seit|wurde)\b",),
    "es": (r"(?:que|quien|cuando|cuanto|cuantos|esta|estamos|nos|el|los|por que|hay)\b", "[¿¡]"),
    "fr": (r"(?:qu'|qui|quand|pourquoi|combien|est-|sommes|nous|le|les|quel\w*|a-t)",),
}


def plain_form(text: str) -> str:
    """Return a question folded, with its contractions written out."""
    folded = fold(text)
    for form, full in _CONTRACTIONS:
        folded = form.sub(full, folded)
    return folded.strip(" ?!.")


def normalised(text: str, names: Iterable[str] = (), things: Iterable[str] = ()) -> str:
    """Return a question with people, things and numbers made alike.

    Args:
        text: the question.
        names: folded words that name people.
        things: folded words that name a blocker of the record.
    """
    folded = plain_form(text)
    folded = _SAMPLE_THINGS.sub(THING, folded)
    folded = _NUMBER.sub("0", folded)
    people, matters = {*names, *_SAMPLE_NAMES}, set(things)
    said: list[str] = []
    for word in re.findall(r"[a-z0-9]+", folded):
        plain = PERSON if word in people else THING if word in matters else word
        if plain != THING or not said or said[-1] != THING:
            said.append(plain)
    return " ".join(said)


def _grams(text: str, same: Mapping[str, str]) -> Counter[str]:
    words = [same.get(word, word) for word in text.split()]
    found: Counter[str] = Counter()
    for word in words:
        found[f"w:{word}"] += 2
        padded = f"^{word}$"
        for size in (3, 4):
            for start in range(len(padded) - size + 1):
                found[padded[start : start + size]] += 1
    for one, two in zip(["^", *words], [*words, "$"], strict=True):
        found[f"b:{one} {two}"] += 2
    return found


@dataclass(frozen=True)
class _Corpus:
    """The phrasings of a language as vectors."""

    vectors: tuple[tuple[Intent, Vector], ...]
    rarity: Mapping[str, float]
    vocabulary: frozenset[str]
    same: Mapping[str, str]

    def vector(self, text: str) -> Vector:
        weighed = {
            gram: (1 + math.log(count)) * self.rarity.get(gram, self.rarity[""])
            for gram, count in _grams(text, self.same).items()
        }
        length = math.sqrt(sum(weight * weight for weight in weighed.values())) or 1.0
        return {gram: weight / length for gram, weight in weighed.items()}


@cache
def _corpus(language: str) -> _Corpus:
    phrasings = [
        (Intent(intent), normalised(text))
        for intent, texts in table("corpus", language).items()
        for text in texts
    ]
    same = same_words(language)
    seen = Counter(gram for _, text in phrasings for gram in set(_grams(text, same)))
    rarity = {gram: math.log(len(phrasings) / count) + 0.2 for gram, count in seen.items()}
    rarity[""] = math.log(len(phrasings)) * 0.6
    vocabulary = {
        w for intent, text in phrasings if intent is not Intent.NONE for w in text.split()
    }
    empty = _Corpus((), rarity, frozenset(vocabulary), same)
    return _Corpus(
        tuple((intent, empty.vector(text)) for intent, text in phrasings),
        rarity,
        frozenset(vocabulary),
        same,
    )


def recognise(text: str, language: str, said: str | None = None) -> Recognised:
    """Return the intent of a question.

    Args:
        text: the normalised question.
        language: its language.
        said: the question as the cues see it, see `plain_form`; None takes `text`.
    """
    corpus, said = _corpus(language), text if said is None else said
    asked = corpus.vector(text)
    near: dict[Intent, list[float]] = {}
    for intent, vector in corpus.vectors:
        near.setdefault(intent, []).append(
            sum(weight * vector.get(gram, 0.0) for gram, weight in asked.items())
        )
    scores = {intent: _likeness(found) for intent, found in near.items()}
    for table_name, worth in (("cues", CUE), ("strong", STRONG_CUE)):
        for name, forms in cues(language, table_name).items():
            hits = sum(bool(form.search(said)) for form in forms)
            if hits:
                intent = Intent(name)
                scores[intent] = scores.get(intent, 0.0) + worth + MORE_CUES * (hits - 1)
                if intent is Intent.NONE:
                    return Recognised(intent, scores[intent], intent)
    best, second = sorted(scores, key=lambda intent: -scores[intent])[:2]
    return Recognised(best, scores[best], second)


def cue_words(intent: Intent, language: str, said: str) -> set[str]:
    """Return the words of a question that its intent's cues consist of."""
    forms = [*cues(language, "cues").get(intent, ()), *cues(language, "strong").get(intent, ())]
    return {word for form in forms for hit in form.finditer(said) for word in words_of(hit[0])}


def is_question(text: str) -> bool:
    """Tell whether words ask something, by their mark or by being like what can be asked."""
    if "?" in text or "¿" in text:
        return True
    language = language_of(text)
    found = recognise(normalised(text), language, plain_form(text))
    return found.intent is not Intent.NONE and found.score >= SURE


def _likeness(found: list[float]) -> float:
    top = sorted(found, reverse=True)[:NEIGHBOURS]
    return 0.75 * top[0] + 0.25 * sum(top) / len(top)


def foreign_share(text: str, language: str, known: Iterable[str]) -> float:
    """Return the share of a question's content words that nothing here is about.

    Args:
        text: the normalised question.
        language: its language.
        known: folded words of the record.
    """
    small, vocabulary = small_words(language), _corpus(language).vocabulary
    content = [
        word
        for word in dict.fromkeys(text.split())
        if word not in (PERSON, THING) and not word.isdigit() and len(word) > 1
    ]
    if not content:
        return 0.0
    ours = {*small, *neutral_words(language), *vocabulary, *known}
    ours |= same_words(language).keys()
    strange = [word for word in content if word not in ours and not is_nearly(word, ours)]
    return len(strange) / len(content)


def is_nearly(word: str, ours: Collection[str]) -> bool:
    """Return whether a word is one of ours with a slip of the finger or another ending."""
    if len(word) < 5:
        return False
    alike = process.extractOne(word, ours, scorer=fuzz.ratio, score_cutoff=TYPO)
    return alike is not None
