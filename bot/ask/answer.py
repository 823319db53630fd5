"""From a question to its answer: intent, slots, reply, and at most ninety words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from bot.ask import lexicon
from bot.ask.beyond import asks_beyond, speaks_of_others
from bot.ask.classifier import CUES, NAMED, PERSON, THING, shipped, unknown_words
from bot.ask.clock_times import names_clock
from bot.ask.facts import CitedFact, unique
from bot.ask.intents import Intent
from bot.ask.known_at import known_at
from bot.ask.question import Judge, Question, Reply, WhatIf
from bot.ask.replies import decisions, delivery, history, obstacles, outlook, waiting
from bot.ask.say import say
from bot.ask.slots import people_of, slots_of, things_in
from bot.ask.wording import language_of, normalised, plain_form
from bot.domain.record import SprintRecord
from bot.domain.vocabulary import Decision, Subject
from bot.reading.folding import fold

MOST_WORDS: Final = 90
MOST_ASKED: Final = 500
"""Characters of a question that are read."""
OF_REQUESTS: Final = frozenset({Intent.DECIDED, Intent.WAITING, Intent.WHAT_IF, Intent.FORECAST})
OF_A_BLOCKER: Final = frozenset(
    {Intent.BLOCKED, Intent.BLOCKER_STATUS, Intent.RESOLVED, Intent.FORECAST, Intent.WHAT_IF}
)
PRESUMES: Final = ("why", "approved", "rejected", "rollback")
"""What a question takes for granted; where that did not happen nothing else answers it."""
REFUSES: Final = 0.5
"""From this probability a question cannot be answered."""
REFUSES_WHEN_STRANGE: Final = 0.35
"""The same for a question about a thing that neither the room nor the record knows."""
REFUSES_WHEN_NAMED: Final = 0.75
"""Up to here a question that names somebody is told what the record says of them."""
CLEAR: Final = 0.85
"""From this probability an intent is taken although the question has a strange word."""
UNSURE: Final = 0.5
"""Below this probability the answer says what the question was read as."""
_MENTION: Final = re.compile(r"<[@#!][^>]*>|(?<!\w)@hour48\b", re.IGNORECASE)

REPLIES: Final[Mapping[Intent, Callable[[Question], Reply | None]]] = {
    Intent.BLOCKED: obstacles.blocked,
    Intent.BLOCKER_STATUS: obstacles.status,
    Intent.RESOLVED: obstacles.resolved,
    Intent.WAITING: waiting.waiting,
    Intent.NEXT: waiting.coming,
    Intent.NEEDED: waiting.needed,
    Intent.NOW: waiting.place,
    Intent.DECIDED: decisions.decided,
    Intent.MISSED: history.missed,
    Intent.LIVE: delivery.live,
    Intent.WHO: delivery.who,
    Intent.FINDINGS: delivery.findings,
    Intent.HOURS_LOST: delivery.hours_lost,
    Intent.FORECAST: outlook.forecast,
    Intent.WHAT_IF: outlook.what_if,
    Intent.VERDICT: outlook.critical,
    Intent.PATH: outlook.path,
    Intent.PLAN: outlook.plan,
    Intent.SURPRISE: outlook.surprise,
    Intent.COST: outlook.cost,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in words.

    Args:
        intent: what the question was taken for.
        text: at most ninety words, in the question's language.
        facts: what it rests on.
        known: False where the record does not say.
        language: the question's language.
    """

    intent: Intent
    text: str
    facts: tuple[CitedFact, ...]
    known: bool
    language: str

    def as_json(self) -> dict[str, Any]:
        """Return the plain object that `hour48 ask --json` prints."""
        return {
            "intent": str(self.intent),
            "answer": self.text,
            "facts": [fact.name for fact in self.facts],
            "known": self.known,
        }


@dataclass(frozen=True)
class Asking:
    """All that questions about one sprint are answered from.

    Args:
        record: the record.
        judge: gives the verdict on a record.
        try_fixes: gives the chance and the forecast with some fixes done.
        scenarios: (phase, scenario) → its title in the playbook.
    """

    record: SprintRecord
    judge: Judge
    try_fixes: WhatIf
    scenarios: Mapping[tuple[str, str], str] = field(default_factory=dict)


def ask(
    asking: Asking,
    text: str,
    *,
    at: float | None = None,
    asker: str | None = None,
    chosen: Intent | None = None,
) -> Answer:
    """Answer a question from the record alone.

    Args:
        asking: the record, and what judges it.
        text: the question, as typed.
        at: the hour up to which the record is known; None for all of it.
        asker: who asks, by the name the record has.
        chosen: what a question is taken for that is like nothing that can be asked; the answer
            then says so. None leaves it unknown.
    """
    now = asking.record.ended_at if at is None else at
    record = known_at(asking.record, now)
    plain = " ".join(_MENTION.sub(" ", text).split())[:MOST_ASKED]
    language = language_of(plain)
    slots = slots_of(plain, language, record, now)
    question = Question(
        plain,
        language,
        record,
        now,
        slots,
        _introduced(plain, language, record) or asker,
        asking.judge,
        asking.try_fixes,
        asking.scenarios,
    )
    intent, taken = _read(question)
    if intent is Intent.NONE and chosen is not None and not _names_strangers(question):
        intent, taken = chosen, True
    if intent is Intent.BLOCKED and slots.blockers:
        intent = Intent.BLOCKER_STATUS
    if names_clock(plain):  # the asker's clock is turned into hours before, where it is known
        return Answer(intent, say(language, "no_clock"), (), False, language)
    if intent is Intent.HELP:
        return Answer(intent, say(language, "help"), (), True, language)
    reply = _reply(intent, question)
    if reply is None:
        return Answer(intent, say(language, "unknown"), (), False, language)
    if taken:
        head = f"{say(language, 'read_as', phrase=_phrase(language, intent))} {reply.head}"
        reply = replace(reply, head=head.strip())
    return Answer(intent, shortened(reply, language), unique(list(reply.facts)), True, language)


def _reply(intent: Intent, question: Question) -> Reply | None:
    slots, answering = question.slots, REPLIES.get(intent)
    if answering is None:
        return None
    if intent in OF_REQUESTS and not slots.subjects and not slots.blockers:
        question = replace(question, slots=replace(slots, subjects=_hinted(question)))
    reply = answering(question)
    if reply and reply.facts:
        return reply
    found = history.mentioned(question)
    other = _of_named(question)
    if found is None and reply is None and other is not Intent.NONE:
        found = None if any(map(question.says, PRESUMES)) else REPLIES[other](question)
    return found if found and found.facts else reply


def _hinted(question: Question) -> tuple[Subject, ...]:
    """Return the subjects that were asked for and that a word of the question may mean."""
    if question.says("gate") or "phase" in question.folded:
        return ()
    asked_for = {approval.subject for approval in question.record.approvals}
    return tuple(subject for subject in question.slots.hinted if subject in asked_for)


@cache
def _phrase(language: str, intent: Intent) -> str:
    """Return the most typical way to ask for an intent, naming nobody and no subject."""
    texts = [str(text) for text in lexicon.table("corpus", language)[str(intent)]]
    subjects = lexicon.patterns(language, "subjects").values()

    def fitness(text: str) -> tuple[bool, float]:
        plain, full = normalised(text, language), plain_form(text, language)
        is_general = {PERSON, THING}.isdisjoint(plain.split())
        is_general = is_general and not any(form.search(fold(text)) for form in subjects)
        return is_general, shipped().probabilities(plain, full, language)[intent]

    return max(texts, key=fitness)


def _names_strangers(question: Question) -> bool:
    names = {word for name in people_of(question.record) for word in lexicon.words_of(name)}
    things = things_in(question.text, question.slots.blockers, question.language)
    plain, full = _plain(question), plain_form(_said(question), question.language)
    return asks_beyond(full, plain, question.language, _slot_words(question)) or _stranger(
        question, {*names, *things, *_record_words(question.record)}
    )


def _introduced(text: str, language: str, record: SprintRecord) -> str | None:
    """Return who a question says is asking ("I am Cho"), where the record knows them."""
    form = str(lexicon.entry(language, "my_name"))
    found = re.search(form, text, re.IGNORECASE) if form else None
    people = {name.lower(): name for name in people_of(record)}
    return people.get(found["name"].lower()) if found else None


def _read(question: Question) -> tuple[Intent, bool]:
    """Return what a question wants to know, and whether that is not sure."""
    language = question.language
    plain, full = _plain(question), plain_form(_said(question), language)
    found = shipped().probabilities(plain, full, language)
    best = max((intent for intent in found if intent is not Intent.NONE), key=found.__getitem__)
    if found[best] < CLEAR and (_is_refused(full, language) or _names_strangers(question)):
        return Intent.NONE, False
    is_sure = found[best] >= UNSURE or best is Intent.HELP
    if found[Intent.NONE] < _most_doubt(question, plain):
        return best if is_sure else _of_blockers(question, best), not is_sure
    if found[Intent.NONE] < REFUSES_WHEN_NAMED:
        return _of_named(question), True
    return Intent.NONE, False


def _of_blockers(question: Question, best: Intent) -> Intent:
    """Return what an unsure question that names a blocker is about: it, whatever else it asks."""
    is_about_it = not question.slots.blockers or best in OF_A_BLOCKER
    return best if is_about_it else Intent.BLOCKER_STATUS


def _of_named(question: Question) -> Intent:
    """Return what the record has to say of the people and subjects that a question names."""
    slots = question.slots
    if not slots.people and not slots.subjects:
        return Intent.NONE
    asked = [
        approval
        for approval in question.record.approvals
        if (not slots.subjects or approval.subject in slots.subjects)
        and (not slots.people or {approval.approver, approval.requested_by} & set(slots.people))
    ]
    if any(approval.decision in (None, Decision.EXPIRED) for approval in asked):
        return Intent.WAITING
    return Intent.DECIDED if asked else Intent.MISSED if slots.people else Intent.NONE


def _most_doubt(question: Question, plain: str) -> float:
    """Return from which probability of being unanswerable a question is not answered."""
    language = question.language
    if THING in plain.split() or question.slots.subjects or not unknown_words(plain, language):
        return REFUSES
    is_strange = speaks_of_others(plain, language, _slot_words(question))
    return REFUSES_WHEN_STRANGE if is_strange else REFUSES


def _is_refused(full: str, language: str) -> bool:
    tables = (lexicon.cues(language, name) for name in CUES)
    return any(form.search(full) for table in tables for form in table.get(Intent.NONE, ()))


def _said(question: Question) -> str:
    """Return a question without the words by which its asker says who they are."""
    form = str(lexicon.entry(question.language, "my_name"))
    return (
        re.sub(form, " ", question.text, flags=re.IGNORECASE) if question.asker else question.text
    )


def _plain(question: Question) -> str:
    """Return a question with the record's people and blockers made alike."""
    names = {word for name in people_of(question.record) for word in lexicon.words_of(name)}
    things = things_in(question.text, question.slots.blockers, question.language)
    return normalised(_said(question), question.language, names, things)


def _slot_words(question: Question) -> set[str]:
    """Return the words by which a question names a subject, a phase, a part or a role."""
    tables = (lexicon.patterns(question.language, name) for name in NAMED)
    forms = [form for table in tables for form in table.values()]
    matches = [found[0] for form in forms for found in form.finditer(question.folded)]
    return {word for text in matches for word in lexicon.words_of(text)}


def _record_words(record: SprintRecord) -> set[str]:
    texts = [phase.title or phase.key for phase in record.phases]
    texts += [f"{finding.probe} {finding.source} {finding.code}" for finding in record.findings]
    texts += [override.code for override in record.overrides]
    texts += [guardrail.name for guardrail in record.guardrails]
    return {word for text in texts for word in lexicon.words_of(text)}


def _stranger(question: Question, known: set[str]) -> bool:
    """Return whether a question names somebody, or something, that the record does not know."""
    if question.language == "de":  # every noun has a capital there
        return False
    capitals = re.findall(r"(?<=[\w,;:)] )[A-ZÀ-Ý][\w'’-]{1,}", question.text)
    ours = {*known, *lexicon.small_words(question.language), *_capitalised(question)}
    return any(not set(lexicon.words_of(word)) & ours for word in capitals if len(word) > 1)


def _capitalised(question: Question) -> set[str]:
    corpus = lexicon.table("corpus", question.language)
    examples = [text for intent, texts in corpus.items() if intent != "none" for text in texts]
    examples += [blocker.title for blocker in question.record.blockers]
    examples += [
        "Security Privacy Legal Production Business Change Slack Friday Monday P50 P80 ETA AI"
    ]
    return {word for text in examples for word in lexicon.words_of(text)}


def shortened(reply: Reply, language: str) -> str:
    """Return a reply's lines in at most ninety words, and how many lines were left out."""
    room = MOST_WORDS - len(reply.head.split()) - 4
    kept: list[str] = []
    for line in reply.lines:
        count = len(line.split())
        if kept and count > room:
            break
        kept.append(line)
        room -= count
    left = len(reply.lines) - len(kept)
    more = [say(language, "more", count=left)] if left else []
    return " ".join(part for part in (reply.head, *kept, *more) if part)
