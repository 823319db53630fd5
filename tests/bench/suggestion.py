"""Accuracy, measured: `python -m tests.bench.suggestion [--only-held-out]`.

Every hand of the corpus is left out once and judged by a model that never saw it; the held-out
files are judged by the model that ships.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.domain.vocabulary import KIND_CATEGORY, Kind
from bot.suggest.corpus import Example, read_corpus, read_hand
from bot.suggest.model import LinearModel, load
from bot.suggest.suggestion import SHIPPED
from bot.suggest.train import fit


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How many of the sentences were named rightly, as shares from 0 to 1.

    Args:
        calibration_error: expected calibration error of the first kind's probability, over ten
            bins of equal size.
    """

    sentences: int
    kind: float
    kind_in_two: float
    category: float
    calibration_error: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.sentences:5d} sentences   kind {self.kind:6.1%}   "
            f"among the first two {self.kind_in_two:6.1%}   category {self.category:6.1%}   "
            f"ECE {self.calibration_error:.3f}"
        )


Judgement = tuple[Kind, list[Kind], float]
"""The true kind, the kinds as ranked, and the probability given to the first."""

BINS: Final = 10


def accuracy(rankings: Sequence[Judgement]) -> Accuracy:
    """Compare rankings with the truth.

    Args:
        rankings: a judgement a sentence.
    """
    count = len(rankings)
    return Accuracy(
        count,
        sum(truth == ranked[0] for truth, ranked, _ in rankings) / count,
        sum(truth in ranked[:2] for truth, ranked, _ in rankings) / count,
        sum(KIND_CATEGORY[truth] == KIND_CATEGORY[ranked[0]] for truth, ranked, _ in rankings)
        / count,
        calibration_error(rankings),
    )


def calibration_error(rankings: Sequence[Judgement]) -> float:
    """Return how far, on average, a probability lies from how often it came true."""
    ordered = sorted(rankings, key=lambda judgement: judgement[2])
    error = 0.0
    for place in range(BINS):
        part = ordered[len(ordered) * place // BINS : len(ordered) * (place + 1) // BINS]
        right = sum(truth == ranked[0] for truth, ranked, _ in part)
        error += abs(right - sum(probability for _, _, probability in part))
    return error / len(ordered)


def judged(model: LinearModel, examples: Sequence[Example]) -> list[Judgement]:
    """Let a model rank the kinds for sentences whose kind is known."""
    return [(example.kind, *ranking(model, example.text)) for example in examples]


def ranking(model: LinearModel, text: str) -> tuple[list[Kind], float]:
    """The kinds, most probable first, and the probability of the first."""
    shares = model.probabilities(model.vocabulary.vector(text))
    ranked = sorted(shares, key=lambda kind: -shares[kind])
    return ranked, shares[ranked[0]]


def leave_one_hand_out() -> dict[str, Accuracy]:
    """Accuracy on each hand by a model trained on the others, and on all of them together."""
    corpus = read_corpus()
    rankings = {
        hand: judged(
            fit([example for example in corpus if example.hand != hand]),
            [example for example in corpus if example.hand == hand],
        )
        for hand in sorted({example.hand for example in corpus})
    }
    rankings["all hands"] = [pair for judgements in rankings.values() for pair in judgements]
    return {hand: accuracy(judgements) for hand, judgements in rankings.items()}


def held_out(folder: Path) -> dict[str, Accuracy]:
    """Accuracy of the model that ships on each held-out file of a folder."""
    model = load(SHIPPED)
    files = sorted(folder.glob("held_out*.yaml"))
    return {file.stem: accuracy(judged(model, read_hand(file))) for file in files}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held-out", type=Path, default=Path("tests/unit/suggest"))
    parser.add_argument("--only-held-out", action="store_true", help="a few seconds, no training")
    options = parser.parse_args()
    table = {} if options.only_held_out else leave_one_hand_out()
    table |= held_out(options.held_out)
    sys.stdout.writelines(f"{name:17}{measured}\n" for name, measured in table.items())


if __name__ == "__main__":
    main()
