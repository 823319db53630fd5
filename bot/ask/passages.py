"""What people and probes wrote, and which of it a question asks about.

A question may ask what an answer, a reason, a finding or a title says, in any language and in any
words. How near it is in meaning, the words that both have and who is named tell which of them; a
logistic regression weighs that (`train.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.ask import lexicon
from bot.ask.facts import CitedFact, of_blocker, of_change, of_decision, of_other
from bot.ask.slots import content_of, people_of, rare_words, scores_of
from bot.domain.record import SprintRecord
from bot.reading.meaning import nearness
from bot.reading.weights import Regression

SCORE_WORTH: Final = 0.25
MOST_SCORE: Final = 8.0


@dataclass(frozen=True, slots=True)
class Passage:
    """Something that somebody wrote, or that a probe found.

    Args:
        sort: what it is: a title, a reason, an answer …
        text: its words.
        people: whose it is.
        fact: what an answer that tells it cites.
    """

    sort: str
    text: str
    people: tuple[str, ...]
    fact: CitedFact


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage, and how probably a question asks for what it says."""

    passage: Passage
    probability: float
    covered: float


def passages_of(record: SprintRecord) -> tuple[Passage, ...]:
    """Return all that was written, without repeating what was written twice."""
    return tuple(dict.fromkeys(each for each in _passages(record) if each.text))


def _passages(record: SprintRecord) -> Iterator[Passage]:
    for b in record.blockers:
        if not b.approval:  # nobody wrote the title of a deadline that passed
            yield Passage("title", b.title, (b.by, b.owner or ""), of_blocker(b))
        for change in b.history:
            yield Passage("note", change.note or "", (change.by,), of_change(b, change))
    for a in record.approvals:
        people = (a.approver, a.requested_by)
        yield Passage("reason", a.reason or "", people, of_decision(a))
    for f in record.findings:
        yield Passage("finding", f"{f.sentence} ({f.source})", (), of_other(f))
    yield from _of_steps(record)


def _of_steps(record: SprintRecord) -> Iterator[Passage]:
    for o in record.overrides:
        text = f"{o.why} ({o.code.replace('_', ' ')})"
        yield Passage("override", text, (o.by,), of_other(o))
    for r in record.rollbacks:
        yield Passage("rollback", r.reason, (r.by,), of_other(r))
    for answer in record.answers:
        yield Passage("answer", answer.text, (answer.by,), of_other(answer))
    for g in record.guardrails:
        yield Passage("guardrail", g.name, (), of_other(g))


def pairs(
    text: str, language: str, record: SprintRecord, people: Sequence[str]
) -> Iterator[tuple[Passage, dict[str, float], float]]:
    """Yield each passage with the features of a question and it, and the share of its words there.

    Args:
        text: the question as typed.
        language: its language.
        record: the record as it was known.
        people: who is named.
    """
    found = passages_of(record)
    near = nearness(text, [each.text for each in found])
    names = {word for name in people_of(record) for word in lexicon.words_of(name)}
    words = [w for w in rare_words(text) if w not in names]
    content = [w for w in words if w not in lexicon.common_words(language)]
    written = {str(at): content_of(each.text) for at, each in enumerate(found)}
    scores = scores_of(words, written, language)
    totals = [sum(scores.get(str(at), {}).values()) for at in range(len(found))]
    spoken = set(people)
    for at, each in enumerate(found):
        shared = scores.get(str(at), {})
        total = min(totals[at], MOST_SCORE)
        covered = sum(w in shared for w in content) / len(content) if content else 0.0
        values = {
            "near": near[at],
            "nearer": near[at] - _most_but(near, at),
            "score": SCORE_WORTH * total,
            "more": SCORE_WORTH * (total - min(_most_but(totals, at), MOST_SCORE)),
            "covered": covered,
            f"sort:{each.sort}": 1.0,
            f"near:{each.sort}": near[at],
            "by": float(bool(spoken & set(each.people))),
            "by_another": float(bool(spoken) and not spoken & set(each.people)),
            "names": float(any(set(lexicon.words_of(p)) & written[str(at)] for p in people)),
        }
        yield each, values, covered


def _most_but(values: Sequence[float], at: int) -> float:
    """Return the highest value but that of one place; 0 where there is no other."""
    return max((*values[:at], *values[at + 1 :]), default=0.0)


def found_in(
    by: Regression, text: str, language: str, record: SprintRecord, people: Sequence[str]
) -> list[FoundPassage]:
    """Return the passages, that which a question most probably asks for first."""
    told = [
        FoundPassage(each, by.probability(values), covered)
        for each, values, covered in pairs(text, language, record, people)
    ]
    return sorted(told, key=lambda each: -each.probability)
