"""From a question to its answer: intent, slots, reply, and at most ninety words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from bot.ask import lexicon
from bot.ask.attributes import asks_place, is_priced, is_unrecorded
from bot.ask.classifier import PERSON, THING, shipped
from bot.ask.clock_times import names_clock
from bot.ask.facts import CitedFact, unique
from bot.ask.follow_up import SHORT, Topic, follow_up
from bot.ask.intent_of import (
    OF_ITEMS,
    OF_REQUESTS,
    PRESUMES,
    UNSURE,
    ReadAs,
    is_decided,
    of_named,
    plain_of,
    read,
    requests_named,
    settled,
    with_hints,
)
from bot.ask.intents import Intent
from bot.ask.known_at import known_at
from bot.ask.question import Judge, Question, Reply, WhatIf
from bot.ask.relevance import Relevant, about, asked_for
from bot.ask.replies import (
    decisions,
    delivery,
    direct,
    history,
    obstacles,
    outlook,
    supposed,
    waiting,
)
from bot.ask.say import say
from bot.ask.shortening import shortened
from bot.ask.slots import Slots, parts_of, people_of, rare_words, slots_of, things_in
from bot.ask.with_items import (
    IS_ABOUT,
    IS_CERTAIN,
    IS_LIKELY,
    IS_SAID,
    MAY_BE_OF_ITEMS,
    told_of,
    with_items,
)
from bot.ask.wording import language_of, normalised, plain_form
from bot.ask.yes_no import yes_no
from bot.domain.record import SprintRecord
from bot.reading.folding import fold

OF_FIGURES: Final = frozenset({Intent.FORECAST, Intent.WHAT_IF, Intent.COST})
DECIDED: Final = frozenset({"request", "rollback", "deployment"})
"""Sorts of items of which a question may take for granted how they ended."""
IS_UNLIKELY: Final = 0.2
"""Below this probability a question is about no item, if it is like none that is answered."""
SURELY: Final = 0.9
"""From this probability by its words alone nothing can be said that is about no item."""
IS_PLAIN: Final = 0.05
"""Below this probability that it cannot be answered, a list or figure is asked for."""
REFUSES: Final = 0.4
"""From this probability of asking for what no record holds a question is not answered."""
REFUSES_PLAIN: Final = 0.5
"""The same for one of which the words say that a list or figure is asked for."""
MOST_ASKED: Final = 500
"""Characters of a question that are read."""
OF_ANY_HOUR: Final = frozenset(
    {Intent.WHO, Intent.PLAN, Intent.PATH, Intent.VERDICT, Intent.COST, Intent.SURPRISE}
)
"""Their answers hang on no time of day that a question names ("who is called at 3 am?")."""
NO_QUESTION: Final = {"order": "does_nothing", "small_talk": "help"}
"""Pattern of words that ask nothing → what is said to them."""
PART_WORTH: Final = 0.9
"""A part alone says less surely what it is about."""
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
    Intent.WHAT_IF: supposed.what_if,
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
        learnings: (phase, scenario) → what it means, in the playbook's words.
        spare: words that an answer leaves free for what is said before it.
    """

    record: SprintRecord
    judge: Judge
    try_fixes: WhatIf
    scenarios: Mapping[tuple[str, str], str] = field(default_factory=dict)
    learnings: Mapping[tuple[str, str], str] = field(default_factory=dict)
    spare: int = 0


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
    if names_clock(question.text) and intent not in OF_ANY_HOUR and not heard.is_of_items:
        return Answer(intent, say(language, "no_clock"), (), False, language)
    other = "help" if intent is Intent.HELP else _no_question(question)
    if other:
        return Answer(Intent.HELP, say(language, other), (), True, language)
    reply = heard.reply
    if reply is None:
        return Answer(intent, _unknown(heard, asking.spare), (), False, language)
    first = yes_no(question, intent, reply.facts)
    preface = say(language, "read_as", phrase=_phrase(language, intent)) if heard.taken else ""
    if first or _answers_outright(reply, language):  # a yes would seem to answer the preface
        preface = say(language, first) if first else ""
    reply = replace(reply, head=f"{preface} {reply.head}".strip())
    said = shortened(reply, language, question.named_words, asking.spare)
    return Answer(intent, said, unique(list(reply.facts)), True, language)


def _unknown(heard: _Heard, spare: int) -> str:
    """Return what is said where the record is silent: that, and what is on record beside it."""
    language = heard.question.language
    beside = [item.line for item in told_of(heard.about, IS_ABOUT)]
    if not beside:
        return say(language, "unknown")
    # One may be the answer after all: nobody reads "nobody recorded that" and then the answer.
    told = Reply(beside, head=say(language, "no_more"), is_ranked=True)
    return shortened(told, language, heard.question.named_words, spare)


def _answers_outright(reply: Reply, language: str) -> bool:
    """Whether a reply begins with a yes or a no."""
    said = " ".join((reply.head, *reply.lines)).strip()
    return said.startswith((say(language, "yes"), say(language, "no")))


def _no_question(question: Question) -> str | None:
    """Return what is said to words that ask nothing: a greeting, "approve 1"; nothing is done."""
    plain = plain_form(question.text, question.language)
    for name, said in NO_QUESTION.items():  # "ok danke" is of no one language
        if any(re.search(lexicon.entry(each, name), plain) for each in lexicon.LANGUAGES):
            return said
    return None


@dataclass(frozen=True, slots=True)
class _Heard:
    """A question as it is understood, and its reply.

    Args:
        question: the question, with the topic of the one before where it leans on that.
        intent: what it wants to know.
        taken: that is not sure.
        about: the items of the record, that which it is most probably about first.
        reply: what is said; None where the record is silent.
    """

    question: Question
    intent: Intent
    taken: bool
    about: Sequence[Relevant]
    reply: Reply | None

    @property
    def is_of_items(self) -> bool:
        """Whether it is about an item, whatever the hour."""
        return (
            self.intent in MAY_BE_OF_ITEMS
            and bool(self.about)
            and self.about[0].probability >= IS_LIKELY
        )


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
    read_as = read(question)
    intent, taken, leans = read_as.best, not read_as.is_sure, False
    if earlier:
        topic = Topic(earlier.question, earlier.intent, earlier.reply)
        found = follow_up(question, intent, taken, topic)
        if found is not None:
            question, intent = found
            taken, leans = False, len(question.text.split()) <= SHORT
    if chosen is not None:
        intent, taken = chosen, True
    best = settled(intent, question)
    intent, taken = best, taken and best is intent  # what is named leaves no doubt
    items = _about(question, read_as)
    if chosen is None and (told := direct.told(question, intent)):
        return _Heard(question, told.intent, False, items, told.reply)
    if chosen is None and not leans and _is_silent(question, intent, read_as, items):
        return _Heard(question, Intent.NONE, False, items, None)
    reply = _reply(intent, question)
    if reply is None and intent is Intent.WHAT_IF:
        reply = _reply(intent, _naming_likeliest(question, items))
    if reply is None and _presumes(question, intent, read_as, items):
        return _Heard(question, intent, False, items, None)
    is_whole = reply is not None and reply.is_whole
    said = read_as.says[intent] if chosen is None and intent is read_as.best and not leans else 1.0
    full = reply if is_whole else with_items(reply, question, intent, said, taken, items)
    return _Heard(question, intent, taken and full is reply, items, full)


def _about(question: Question, read_as: ReadAs) -> list[Relevant]:
    """Return the items that a question, or one of its parts, is about, the most probable first."""
    by = shipped().about
    found = {each.item: each for each in about(by, question, read_as.says)}
    for text in _parts(question):
        part = replace(question, text=text, slots=_slots(text, question))
        for each in about(by, part, read(part).says):
            whole, chance = found[each.item], PART_WORTH * each.probability
            found[each.item] = replace(whole, probability=max(whole.probability, chance))
    return sorted(found.values(), key=lambda each: -each.probability)


def _parts(question: Question) -> list[str]:
    """Return what a question asks one after the other; empty where it asks one thing.

    A name alone takes the place of the one beside it: "terms of Ana", "terms of Ben".
    """
    parts = [part.split() for part in parts_of(question.text)]
    parts = [part for part in parts if len(part) > 1 or _is_name(" ".join(part), question)]
    for at, part in enumerate(parts):
        if len(part) == 1 and at:
            parts[at] = [*parts[at - 1][:-1], *part]
        elif len(part) == 1 and len(parts) > 1:
            parts[at] = [*part, *parts[at + 1][1:]]
    return [" ".join(part) for part in parts] if len(parts) > 1 else []


def _is_name(word: str, question: Question) -> bool:
    """Whether a word names something by itself, a subject of approvals too."""
    return bool(rare_words(word) or _slots(word, question).hinted)


def _slots(text: str, question: Question) -> Slots:
    """Return what a part of a question names."""
    return slots_of(text, question.language, question.record, question.now)


def _is_silent(
    question: Question, intent: Intent, read_as: ReadAs, items: Sequence[Relevant]
) -> bool:
    """Whether a question asks for what no record of a sprint, or not this one, holds.

    What it asks for tells that, and how surely it is about an item.
    """
    plain = plain_of(question)
    if items and is_priced(question, plain, items[0].item.words):
        return False
    if is_unrecorded(question, plain):
        return True
    said = max(chance for intent, chance in read_as.says.items() if intent not in OF_ITEMS)
    is_plain = said >= IS_SAID or (read_as.none < IS_PLAIN and intent not in OF_ITEMS)
    if said >= SURELY or (is_plain and not items) or is_decided(question):
        return False
    likeliest = items[0].probability if items else 0.0
    is_silent = likeliest < IS_LIKELY and read_as.says[Intent.NONE] >= SURELY
    if is_silent or (likeliest < IS_UNLIKELY and read_as.none >= UNSURE):
        return True
    return _unrecorded(question, read_as, items) >= (REFUSES_PLAIN if is_plain else REFUSES)


def _naming_likeliest(question: Question, items: Sequence[Relevant]) -> Question:
    """Return a question as if it named the blocker that it is surely about and has words of."""
    sure = {i.item.key for i in items[:1] if i.probability >= IS_CERTAIN}
    likely = (b for b in question.logged_blockers if b.id in sure)
    found = tuple(b for b in likely if things_in(question.text, (b,)))
    return replace(question, slots=replace(question.slots, blockers=found))


def _unrecorded(question: Question, read_as: ReadAs, items: Sequence[Relevant]) -> float:
    """Return how probably a question asks for what no record of a sprint, or not this one, has."""
    return shipped().unrecorded.probability(asked_for(question, items, read_as.says))


def _presumes(
    question: Question, intent: Intent, read_as: ReadAs, items: Sequence[Relevant]
) -> bool:
    """Whether a question takes for granted what did not happen, or wants a figure nobody said."""
    if intent in OF_FIGURES:
        holds = bool(items) and any(letter.isdigit() for letter in items[0].item.words)
        is_held = holds and intent is not Intent.WHAT_IF  # of that, what would be fixed is missing
        return not is_held or _unrecorded(question, read_as, items) >= REFUSES
    is_of_decision = bool(items) and items[0].item.sort in DECIDED
    return is_of_decision and any(map(question.says, PRESUMES))


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
        asking.learnings,
    )


def _reply(intent: Intent, question: Question) -> Reply | None:
    slots, answering = question.slots, REPLIES.get(intent)
    if asks_place(question, plain_of(question)):
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
