"""How probably a line tells of something in the way: a logistic regression over words and letters.

Trained by `python -m tests.training.reading.train`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise
from typing import Final

from bot.reading.folding import fold
from bot.reading.weights import regression

_WORD: Final = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_LETTERS: Final = (3, 4)


def features(text: str) -> dict[str, float]:
    """Return the words, word pairs and letter groups of a text, brought to length one."""
    tokens = [re.sub(r"\d+", "0", word) for word in _WORD.findall(fold(text))]
    counts = Counter(tokens)
    counts.update(f"{one} {other}" for one, other in pairwise(["^", *tokens, "$"]))
    for token in tokens:
        padded = f" {token} "
        for size in _LETTERS:
            counts.update(f"_{padded[at : at + size]}" for at in range(len(padded) - size + 1))
    length = math.sqrt(sum((1 + math.log(count)) ** 2 for count in counts.values())) or 1.0
    return {name: (1 + math.log(count)) / length for name, count in counts.items()}


OVER_EVIDENCE: Final = -2.5
ASIDE_EVIDENCE: Final = -3.0
"""What "it works again", and a line about others or about what may be, add to the log odds."""
BROKEN_EVIDENCE: Final = 1.5
"""What "down for 3 days" adds to the log odds."""


def blocker_probability(text: str, evidence: float = 0.0) -> float:
    """Return the probability, from 0 to 1, that the text tells of a blocker; 0 without a word.

    Args:
        text: the line.
        evidence: log odds that were read from it besides.
    """
    values = features(text)
    if not values:
        return 0.0
    return regression("likelihood").probability(values, evidence)
