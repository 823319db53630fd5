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
    GateAnswer,
    Override,
    PromptAnswer,
)
from bot.domain.vocabulary import Decision


@dataclass(frozen=True, slots=True)
class CitedFact:
    """One fact that an answer rests on.

    Args:
        name: how a story names it, such as `gate data`, or a field of the verdict.
        permalink: the message it was said in.
    """

    name: str
    permalink: str | None = None

    @property
    def label(self) -> str:
        """Return the name as a link shows it: "Blocker 1" of `blocker-1`."""
        words = self.name.replace("-", " ").replace("_", " ")
        return f"{words[:1].upper()}{words[1:]}"


def of_blocker(blocker: Blocker) -> CitedFact:
    """Return a blocker that was logged."""
    return CitedFact(blocker.id, blocker.permalink)


def of_change(blocker: Blocker, change: BlockerChange) -> CitedFact:
    """Return a blocker's resolving."""
    return CitedFact(f"resolve {blocker.id}", change.permalink or blocker.permalink)


def of_ending(blocker: Blocker) -> list[CitedFact]:
    """Return how a blocker ended; empty while it is open."""
    return [of_change(blocker, blocker.resolution)] if blocker.resolution else []


def of_request(approval: Approval) -> CitedFact:
    """Return a request for an approval."""
    return CitedFact(f"request {approval.subject}", approval.permalink)


def of_decision(approval: Approval) -> CitedFact:
    """Return the decision on a request."""
    return CitedFact(f"decide {approval.subject}", approval.permalink)


def is_answered(approval: Approval) -> bool:
    """Return whether somebody said yes or no to a request."""
    return approval.decision in (Decision.APPROVED, Decision.REJECTED)


def of_approval(approval: Approval) -> list[CitedFact]:
    """Return the facts of a request: its asking, and its decision where somebody decided."""
    decided = [of_decision(approval)] if is_answered(approval) else []
    return [of_request(approval), *decided]


def of_gate(gate: GateAnswer) -> CitedFact:
    """Return a gate's answer."""
    return CitedFact(f"gate {gate.phase}", gate.permalink)


Other = (
    Deployment
    | Rollback
    | ActionPlan
    | Override
    | Ownership
    | Guardrail
    | PromptAnswer
    | Finding
    | CauseLink
    | Correction
)


def of_other(fact: Other) -> CitedFact:
    """Return any other fact by what it is."""
    return CitedFact(_PLAIN.get(type(fact)) or _named(fact), fact.permalink)


_PLAIN: Final[dict[type, str]] = {
    Deployment: "deploy",
    Rollback: "rollback",
    ActionPlan: "action_plan",
}


def _named(fact: Other) -> str:
    name = fact.id
    match fact:
        case PromptAnswer():
            name = f"answer {fact.hour:g}"
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


def unique(facts: list[CitedFact]) -> tuple[CitedFact, ...]:
    """Return facts once each, in their order."""
    return tuple({fact.name: fact for fact in reversed(facts)}.values())[::-1]
