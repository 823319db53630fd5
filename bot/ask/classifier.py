"""What a question wants to know: logistic regressions with a class for what has no answer.

The first goes by the words alone: words, word pairs and letters, the first words, all with synonyms
made one, the lexicon's cues, what the question names, and how many of its words no answerable
phrasing has. The second weighs what the first says with what the record says around the question
(`context.py`). `python -m tests.training.ask` writes the weights, in tenths of the log odds.
"""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from bot.ask import lexicon
from bot.ask.intents import Intent
from bot.reading import likelihood
from bot.reading.weights import Regression

WEIGHTS: Final = Path(__file__).with_name("weights.zip")
MEMBER: Final = "intents.json"
SCALE: Final = 10
BIAS: Final = "bias"
PERSON: Final = "person"
THING: Final = "thing"
CUE_WORTH: Final = 0.35
NAMED_WORTH: Final = 0.2
SYNONYM_WORTH: Final = 0.15
PLACE_WORTH: Final = 0.2
UNKNOWN_WORTH: Final = 0.4
MOST_COUNTED: Final = 3
"""More unknown words than this say no more."""
CUES: Final = ("cues", "strong")
NAMED: Final = ("subjects", "phases", "parts", "roles")


@dataclass(frozen=True, slots=True)
class IntentRegression:
    """A logistic regression over intents.

    Args:
        intents: what it tells apart.
        weights: feature → a weight an intent, in tenths of the log odds; a feature that is not in
            it weighs nothing.
    """

    intents: tuple[Intent, ...]
    weights: Mapping[str, Sequence[float]]

    def log_probabilities(self, values: Mapping[str, float]) -> dict[Intent, float]:
        """Return the log of how probable each intent is, by the features of a question."""
        totals = [0.0] * len(self.intents)
        for name, value in values.items():
            for at, weight in enumerate(self.weights.get(name, ())):
                totals[at] += value * weight
        top = max(totals)
        norm = top / SCALE + math.log(math.fsum(math.exp((t - top) / SCALE) for t in totals))
        return {i: t / SCALE - norm for i, t in zip(self.intents, totals, strict=True)}


@dataclass(frozen=True, slots=True)
class Classifier:
    """Both regressions, and what the first one was trained on.

    Args:
        by_words: goes by the words of a question.
        in_context: goes by that, and by the record around it.
        about: how probably a question is about an item of its record, see `relevance`.
        unrecorded: how probably it asks for what no record holds, see `relevance`.
        words: language → the words of all phrasings that can be answered.
        fingerprint: names the phrasings and questions that it was trained on.
    """

    by_words: IntentRegression
    in_context: IntentRegression
    about: Regression
    unrecorded: Regression
    words: Mapping[str, frozenset[str]]
    fingerprint: str

    def log_probabilities(self, plain: str, said: str, language: str) -> dict[Intent, float]:
        """Return the log of how probable each intent is by a question's words alone.

        Args:
            plain: the question, see `wording.normalised`.
            said: the question, see `wording.plain_form`.
            language: its language.
        """
        known = self.words[language].__contains__
        return self.by_words.log_probabilities(features(plain, said, language, known))

    def probabilities(self, plain: str, said: str, language: str) -> dict[Intent, float]:
        """Return the same as probabilities."""
        logs = self.log_probabilities(plain, said, language)
        return {intent: math.exp(log) for intent, log in logs.items()}


def features(
    plain: str, said: str, language: str, is_known: Callable[[str], bool]
) -> dict[str, float]:
    """Return the features of a question.

    Args:
        plain: the question, see `wording.normalised`.
        said: the question, see `wording.plain_form`.
        language: its language.
        is_known: whether an answerable phrasing has a word.
    """
    found = {BIAS: 1.0} | likelihood.features(plain)
    for table in CUES:
        for intent, forms in lexicon.cues(language, table).items():
            hits = sum(bool(form.search(said)) for form in forms)
            if hits:
                found[f"#{table}:{intent}"] = CUE_WORTH * min(hits, 2)
    for table in NAMED:
        if any(form.search(said) for form in lexicon.patterns(language, table).values()):
            found[f"#named:{table}"] = NAMED_WORTH
    same = lexicon.same_words(language)
    words = [same.get(word, word) for word in plain.split()]
    found |= {f"~{word}": SYNONYM_WORTH for word in words}
    found |= {f"~{one} {other}": SYNONYM_WORTH for one, other in pairwise(["^", *words, "$"])}
    found |= {f"@{place}{word}": PLACE_WORTH for place, word in enumerate(plain.split()[:2])}
    unknown = sum(not is_known(word) for word in content_words(plain))
    if unknown:
        found[f"#unknown:{min(unknown, MOST_COUNTED)}"] = UNKNOWN_WORTH
    return found


def content_words(plain: str) -> list[str]:
    """Return the words of a normalised question that may be known or not, once each."""
    words = dict.fromkeys(plain.split())
    return [w for w in words if len(w) > 1 and w not in (PERSON, THING) and not w.isdigit()]


@cache
def shipped() -> Classifier:
    """Return the regression that the weights file holds."""
    with zipfile.ZipFile(WEIGHTS) as archive:
        return classifier(json.loads(archive.read(MEMBER)))


def classifier(stored: Mapping[str, Any]) -> Classifier:
    """Return a classifier from its plain form."""
    by_words, in_context = (
        IntentRegression(tuple(Intent(each) for each in stored["intents"]), stored[name])
        for name in ("weights", "in_context")
    )
    return Classifier(
        by_words,
        in_context,
        Regression(**stored["about"]),
        Regression(**stored["unrecorded"]),
        {language: frozenset(words.split()) for language, words in stored["words"].items()},
        str(stored.get("fingerprint", "")),
    )
