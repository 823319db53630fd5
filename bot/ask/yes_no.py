"""Yes or no, said first where a question wants one and the record has it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.ask.facts import CitedFact
from bot.ask.intent_of import requests_named
from bot.ask.intents import Intent
from bot.ask.question import Question
from bot.domain.vocabulary import Decision


def yes_no(question: Question, intent: Intent, told: Sequence[CitedFact]) -> str | None:
    """Return the answer's first word, `yes` or `no`; None where the question asks for neither.

    Args:
        question: the question.
        intent: what it wants to know.
        told: what the answer rests on; where that is of things that stand in different ways, there
            is no one word for them.
    """
    if not question.says("yes_no") or question.says("either"):
        return None
    if intent in (Intent.DECIDED, Intent.WAITING):
        holds = _of_request(question)
        holds = _of_gate(question) if holds is None else holds
    elif intent in (Intent.BLOCKER_STATUS, Intent.RESOLVED):
        holds = _of_blocker(question, {fact.name for fact in told})
    else:
        return None
    return None if holds is None else "yes" if holds else "no"


def _of_request(question: Question) -> bool | None:
    """Whether the one request that is named was given what is asked for, or any answer."""
    asked = requests_named(question)
    approved, rejected = question.says("approved"), question.says("rejected")
    if len(asked) != 1 or (approved and rejected):
        return None
    if not approved and not rejected:
        is_answered = asked[0].decision in (Decision.APPROVED, Decision.REJECTED)
        return is_answered if question.says("has_answered") else None
    return asked[0].decision is (Decision.APPROVED if approved else Decision.REJECTED)


def _of_gate(question: Question) -> bool | None:
    """Whether what the one phase that is named needs can be reached, by its last gate."""
    phases = question.slots.phases
    gates = [g for g in question.record.gates if g.phase in phases]
    if len(phases) != 1 or not gates or not question.says("is_reached"):
        return None
    best = next(p.scenarios[:1] for p in question.record.phases if p.key == phases[0])
    return max(gates, key=lambda gate: gate.at).scenario in best


def _of_blocker(question: Question, told: set[str]) -> bool | None:
    """Whether the one blocker that is named is gone, or still there, as is asked."""
    ways = {b in question.open_blockers for b in question.record.blockers if b.id in told}
    blockers = question.slots.blockers
    gone, there = question.says("is_gone"), question.says("is_there")
    if len(blockers) != 1 or gone == there or len(ways) > 1:
        return None
    return (blockers[0] not in question.open_blockers) is gone
