"""What a question wants to know: the classifier's word, weighed with what the question names."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bot.ask import context, lexicon
from bot.ask.attributes import (
    is_counted,
    is_of_owner,
    is_stuck,
    slot_words,
    undecided,
    unowned,
)
from bot.ask.beyond import asks_beyond
from bot.ask.classifier import CUES, THING, Classifier, shipped
from bot.ask.intents import Intent
from bot.ask.question import Question
from bot.ask.slots import findings_named, people_of, reasons_named, things_in
from bot.ask.wording import normalised, plain_form
from bot.domain.record import Approval, SprintRecord
from bot.domain.vocabulary import Decision, Subject

OF_REQUESTS: Final = frozenset({Intent.DECIDED, Intent.WAITING, Intent.WHAT_IF, Intent.FORECAST})
OF_A_BLOCKER: Final = frozenset(
    {Intent.BLOCKED, Intent.BLOCKER_STATUS, Intent.RESOLVED, Intent.FORECAST, Intent.WHAT_IF}
)
MAY_BE_FOUND: Final = OF_A_BLOCKER | {Intent.DECIDED, Intent.WHO}
MAY_BE_REACHED: Final = OF_A_BLOCKER | {Intent.FINDINGS}
MAY_BE_BACK: Final = frozenset({Intent.WHO, Intent.VERDICT, Intent.PATH, Intent.SURPRISE})
MAY_BE_WATCHED: Final = frozenset({Intent.NONE, Intent.NOW, Intent.FINDINGS})
ALIKE: Final = (
    frozenset({Intent.WAITING, Intent.NEEDED, Intent.DECIDED}),
    frozenset({Intent.BLOCKED, Intent.BLOCKER_STATUS, Intent.RESOLVED, Intent.FORECAST}),
    frozenset({Intent.VERDICT, Intent.PATH, Intent.PLAN}),
    frozenset({Intent.NOW, Intent.NEXT, Intent.MISSED}),
)
"""Intents whose answers tell much the same; doubt between them is no doubt about the question."""
PRESUMES: Final = ("why", "approved", "rejected", "rollback")
"""What a question takes for granted; where that did not happen nothing else answers it."""
OF_ITEMS: Final = frozenset(
    {Intent.DECIDED, Intent.BLOCKER_STATUS, Intent.RESOLVED, Intent.FINDINGS, Intent.NONE}
)
"""Their answers tell of single items, so that the items themselves are the better answer."""
UNHEARD: Final = 0.05
"""A list or a figure for which the words speak less is not what a question asks for."""
JUDGEMENTS: Final = frozenset(
    {Intent.VERDICT, Intent.PATH, Intent.PLAN, Intent.SURPRISE, Intent.COST, Intent.HOURS_LOST}
)
"""What is reckoned or judged of the whole sprint."""
HARDLY: Final = 0.3
"""The same for judgements, which hardly anybody asks for by the way."""
UNSURE: Final = 0.5
"""Below this probability the answer says what the question was read as."""


@dataclass(frozen=True, slots=True)
class ReadAs:
    """What a question is taken for.

    Args:
        best: the most probable intent of those that can be answered.
        is_sure: it, or one whose answer tells much the same, is more probable than the others.
        says: intent → how probable it is by the question's words alone.
        none: how probable it is that it cannot be answered, by its words and the record.
    """

    best: Intent
    is_sure: bool
    says: Mapping[Intent, float]
    none: float


def read(question: Question) -> ReadAs:
    """Return what a question wants to know, by its words and by the record around it."""
    values = context_of(question, shipped())
    logs = shipped().in_context.log_probabilities(values)
    found = {intent: math.exp(log) for intent, log in logs.items()}
    none = found.pop(Intent.NONE)
    said = said_in(values)
    heard = {i: p for i, p in found.items() if i in OF_ITEMS or said.get(i, 0.0) >= _least(i)}
    best = max(heard, key=heard.__getitem__)
    alike = next((group for group in ALIKE if best in group), {best})
    all_of_them = math.fsum(found.values())
    is_sure = sum(found[each] for each in alike) >= UNSURE * all_of_them or best is Intent.HELP
    best = best if is_sure else _of_blockers(question, best)
    return ReadAs(best, is_sure, said, none)


def _least(intent: Intent) -> float:
    return HARDLY if intent in JUDGEMENTS else UNHEARD


def said_in(values: Mapping[str, float]) -> dict[Intent, float]:
    """Return how probable each intent is by a question's words, from its features."""
    return {
        intent: math.exp(values[f"says:{intent}"] / context.LOG_WORTH)
        for intent in shipped().by_words.intents
    }


def context_of(question: Question, by: Classifier) -> dict[str, float]:
    """Return the features of a question in its record, by what a classifier says of its words."""
    language, plain = question.language, plain_of(question)
    said = plain_form(_said(question), language)
    asked = plain if THING in plain.split() else said  # "password" may name a blocker
    return context.features(
        question,
        plain,
        by.log_probabilities(plain, said, language),
        is_refused=_is_refused(asked, language),
        is_strange=names_strangers(question),
    )


def settled(intent: Intent, question: Question) -> Intent:
    """Return what answers a question best, by what it names and how that stands."""
    slots, record, plain = question.slots, question.record, plain_of(question)
    is_open = any(not blocker.resolution for blocker in slots.blockers)
    better = (
        (record.links and question.says("same_cause"), Intent.DECIDED),
        (is_stuck(question, plain), Intent.BLOCKED),
        (is_of_owner(question), Intent.WHO),
        (any(not b.resolution for b in undecided(question)), Intent.WHO),
        (_has_reason(question), Intent.DECIDED),
        (_asks_outcome(question), of_named(question)),
        (intent in (Intent.DECIDED, Intent.WAITING) and _is_of_going_live(question), Intent.LIVE),
        (intent is Intent.VERDICT and _asks_if_live(question), Intent.LIVE),
        (intent is Intent.VERDICT and slots.people, of_named(question)),
        (intent in OF_A_BLOCKER and _names_a_source(question), Intent.FINDINGS),
        (intent in MAY_BE_FOUND and _names_a_finding(question), Intent.FINDINGS),
        (intent is Intent.LIVE and _is_of_a_gate(question), Intent.DECIDED),
        (intent in MAY_BE_REACHED and _asks_if_reached(question), Intent.DECIDED),
        (intent in MAY_BE_WATCHED and _names_a_guardrail(question), Intent.LIVE),
        (intent in MAY_BE_BACK and question.says("rollback") and record.rollbacks, Intent.LIVE),
        (intent in OF_A_BLOCKER and _is_of_an_approver(question), of_named(question)),
        (intent is Intent.WHO and _is_of_no_owner(question), Intent.DECIDED),
        (intent is Intent.BLOCKED and slots.blockers, Intent.BLOCKER_STATUS),
        (intent is Intent.RESOLVED and is_open, Intent.BLOCKER_STATUS),
        (not slots.blockers and _is_of_requests(intent, question), of_named(question)),
    )
    found = next((other for holds, other in better if holds), Intent.NONE)
    return intent if found is Intent.NONE else found


def is_decided(question: Question) -> bool:
    """Whether what a question asks of a decision stands in it: who, why, or if it was given."""
    told = (_is_of_link, _has_reason, _asks_outcome, _is_of_override, _is_of_resolver, _is_unowned)
    return any(holds(question) for holds in told)


def _is_of_link(question: Question) -> bool:
    """Whether a question asks if two things are one, and somebody joined or parted one of them."""
    named = {b.id for b in question.slots.blockers} | {a.id for a in requests_named(question)}
    return question.says("same_cause") and any(named & link.ids for link in question.record.links)


def _is_unowned(question: Question) -> bool:
    """Whether a question asks who takes care of what nobody does, as a blocker says."""
    return is_of_owner(question) and bool(unowned(question.slots.blockers))


def _is_of_resolver(question: Question) -> bool:
    """Whether a question asks what somebody resolved, who resolved something."""
    resolvers = {b.resolved_by for b in question.record.blockers}
    return question.says("resolved") and bool(resolvers & set(question.slots.people))


def _is_of_override(question: Question) -> bool:
    """Whether a question asks who or why of a finding that somebody overrode."""
    named = {finding.code for finding in findings_named(question.text, question.record)}
    asks = question.says("who") or question.says("why")
    return asks and any(override.code in named for override in question.record.overrides)


def _has_reason(question: Question) -> bool:
    """Whether a question asks why, of a request that was decided with a reason."""
    asked, people = requests_named(question), question.slots.people
    is_told = any(a.reason for a in asked) and all(a.decision for a in asked)
    is_by = not people or any(a.approver in people for a in asked)
    asks_why = question.says("why") and not question.says("rollback")
    return is_told and is_by and asks_why and not names_strangers(question)


def _asks_outcome(question: Question) -> bool:
    """Whether a question asks what came of a request that was decided, or if it was given."""
    asks = question.says("yes_no") and any(map(question.says, ("approved", "rejected")))
    asked = requests_named(question)
    given = {a.decision for a in asked if a.decision}
    said = (("approved", Decision.APPROVED), ("rejected", Decision.REJECTED))
    is_given = any(outcome in given for name, outcome in said if question.says(name))
    asks = (asks and bool(given)) or (question.says("what_decided") and is_given)
    return asks and not names_strangers(question)


def _is_of_going_live(question: Question) -> bool:
    """Whether production is named as the place where something runs, and not as what is asked."""
    said = lexicon.pattern(question.language, "running").search(question.folded)
    return bool(said) and not question.slots.people and not question.says("why")


def _asks_if_live(question: Question) -> bool:
    """Whether a question asks for a yes or a no of going live ("did it ever go live")."""
    return question.says("yes_no") and _is_of_going_live(question)


def _is_of_requests(intent: Intent, question: Question) -> bool:
    """Whether how the requests stand that are named answers more than the intent would."""
    if intent is Intent.NOW:
        return bool(question.slots.people)
    if not question.slots.subjects or not requests_named(question):
        return False
    if intent in (Intent.WAITING, Intent.DECIDED):
        return not any(map(question.says, PRESUMES))
    return intent in (Intent.BLOCKED, Intent.RESOLVED)


def _names_a_source(question: Question) -> bool:
    """Whether a question asks what is wrong with something that a probe looked at."""
    sources = {
        fold for finding in question.record.findings for fold in lexicon.words_of(finding.source)
    }
    return bool(sources & set(lexicon.words_of(question.text))) and question.says("wrong")


def _names_a_finding(question: Question) -> bool:
    """Whether a question speaks of nothing but what a probe found."""
    return not question.slots.names and bool(findings_named(question.text, question.record))


def _names_a_guardrail(question: Question) -> bool:
    text = f" {' '.join(lexicon.words_of(question.text))} "
    names = [" ".join(lexicon.words_of(each.name)) for each in question.record.guardrails]
    return any(f" {name} " in text for name in names)


def _is_of_an_approver(question: Question) -> bool:
    """Whether somebody is named who was asked for an approval and had no part in the blockers."""
    slots = question.slots
    part = {who for b in slots.blockers for who in (b.by, b.owner, *(c.by for c in b.history))}
    asked = {approval.approver for approval in question.record.approvals}
    return bool(slots.blockers and slots.people) and set(slots.people) <= asked - part


def _is_of_no_owner(question: Question) -> bool:
    """Whether a phase is named, and nobody is asked for ("can we build a model here")."""
    asks_who = question.slots.people or question.says("who") or question.says("owns")
    return bool(question.slots.phases) and not asks_who


def _is_of_a_gate(question: Question) -> bool:
    """Whether a phase before the deployment is named whose gate has been answered."""
    named = set(question.slots.phases) - {"deployment"}
    return not question.record.deployments and any(g.phase in named for g in question.record.gates)


def _asks_if_reached(question: Question) -> bool:
    """Whether a question asks for a yes or a no of what a gate was answered about."""
    slots, gates = question.slots, question.record.gates
    asks = question.says("yes_no") and question.says("is_reached") and not slots.blockers
    return asks and any(gate.phase in slots.phases for gate in gates)


def requests_named(question: Question) -> list[Approval]:
    """Return the requests for what a question names, of or by whom it names."""
    slots, found = question.slots, question.record.approvals
    if not (slots.subjects or slots.people or slots.blockers):
        return reasons_named(question.text, question.record, question.language)
    of_subject = [a for a in found if a.subject in slots.subjects]
    of_people = [a for a in found if {a.approver, a.requested_by} & set(slots.people)]
    if not (slots.subjects and slots.people):
        return of_subject or of_people
    both = [a for a in of_subject if a in of_people]
    return both or [a for a in found if a in of_subject or a in of_people]


def of_named(question: Question) -> Intent:
    """Return what the record has to say of the people and subjects that a question names."""
    asked = requests_named(question)
    if any(approval.decision in (None, Decision.EXPIRED) for approval in asked):
        return Intent.WAITING
    people = question.slots.people
    return Intent.DECIDED if asked else Intent.MISSED if people else Intent.NONE


def with_hints(question: Question) -> Question:
    """Return the question with the subjects that one of its words may mean."""
    if question.says("gate") or "phase" in question.folded:
        return question
    asked_for = {approval.subject for approval in question.record.approvals}
    hinted: tuple[Subject, ...] = tuple(s for s in question.slots.hinted if s in asked_for)
    return replace(question, slots=replace(question.slots, subjects=hinted))


def names_strangers(question: Question) -> bool:
    """Whether a question is about somebody or something that no record holds or this one not."""
    names = {word for name in people_of(question.record) for word in lexicon.words_of(name)}
    things = things_in(question.text, question.slots.blockers)
    plain, said = plain_of(question), plain_form(_said(question), question.language)
    is_number = is_counted(question, things)
    beyond = asks_beyond(said, plain, question.language, slot_words(question), is_counted=is_number)
    return beyond or _stranger(question, {*names, *things, *_record_words(question.record)})


def _of_blockers(question: Question, best: Intent) -> Intent:
    """Return what an unsure question that names a blocker is about: it, whatever else it asks."""
    is_about_it = not question.slots.blockers or best in (*OF_A_BLOCKER, Intent.COST)
    return best if is_about_it else Intent.BLOCKER_STATUS


def _is_refused(text: str, language: str) -> bool:
    tables = (lexicon.cues(language, name) for name in CUES)
    return any(form.search(text) for table in tables for form in table.get(Intent.NONE, ()))


def _said(question: Question) -> str:
    """Return a question without the words by which its asker says who they are."""
    form, own = str(lexicon.entry(question.language, "my_name")), (question.asker or "").lower()

    def rest(found: re.Match[str]) -> str:  # "I am Cho", but not "I am stuck" or "as soon"
        return " " if found["name"].lower() in own.split() else found[0]

    return re.sub(form, rest, question.text, flags=re.IGNORECASE)


def plain_of(question: Question) -> str:
    """Return a question with the record's people and blockers made alike."""
    names = {word for name in people_of(question.record) for word in lexicon.words_of(name)}
    things = things_in(question.text, question.slots.blockers)
    return normalised(_said(question), question.language, names, things)


def _record_words(record: SprintRecord) -> set[str]:
    texts = [phase.title or phase.key for phase in record.phases]
    texts += [f"{finding.probe} {finding.source} {finding.code}" for finding in record.findings]
    texts += [f"{override.code} {override.why}" for override in record.overrides]
    texts += [guardrail.name for guardrail in record.guardrails]
    texts += [answer.text for answer in record.answers]
    texts += [approval.reason or "" for approval in record.approvals]
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
