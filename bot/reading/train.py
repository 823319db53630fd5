"""Training of the likelihood: `python -m bot.reading.train`. scikit-learn is imported only here."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bot.reading.likelihood import SCALE, WEIGHTS, features

CHATTER: Final = Path(__file__).with_name("chatter.txt")
BLOCKERS: Final = Path(__file__).parents[1] / "suggest" / "corpus"
"""Sentences that tell of blockers, one YAML file a hand."""
REGULARISATION: Final = 15.0


def blockers() -> list[str]:
    """Return the sentences that tell of a blocker."""
    import yaml

    files = sorted(BLOCKERS.glob("*.yaml"))
    hands = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]
    return [text for hand in hands for texts in hand.values() for text in texts]


def chatter() -> list[str]:
    """Return the lines that tell of none."""
    rows = CHATTER.read_text(encoding="utf-8").splitlines()
    return [row for row in rows if row and not row.startswith("#")]


def fit(blocking: Sequence[str], harmless: Sequence[str]) -> dict[str, Any]:
    """Return intercept and weights, both in thousandths of the log odds."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    values = [features(text) for text in (*blocking, *harmless)]
    seen = Counter(name for row in values for name in row)
    kept = [{name: value for name, value in row.items() if seen[name] > 2} for row in values]
    vectorizer = DictVectorizer()
    truth = [1] * len(blocking) + [0] * len(harmless)
    model = LogisticRegression(C=REGULARISATION, class_weight="balanced", max_iter=500)
    model.fit(vectorizer.fit_transform(kept), truth)
    names = vectorizer.get_feature_names_out()
    weights = {str(n): round(float(w) * SCALE) for n, w in zip(names, model.coef_[0], strict=True)}
    return {
        "intercept": round(float(model.intercept_[0]) * SCALE),
        "weights": {name: weight for name, weight in sorted(weights.items()) if abs(weight) > 20},
    }


def main() -> None:
    """Train on everything and write the weights."""
    told = json.dumps(fit(blockers(), chatter()), ensure_ascii=False, separators=(",", ":"))
    WEIGHTS.write_text(told + "\n", encoding="utf-8")
    sys.stdout.write(f"{WEIGHTS.name}: {len(told)} bytes\n")


if __name__ == "__main__":
    main()
