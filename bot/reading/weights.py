"""The trained weights of reading: three logistic regressions, each a table of feature and weight.

`python -m tests.training.reading.train` writes them, as integers in thousandths of the log odds.
"""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

WEIGHTS: Final = Path(__file__).with_name("weights.zip")
SCALE: Final = 1000
LEAST: Final = 0.001


@dataclass(frozen=True, slots=True)
class Regression:
    """A logistic regression over named features.

    Args:
        intercept: in thousandths of the log odds, as the weights are.
        weights: weight by feature; a feature that is not in it weighs nothing.
    """

    intercept: float
    weights: dict[str, int]

    def probability(self, values: Mapping[str, float], evidence: float = 0.0) -> float:
        """Return the probability, from 0 to 1.

        Args:
            values: value by feature.
            evidence: log odds that are known besides.
        """
        known = self.weights
        total = math.fsum(value * known.get(name, 0) for name, value in values.items())
        return 1 / (1 + math.exp(-(self.intercept + total) / SCALE - evidence))


def log_odds(probability: float) -> float:
    """Return the log odds of a probability, which is taken for no surer than one in a thousand."""
    bounded = min(max(probability, LEAST), 1 - LEAST)
    return math.log(bounded / (1 - bounded))


@cache
def regression(name: str) -> Regression:
    """Return one of `lead_time`, `party` and `likelihood`, from the weights file."""
    with zipfile.ZipFile(WEIGHTS) as archive:
        stored = json.loads(archive.read(f"{name}.json"))
    return Regression(float(stored["intercept"]), dict(stored["weights"]))
