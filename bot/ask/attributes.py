"""What a question asks of its subject, and whether the record has it.

A question is a subject and an attribute: what it costs, how somebody did it, whose it is. The
tables say of which things an attribute is recorded; of others it is unknown, however much else
the record says of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from bot.ask import lexicon
from bot.ask.classifier import NAMED, content_words
from bot.ask.intents import Intent
from bot.ask.question import Question
from bot.ask.slots import means, people_in
from bot.ask.wording import normalised
from bot.domain.record import Blocker
from bot.domain.vocabulary import Kind
from bot.reading.folding import fold

_COUNT: Final = re.compile(r"\d+\W+(\w{3,})(?:\W+(\w{3,}))?")
"""A number, and the two words after it."""
_SUM: Final = re.compile(
    r"[€$£¥]\s?\d|\d[\d.,]*\s?(?:k|m|mio|mn)?\s?(?:[€$£¥]|euros?\b|eur\b|pounds?\b|dollars?\b|kr\b|zł|(?-i:[A-Z]{3}\b))",
    re.IGNORECASE,
)
"""A sum of money: a sign, a name or the code of a currency beside a number."""
UNOWNED: Final = frozenset({Kind.ACCOUNTABILITY, Kind.UNCLEAR_OWNERSHIP, Kind.MISSING_ROLE})
"""Blockers which say themselves that nobody takes care of something."""


def is_unrecorded(question: Question, plain: str) -> bool:
    """Return whether something is asked of a thing that the record does not say of it.

    Args:
        question: the question.
        plain: the same with people and blockers made alike, see `wording.normalised`.
    """
    forms = lexicon.patterns(question.language, "asks")
    return any(
        form.search(plain) and not RECORDED[name](question, plain) for name, form in forms.items()
    )


def is_priced(question: Question, plain: str, words: str) -> bool:
    """Return whether a price is asked for, and a text holds a sum of money.

    Args:
        question: the question.
        plain: the same with people and blockers made alike, see `wording.normalised`.
        words: what somebody wrote of what it is about.
    """
    form = lexicon.patterns(question.language, "asks")["price"]
    return bool(form.search(plain) and _SUM.search(words))


def _has_price(question: Question, plain: str) -> bool:
    """Whether a sum of money is written of what is named, or the price of the delay is asked."""
    return any(_SUM.search(b.title) for b in question.slots.blockers) or _is_of_delay(
        question, plain
    )


def _is_of_delay(question: Question, plain: str) -> bool:
    """Whether a price is asked of the delay alone: in words by which its cost is asked for."""
    if question.slots.blockers or question.says("delays"):
        return not question.slots.blockers
    ours = _words_of(Intent.COST, question.language) | _words_of(
        Intent.HOURS_LOST, question.language
    )
    return set(content_words(plain)) <= ours | lexicon.common_words(question.language)


def _says_how(question: Question, _: str) -> bool:
    """Whether somebody noted how the named blockers that are resolved were."""
    return any(b.resolution and b.resolution.note for b in question.slots.blockers)


def _is_spoken_of(question: Question, _: str) -> bool:
    """Whether somebody of the team spoke of those that are named."""
    return bool(question.answers_naming)


def _is_said(question: Question, plain: str) -> bool:
    """Whether what somebody is said to have done stands in what the team wrote of it."""
    found = lexicon.patterns(question.language, "asks")["event"].search(plain)
    verbs = lexicon.words_of(found["verb"]) if found else []
    texts = [b.title for b in question.slots.blockers]
    texts += [b.resolution.note or "" for b in question.slots.blockers if b.resolution]
    texts += [a.reason or "" for a in question.record.approvals]
    texts += [a.text for a in question.record.answers]
    said = {word for text in texts for word in lexicon.words_of(text)}
    return any(means(verb, word) for verb in verbs for word in said)


def _has_turned(question: Question, _: str) -> bool:
    """Whether somebody who is named decided one way and the other, or nobody is named."""
    named = set(question.slots.people)
    decided = [a for a in question.record.approvals if a.approver in named and a.decided_at]
    return not named or len({a.decision for a in decided}) > 1


def _is_owned(question: Question, _: str) -> bool:
    """Whether somebody took on a part that is named, so that their name is recorded."""
    return any(each.part in question.slots.parts for each in question.record.owners)


def _is_stood_in(question: Question, _: str) -> bool:
    """Whether somebody wrote of a stand-in for one of those that are named."""
    named = set(question.slots.people)
    texts = [b.title for b in question.record.blockers]
    texts += [a.reason or "" for a in question.record.approvals]
    told = [text for text in texts if named & set(people_in(text, question.record))]
    told += [a.text for a in question.record.answers if a.by in named]
    told += [a.text for a in question.answers_naming]
    return not named or any(tells_of_stand_in(text) for text in told)


def tells_of_stand_in(text: str) -> bool:
    """Return whether a text tells of a stand-in, and not that there is none yet."""
    return lexicon.tells_of("stands_in", text) and not lexicon.tells_of("not_yet", text)


def _never(_: Question, __: str) -> bool:
    """A record names people by what they did, and things by what stands in their titles."""
    return False


RECORDED: Final[Mapping[str, Callable[[Question, str], bool]]] = {
    "price": _has_price,
    "method": _says_how,
    "place": _is_spoken_of,
    "name": _is_owned,
    "opinion": _never,
    "silence": _never,
    "event": _is_said,
    "future": _never,
    "turn": _has_turned,
    "deputy": _is_stood_in,
}
"""Attribute → whether it is recorded of what a question names."""


@cache
def _words_of(intent: Intent, language: str) -> frozenset[str]:
    said = [text for name, text in lexicon.phrasings(language) if name == intent]
    for hand in lexicon.HANDS:
        said += lexicon.hand(hand).get(language, {}).get(intent, [])
    return frozenset(w for text in said for w in normalised(str(text), language).split())


def asks_place(question: Question, plain: str) -> bool:
    """Whether a question asks where somebody is."""
    return bool(lexicon.patterns(question.language, "asks")["place"].search(plain))


def is_counted(question: Question, things: set[str]) -> bool:
    """Return whether a blocker's title has a number right before a word that a question names."""
    titles = [fold(blocker.title) for blocker in question.slots.blockers]
    said = [word for title in titles for found in _COUNT.findall(title) for word in found if word]
    return any(means(thing, word) for thing in things for word in said)


def slot_words(question: Question) -> set[str]:
    """Return the words by which a question names a subject, a phase, a part or a role."""
    tables = (lexicon.patterns(question.language, name) for name in NAMED)
    forms = [form for table in tables for form in table.values()]
    return {
        word
        for form in forms
        for found in form.finditer(question.folded)
        for word in lexicon.words_of(found[0])
    }


def unowned(blockers: tuple[Blocker, ...] | list[Blocker]) -> list[Blocker]:
    """Return the open blockers of which each says that nobody takes care of something."""
    return [b for b in blockers if not b.resolution and (b.kind in UNOWNED and not b.owner)]


def undecided(question: Question) -> list[Blocker]:
    """Return the blockers of which each says that nobody may decide, where that is asked."""
    slots = question.slots
    if not question.says("authority") or slots.subjects or slots.people:
        return []
    found = slots.blockers or question.record.blockers
    return [b for b in found if b.kind is Kind.DECISION_AUTHORITY and not question.silence(b)]


def is_stuck(question: Question, plain: str) -> bool:
    """Whether a question asks what stops somebody who has an open blocker."""
    form = lexicon.pattern(question.language, "stuck")
    part = {name for b in question.open_blockers for name in (b.by, b.owner)}
    return bool(form.search(plain)) and bool(part & set(question.slots.people))


def asks_on_call(question: Question) -> bool:
    """Whether a question asks who comes when something happens, and names nobody."""
    return question.says("on_call") and not question.slots.people


def is_of_owner(question: Question) -> bool:
    """Whether a question asks who takes care of a part, of a blocker, or when something happens."""
    slots, left = question.slots, bool(unowned(question.slots.blockers))
    if asks_on_call(question):
        return left or not slots.blockers
    asks = question.says("whose") or (question.says("who") and question.says("owns"))
    owned = {each.part for each in question.record.owners} & set(slots.parts)
    return asks and not slots.people and (left or bool(owned))
