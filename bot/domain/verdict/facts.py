"""References to facts, as sentences and items of the plan carry them."""

from __future__ import annotations

from typing import Final

from bot.domain.going_live import Deployment, Guardrail, Rollback
from bot.domain.record import ActionPlan
from bot.domain.verdict.model import FactRef, Sort
from bot.domain.verdict.texts import say

_PREFIX: Final = {
    Sort.APPROVAL: "approval-",
    Sort.GATE: "gate-",
    Sort.ROLLBACK: "rollback-",
    Sort.FINDING: "finding-",
    Sort.GUARDRAIL: "guardrail-",
}
"""What stands before the id of a record in the reference of an item of the plan."""
RECORD: Final = FactRef(Sort.RECORD, "record", "the whole record")


def reference_to(fact: FactRef) -> str:
    """Return how an item of the plan names a fact; a blocker by its bare id."""
    return f"{_PREFIX.get(fact.sort, '')}{fact.id}"


def guardrail_fact(guardrail: Guardrail) -> FactRef:
    """Return the reference to a guardrail."""
    label = f"guardrail {guardrail.name}, hour {guardrail.at:g}"
    return FactRef(Sort.GUARDRAIL, guardrail.id, label, guardrail.permalink)


def deployment_fact(deployment: Deployment) -> FactRef:
    """Return the reference to a deployment."""
    label = f"deploy, hour {deployment.at:g}"
    return FactRef(Sort.DEPLOYMENT, deployment.id, label, deployment.permalink)


def rollback_fact(rollback: Rollback) -> FactRef:
    """Return the reference to a rollback."""
    label = f"rollback, hour {rollback.at:g}"
    return FactRef(Sort.ROLLBACK, rollback.id, label, rollback.permalink)


def plan_fact(plan: ActionPlan) -> FactRef:
    """Return the reference to what the business said about its action plan."""
    label = say("action_plan_hour", at=plan.at)
    return FactRef(Sort.ACTION_PLAN, plan.id, label, plan.permalink)
