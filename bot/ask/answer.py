"""From a question to its answer: intent, slots, reply, and at most ninety words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import accumulate
from typing import Any, Final

from bot.ask import lexicon
from bot.ask.attributes import asks_place, is_unrecorded, undecided
from bot.ask.classifier import PERSON, THING, shipped
from bot.ask.clock_times import names_clock
from bot.ask.facts import CitedFact, unique
from bot.ask.follow_up import Topic, follow_up
from bot.ask.intent_of import (
    OF_REQUESTS,
    PRESUMES,
    names_strangers,
    of_named,
    plain_of,
    read,
    requests_named,
    settled,
    with_hints,
)
from bot.ask.intents import Intent
from bot.ask.known_at import known_at
from bot.ask.passages import found_in
from bot.ask.question import Judge, Question, Reply, WhatIf
from bot.ask.replies import decisions, delivery, history, obstacles, outlook, waiting
from bot.ask.say import LONGEST_QUOTE, say, with_quotes
from bot.ask.slots import findings_named, people_of, slots_of
from bot.ask.wording import language_of, normalised, plain_form
from bot.ask.yes_no import yes_no
from bot.domain.record import SprintRecord
from bot.reading.folding import fold
from bot.reading.meaning import nearness

MOST_WORDS: Final = 90
QUOTED: Final = (LONGEST_QUOTE, 140, 70, 45, 30)
"""Characters of a quote; the most with which all lines have room."""
WORDS_OF_MORE: Final = 4
OF_FIGURES: Final = frozenset({Intent.FORECAST, Intent.WHAT_IF, Intent.COST})
"""Their answers are figures; where there is none, what somebody wrote is beside the point."""
TELLS: Final = 0.4
"""From this probability that it is asked for, what somebody wrote is told."""
TELLS_ALONE: Final = 0.25
"""The same where nothing else answers the question."""
IS_ABOUT: Final = 0.22
"""From this nearness in meaning what is on record is what the question is about, though perhaps
not all that it asks; set in view of nineteen refusals."""
MOST_ASKED: Final = 500
"""Characters of a question that are read."""
OF_ANY_HOUR: Final = frozenset(
    {Intent.WHO, Intent.PLAN, Intent.PATH, Intent.VERDICT, Intent.COST, Intent.SURPRISE}
)
"""Their answers hang on no time of day that a question names ("who is called at 3 am?")."""
_BETWEEN: Final = re.compile(r"(?:[?!]+|\.)\s+(?=\w)")
"""What stands between two questions of one message."""
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
    before: Sequence[str] = (),
) -> Answer:
    """Answer a question from the record alone.

    Args:
        asking: the record, and what judges it.
        text: the question, as typed.
        at: the hour up to which the record is known; None for all of it.
        asker: who asks, by the name the record has.
        chosen: what a question is taken for that is like nothing that can be asked; the answer
            then says so. None leaves it unknown.
        before: the questions asked before it in the same place, which it may follow up.
    """
    heard = _heard(asking, text, at, asker, chosen, before)
    question, intent, language = heard.question, heard.intent, heard.question.language
    if (
        names_clock(question.text) and intent not in OF_ANY_HOUR
    ):  # the asker's clock is turned into hours before, where known
        return Answer(intent, say(language, "no_clock"), (), False, language)
    if _is_order(question):
        return Answer(Intent.HELP, say(language, "does_nothing"), (), True, language)
    if intent is Intent.HELP:
        return Answer(intent, say(language, "help"), (), True, language)
    reply = heard.reply
    if reply is None:
        return Answer(intent, _unknown(question), (), False, language)
    first = None if heard.is_written else yes_no(question, intent)
    preface = say(language, "read_as", phrase=_phrase(language, intent)) if heard.taken else ""
    if first or _answers_outright(reply, language):  # a yes would seem to answer the preface
        preface = say(language, first) if first else ""
    reply = replace(reply, head=f"{preface} {reply.head}".strip())
    return Answer(intent, shortened(reply, language), unique(list(reply.facts)), True, language)


def _unknown(question: Question) -> str:
    """Return what is said where the record is silent: that, and what is on record beside it."""
    language, beside = question.language, _beside(question)
    unknown = say(language, "unknown")
    if beside is None or not beside.lines:
        return unknown
    line = beside.lines[0]
    if nearness(question.text, [line])[0] >= IS_ABOUT:
        return say(language, "no_more", line=line)
    return f"{unknown} {say(language, 'on_record', line=line)}"


def _answers_outright(reply: Reply, language: str) -> bool:
    """Whether a reply begins with a yes or a no."""
    said = " ".join((reply.head, *reply.lines)).strip()
    return said.startswith((say(language, "yes"), say(language, "no")))


def _is_order(question: Question) -> bool:
    """Return whether the words tell to act on a numbered thing ("approve 1"); nothing is done."""
    pattern = lexicon.entry(question.language, "order")
    return re.search(pattern, plain_form(question.text, question.language)) is not None


@dataclass(frozen=True, slots=True)
class _Heard:
    """A question as it is understood, and its reply.

    Args:
        question: the question, with the topic of the one before where it leans on that.
        intent: what it wants to know.
        taken: that is not sure.
        reply: what is said; None where the record is silent.
        is_written: the reply begins with what somebody wrote.
    """

    question: Question
    intent: Intent
    taken: bool
    reply: Reply | None
    is_written: bool = False


def _heard(
    asking: Asking,
    text: str,
    at: float | None,
    asker: str | None,
    chosen: Intent | None,
    before: Sequence[str],
) -> _Heard:
    earlier = _heard(asking, before[-1], at, asker, None, before[:-1]) if before else None
    question = as_question(asking, text, at, asker, earlier.question.language if earlier else "en")
    intent, other = read(question)
    taken = other is not None
    if earlier:
        found = follow_up(
            question, intent, taken, Topic(earlier.question, earlier.intent, earlier.reply)
        )
        if found is not None:
            question, intent, taken = found[0], found[1], False
    if intent is Intent.NONE and chosen is not None and not names_strangers(question):
        intent, taken = chosen, True
    best = settled(intent, question)
    intent, taken = best, taken and best is intent  # what is named leaves no doubt
    reply = _reply(intent, question)
    for part in _parts(question):
        reply = _with_part(reply, part)
    if taken and other and reply:
        reply = _with_other(reply, _reply(settled(other, question), question))
    if intent in (Intent.NONE, Intent.HELP):
        return _Heard(question, intent, taken, reply)
    whole = _with_written(reply, question) if reply or intent not in OF_FIGURES else None
    is_written = whole is not reply
    return _Heard(question, intent, taken and not is_written, whole, is_written)


def _with_written(reply: Reply | None, question: Question) -> Reply | None:
    """Return a reply that begins with what somebody wrote, where that is most probably asked for.

    It stays as it is where it tells that already.
    """
    if reply is None and any(map(question.says, PRESUMES)):
        return None
    if is_unrecorded(question, plain_of(question)):
        return reply
    people, least = question.slots.people, TELLS if reply and reply.facts else TELLS_ALONE
    found = found_in(shipped().told, question.text, question.language, question.record, people)
    if not found or found[0].probability < least:
        return reply
    fact = found[0].passage.fact
    told = _written(question, fact)
    if told is None or (reply and fact.name in {each.name for each in reply.facts}):
        return reply
    if reply is None:
        return told
    head = " ".join(filter(None, (*told.lines, reply.head)))
    return Reply(reply.lines, [*told.facts, *reply.facts], head)


def _written(question: Question, fact: CitedFact) -> Reply | None:
    """Return what somebody wrote, and of a blocker how it stands."""
    named = tuple(b for b in question.record.blockers if b.id == fact.name)
    if not named:
        return history.written(question, fact)
    return obstacles.status(replace(question, slots=replace(question.slots, blockers=named)))


def _parts(question: Question) -> list[Question]:
    """Return the questions that a message asks, where it asks several.

    Where something is named, what names nothing itself ("what was her reason") leans on that, and
    is no question of its own.
    """
    texts = [text for text in _BETWEEN.split(question.text) if len(text.split()) > 1]
    language, record, now = question.language, question.record, question.now
    parts = [
        replace(question, text=text, slots=slots_of(text, language, record, now))
        for text in texts
        if len(texts) > 1
    ]
    return [part for part in parts if part.slots.names or not question.slots.names]


def _with_part(reply: Reply | None, part: Question) -> Reply | None:
    """Return a reply with what answers one of several questions, where that is sure and new."""
    intent, other = read(part)
    if intent in (Intent.NONE, Intent.HELP) or other is not None:
        return reply
    told = _reply(settled(intent, part), part)
    if reply is None or told is None or {*told.facts} <= {*reply.facts}:
        return reply
    return replace(reply, lines=[*told.lines[:1], *reply.lines], facts=[*reply.facts, *told.facts])


def _with_other(reply: Reply, other: Reply | None) -> Reply:
    """Return a reply that is not sure with the first line of what else the question may mean."""
    if other is None or {each.name for each in other.facts} <= {each.name for each in reply.facts}:
        return reply
    first = f"{other.head} {other.lines[0]}".strip() if other.lines else other.head
    return replace(
        reply,
        lines=[*reply.lines[:1], first, *reply.lines[1:]],
        facts=[*reply.facts, *other.facts],
    )


def as_question(
    asking: Asking, text: str, at: float | None, asker: str | None, otherwise: str
) -> Question:
    """Return a question with the record as it was known when it is asked.

    Args:
        asking: the record, and what judges it.
        text: the question, as typed.
        at: the hour; None for the record's end.
        asker: who asks, by the name the record has.
        otherwise: its language where its words do not tell.
    """
    now = asking.record.ended_at if at is None else at
    record = known_at(asking.record, now)
    plain = " ".join(_MENTION.sub(" ", text).split())[:MOST_ASKED]
    language = language_of(plain, otherwise)
    return Question(
        plain,
        language,
        record,
        now,
        slots_of(plain, language, record, now),
        _introduced(plain, language, record) or asker,
        asking.judge,
        asking.try_fixes,
        asking.scenarios,
    )


def _reply(intent: Intent, question: Question) -> Reply | None:
    slots, answering, plain = question.slots, REPLIES.get(intent), plain_of(question)
    if is_unrecorded(question, plain):
        return None
    if asks_place(question, plain):
        return history.said_of(question)
    if answering is None:
        return None
    if intent in OF_REQUESTS and not slots.subjects and not slots.blockers:
        question = with_hints(question)
    if intent is Intent.WAITING and _is_of_a_gate(question):
        answering = decisions.gates
    reply = answering(question)
    if reply and reply.facts:
        return reply
    named = with_hints(question) if intent is Intent.WHO and not slots.subjects else question
    other = of_named(named)
    if reply or other is Intent.NONE or any(map(question.says, PRESUMES)):
        return reply
    return REPLIES[other](named)


def _is_of_a_gate(question: Question) -> bool:
    """Whether something is named that nobody was asked for, and that a gate tells of."""
    slots, record = question.slots, question.record
    is_told = any(g.phase in slots.phases for g in record.gates)
    is_plain = not slots.people and not any(map(question.says, PRESUMES))
    return is_told and is_plain and bool(slots.subjects) and not requests_named(question)


def _beside(question: Question) -> Reply | None:
    """Return in one line what is on record of what was named; None where nothing is."""
    slots, asked = question.slots, requests_named(question)
    blockers = slots.blockers or tuple(undecided(question))
    if blockers:
        first = replace(slots, blockers=blockers[:1])
        return obstacles.status(replace(question, slots=first))
    if not asked and findings_named(question.text, question.record):
        return delivery.findings(question)
    asked = [a for a in asked if a.approver in slots.people] or asked
    return Reply([question.decided(asked[-1])]) if asked else None


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


def _introduced(text: str, language: str, record: SprintRecord) -> str | None:
    """Return who a question says is asking ("I am Cho"), where the record knows them."""
    form = str(lexicon.entry(language, "my_name"))
    found = re.search(form, text, re.IGNORECASE) if form else None
    people = {name.lower(): name for name in people_of(record)}
    return people.get(found["name"].lower()) if found else None


def shortened(reply: Reply, language: str) -> str:
    """Return a reply in at most ninety words, and how many lines were left out.

    Quotes are cut before a line is left out, and no more than that takes.
    """
    tries = []
    for most in QUOTED:
        tries.append(_in_room(reply.head, [with_quotes(line, most) for line in reply.lines]))
        if not tries[-1][1]:
            break
    kept, _ = min(tries, key=lambda each: each[1])
    left = len(reply.lines) - len(kept)
    more = [say(language, "more", count=left)] if left else []
    return " ".join(part for part in (reply.head, *kept, *more) if part)


def _in_room(head: str, lines: Sequence[str]) -> tuple[list[str], int]:
    """Return the lines that are said, at least the first, and for how many there is no room."""
    counts = [len(line.split()) for line in lines]
    room = MOST_WORDS - len(head.split())
    if sum(counts) <= room or not lines:
        return list(lines), 0
    room -= WORDS_OF_MORE
    fits = sum(total <= room for total in accumulate(counts))
    return list(lines[: max(1, fits)]), len(lines) - fits
