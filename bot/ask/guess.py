"""What a question wants to know where its wording is not in the lexicon: a trained guess.

A logistic regression over words, word pairs and letters, with a class for what cannot be answered.
`python -m bot.ask.train` writes the weights; they are integers in tenths of the log odds.
"""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from bot.ask.intents import Intent
from bot.reading.likelihood import features

WEIGHTS: Final = Path(__file__).with_name("weights.zip")
MEMBER: Final = "intents.json"
SCALE: Final = 10
LEAST_PROBABILITY: Final = 0.45
"""Below this a guess is not taken. This and the next two were set with one whole set of questions
left out of the training at a time, and with questions that cannot be answered."""
OVERRULES: Final = 0.5
"""From here a guess has the better word than a lexicon that is not sure."""
REFUSES: Final = 0.28
"""From here a guess that nothing can be answered has the better word than such a lexicon."""
UNSURE: Final = 0.7
"""Below this score the lexicon is not sure."""


@dataclass(frozen=True, slots=True)
class Guesser:
    """The regression.

    Args:
        intents: what it tells apart.
        intercepts: one an intent, in tenths of the log odds, as the weights are.
        weights: feature → a weight an intent; a feature that is not in it weighs nothing.
        fingerprint: names the phrasings that it was trained on.
    """

    intents: tuple[Intent, ...]
    intercepts: tuple[int, ...]
    weights: dict[str, list[int]]
    fingerprint: str

    def probabilities(self, text: str) -> dict[Intent, float]:
        """Return how probable each intent is for a normalised question."""
        totals = [float(intercept) for intercept in self.intercepts]
        for name, value in features(text).items():
            for at, weight in enumerate(self.weights.get(name, ())):
                totals[at] += value * weight
        top = max(totals)
        odds = [math.exp((total - top) / SCALE) for total in totals]
        return dict(zip(self.intents, (each / math.fsum(odds) for each in odds), strict=True))


@cache
def shipped() -> Guesser:
    """Return the regression that the weights file holds."""
    with zipfile.ZipFile(WEIGHTS) as archive:
        return guesser(json.loads(archive.read(MEMBER)))


def guesser(stored: Mapping[str, Any]) -> Guesser:
    """Return a regression from its plain form."""
    return Guesser(
        tuple(Intent(each) for each in stored["intents"]),
        tuple(stored["intercepts"]),
        dict(stored["weights"]),
        str(stored["fingerprint"]),
    )


def guess(text: str) -> tuple[Intent, float]:
    """Return what a normalised question most probably wants to know, and how probably."""
    found = shipped().probabilities(text)
    best = max(found, key=lambda intent: found[intent])
    return best, found[best]
