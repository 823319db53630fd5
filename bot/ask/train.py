"""Training of the guess what a question wants to know: `python -m bot.ask.train`, in a checkout.

scikit-learn is imported only here, in a process of its own.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from bot.ask.guess import MEMBER, SCALE, WEIGHTS
from bot.ask.lexicon import LANGUAGES, table
from bot.ask.recognise import normalised
from bot.reading.likelihood import features

HELD_OUT: Final = Path(__file__).parents[2] / "tests" / "unit" / "ask" / "held_out.yaml"
"""Phrasings that the lexicon does not see."""
FOLDERS: Final = ("corpus", "wordings")
REGULARISATION: Final = 20.0
LEAST_SEEN: Final = 2
"""How many phrasings a feature must be in."""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)

Phrasing = tuple[str, str]
"""An intent, and a normalised question that has it."""


def phrasings() -> list[Phrasing]:
    """Return all labelled questions, each once."""
    return list(dict.fromkeys(_read()))


def _read() -> Iterator[Phrasing]:
    import yaml

    held_out = yaml.safe_load(HELD_OUT.read_text(encoding="utf-8"))
    for language in LANGUAGES:
        tables = [*(table(folder, language) for folder in FOLDERS), held_out[language]]
        for intents in tables:
            for intent, texts in intents.items():
                yield from ((intent, normalised(text)) for text in texts)


def fingerprint(learnt: Sequence[Phrasing]) -> str:
    """Return a name for what is learnt from."""
    return hashlib.sha256(json.dumps(learnt).encode()).hexdigest()[:16]


def trained(learnt: Sequence[Phrasing]) -> dict[str, Any]:
    """Return the regression that the phrasings teach, in its plain form."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    values = [features(text) for _, text in learnt]
    seen = Counter(name for row in values for name in row)
    kept = [{n: v for n, v in row.items() if seen[n] >= LEAST_SEEN} for row in values]
    vectorizer = DictVectorizer()
    model = LogisticRegression(C=REGULARISATION, class_weight="balanced", max_iter=3000)
    model.fit(vectorizer.fit_transform(kept), [intent for intent, _ in learnt])
    columns = zip(vectorizer.get_feature_names_out(), model.coef_.T, strict=True)
    weights = {str(name): [round(float(w) * SCALE) for w in column] for name, column in columns}
    return {
        "intents": [str(intent) for intent in model.classes_],
        "intercepts": [round(float(each) * SCALE) for each in model.intercept_],
        "weights": {name: column for name, column in sorted(weights.items()) if any(column)},
        "fingerprint": fingerprint(learnt),
    }


def main() -> None:
    """Train on everything and write the weights."""
    told = json.dumps(trained(phrasings()), ensure_ascii=False, separators=(",", ":"))
    with zipfile.ZipFile(WEIGHTS, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(zipfile.ZipInfo(MEMBER, _EPOCH), told, zipfile.ZIP_DEFLATED, 9)
    sys.stdout.write(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
