"""Training of the classifier of questions: `python -m bot.ask.train`, in a checkout.

With `each-hand` it says instead how well each hand's phrasings are read by what the others teach.
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
from bot.ask.classifier import (
    MEMBER,
    SCALE,
    WEIGHTS,
    classifier,
    content_words,
    features,
)
from bot.ask.intents import Intent
from bot.ask.lexicon import LANGUAGES, table, words_of
from bot.ask.wording import normalised, plain_form

REGULARISATION: Final = 30.0
LEAST_SEEN: Final = 3
"""How many phrasings a feature must be in."""
LEAST_WEIGHT: Final = 6
"""A feature whose weights are all nearer to zero is left out."""
VARIANT_WEIGHT: Final = 0.5
"""What one of several phrasings that were written out of one line weighs."""
OWN: Final = "own"
NAMES, THINGS = (frozenset(words_of(lexicon.hand("samples")[each])) for each in ("names", "things"))
"""Words of the phrasings that name somebody, and that name a blocker as a title would."""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


class Phrasing(NamedTuple):
    """A labelled question: what it wants to know, its language, its words, and what it weighs."""

    intent: str
    language: str
    text: str
    weight: float
    hand: str


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
            weight = 1.0 if text in lines else VARIANT_WEIGHT
            yield Phrasing(intent, language, text, weight, OWN)
    for name in lexicon.HANDS:
        for language, intents in lexicon.hand(name).items():
            for intent, texts in intents.items():
                yield from (Phrasing(intent, language, text, 1.0, name) for text in texts)


def fingerprint(learnt: Sequence[Phrasing]) -> str:
    """Return a name for what is learnt from."""
    return hashlib.sha256(json.dumps(learnt).encode()).hexdigest()[:16]


def plain_forms(phrasing: Phrasing) -> list[str]:
    """Return a phrasing as the classifier sees it, and where it names a thing, with it alike."""
    text, language = phrasing.text, phrasing.language
    plain = normalised(text, language, NAMES)
    about = normalised(text, language, NAMES, THINGS)
    return [plain] if about == plain else [plain, about]


def known_words(learnt: Iterable[Phrasing]) -> dict[str, Counter[str]]:
    """Return language → in how many phrasings that can be answered each word is."""
    counts = {language: Counter[str]() for language in LANGUAGES}
    for each in learnt:
        if each.intent != Intent.NONE:
            counts[each.language].update(content_words(plain_forms(each)[0]))
    return counts


def trained(learnt: Sequence[Phrasing]) -> dict[str, Any]:
    """Return the regression that the phrasings teach, in its plain form."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    counts = known_words(learnt)
    rows = [(each, values) for each in learnt for values in _features(each, counts[each.language])]
    seen = Counter(name for _, values in rows for name in values)
    kept = [{n: v for n, v in values.items() if seen[n] >= LEAST_SEEN} for _, values in rows]
    vectorizer = DictVectorizer()
    model = LogisticRegression(C=REGULARISATION, max_iter=400)
    model.fit(
        vectorizer.fit_transform(kept),
        [each.intent for each, _ in rows],
        sample_weight=[each.weight for each, _ in rows],
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


def _features(phrasing: Phrasing, counts: Counter[str]) -> Iterator[dict[str, float]]:
    """Yield a phrasing's features as if it alone had not been learnt from."""
    least = 2 if phrasing.intent != Intent.NONE else 1
    said = plain_form(phrasing.text, phrasing.language)
    for plain in plain_forms(phrasing):
        yield features(plain, said, phrasing.language, lambda word: counts[word] >= least)


def read_of(hand: str, learnt: Sequence[Phrasing]) -> Iterator[tuple[Phrasing, Intent]]:
    """Yield each of a hand's phrasings with what the phrasings of all others read it as."""
    others = classifier(trained([each for each in learnt if each.hand != hand]))
    for each in learnt:
        if each.hand == hand:
            said = plain_form(each.text, each.language)
            found = others.probabilities(plain_forms(each)[-1], said, each.language)
            yield each, max(found, key=found.__getitem__)


def say_each_hand(learnt: Sequence[Phrasing]) -> None:
    """Write for each hand how many of its phrasings the others' teach to read, by language."""
    for hand in lexicon.HANDS:
        right, asked = Counter[str](), Counter[str]()
        for each, read in read_of(hand, learnt):
            for group in ("all", each.language):
                asked[group] += 1
                right[group] += read == each.intent
        line = "  ".join(f"{g} {right[g] / n:.1%} of {n}" for g, n in sorted(asked.items()))
        sys.stdout.write(f"{hand}: {line}\n")


def main(arguments: Sequence[str]) -> None:
    """Train on everything and write the weights."""
    if "each-hand" in arguments:
        say_each_hand(phrasings())
        return
    model = json.dumps(trained(phrasings()), ensure_ascii=False, separators=(",", ":"))
    with zipfile.ZipFile(WEIGHTS, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(zipfile.ZipInfo(MEMBER, _EPOCH), model, zipfile.ZIP_DEFLATED, 9)
    sys.stdout.write(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1:])
