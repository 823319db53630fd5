"""Facts of the record as an answer names them, in the words of a story's events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.domain.going_live import Deployment, Guardrail, Ownership, Rollback
from bot.domain.record import (
    ActionPlan,
    Approval,
    Blocker,
    BlockerChange,
    CauseLink,
    Correction,
    Finding,
    Gate,
    Override,
    PromptAnswer,
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact that an answer rests on.

    Args:
        name: how a story names it, such as `gate data`, or a field of the verdict.
        permalink: the message it was said in.
    """

    name: str
    permalink: str | None = None


def of_blocker(blocker: Blocker) -> Fact:
    """Return a blocker that was logged."""
    return Fact(blocker.id, blocker.permalink)


def of_change(blocker: Blocker, change: BlockerChange) -> Fact:
    """Return a blocker's resolving."""
    return Fact(f"resolve {blocker.id}", change.permalink or blocker.permalink)


def of_request(approval: Approval) -> Fact:
    """Return a request for an approval."""
    return Fact(f"request {approval.subject}", approval.permalink)


def of_decision(approval: Approval) -> Fact:
    """Return the decision on a request."""
    return Fact(f"decide {approval.subject}", approval.permalink)


def of_gate(gate: Gate) -> Fact:
    """Return a gate's answer."""
    return Fact(f"gate {gate.phase}", gate.permalink)


Other = (
    Deployment | Rollback | ActionPlan | Override | Ownership
    | Guardrail | PromptAnswer | Finding | CauseLink | Correction
)  # fmt: skip


def of_other(fact: Other) -> Fact:
    """Return any other fact by what it is."""
    return Fact(_PLAIN.get(type(fact)) or _named(fact), fact.permalink)


_PLAIN: Final[dict[type, str]] = {
    Deployment: "deploy",
    Rollback: "rollback",
    ActionPlan: "action_plan",
    PromptAnswer: "answer",
}


def _named(fact: Other) -> str:
    name = fact.id
    match fact:
        case Override():
            name = f"override {fact.code}"
        case Ownership():
            name = f"owner {fact.part}"
        case Guardrail():
            name = f"guardrail {fact.name}"
        case Finding():
            name = f"probe {fact.probe}"
        case Correction():
            name = f"correction {fact.question}"
        case CauseLink():
            name = "same_cause" if fact.same else "not_same_cause"
    return name


def unique(facts: list[Fact]) -> tuple[Fact, ...]:
    """Return facts once each, in their order."""
    return tuple({fact.name: fact for fact in reversed(facts)}.values())[::-1]
