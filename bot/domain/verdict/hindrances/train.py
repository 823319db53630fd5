"""Training: `python -m bot.domain.verdict.hindrances.train` writes the weights beside it.

One regression over the directions of the examples for what a title tells of, one for what a refusal
says. scikit-learn is imported only here, in a process of its own.
"""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from bot.domain.verdict.hindrances.fields import WEIGHTS
from bot.reading.meaning import direction

APART: Final = ("reasons", "parties")
"""The files whose examples make a model of their own; the others tell of fields."""
REGULARISATION: Final = 10.0
"""Inverse strength `C` of the regression, chosen by leaving examples out."""
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


def fit(told: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the names, and the weights with the intercept behind each name's row."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    rows = [(direction(text), name) for name, texts in told.items() for text in texts]
    directions, names = zip(*rows, strict=True)
    model = LogisticRegression(C=REGULARISATION, max_iter=500)
    model.fit(np.array(directions), names)
    weights = np.column_stack([model.coef_, model.intercept_])
    if len(model.classes_) == 2:  # one row says both
        weights = np.concatenate([-weights, weights]) / 2
    return {"names": np.array(model.classes_, dtype=str), "weights": weights.astype(np.float16)}


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
