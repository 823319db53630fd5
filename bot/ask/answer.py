"""From a question to its answer: intent, slots, reply, and at most ninety words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from bot.ask import lexicon
from bot.ask.beyond import asks_beyond, speaks_of_others
from bot.ask.clock_times import names_clock
from bot.ask.facts import Fact, unique
from bot.ask.guess import LEAST_PROBABILITY, OVERRULES, REFUSES, UNSURE, guess, shipped
from bot.ask.intents import Intent
from bot.ask.known_at import known_at
from bot.ask.question import Judge, Question, Reply, WhatIf
from bot.ask.recognise import (
    LEAST,
    LEAST_OF_OURS,
    MOST_FOREIGN,
    MOST_FOREIGN_WHEN_SURE,
    PERSON,
    SURE,
    THING,
    Recognised,
    cue_words,
    foreign_share,
    language_of,
    normalised,
    plain_form,
    recognise,
)
from bot.ask.replies import decisions, delivery, history, obstacles, outlook, waiting
from bot.ask.say import say
from bot.ask.slots import people_of, slots_of, things_in
from bot.domain.record import SprintRecord
from bot.reading.folding import fold

MOST_WORDS: Final = 90
MOST_ASKED: Final = 500
UNDECIDED: Final = frozenset(
    {Intent.LIVE, Intent.NONE, Intent.FINDINGS, Intent.WHO, Intent.BLOCKER_STATUS, Intent.RESOLVED}
)
"""Intents that a question about a decision is taken for, as it names the same things."""
OF_THE_SPRINT: Final = frozenset({Intent.DECIDED, Intent.NEXT, Intent.NOW})
"""Intents about the whole sprint; a question that names a blocker alone is about that blocker."""
SLOT_TABLES: Final = ("subjects", "phases", "parts", "roles")
"""Characters of a question that are read."""
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
    facts: tuple[Fact, ...]
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
        plain, language, record, now, slots,
        _introduced(plain, language, record) or asker,
        asking.judge, asking.try_fixes, asking.scenarios,
    )  # fmt: skip
    intent, taken = _read(question)
    if intent is Intent.NONE and chosen is not None and not _names_strangers(question):
        intent, taken = chosen, True
    if intent is Intent.BLOCKED and slots.blockers:
        intent = Intent.BLOCKER_STATUS
    if names_clock(plain):  # the asker's clock is turned into hours before, where it is known
        return Answer(intent, say(language, "no_clock"), (), False, language)
    if intent is Intent.HELP:
        return Answer(intent, say(language, "help"), (), True, language)
    answering = REPLIES.get(intent)
    reply = answering(question) if answering else None
    if reply is None:
        return Answer(intent, say(language, "unknown"), (), False, language)
    if taken:
        head = f"{say(language, 'read_as', phrase=_phrase(language, intent))} {reply.head}"
        reply = replace(reply, head=head.strip())
    return Answer(intent, shortened(reply, language), unique(list(reply.facts)), True, language)


@cache
def _phrase(language: str, intent: Intent) -> str:
    """Return the most typical way to ask for an intent, naming nobody and no subject."""
    texts = [str(text) for text in lexicon.table("corpus", language)[str(intent)]]
    subjects = lexicon.patterns(language, "subjects").values()

    def fitness(text: str) -> tuple[bool, float]:
        plain = normalised(text)
        is_general = {PERSON, THING}.isdisjoint(plain.split())
        is_general = is_general and not any(form.search(fold(text)) for form in subjects)
        return is_general, shipped().probabilities(plain)[intent]

    return max(texts, key=fitness)


def _names_strangers(question: Question) -> bool:
    names = {word for name in people_of(question.record) for word in lexicon.words_of(name)}
    things = things_in(question.text, question.slots.blockers)
    plain, said = _plain(question), plain_form(_said(question))
    return asks_beyond(said, plain, question.language, _slot_words(question)) or _stranger(
        question, {*names, *things, *_record_words(question.record)}
    )


def _introduced(text: str, language: str, record: SprintRecord) -> str | None:
    """Return who a question says is asking ("I am Cho"), where the record knows them."""
    form = str(lexicon.entry(language, "my_name"))
    found = re.search(form, text, re.IGNORECASE) if form else None
    people = {name.lower(): name for name in people_of(record)}
    return people.get(found["name"].lower()) if found else None


def _read(question: Question) -> tuple[Intent, bool]:
    """Return what a question wants to know, and whether the trained guess says so."""
    plain, said = _plain(question), plain_form(_said(question))
    if asks_beyond(said, plain, question.language, _slot_words(question)):
        return Intent.NONE, False
    found = recognise(plain, question.language, said)
    intent, (likeliest, probability) = intent_of(question, found), guess(plain)
    is_unread = intent is Intent.NONE
    if likeliest is Intent.NONE and probability >= REFUSES and found.score < UNSURE:
        return Intent.NONE, False
    least = LEAST_PROBABILITY if is_unread else OVERRULES
    if likeliest in (intent, Intent.HELP) or probability < least:
        return intent, False
    if found.intent is Intent.NONE or (is_unread and _names_strangers(question)):
        return intent, False
    if speaks_of_others(plain, question.language, _slot_words(question)):
        return intent, False
    return (likeliest, True) if is_unread or found.score < UNSURE else (intent, False)


def _said(question: Question) -> str:
    """Return a question without the words by which its asker says who they are."""
    form = str(lexicon.entry(question.language, "my_name"))
    return (
        re.sub(form, " ", question.text, flags=re.IGNORECASE) if question.asker else question.text
    )


def _plain(question: Question) -> str:
    """Return a question with the record's people and blockers made alike."""
    names = {word for name in people_of(question.record) for word in lexicon.words_of(name)}
    return normalised(_said(question), names, things_in(question.text, question.slots.blockers))


def intent_of(question: Question, found: Recognised) -> Intent:
    """Return what the lexicon takes a question for; `none` where it cannot read it."""
    names = {word for name in people_of(question.record) for word in lexicon.words_of(name)}
    things = things_in(question.text, question.slots.blockers)
    said, plain = _said(question), _plain(question)
    if found.intent is Intent.NONE and found.score >= LEAST:
        return Intent.NONE
    known = {*names, *things, *_record_words(question.record), *_slot_words(question)}
    known |= cue_words(found.intent, question.language, plain_form(said))
    foreign = foreign_share(plain, question.language, known)
    most = MOST_FOREIGN_WHEN_SURE if found.score >= SURE else MOST_FOREIGN
    if foreign > most or _stranger(question, known):
        return Intent.NONE
    if found.intent in UNDECIDED and _asks_for_decision(question):
        return Intent.DECIDED
    if found.intent in OF_THE_SPRINT and _names_only_a_blocker(question):
        return Intent.BLOCKER_STATUS
    return found.intent if found.score >= (LEAST if foreign else LEAST_OF_OURS) else Intent.NONE


def _asks_for_decision(question: Question) -> bool:
    """Return whether a question names something that was asked for, or overridden, and its end."""
    subjects = {approval.subject for approval in question.record.approvals}
    overridden = question.says("overrode") and question.record.overrides
    asked_for = subjects & set(question.slots.subjects) and question.says("decides")
    return bool(overridden or asked_for)


def _names_only_a_blocker(question: Question) -> bool:
    slots = question.slots
    others = (slots.subjects, slots.phases, slots.people, slots.since is not None)
    return bool(slots.blockers) and not any(others) and not question.says("gate")


def _slot_words(question: Question) -> set[str]:
    """Return the words by which a question names a subject, a phase, a part or a role."""
    tables = (lexicon.patterns(question.language, name) for name in SLOT_TABLES)
    forms = [form for table in tables for form in table.values()]
    said = [found[0] for form in forms for found in form.finditer(question.folded)]
    return {word for text in said for word in lexicon.words_of(text)}


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
    said = [text for intent, texts in corpus.items() if intent != "none" for text in texts]
    said += [blocker.title for blocker in question.record.blockers]
    said += ["Security Privacy Legal Production Business Change Slack Friday Monday P50 P80 ETA AI"]
    return {word for text in said for word in lexicon.words_of(text)}


def shortened(reply: Reply, language: str) -> str:
    """Return a reply's lines in at most ninety words, and how many lines were left out."""
    room = MOST_WORDS - len(reply.head.split()) - 4
    told: list[str] = []
    for line in reply.lines:
        count = len(line.split())
        if told and count > room:
            break
        told.append(line)
        room -= count
    left = len(reply.lines) - len(told)
    more = [say(language, "more", count=left)] if left else []
    return " ".join(part for part in (reply.head, *told, *more) if part)
