"""Accuracy, measured: `python -m bot.suggest.bench [--held-out FILE]`.

Every hand of the corpus is left out once and judged by a model that never saw it; the held-out file
is judged by the model that ships.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.domain.vocabulary import KIND_CATEGORY, Kind
from bot.suggest.corpus import Example, read_corpus, read_hand
from bot.suggest.model import LinearModel, load
from bot.suggest.suggestion import SHIPPED
from bot.suggest.train import fit


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How many of the sentences were named rightly, as shares from 0 to 1."""

    sentences: int
    kind: float
    kind_in_two: float
    category: float

    def __str__(self) -> str:
        return (
            f"{self.sentences:5d} sentences   kind {self.kind:6.1%}   "
            f"among the first two {self.kind_in_two:6.1%}   category {self.category:6.1%}"
        )


def accuracy(rankings: Sequence[tuple[Kind, list[Kind]]]) -> Accuracy:
    """Compare rankings with the truth.

    Args:
        rankings: for each sentence the true kind and the kinds as ranked.
    """
    count = len(rankings)
    return Accuracy(
        count,
        sum(truth == ranked[0] for truth, ranked in rankings) / count,
        sum(truth in ranked[:2] for truth, ranked in rankings) / count,
        sum(KIND_CATEGORY[truth] == KIND_CATEGORY[ranked[0]] for truth, ranked in rankings) / count,
    )


def judged(model: LinearModel, examples: Sequence[Example]) -> list[tuple[Kind, list[Kind]]]:
    """Let a model rank the kinds for sentences whose kind is known."""
    return [(example.kind, ranking(model, example.text)) for example in examples]


def ranking(model: LinearModel, text: str) -> list[Kind]:
    """The kinds, most probable first."""
    shares = model.probabilities(model.vocabulary.vector(text))
    return sorted(shares, key=lambda kind: -shares[kind])


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


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held-out", type=Path, default=Path("tests/unit/suggest/held_out.yaml"))
    held_out = parser.parse_args().held_out
    table = leave_one_hand_out()
    table["held out"] = accuracy(judged(load(SHIPPED), read_hand(held_out)))
    sys.stdout.writelines(f"{name:12}{measured}\n" for name, measured in table.items())


if __name__ == "__main__":
    main()
