"""What a question wants to know: a logistic regression with a class for what cannot be answered.

Its features are words, word pairs and letters, the first words, all with synonyms made one, the
lexicon's cues, what the question names, and how many of its words no answerable phrasing has.
`python -m bot.ask.train` writes the weights; they are integers in tenths of the log odds.
"""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from bot.ask import lexicon
from bot.ask.intents import Intent
from bot.reading import likelihood

WEIGHTS: Final = Path(__file__).with_name("weights.zip")
MEMBER: Final = "intents.json"
SCALE: Final = 10
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
class Classifier:
    """The regression.

    Args:
        intents: what it tells apart.
        intercepts: one an intent, in tenths of the log odds, as the weights are.
        weights: feature → a weight an intent; a feature that is not in it weighs nothing.
        words: language → the words of all phrasings that can be answered.
        fingerprint: names the phrasings that it was trained on.
    """

    intents: tuple[Intent, ...]
    intercepts: tuple[int, ...]
    weights: Mapping[str, list[int]]
    words: Mapping[str, frozenset[str]]
    fingerprint: str

    def probabilities(self, plain: str, said: str, language: str) -> dict[Intent, float]:
        """Return how probable each intent is.

        Args:
            plain: the question, see `wording.normalised`.
            said: the question, see `wording.plain_form`.
            language: its language.
        """
        known = self.words[language]
        totals = [float(intercept) for intercept in self.intercepts]
        for name, value in features(plain, said, language, known.__contains__).items():
            for at, weight in enumerate(self.weights.get(name, ())):
                totals[at] += value * weight
        top = max(totals)
        odds = [math.exp((total - top) / SCALE) for total in totals]
        return dict(zip(self.intents, (each / math.fsum(odds) for each in odds), strict=True))


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
    found = dict(likelihood.features(plain))
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


def unknown_words(plain: str, language: str) -> list[str]:
    """Return the words of a normalised question that no answerable phrasing has."""
    known = shipped().words[language] | lexicon.small_words(language)
    return [word for word in content_words(plain) if word not in known]


@cache
def shipped() -> Classifier:
    """Return the regression that the weights file holds."""
    with zipfile.ZipFile(WEIGHTS) as archive:
        return classifier(json.loads(archive.read(MEMBER)))


def classifier(stored: Mapping[str, Any]) -> Classifier:
    """Return a regression from its plain form."""
    return Classifier(
        tuple(Intent(each) for each in stored["intents"]),
        tuple(stored["intercepts"]),
        stored["weights"],
        {language: frozenset(words.split()) for language, words in stored["words"].items()},
        str(stored["fingerprint"]),
    )
