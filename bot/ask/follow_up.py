"""Questions that lean on the one before: "and since when?", "who asked?", "et lui ?"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.ask.facts import CitedFact
from bot.ask.intent_of import of_named
from bot.ask.intents import Intent
from bot.ask.lexicon import words_of
from bot.ask.question import Question, Reply
from bot.ask.slots import Slots
from bot.domain.vocabulary import Subject

SHORTEST: Final = 2
SHORT: Final = 4
"""Words; a question of so few says nothing of its own but which side of the topic it means."""
OF_THE_ASKED: Final = ("request ", "decide ")
OF_IT: Final = frozenset(
    {Intent.WHAT_IF, Intent.FORECAST, Intent.WHO, Intent.RESOLVED, Intent.BLOCKER_STATUS}
)
"""What "it" may ask of a blocker."""
OF_A_TOPIC: Final = OF_IT | {
    Intent.WAITING,
    Intent.DECIDED,
    Intent.NEEDED,
    Intent.BLOCKED,
    Intent.MISSED,
}
"""What depends on what is spoken of; "and next?" asks the same after any question."""


@dataclass(frozen=True, slots=True)
class Topic:
    """The question before: what it wanted to know, and what it was told; None if nothing."""

    question: Question
    intent: Intent
    told: Reply | None


def follow_up(
    question: Question, intent: Intent, unsure: bool, before: Topic
) -> tuple[Question, Intent] | None:
    """Return a question with the topic of the one before, and its intent.

    Args:
        question: the question.
        intent: what it wants to know by its own words.
        unsure: that is not sure.
        before: the question before it.

    Returns:
        None where it has a topic of its own.
    """
    own, words = question.slots, words_of(question.text)
    is_sure = intent is not Intent.NONE and not unsure
    is_bare, is_long = question.says("leans"), len(words) > SHORT
    leans = is_bare or question.says("adds") or (len(words) <= SHORTEST and not is_sure)
    if not leans and (own.blockers or own.subjects or not question.says("anaphor")):
        return None
    topic = _topic(before)
    carried = replace(question, slots=_joined(own, topic))
    if own.blockers or own.subjects or own.number or own.people or own.phases or own.parts:
        is_same = leans and before.intent is not Intent.NONE and not (is_long and is_sure)
        return carried, before.intent if is_same else intent
    if is_sure and not is_bare and (is_long or not leans or intent not in OF_A_TOPIC):
        is_of_it = leans or (intent in OF_IT and bool(topic.blockers or topic.subjects))
        return (carried, intent) if is_of_it else None
    if is_long and not is_bare:
        return None
    return carried, _side(
        carried, intent if is_sure and not is_bare else Intent.NONE, before.intent
    )


def _side(carried: Question, intent: Intent, meant: Intent) -> Intent:
    """Return which side of a topic a few words ask for: how it stands, where they do not say."""
    if carried.slots.blockers:
        return intent if intent in OF_IT else Intent.BLOCKER_STATUS
    if carried.slots.subjects:
        return of_named(carried)
    return intent if meant is Intent.NONE else meant


def _topic(before: Topic) -> Slots:
    """Return what a question was about: what it named, else what it was told of."""
    slots, told = before.question.slots, before.told
    if slots.blockers or slots.subjects or told is None:
        return slots
    named = {fact.name for fact in told.facts}
    subjects = _subjects(told.facts)
    blockers = tuple(b for b in before.question.record.blockers if b.id in named and not b.approval)
    return replace(slots, blockers=blockers, subjects=() if blockers else subjects)


def _subjects(facts: Sequence[CitedFact]) -> tuple[Subject, ...]:
    said = [fact.name.split(" ", 1)[1] for fact in facts if fact.name.startswith(OF_THE_ASKED)]
    return tuple(Subject(each) for each in dict.fromkeys(said) if each in set(Subject))


def _joined(own: Slots, topic: Slots) -> Slots:
    """Return the slots of a question, the empty ones taken from the topic."""
    names_topic = own.blockers or own.subjects
    return replace(
        own,
        people=own.people or topic.people,
        blockers=own.blockers if names_topic else topic.blockers,
        subjects=own.subjects if names_topic else topic.subjects,
        phases=own.phases or topic.phases,
        parts=own.parts or topic.parts,
        roles=own.roles or topic.roles,
        since=topic.since if own.since is None else own.since,
        until=topic.until if own.until is None else own.until,
    )
