"""Training of the classifier of questions, by phrasings and by questions about stories.

`python -m tests.training.ask` runs it, in a checkout. scikit-learn is imported only here, in a
process of its own.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from bot.ask import lexicon
from bot.ask.classifier import BIAS, SCALE, Classifier, classifier, content_words, features
from bot.ask.context import LOG_WORTH
from bot.ask.intent_of import context_of, plain_of, said_in
from bot.ask.intents import Intent
from bot.ask.items import Item
from bot.ask.lexicon import LANGUAGES, table, words_of
from bot.ask.question import Question
from bot.ask.relevance import about, asked_for
from bot.ask.relevance import features as items_with_features
from bot.ask.wording import normalised, plain_form
from bot.reading.weights import SCALE as THOUSAND
from bot.reading.weights import Regression

REGULARISATION: Final = 30.0
LEAST_SEEN: Final = 3
"""How many phrasings a feature must be in."""
LEAST_WEIGHT: Final = 6
"""A feature whose weights are all nearer to zero is left out."""
VARIANT_WEIGHT: Final = 0.5
"""What one of several phrasings that were written out of one line weighs."""
FIRST_WEIGHT: Final = 0.7
"""What the first of several intents that a question may be read as weighs; others share the rest"""
CONTEXT_PENALTY: Final = 0.6
BETWEEN_PENALTY: Final = 30.0
"""What it costs to take one intent's probability by the words as evidence for another one."""
ITEM_REGULARISATION: Final = 0.3
SENSE_REGULARISATION: Final = 0.7
NEAR_WEIGHT: Final = 4.0
"""What a question weighs whose writer looked for what a story does not say, though it is near."""
CODED: Final = frozenset({"finding", "override"})
"""Sorts of items that questions may name by a code."""
NOTHING: Final[Mapping[str, Any]] = {"intercept": 0.0, "weights": {}}
OWN: Final = "own"
NAMES, THINGS = (frozenset(words_of(lexicon.hand("samples")[each])) for each in ("names", "things"))
"""Words of the phrasings that name somebody, and that name a blocker as a title would."""


class Phrasing(NamedTuple):
    """A labelled question: what it wants to know, its language, its words, and what it weighs.

    `plain` is the question with the people and blockers of its record made alike; "" where it is
    about no record.
    """

    intent: str
    language: str
    text: str
    weight: float
    hand: str
    plain: str = ""


class AskedQuestion(NamedTuple):
    """A question about a story.

    Args:
        question: the question.
        intents: what it may be read as; empty where nobody said.
        hand: its set.
        facts: what has to be told.
        is_known: the record has the answer.
    """

    question: Question
    intents: tuple[str, ...]
    hand: str
    facts: frozenset[str] = frozenset()
    is_known: bool = True


Row = tuple[AskedQuestion, Mapping[str, float]]
"""A question, and its features by what others teach."""


def phrasings() -> list[Phrasing]:
    """Return all labelled phrasings, each once."""
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


def as_phrasings(asked: Iterable[AskedQuestion]) -> Iterator[Phrasing]:
    """Yield a phrasing for each intent that a question may be read as."""
    for question, intents, hand, *_ in asked:
        rest = (1 - FIRST_WEIGHT) / max(1, len(intents) - 1)
        for place, intent in enumerate(intents):
            weight = 1.0 if len(intents) == 1 else rest if place else FIRST_WEIGHT
            plain = plain_of(question)
            yield Phrasing(intent, question.language, question.text, weight, hand, plain)


def without(learnt: Iterable[Phrasing], asked: Iterable[AskedQuestion]) -> list[Phrasing]:
    """Return the phrasings that are not word by word one of the questions."""
    said = {tuple(words_of(each.question.text)) for each in asked}
    return [each for each in learnt if tuple(words_of(each.text)) not in said]


def plain_forms(phrasing: Phrasing) -> list[str]:
    """Return a phrasing as the classifier sees it, and where it names a thing, with it alike."""
    if phrasing.plain:
        return [phrasing.plain]
    text, language = phrasing.text, phrasing.language
    plain = normalised(text, language, NAMES)
    about = normalised(text, language, NAMES, THINGS)
    return [plain] if about == plain else [plain, about]


def known_words(learnt: Iterable[Phrasing]) -> dict[str, Counter[str]]:
    """Return language → in how many phrasings that can be answered each word is.

    Words of questions about stories do not count: a new question's words are not known either.
    """
    counts = {language: Counter[str]() for language in LANGUAGES}
    for each in learnt:
        if each.intent != Intent.NONE and not each.plain:
            counts[each.language].update(content_words(plain_forms(each)[0]))
    return counts


def trained_by_words(learnt: Sequence[Phrasing]) -> dict[str, Any]:
    """Return the regression that the phrasings teach, in its plain form."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    counts = known_words(learnt)
    rows = [(each, values) for each in learnt for values in _features(each, counts[each.language])]
    seen = Counter(name for _, values in rows for name in values)
    kept = [
        {n: v for n, v in values.items() if seen[n] >= LEAST_SEEN and n != BIAS}
        for _, values in rows
    ]
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
        "weights": {BIAS: [round(float(each) * SCALE) for each in model.intercept_]}
        | {
            name: column
            for name, column in sorted(weights.items())
            if max(map(abs, column)) >= LEAST_WEIGHT
        },
        "words": {language: " ".join(sorted(found)) for language, found in counts.items()},
        "in_context": {},
        "about": NOTHING,
        "unrecorded": NOTHING,
    }


def _features(phrasing: Phrasing, counts: Counter[str]) -> Iterator[dict[str, float]]:
    """Yield a phrasing's features as if it alone had not been learnt from."""
    least = 1 if phrasing.plain or phrasing.intent == Intent.NONE else 2
    said = plain_form(phrasing.text, phrasing.language)
    for plain in plain_forms(phrasing):
        yield features(plain, said, phrasing.language, lambda word: counts[word] >= least)


def trained(learnt: Sequence[Phrasing], asked: Sequence[AskedQuestion]) -> dict[str, Any]:
    """Return both regressions, in their plain form.

    The second one learns from what the first says of questions whose set it was not trained on.
    """
    model = trained_by_words([*learnt, *as_phrasings(asked)])
    rows = list(read_by_others(learnt, asked))
    of_intents = [(context, each.intents) for each, context in rows if each.intents]
    return model | {
        "in_context": _trained_in_context(of_intents, model["intents"]),
        "about": trained_on_items(rows),
        "unrecorded": trained_by_sense(rows),
    }


def read_by_others(learnt: Sequence[Phrasing], asked: Sequence[AskedQuestion]) -> Iterator[Row]:
    """Yield each question with its features by a regression that its set did not teach."""
    others = without(learnt, asked)
    teaching = {each.hand for each in asked if each.intents}
    for hand in dict.fromkeys(each.hand if each.hand in teaching else "" for each in asked):
        taught = as_phrasings(each for each in asked if each.hand != hand)
        first = classifier(trained_by_words([*others, *taught]))
        for each in asked:
            if each.hand == hand or not (hand or each.hand in teaching):
                yield each, context_of(each.question, first)


def trained_on_items(rows: Iterable[Row]) -> dict[str, Any]:
    """Return the regression over pairs of a question and an item of its record, in its plain form.

    Args:
        rows: the questions, each with its features by those that were trained without its set.
    """
    values, asks = [], []
    for each, context in rows:
        wanted = frozenset().union(*map(_items_named, each.facts))
        if each.is_known:
            for item, found in items_with_features(each.question, said_in(context)):
                values.append(found)
                asks.append(_is_asked(item, wanted))
    return _regression(values, asks, ITEM_REGULARISATION)


def _items_named(fact: str) -> frozenset[str]:
    """Return the fact, and that of the item which tells it: a blocker's, a request's."""
    return frozenset({fact, fact.removeprefix("resolve "), fact.replace("decide ", "request ")})


def _is_asked(item: Item, wanted: frozenset[str]) -> bool:
    """Whether an item tells what is wanted; joined causes, only where all of it is theirs.

    What a probe found is named by the probe or by its code, an override by what it overrides.
    """
    names = [fact.name for fact in item.facts]
    if item.sort == "link":
        return names[0] in wanted or (len(wanted) > 1 and wanted <= {*names})
    if item.sort in CODED:
        return bool(wanted & {names[0], item.key})
    return bool(wanted & {*names})


def trained_by_sense(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the regression over what questions ask for, in its plain form.

    Which items each is about is said by a regression that its set did not teach.
    """
    values, silent, weights = [], [], []
    for hand in dict.fromkeys(each.hand for each, _ in rows):
        by = Regression(**trained_on_items(row for row in rows if row[0].hand != hand))
        for each, context in rows:
            if each.hand == hand:
                says = said_in(context)
                items = about(by, each.question, says)
                values.append(asked_for(each.question, items, says))
                silent.append(not each.is_known)
                weights.append(1.0 if each.intents else NEAR_WEIGHT)
    return _regression(values, silent, SENSE_REGULARISATION, weights)


def _regression(
    values: Sequence[Mapping[str, float]],
    holds: Sequence[bool],
    regularisation: float,
    weights: Sequence[float] | None = None,
) -> dict[str, Any]:
    """Return a logistic regression of whether something holds, in its plain form."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = DictVectorizer()
    model = LogisticRegression(C=regularisation, max_iter=500)
    model.fit(vectorizer.fit_transform(values), holds, sample_weight=weights)
    named = zip(vectorizer.get_feature_names_out(), model.coef_[0], strict=True)
    found = {str(name): round(float(weight) * THOUSAND) for name, weight in named}
    return {
        "intercept": round(float(model.intercept_[0]) * THOUSAND),
        "weights": {name: weight for name, weight in found.items() if weight},
    }


def _trained_in_context(
    rows: Sequence[tuple[Mapping[str, float], tuple[str, ...]]], intents: Sequence[str]
) -> dict[str, list[float]]:
    """Return the weights of the second regression, in tenths of the log odds.

    The penalty draws it to what the words say alone. Of a question's accepted intents, each is as
    right as the words make it.
    """
    import numpy as np
    from scipy.optimize import minimize
    from scipy.special import logsumexp
    from sklearn.feature_extraction import DictVectorizer

    vectorizer = DictVectorizer(sparse=False)
    values = vectorizer.fit_transform([row for row, _ in rows])
    names = [str(name) for name in vectorizer.get_feature_names_out()]
    right = np.array([_shares(values, accepted, intents) for values, accepted in rows])
    start = np.array([[2.0 * (name == f"says:{intent}") for intent in intents] for name in names])
    says = np.array([name.startswith("says:") for name in names])
    penalty = np.where(says, BETWEEN_PENALTY, CONTEXT_PENALTY)[:, None]

    def loss(flat: Any) -> tuple[float, Any]:
        weights = flat.reshape(start.shape)
        totals = values @ weights
        logs = totals - logsumexp(totals, axis=1, keepdims=True)
        slope = values.T @ (np.exp(logs) - right) + penalty * (weights - start)
        cost = 0.5 * (penalty * (weights - start) ** 2).sum() - (right * logs).sum()
        return float(cost), slope.ravel()

    best = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    found = best.x.reshape(start.shape) * SCALE
    return {n: [round(float(w), 1) for w in row] for n, row in zip(names, found, strict=True)}


def _shares(
    values: Mapping[str, float], accepted: Sequence[str], intents: Sequence[str]
) -> list[float]:
    """Return what each intent is of what a question may be read as, by how its words are read."""
    odds = {each: math.exp(values[f"says:{each}"] / LOG_WORTH) for each in accepted}
    total = math.fsum(odds.values())
    return [odds.get(each, 0.0) / total for each in intents]


def read_of(hand: str, learnt: Sequence[Phrasing]) -> Iterator[tuple[Phrasing, Intent]]:
    """Yield each of a hand's phrasings with what the phrasings of all others read it as."""
    others = classifier(trained_by_words([each for each in learnt if each.hand != hand]))
    for each in learnt:
        if each.hand == hand:
            said = plain_form(each.text, each.language)
            yield each, _best(others.probabilities(plain_forms(each)[-1], said, each.language))


def read_in_context(
    hand: str, learnt: Sequence[Phrasing], asked: Sequence[AskedQuestion]
) -> Iterator[tuple[AskedQuestion, Intent, Intent]]:
    """Yield each of a set's questions with how the others teach to read its words, and it."""
    rest = [each for each in asked if each.hand != hand]
    ours = [each for each in asked if each.hand == hand and each.intents]
    model: Classifier = classifier(trained(without(learnt, ours), rest))
    for each in ours:
        values = context_of(each.question, model)
        said = {intent: values[f"says:{intent}"] for intent in model.by_words.intents}
        yield each, _best(said), _best(model.in_context.log_probabilities(values))


def _best(found: dict[Intent, float]) -> Intent:
    return max(found, key=found.__getitem__)
