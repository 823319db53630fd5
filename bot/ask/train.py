"""Training of the classifier of questions: `python -m bot.ask.train`, in a checkout.

scikit-learn is imported only here, in a process of its own.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from bot.ask import lexicon
from bot.ask.classifier import MEMBER, SCALE, WEIGHTS, content_words, features
from bot.ask.intents import Intent
from bot.ask.lexicon import LANGUAGES, table
from bot.ask.wording import normalised, plain_form

REGULARISATION: Final = 100.0
LEAST_SEEN: Final = 3
"""How many phrasings a feature must be in."""
LEAST_WEIGHT: Final = 6
"""A feature whose weights are all nearer to zero is left out."""
VARIANT_WEIGHT: Final = 0.5
"""What one of several phrasings that were written out of one line weighs."""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


class Phrasing(NamedTuple):
    """A labelled question: what it wants to know, its language, its words, and what it weighs."""

    intent: str
    language: str
    text: str
    weight: float


def phrasings() -> list[Phrasing]:
    """Return all labelled questions, each once."""
    found: dict[tuple[str, str], Phrasing] = {}
    for each in _read():
        found.setdefault((each.language, each.text), each)
    return list(found.values())


def _read() -> Iterator[Phrasing]:
    for language in LANGUAGES:
        lines = {
            str(text)
            for folder in lexicon.PHRASINGS
            for texts in table(folder, language).values()
            for text in texts
        }
        for intent, text in lexicon.phrasings(language):
            yield Phrasing(intent, language, text, 1.0 if text in lines else VARIANT_WEIGHT)


def fingerprint(learnt: Sequence[Phrasing]) -> str:
    """Return a name for what is learnt from."""
    return hashlib.sha256(json.dumps(learnt).encode()).hexdigest()[:16]


def known_words(learnt: Iterable[Phrasing]) -> dict[str, Counter[str]]:
    """Return language → in how many phrasings that can be answered each word is."""
    counts = {language: Counter[str]() for language in LANGUAGES}
    for each in learnt:
        if each.intent != Intent.NONE:
            counts[each.language].update(content_words(normalised(each.text, each.language)))
    return counts


def trained(learnt: Sequence[Phrasing]) -> dict[str, Any]:
    """Return the regression that the phrasings teach, in its plain form."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    counts = known_words(learnt)
    values = [_features(each, counts[each.language]) for each in learnt]
    seen = Counter(name for row in values for name in row)
    kept = [{n: v for n, v in row.items() if seen[n] >= LEAST_SEEN} for row in values]
    vectorizer = DictVectorizer()
    model = LogisticRegression(C=REGULARISATION, max_iter=3000)
    model.fit(
        vectorizer.fit_transform(kept),
        [each.intent for each in learnt],
        sample_weight=[each.weight for each in learnt],
    )
    columns = zip(vectorizer.get_feature_names_out(), model.coef_.T, strict=True)
    weights = {str(name): [round(float(w) * SCALE) for w in column] for name, column in columns}
    return {
        "intents": [str(intent) for intent in model.classes_],
        "intercepts": [round(float(each) * SCALE) for each in model.intercept_],
        "weights": {
            name: column
            for name, column in sorted(weights.items())
            if max(map(abs, column)) >= LEAST_WEIGHT
        },
        "words": {language: " ".join(sorted(found)) for language, found in counts.items()},
        "fingerprint": fingerprint(learnt),
    }


def _features(phrasing: Phrasing, counts: Counter[str]) -> dict[str, float]:
    """Return a phrasing's features as if it alone had not been learnt from."""
    least = 2 if phrasing.intent != Intent.NONE else 1
    text, language = phrasing.text, phrasing.language
    plain, full = normalised(text, language), plain_form(text, language)
    return features(plain, full, language, lambda word: counts[word] >= least)


def main() -> None:
    """Train on everything and write the weights."""
    model = json.dumps(trained(phrasings()), ensure_ascii=False, separators=(",", ":"))
    with zipfile.ZipFile(WEIGHTS, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(zipfile.ZipInfo(MEMBER, _EPOCH), model, zipfile.ZIP_DEFLATED, 9)
    sys.stdout.write(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
