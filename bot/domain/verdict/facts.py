"""References to facts, as sentences and items of the plan carry them."""

from __future__ import annotations

from typing import Final

from bot.domain.going_live import Deployment, Guardrail, Rollback
from bot.domain.record import ActionPlan
from bot.domain.verdict.model import FactRef, Sort
from bot.domain.verdict.texts import say, table

_PREFIX: Final = {
    Sort.APPROVAL: "approval-",
    Sort.GATE: "gate-",
    Sort.ROLLBACK: "rollback-",
    Sort.FINDING: "finding-",
    Sort.GUARDRAIL: "guardrail-",
}
"""What stands before the id of a record in the reference of an item of the plan."""


def record_fact() -> FactRef:
    """Return the reference to everything that is known."""
    return FactRef(Sort.RECORD, "record", say("whole_record"))


def votes_fact() -> FactRef:
    """Return the reference to what the team expected."""
    return FactRef(Sort.EXPECTED, "expected", say("fact_votes"))


def quotes_fact() -> FactRef:
    """Return the reference to quotes of past sprints."""
    return FactRef(Sort.QUOTES, "quotes", say("fact_quotes"))


def team_fact() -> FactRef:
    """Return the reference to the team and its hours."""
    return FactRef(Sort.TEAM, "team", say("fact_team"))


def figures_fact() -> FactRef:
    """Return the reference to the playbook's figures."""
    return FactRef(Sort.FIGURES, "figures", say("fact_figures"))


def reference_to(fact: FactRef) -> str:
    """Return how an item of the plan names a fact; a blocker by its bare id."""
    return f"{_PREFIX.get(fact.sort, '')}{fact.id}"


def guardrail_fact(guardrail: Guardrail) -> FactRef:
    """Return the reference to a guardrail."""
    label = say("fact_guardrail", name=guardrail.name, at=int(guardrail.at))
    return FactRef(Sort.GUARDRAIL, guardrail.id, label, guardrail.permalink)


def deployment_fact(deployment: Deployment) -> FactRef:
    """Return the reference to a deployment."""
    label = say("fact_deployment", at=int(deployment.at))
    return FactRef(Sort.DEPLOYMENT, deployment.id, label, deployment.permalink)


def rollback_fact(rollback: Rollback) -> FactRef:
    """Return the reference to a rollback."""
    label = say("fact_rollback", at=int(rollback.at))
    return FactRef(Sort.ROLLBACK, rollback.id, label, rollback.permalink)


def plan_fact(plan: ActionPlan) -> FactRef:
    """Return the reference to what the business said about its action plan."""
    label = say("action_plan_hour", at=int(plan.at))
    return FactRef(Sort.ACTION_PLAN, plan.id, label, plan.permalink)


def criterion_fact(criterion: str) -> FactRef:
    """Return the reference to an answer on a criterion."""
    name = table("criterion_name", str).get(criterion, criterion)
    label = say("fact_criterion", criterion=name)
    return FactRef(Sort.CRITERION, criterion, label)
