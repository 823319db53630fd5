"""Training of what titles and refusals tell of: `python -m tests.training.hindrances.train`.

One regression over the directions and the words of the examples for what a title tells of, one for
what a refusal says, one for who can be asked. scikit-learn is imported only here, in a process of
its own.
"""

from __future__ import annotations

import io
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from bot.domain.verdict.hindrances.fields import WEIGHTS, WORDS_SCALE
from bot.domain.verdict.hindrances.vocabulary import terms, vector
from bot.reading.meaning import DIMENSIONS, direction

APART: Final = ("reasons", "parties")
"""The files whose examples make a model of their own; the others tell of fields."""
REGULARISATION: Final = 10.0
"""Inverse strength `C` of the regression, chosen by leaving examples out."""
LEAST_SENTENCES: Final = 2
"""A term of fewer sentences tells nothing of others."""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
EXAMPLES: Final = Path(__file__).with_name("examples")

Examples = dict[str, list[str]]


def examples() -> dict[str, Examples]:
    """Return the example sentences by model, then by what they tell of."""
    found: dict[str, Examples] = {"fields": {}}
    for file in sorted(EXAMPLES.glob("*.yaml")):
        told = found.setdefault(file.stem if file.stem in APART else "fields", {})
        for name, sentences in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            told.setdefault(name, []).extend(sentences)
    return found


def rarities(texts: Iterable[str]) -> dict[str, float]:
    """Return how much each term tells, by how few of the texts have it."""
    import numpy as np

    found = [frozenset(terms(text)) for text in texts]
    counts = Counter(term for each in found for term in each)
    return {
        term: float(np.log((1 + len(found)) / (1 + count)) + 1)
        for term, count in sorted(counts.items())
        if count >= LEAST_SENTENCES
    }


def fit(told: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the names, the terms, and the weights; the intercept stands behind the directions."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    rows = [(text, name) for name, texts in told.items() for text in texts]
    texts, names = zip(*rows, strict=True)
    known = rarities(texts)
    places, rarity = {term: place for place, term in enumerate(known)}, list(known.values())
    values = [np.concatenate([direction(t), vector(t, places, rarity)]) for t in texts]
    model = LogisticRegression(C=REGULARISATION, max_iter=150)
    model.fit(np.array(values), names)
    weights, intercept = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # one row says both
        weights, intercept = np.vstack([-weights, weights]) / 2, np.array([-1, 1]) * intercept / 2
    meaning = np.column_stack([weights[:, :DIMENSIONS], intercept])
    words = np.round(weights[:, DIMENSIONS:] * WORDS_SCALE).clip(-127, 127)
    return {
        "names": np.array(model.classes_, dtype=str),
        "meaning": meaning.astype(np.float16),
        "words": words.astype(np.int8),
        "terms": np.array("\n".join(places)),
        "rarity": np.array(rarity, dtype=np.float16),
    }


def main() -> None:
    """Train on every example and write the weights."""
    import numpy as np

    with zipfile.ZipFile(WEIGHTS, "w", zipfile.ZIP_DEFLATED) as archive:
        for model, told in examples().items():
            for part, values in fit(told).items():
                stored = io.BytesIO()
                np.save(stored, values)
                entry = zipfile.ZipInfo(f"{model}_{part}.npy", _EPOCH)
                archive.writestr(entry, stored.getvalue(), zipfile.ZIP_DEFLATED)
    sys.stdout.write(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
