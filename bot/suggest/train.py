"""Training, in a process of its own: `python -m bot.suggest.train --out FILE [--corrections FILE]`.

scikit-learn is imported here and nowhere else in the package; the bot reads the weights it writes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bot.domain.vocabulary import Kind
from bot.isolation.confinement import Confinement, confine
from bot.suggest.concepts import LEXICON
from bot.suggest.corpus import Example, read_corpus
from bot.suggest.features import BLOCK_WEIGHTS, GLOSS, VERSION, features
from bot.suggest.model import LinearModel, Vocabulary, save

RARELY: Final = {"w": 2, "c": 4, "k": 3, "f": 1, "g": 2}
"""In how many sentences a feature must occur to be kept, by block; keeps the file small."""

REGULARISATION: Final = 10.0
"""Inverse strength `C` of the logistic regression, chosen by leaving one hand out at a time."""

TEMPERATURE: Final = 0.7
"""Divides the log odds, so that a probability comes true as often as it says on unseen hands."""

CORRECTION_WEIGHT: Final = 4.0
"""A person's correction counts as this many sentences of the corpus."""


def fit(examples: Sequence[Example], weights: Sequence[float] | None = None) -> LinearModel:
    """Train on sentences with their kinds.

    Args:
        examples: at least one a kind.
        weights: how much each sentence counts; all alike when left out.

    Returns:
        The model, ready to run or to save.
    """
    from sklearn.linear_model import LogisticRegression

    vocabulary = learn_vocabulary([example.text for example in examples])
    kinds = tuple(Kind)
    columns = {kind: column for column, kind in enumerate(kinds)}
    classifier = LogisticRegression(C=REGULARISATION, max_iter=300, tol=1e-5)
    classifier.fit(
        matrix(vocabulary, [example.text for example in examples]),
        [columns[example.kind] for example in examples],
        sample_weight=weights,
    )
    return LinearModel(
        vocabulary=vocabulary,
        kinds=kinds,
        coefficients=(classifier.coef_ / TEMPERATURE).T.ravel().tolist(),
        intercepts=tuple((classifier.intercept_ / TEMPERATURE).tolist()),
        fingerprint=fingerprint(examples),
    )


def learn_vocabulary(texts: Sequence[str]) -> Vocabulary:
    """The features that occur often enough, with their inverse document frequency."""
    frequency = Counter(name for text in texts for name in features(text))
    kept = sorted(name for name, count in frequency.items() if count >= RARELY[name[0]])
    rarity = [round(math.log((1 + len(texts)) / (1 + frequency[name])) + 1, 4) for name in kept]
    return Vocabulary({name: row for row, name in enumerate(kept)}, rarity)


def matrix(vocabulary: Vocabulary, texts: Sequence[str]) -> Any:
    """The texts as a SciPy sparse matrix, one row a text, made by the bot's own tokeniser."""
    from scipy.sparse import csr_matrix

    vectors = [vocabulary.vector(text) for text in texts]
    ends = [0]
    for vector in vectors:
        ends.append(ends[-1] + len(vector))
    columns = [column for vector in vectors for column in vector]
    values = [value for vector in vectors for value in vector.values()]
    return csr_matrix((values, columns, ends), shape=(len(texts), len(vocabulary.rows)))


def fingerprint(examples: Sequence[Example]) -> str:
    """What a model was trained from, as one short word."""
    sentences = [(example.text, example.kind) for example in examples]
    data = json.dumps(
        [
            VERSION,
            REGULARISATION,
            BLOCK_WEIGHTS,
            LEXICON.read_text("utf-8"),
            GLOSS.read_text("utf-8"),
            TEMPERATURE,
            sentences,
        ]
    )
    return hashlib.sha256(data.encode()).hexdigest()[:16]


def fingerprint_with(corrections: Sequence[tuple[str, Kind]]) -> str:
    """What a model of the corpus and these corrections would be trained from."""
    return fingerprint([*read_corpus(), *_corrected(corrections)])


def _corrected(corrections: Sequence[tuple[str, Kind]]) -> list[Example]:
    return [Example(text, kind, "correction") for text, kind in corrections]


def fit_with(corrections: Sequence[tuple[str, Kind]]) -> LinearModel:
    """Train on the corpus and a workspace's corrections.

    Args:
        corrections: text and the kind that a person chose for it.
    """
    corpus, corrected = read_corpus(), _corrected(corrections)
    weights = [1.0] * len(corpus) + [CORRECTION_WEIGHT] * len(corrected)
    return fit([*corpus, *corrected], weights)


def _give_way() -> None:
    """Let the bot beside us go first."""
    if hasattr(os, "nice"):
        os.nice(10)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and write the weights file that `--out` names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--corrections", type=Path, help="JSON: a list of [text, kind]")
    options = parser.parse_args(arguments)
    if options.corrections:
        _give_way()
        confine(Confinement(read=(str(options.corrections),), write=(str(options.out.parent),)))
    corrections = json.loads(options.corrections.read_text("utf-8")) if options.corrections else []
    model = fit_with([(text, Kind(kind)) for text, kind in corrections])
    save(model, options.out)
    sys.stdout.write(f"{len(model.vocabulary.rows)} terms, {options.out.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
