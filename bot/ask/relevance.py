"""Which items of a record a question is about: features of a question and an item.

How near they are in meaning, the words that both have, who and what is named, what the question is
taken for and how the item stands; a logistic regression weighs that (`train.py`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.ask import lexicon
from bot.ask.intents import Intent
from bot.ask.items import Item, in_english, items_of
from bot.ask.question import Question
from bot.ask.slots import Slots, content_of, people_of, rare_words, scores_of
from bot.reading.meaning import direction, nearness
from bot.reading.weights import Regression, log_odds

SCORE_WORTH: Final = 0.25
MOST_SCORE: Final = 8.0
LONG_AGO: Final = 12.0
"""Hours after which an item is no news."""
ANYBODY: Final = "Ana"
LEAST_SAID: Final = 0.02
"""A less probable intent says nothing of an item."""
ODDS_WORTH: Final = 0.25
OTHERS_WORTH: Final = 0.35
"""What a feature weighs, in training too, beside where a question points."""
MOST_ABOUT: Final = 3.0
LONG: Final = 20
"""Words; a longer question asks for no more, and a longer text holds no more."""
ASKS: Final = ("how_many", "when", "why", "who", "yes_no", "whose", "me", "authority")
"""Cues that say what is asked of an item, which its sort, and how it ended, may hold or not."""
FITS: Final = ("near", "whole", "covered", "score")
"""Features that say how much of a question an item's words cover."""
CUES: Final = (
    "why", "who", "when", "how_many", "approved", "rejected", "resolved", "owns", "overrode",
    "gate", "rollback", "guardrail", "same_cause", "slows", "stops", "with_output", "wrong",
    "yes_no", "me", "authority", "running", "is_there", "is_gone", "whose",
)  # fmt: skip  # a list reads as one
"""Patterns of the lexicon that speak for or against a sort of item."""


_NUMBER: Final = re.compile(r"(?<![\w.,])\d+(?:[.,]\d)?(?![\w.,]*\d)")


@dataclass(frozen=True, slots=True)
class Relevant:
    """An item, how probably a question is about it, and the features that say so."""

    item: Item
    probability: float
    values: Mapping[str, float] = field(default_factory=dict, compare=False)


def about(by: Regression, q: Question, says: Mapping[Intent, float]) -> list[Relevant]:
    """Return the items of a question's record, that which it is most probably about first."""
    told = zip(items_of(q), features(q, says), strict=True)
    found = (Relevant(item, by.probability(values), values) for item, (_, values) in told)
    return sorted(found, key=lambda each: -each.probability)


def asked_for(
    q: Question, items: Sequence[Relevant], says: Mapping[Intent, float]
) -> dict[str, float]:
    """Return what tells whether a record may hold what a question asks for, as features.

    Where it points, whoever it names: a price, a name, a count of things that no record of a
    sprint has. How surely it is about an item, and of which sort; how much of it that item's
    words cover, and how many they are; what it may be taken for.

    Args:
        q: the question.
        items: the items that it is about, the most probable first.
        says: intent → how probable it is by the question's words.
    """
    first, second = (*(each.probability for each in items[:2]), 0.0, 0.0)[:2]
    found = directed(_with_anybody(q.text, people_of(q.record)))
    found |= {
        "first": ODDS_WORTH * log_odds(first),
        "lead": first - second,
        "all": min(math.fsum(each.probability for each in items), MOST_ABOUT),
        "length": OTHERS_WORTH * min(len(q.text.split()), LONG) / LONG,
    }
    for best in items[:1]:
        sort, words = best.item.sort, best.item.words.split()
        found |= {f"sort:{sort}": OTHERS_WORTH, f"state:{sort}:{best.item.state}": OTHERS_WORTH}
        found |= {f"written:{sort}:{bool(words)}": OTHERS_WORTH}
        how = f"{sort}:{best.item.state}:{len(best.item.facts)}"
        for cue in ASKS:
            if f"cue:{cue}:{sort}" in best.values:
                found |= dict.fromkeys((f"cue:{cue}", f"cue:{cue}:{how}"), OTHERS_WORTH)
        found |= {"written": OTHERS_WORTH * min(len(words), LONG) / LONG}
        found |= {f"best:{name}": OTHERS_WORTH * best.values[name] for name in FITS}
        for name in ("near", "covered"):
            most = max(each.values[name] for each in items)
            found |= {f"most:{name}": OTHERS_WORTH * most}
    return found | {f"says:{i}": OTHERS_WORTH * p for i, p in says.items() if p >= LEAST_SAID}


def directed(text: str) -> dict[str, float]:
    """Return where a sentence points, as features."""
    return {str(at): float(value) for at, value in enumerate(direction(text))}


def _with_anybody(text: str, people: Sequence[str]) -> str:
    """Return a text with one name for all people of a record."""
    parts = {part for name in people for part in re.findall(r"\w{3,}", name)}
    if not parts:
        return text
    named = "|".join(map(re.escape, sorted(parts, key=len, reverse=True)))
    return re.sub(rf"\b(?:{named})\b(?:\s+(?:{named})\b)*", ANYBODY, text, flags=re.IGNORECASE)


def features(q: Question, says: Mapping[Intent, float]) -> Iterator[tuple[Item, dict[str, float]]]:
    """Yield each item, told in English, with the features of a question and it.

    Args:
        q: the question.
        says: intent → how probable it is by the question's words.
    """
    found = in_english(q)
    near = nearness(q.text, [item.words or item.line for item in found])
    whole = nearness(q.text, [item.line for item in found])
    names = {word for name in people_of(q.record) for word in lexicon.words_of(name)}
    words = [w for w in rare_words(q.text) if w not in names]
    content = [w for w in words if w not in lexicon.common_words(q.language)]
    written = {str(at): content_of(f"{item.words} {item.key}") for at, item in enumerate(found)}
    scores = scores_of(words, written, q.language)
    totals = [min(sum(scores.get(str(at), {}).values()), MOST_SCORE) for at in range(len(found))]
    cues = [name for name in CUES if q.says(name)]
    best = [blocker.id for blocker in q.slots.blockers]
    for at, item in enumerate(found):
        shared = scores.get(str(at), {})
        covered = sum(w in shared for w in content) / len(content) if content else 0.0
        sort, standing = item.sort, f"{item.sort}:{item.state}"
        values = {
            "near": near[at],
            "nearer": near[at] - _most_but(near, at),
            "whole": whole[at],
            "whole_nearer": whole[at] - _most_but(whole, at),
            "score": SCORE_WORTH * totals[at],
            "more": SCORE_WORTH * (totals[at] - _most_but(totals, at)),
            "covered": covered,
            "named": float(item.key in best),
            "named_first": float(best[:1] == [item.key]),
            f"sort:{sort}": 1.0,
            f"near:{sort}": near[at],
            f"state:{standing}": 1.0,
            f"age:{sort}": min(q.now - item.at, LONG_AGO) / LONG_AGO,
            f"last:{sort}": float(not any(o.sort == sort and o.at > item.at for o in found)),
        }
        values |= {f"says:{intent}:{sort}": p for intent, p in says.items() if p >= LEAST_SAID}
        values |= {f"cue:{name}:{sort}": 1.0 for name in cues}
        fits = (*_of_people(q, item, written[str(at)]), *_of_things(q.slots, item))
        yield item, values | dict.fromkeys((*fits, *_of_hours(q, item)), 1.0)


def _of_people(q: Question, item: Item, written: set[str]) -> Iterator[str]:
    """Yield how an item fits whom a question names, and who asks."""
    spoken, sort = set(q.slots.people), item.sort
    if spoken:
        if spoken & set(item.people[:1]):
            yield f"first:{sort}"
        yield f"by:{sort}" if spoken & set(item.people) else f"by_another:{sort}"
        if any(set(lexicon.words_of(name)) & written for name in spoken):
            yield "names"
    if q.asker and q.says("me"):
        yield f"mine:{sort}" if q.asker in item.people[:1] else f"not_mine:{sort}"


def _of_things(slots: Slots, item: Item) -> Iterator[str]:
    """Yield how an item fits the subjects, phases and parts that a question names."""
    kinds = {"request": slots.subjects, "gate": slots.phases, "owner": slots.parts}
    for kind, named in kinds.items():
        if named:
            fits = kind == item.sort and item.key in named
            yield f"{kind}_fits" if fits else f"{kind}_else:{item.sort}"
    if item.sort == "request" and not slots.subjects and item.key in slots.hinted:
        yield "request_hinted"


def _of_hours(q: Question, item: Item) -> Iterator[str]:
    """Yield whether an item came at, or within, the hours that a question names."""
    if item.at in _numbers(q.text):
        yield f"at_hour:{item.sort}"
    since, until = q.slots.since, q.slots.until
    if since is not None:
        yield "within" if since <= item.at <= (q.now if until is None else until) else "outside"


def _numbers(text: str) -> set[float]:
    """Return the numbers that a question names, each of which may be an hour."""
    return {float(found.replace(",", ".")) for found in _NUMBER.findall(text)}


def _most_but(values: Sequence[float], at: int) -> float:
    """Return the highest value but that of one place; 0 where there is no other."""
    return max((*values[:at], *values[at + 1 :]), default=0.0)
